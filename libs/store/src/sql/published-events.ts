import type { Json, JsonObject } from '@flotilla/engine'
import type { PublishedEvent } from './applied-run.js'

/**
 * How the history keeps what an entry published: by place instead of by name, without what follows from the row. An object
 * per event was twice as long, and took Postgres twice as long to read.
 */
type Packed = readonly [
  type: string,
  step: string | null,
  phase: string | null,
  status: PublishedEvent['status'],
  message: string,
  progress: number,
  stepProgress: number | null,
  spanId: string | null,
  /** Absent: `{}`. */
  meta?: JsonObject,
]

/** An entry's events as its row keeps them; null for none. Their numbers are `seq_from` and those after it. */
export const packEvents = (events: readonly PublishedEvent[]): readonly Packed[] | null =>
  events.length === 0
    ? null
    : events.map(({ type, step, phase, status, message, progress, stepProgress, spanId, meta }): Packed => {
        const packed = [type, step, phase, status, message, progress, stepProgress, spanId] as const
        return Object.keys(meta).length === 0 ? packed : [...packed, meta]
      })

/** The events of an entry again; rows from before events were packed have them as objects, with numbers of their own. */
export const unpackEvents = (stored: readonly Json[] | null, seqFrom: number | null): readonly PublishedEvent[] =>
  (stored ?? []).map((one, index) => {
    if (!Array.isArray(one)) return one as unknown as PublishedEvent // as it was kept
    const [type, step, phase, status, message, progress, stepProgress, spanId, meta = {}] = one as unknown as Packed // as packed above
    return { seq: (seqFrom ?? 1) + index, type, step, phase, status, message, progress, stepProgress, spanId, meta }
  })
