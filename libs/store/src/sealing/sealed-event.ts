import type { Json, JsonObject } from '@flotilla/engine'
import { isTenantSealed, type RunKeys } from './run-keys.js'

/**
 * Members of an event that are no personal data: what kind it is, of which step, codes, counts, and who of the staff. They
 * stay readable, for statements that look for them and for a history that outlives its data. All others are sealed.
 */
export const clearEventMembers: readonly string[] = [
  'type',
  'at',
  'step',
  'dispatch',
  'attempt',
  'attempts',
  'ranMs',
  'visit',
  'spanId',
  'fraction',
  'emitted',
  'error',
  'afterMs',
  'usage',
  'deadlineMs',
  'deadline',
  'gateId',
  'decision',
  'decidedBy',
  'votedBy',
  'by',
  'from',
  'count',
  'runId',
  'status',
  'compensate',
  'policies',
  'to',
  'mapping',
  'checkpoint',
  'mode',
  'name',
]

const clear = new Set(clearEventMembers)
export const sealedMember = '~sealed'

/** Members that stay readable, and the others; null: there are none. */
interface Split {
  readonly readable: JsonObject
  readonly hidden: JsonObject | null
}

const split = (value: JsonObject, isClear: (member: string, value: Json) => boolean): Split => {
  const readable: Record<string, Json> = {}
  const hidden: Record<string, Json> = {}
  let hides = false
  for (const [member, content] of Object.entries(value)) {
    if (content === undefined) continue
    // What is null hides nothing.
    const stays = content === null || isClear(member, content)
    if (!stays) hides = true
    const target = stays ? readable : hidden
    target[member] = content
  }
  return { readable, hidden: hides ? hidden : null }
}

/** Splits an object into members that stay readable and the others, sealed as one; with nothing to seal it is given as it is. */
export const sealMembers = (
  value: JsonObject,
  isClear: (member: string, value: Json) => boolean,
  seal: (hidden: JsonObject) => Json,
): JsonObject => {
  const { readable, hidden } = split(value, isClear)
  if (hidden === null) return value
  const sealed = seal(hidden)
  // Where nothing is sealed at all, the object stays as it is.
  return sealed === hidden ? value : { ...readable, [sealedMember]: sealed }
}

/** What of an event stays readable, and what does not. */
export const splitEvent = (event: object): Split => split(event as JsonObject, (member) => clear.has(member)) // events are JSON by their types

/** The object whole again. */
export const openMembers = (stored: JsonObject, open: (sealed: Json) => Json): JsonObject => {
  const { [sealedMember]: sealed, ...readable } = stored
  return sealed === undefined ? stored : { ...readable, ...(open(sealed) as JsonObject) } // as it was sealed
}

const place = (table: 'inbox' | 'history', row: readonly (string | number)[]) => ({ table, column: 'event', row })

/** An event as inbox and history keep it. */
export const sealEvent = (
  keys: RunKeys,
  {
    table,
    runId,
    row = [],
  }: { readonly table: 'inbox' | 'history'; readonly runId: string; readonly row?: readonly number[] },
  event: object,
): JsonObject =>
  sealMembers(
    event as JsonObject, // events are JSON by their types
    (member) => clear.has(member),
    (hidden) =>
      // What waits must be kept even where the run's own key does not open.
      table === 'inbox' && keys.problem(runId) === 'DATA_KEY_UNREADABLE'
        ? keys.sealForTenant(runId, hidden)
        : keys.seal(runId, place(table, row), hidden),
  )

/** An event that is for no run yet, sealed with a key of its tenant. */
export const sealTenantEvent = (seal: (hidden: JsonObject) => Json, event: JsonObject): JsonObject =>
  sealMembers(event, (member) => clear.has(member), seal)

/** An event of inbox or history. Throws `CodedError` when it does not open. */
export const openEvent = <Event extends object>(
  keys: RunKeys,
  {
    table,
    runId,
    row = [],
  }: { readonly table: 'inbox' | 'history'; readonly runId: string; readonly row?: readonly number[] },
  stored: object,
): Event =>
  openMembers(
    stored as JsonObject, // an event is an object
    (sealed) =>
      isTenantSealed(sealed) ? keys.openForTenant(runId, sealed) : keys.open(runId, place(table, row), sealed),
  ) as unknown as Event // as it was kept
