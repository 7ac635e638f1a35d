import { mapItemStatuses, type MapItemPage } from '@flotilla/contracts'
import type { Gateway } from '../gateway.js'
import { readCursor, writeCursor } from '../http/cursor.js'
import { integerParam, textParam, wordParam, type Query } from '../http/query-params.js'
import { findPersonalRun, type RunReading } from './require-personal.js'

type Position = { readonly step: string; readonly visit: number; readonly index: number }

const positionOf = ([step, visit, index]: readonly unknown[]): Position | null =>
  typeof step === 'string' && Number.isSafeInteger(visit) && Number.isSafeInteger(index)
    ? { step, visit: Number(visit), index: Number(index) }
    : null

/** A page of the items of a run's maps, in their order; `step` and `status` select. */
export const listItemViews = async (
  gateway: Gateway,
  { principal, runId }: RunReading,
  query: Query,
): Promise<MapItemPage> => {
  const limit = integerParam(query, 'limit', { min: 1, max: 1_000, fallback: 100 })
  const cursor = textParam(query, 'cursor', 1_024)
  const after = cursor === null ? null : readCursor('items', cursor, positionOf)
  const selection = { step: textParam(query, 'step'), status: wordParam(query, 'status', mapItemStatuses) }
  await findPersonalRun(gateway, { principal, runId })
  const found = await gateway.store.listItems(principal.tenantId, runId, { ...selection, after, limit: limit + 1 })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(({ step, visit, index, status, output, error }) => ({
      step,
      visit,
      index,
      status,
      output,
      error,
    })),
    nextCursor: found.length > limit && last ? writeCursor('items', [last.step, last.visit, last.index]) : null,
  }
}
