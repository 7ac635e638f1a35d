import { GatewayError } from '../http/gateway-error.js'

/** Reads `Last-Event-ID` of a run's stream: absent, empty or 0 is the start. Throws LAST_EVENT_ID_INVALID otherwise unless it is an integer of the stream, whose last number is `last`. */
export const readLastEventId = (value: string | null, last: number): number => {
  if (value === null || value === '') return 0
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
  if (!(number <= last)) throw new GatewayError('LAST_EVENT_ID_INVALID')
  return number
}
