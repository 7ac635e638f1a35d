import {
  ContractError,
  type DeadLetterPage,
  type DeadLettersDone,
  type DeadLetterSelection,
  type DeadLetterView,
} from '@flotilla/contracts'
import type { DeadLetterFilter, DeadLetterRow } from '@flotilla/store'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { isUuid, readCursor, writeCursor } from '../http/cursor.js'
import { integerParam, textParam, wordParam, type Query } from '../http/query-params.js'

const given = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined

/** The filter of a selection. Throws ContractError unless exactly one of `ids` and `filter` is there. */
export const filterOf = ({ ids, filter }: DeadLetterSelection): DeadLetterFilter => {
  if (given(ids) === given(filter))
    throw new ContractError('http.dead-letter-selection.v1', [
      { pointer: '', code: 'IDS_OR_FILTER', detail: 'must have either ids or filter' },
    ])
  // An id that is no UUID matches nothing, like one that is unknown.
  if (given(ids)) return { ids: ids.map((id) => id.toLowerCase()).filter(isUuid) }
  return {
    ...(given(filter?.queue) ? { queue: filter.queue } : {}),
    ...(given(filter?.workflow) ? { workflow: filter.workflow } : {}),
    ...(given(filter?.code) ? { code: filter.code } : {}),
    ...(given(filter?.before) ? { before: new Date(filter.before) } : {}),
    ...(given(filter?.after) ? { after: new Date(filter.after) } : {}),
  }
}

const viewOf = ({ tenantId: _tenant, createdAt, resolvedAt, ...row }: DeadLetterRow): DeadLetterView => ({
  ...row,
  createdAt: createdAt.toISOString(),
  resolvedAt: resolvedAt?.toISOString() ?? null,
})

const dateParam = (query: Query, name: string): Date | null => {
  const value = textParam(query, name)
  if (value === null) return null
  const date = new Date(value)
  if (Number.isNaN(date.getTime()))
    throw new ContractError('query', [{ pointer: `/${name}`, code: 'IS_ISO8601', detail: 'must be a time (ISO 8601)' }])
  return date
}

/** A page of dead letters, newest first; open ones unless `status` names another. */
export const listDeadLetterViews = async (
  gateway: Gateway,
  tenantId: string,
  query: Query,
): Promise<DeadLetterPage> => {
  const limit = integerParam(query, 'limit', { min: 1, max: 100, fallback: 50 })
  const cursor = textParam(query, 'cursor', 1_024)
  const beforeId = cursor === null ? null : readCursor('dead-letters', cursor, ([id]) => (isUuid(id) ? id : null))
  const status = wordParam(query, 'status', ['open', 'replayed', 'discarded', 'all']) ?? 'open'
  const filter = filterOf({
    filter: {
      queue: textParam(query, 'queue'),
      workflow: textParam(query, 'workflow'),
      code: textParam(query, 'code'),
      before: dateParam(query, 'before')?.toISOString() ?? null,
      after: dateParam(query, 'after')?.toISOString() ?? null,
    },
  })
  const found = await gateway.store.listDeadLetters(tenantId, {
    ...filter,
    status: status === 'all' ? null : status,
    ...(beforeId === null ? {} : { beforeId }),
    limit: limit + 1,
  })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(viewOf),
    nextCursor: found.length > limit && last ? writeCursor('dead-letters', [last.id]) : null,
  }
}

/**
 * Replays or discards the open dead letters that are chosen, all of them or the oldest `limit`; with `dryRun` only counts. What
 * was done before a failure stays done: asked again, it goes on.
 */
export const resolveDeadLetters = async (
  gateway: Gateway,
  { principal, action }: { readonly principal: Principal; readonly action: 'replay' | 'discard' },
  selection: DeadLetterSelection,
): Promise<DeadLettersDone> => {
  const filter = filterOf(selection)
  const matched = await gateway.store.countDeadLetters(principal.tenantId, filter)
  if (selection.dryRun === true || matched === 0) return { matched, done: 0 }
  const { done, runIds } = await gateway.store.resolveDeadLetters(principal, action, {
    filter,
    limit: selection.limit ?? null,
  })
  if (action === 'replay')
    for (const runId of runIds)
      void gateway.queues.nudge({ runId, priority: 0, traceparent: null }).catch(() => undefined)
  return { matched: Math.max(matched, done), done }
}
