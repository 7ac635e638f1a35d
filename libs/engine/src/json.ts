/** Any JSON value. Everything that the engine takes, keeps and gives is one. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json
}
