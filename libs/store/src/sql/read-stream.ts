import type { Json } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import type { PublishedEvent } from './applied-run.js'
import { unpackEvents } from './published-events.js'
import { rowsOf } from './statement.js'

/** One event of a run's stream; `at` is when it was applied. */
export interface StreamItem {
  readonly at: Date
  readonly event: PublishedEvent
}

export interface RunStream {
  readonly status: string
  /** `seq` of the run's last event: a `Last-Event-ID` beyond it was never given out. */
  readonly published: number
  readonly traceId: string
  readonly items: readonly StreamItem[]
  /** Give it to the next call as `afterPosition`, so that a long history is not read again. */
  readonly position: number
}

const ofRun = {
  name: 'read-stream',
  text: `
select r.status, r.published, r.trace_id as "traceId", h.position, h.at, h.published as events,
  h.seq_from as "seqFrom"
from run r left join lateral (
  select position, at, published, seq_from from history
  where run_id = r.id and position > $3 and seq_to > $2 order by position limit $4
) h on true
where r.id = $1 order by h.position`,
}

/**
 * Events of a run after `afterSeq`, in order, in one snapshot with the run's status: of at most `limit` history entries,
 * so ask again until `items` is empty. Null where the tenant has no such run.
 */
export const readStream = async (
  tx: Tx,
  runId: string,
  after: { readonly afterSeq: number; readonly afterPosition?: number; readonly limit: number },
): Promise<RunStream | null> => {
  type Row = {
    status: string
    published: number
    traceId: string
    position: number | null
    at: Date
    events: readonly Json[] | null
    seqFrom: number | null
  }
  const rows = await rowsOf<Row>(tx, ofRun, [runId, after.afterSeq, after.afterPosition ?? 0, after.limit])
  const [first] = rows
  if (first === undefined) return null
  return {
    status: first.status,
    published: first.published,
    traceId: first.traceId,
    items: rows.flatMap(({ at, events, seqFrom }) =>
      unpackEvents(events, seqFrom)
        .filter(({ seq }) => seq > after.afterSeq)
        .map((event) => ({ at, event })),
    ),
    position: rows.at(-1)?.position ?? after.afterPosition ?? 0,
  }
}

/** Place in the stream over all runs: transaction, run, position, number of events taken of that position. */
export type StreamCursor = string

export interface AllStreamItem extends StreamItem {
  readonly runId: string
  readonly workflow: string
  readonly traceId: string
  /** The place after this event. */
  readonly cursor: StreamCursor
}

/** A part of the stream over all runs. */
export interface TenantStreamPage {
  readonly items: readonly AllStreamItem[]
  readonly cursor: StreamCursor
  readonly more: boolean
  readonly held: boolean
}

const cursorShape = /^(\d{1,20})\.([0-9a-f]{32})\.(\d{1,9})\.(\d{1,6})$/
const highestXid = 2n ** 64n - 1n

/** Null: not a cursor that this store gave out. */
const parseCursor = (cursor: StreamCursor) => {
  const [, commit = '', run = '', position = '', taken = ''] = cursorShape.exec(cursor) ?? []
  if (commit === '' || BigInt(commit) > highestXid) return null
  return { commit, run, position: Number(position), taken: Number(taken) }
}

/** True for what `parseCursor` takes: a client's `Last-Event-ID` of the stream over all runs. */
export const isStreamCursor = (cursor: string): boolean => parseCursor(cursor) !== null

const nowhere = '0'.repeat(32)
const end = { name: 'stream-end', text: `select pg_snapshot_xmin(pg_current_snapshot())::text as xmin` }

/** The cursor from which `readAllStream` gives what happens from now on. */
export const readStreamEnd = async (tx: Tx): Promise<StreamCursor> =>
  `${(await rowsOf<{ xmin: string }>(tx, end))[0]?.xmin ?? '0'}.${nowhere}.0.0`

// Only what was written by transactions older than every one still open: a later read cannot find anything before it.
const ofAll = {
  name: 'read-all-stream',
  text: `
with page as materialized (
  select h.commit, h.run_id, h.position, h.at, h.published, h.seq_from
  from history h
  where h.tenant_id = current_setting('flotilla.tenant', true) and h.seq_to is not null
    and h.commit < pg_snapshot_xmin(pg_current_snapshot())
    and (h.commit, h.run_id, h.position) >= ($1::xid8, $2::uuid, $3::integer)
  order by h.commit, h.run_id, h.position limit $4
)
(select h.commit::text as commit, h.run_id as "runId", h.position, h.at, h.published as events,
  h.seq_from as "seqFrom", r.workflow, r.trace_id as "traceId"
from page h join run r on r.id = h.run_id
where r.id = any(array(select run_id from page)) order by h.commit, h.run_id, h.position)
union all
select null, null, null, null, null, null, null, null where exists (
  select from history h where h.tenant_id = current_setting('flotilla.tenant', true) and h.seq_to is not null
    and h.commit >= pg_snapshot_xmin(pg_current_snapshot())
)`,
}

/**
 * The stream over all runs of the tenant, in order of commit: loses nothing and repeats nothing when it goes on from the
 * cursor of the last event, however transactions overlapped. Of at most `limit` history entries; `cursor` is where to go on.
 * `more`: the page was full. `held`: there are newer events, which an older transaction that is still open may yet come before;
 * ask again soon. Rejects a cursor for which `isStreamCursor` is false.
 */
export const readAllStream = async (
  tx: Tx,
  page: { readonly after: StreamCursor; readonly limit: number },
): Promise<TenantStreamPage> => {
  const from = parseCursor(page.after)
  if (from === null) throw new RangeError('not a cursor of the stream')
  type Row = Omit<AllStreamItem, 'event' | 'cursor'> & {
    commit: string
    position: number
    events: readonly Json[]
    seqFrom: number
  }
  const isEntry = (row: Row | { commit: null }): row is Row => row.commit !== null
  // One more: the entry of the cursor itself may have been taken whole.
  const found = await rowsOf<Row | { commit: null }>(tx, ofAll, [from.commit, from.run, from.position, page.limit + 1])
  const rows = found.filter(isEntry)
  const items = rows.flatMap(({ commit, position, events, seqFrom, ...row }) => {
    const run = row.runId.replaceAll('-', '')
    const same = commit === from.commit && run === from.run && position === from.position
    return unpackEvents(events, seqFrom)
      .map((event, index) => ({ ...row, event, cursor: `${commit}.${run}.${position}.${index + 1}` }))
      .slice(same ? from.taken : 0)
  })
  return {
    items,
    cursor: items.at(-1)?.cursor ?? page.after,
    more: rows.length > page.limit,
    held: rows.length < found.length,
  }
}
