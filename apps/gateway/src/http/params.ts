import type { ParamDoc } from './route.js'

const text = (description: string, maxLength = 256): ParamDoc => ({
  description,
  schema: { type: 'string', maxLength },
})

/** Parameters that several routes share. */
export const cursorParam = text('Where the page begins: `nextCursor` of the page before.', 1_024)
export const limitParam = (maximum: number, fallback: number): ParamDoc => ({
  description: 'Items at most.',
  schema: { type: 'integer', minimum: 1, maximum, default: fallback },
})
export const lastEventIdParams: Readonly<Record<string, ParamDoc>> = {
  'Last-Event-ID': { in: 'header', description: 'Go on after this event.', schema: { type: 'string' } },
  lastEventId: text('The same, for clients that cannot set headers.', 1_024),
}
export const textParamDoc = text
export const wordParamDoc = (description: string, words: readonly string[]): ParamDoc => ({
  description,
  schema: { type: 'string', enum: [...words] },
})
