/** Gives the description of the API, once every route is registered. */
export interface OpenApiSource {
  readonly text: () => string
}

/** Token under which Nest hands it to the controller. */
export const OPEN_API = Symbol('open-api')
