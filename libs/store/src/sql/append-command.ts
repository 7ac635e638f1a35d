import { CodedError } from '@flotilla/contracts'
import type { Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { runKeys } from '../sealing/run-keys.js'
import { sealEvent } from '../sealing/sealed-event.js'
import type { UndatedEvent } from './insert-inbox.js'
import { waitForSlot } from './run-slots.js'
import { rowsOf } from './statement.js'

/** What people may ask of a run that exists. */
export type AskedEvent = Extract<
  UndatedEvent,
  { readonly type: 'CancelRequested' | 'ResumeRequested' | 'RunMigrated' | 'SignalReceived' }
>

/** `unknown`: the tenant has no such run. `refused`: its status does not allow it. */
export type Appended =
  | { readonly outcome: 'appended'; readonly status: string }
  | { readonly outcome: 'refused'; readonly status: string }
  | { readonly outcome: 'unknown' }

const find = {
  name: 'append-command-find',
  text: `
select status, slot_waits as waits, erased_at is not null as erased from run where id = $1 for no key update`,
}

const release = {
  name: 'release-run',
  text: `
with released as (
  update run set status = coalesce(state ->> 'status', 'created'), parked_reason = null, crashes = 0,
    next_deadline_at = case when state is null then null else now() end
  where id = $1 and status = 'parked' returning id
)
update inbox i set held = false from released where i.run_id = released.id and i.held`,
}

const hold = { name: 'hold-events', text: 'update inbox set held = true where run_id = $1 and not held' }

const insert = {
  name: 'append-command',
  text: `
insert into inbox (run_id, event, dedup_key, traceparent, held) values ($1, $2::jsonb - 'at', $3, $4, $5)
on conflict do nothing`,
}

const finished = new Set(['completed', 'cancelled'])
const allowed: Readonly<Record<AskedEvent['type'], (status: string) => boolean>> = {
  CancelRequested: (status) => !finished.has(status) && status !== 'failed',
  ResumeRequested: (status) => status === 'failed' || status === 'parked',
  RunMigrated: (status) => !finished.has(status) && status !== 'parked',
  SignalReceived: (status) => !finished.has(status) && status !== 'failed',
}

/**
 * Puts what a person asks into the run's inbox, in the transaction of `asTenant`. A parked run is unparked by a resume or
 * a cancellation, with its held events; a signal to it is held. Under a limit on runs at once a resumed run waits for a
 * slot, and with it all but a cancellation. Cancelling or signalling what has finished, and resuming
 * what is neither failed nor parked, is refused. Rejects with RUN_ERASED for an erased run. Waits for a tick that holds the run (milliseconds).
 */
export const appendCommand = async (
  tx: Tx,
  command: {
    readonly runId: string
    readonly event: AskedEvent
    readonly dedupKey: string | null
    readonly traceparent: string | null
  },
): Promise<Appended> => {
  const [run] = await rowsOf<{ status: string; waits: boolean; erased: boolean }>(tx, find, [command.runId])
  if (run === undefined) return { outcome: 'unknown' }
  if (run.erased) throw new CodedError('RUN_ERASED')
  const { status } = run
  if (!allowed[command.event.type](status)) return { outcome: 'refused', status }
  const unparks = status === 'parked' && command.event.type !== 'SignalReceived'
  if (unparks) await rowsOf(tx, release, [command.runId])
  const { event } = command
  const goesOn = event.type === 'ResumeRequested' && event.mode !== 'abandon'
  const mustWait = goesOn && (await waitForSlot(tx, command.runId))
  if (mustWait) await rowsOf(tx, hold, [command.runId])
  const waits = mustWait || (run.waits && command.event.type !== 'CancelRequested')
  const held = waits || (status === 'parked' && !unparks)
  const keys = await runKeys(tx, [command.runId], { make: true })
  const sealed = sealEvent(keys, { table: 'inbox', runId: command.runId }, event)
  await rowsOf(tx, insert, [command.runId, jsonText(sealed), command.dedupKey, command.traceparent, held])
  return { outcome: 'appended', status }
}
