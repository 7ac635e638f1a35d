/** Which values of a run's rows are sealed, and where each of them stands. */
import type { Json, JsonObject, RunEvent, RunState } from '@flotilla/engine'
import type { ColumnPlace, RunKeys } from './run-keys.js'
import { openEvent, openMembers, sealedMember, sealEvent, sealMembers, splitEvent } from './sealed-event.js'

export const inputPlace: ColumnPlace = { table: 'run', column: 'input' }
const resultPlace: ColumnPlace = { table: 'run', column: 'result' }
const statePlace: ColumnPlace = { table: 'run', column: 'state' }
const patchPlace = (position: number): ColumnPlace => ({ table: 'history', column: 'patch', row: [position] })
export const checkpointPlace = (column: 'data' | 'snapshot', number: number): ColumnPlace => ({
  table: 'checkpoint',
  column,
  row: [number],
})
/** A fork takes artifacts and items over as they are. */
export const artifactPlace = (id: string): ColumnPlace => ({
  table: 'artifact',
  column: 'content',
  row: [id],
  bound: 'family',
})
export const itemPlace = (
  column: 'item' | 'output',
  { step, visit, index }: { readonly step: string; readonly visit: number; readonly index: number },
): ColumnPlace => ({ table: 'map_item', column, row: [step, visit, index], bound: 'family' })
export const gatePlace = (column: 'shown' | 'values' | 'comment', gateId: string): ColumnPlace => ({
  table: 'gate',
  column,
  row: [gateId],
})
export const votePlace = (column: 'values' | 'comment', gateId: string, principal: string): ColumnPlace => ({
  table: 'gate_vote',
  column,
  row: [gateId, principal],
})

interface Debt {
  readonly step: string
  readonly dispatch: number
}

const debtPlace = (column: 'input' | 'decision', { step, dispatch }: Debt): ColumnPlace => ({
  table: 'outbox',
  column,
  row: [step, dispatch],
})

/** The state, sealed but for its status, which statements look for. */
export const sealState = (keys: RunKeys, runId: string, state: RunState): JsonObject =>
  sealMembers(
    state as unknown as JsonObject, // the state is JSON
    (member) => member === 'status',
    (hidden) => keys.seal(runId, statePlace, hidden),
  )

/** The state again; null where there is none yet. Throws `CodedError` when it does not open. */
export const openState = (keys: RunKeys, runId: string, stored: unknown): RunState | null =>
  stored === null || stored === undefined
    ? null
    : (openMembers(stored as JsonObject, (sealed) => keys.open(runId, statePlace, sealed)) as unknown as RunState) // as it was saved

export const sealResult = (keys: RunKeys, runId: string, result: Json): Json => keys.seal(runId, resultPlace, result)
export const openResult = (keys: RunKeys, runId: string, stored: unknown): Json => keys.open(runId, resultPlace, stored)

/** An entry of the history: what happened, and what it changed. */
interface Entry {
  readonly position: number
  readonly event: RunEvent
  readonly patch: Json
}

/** Instead of a sealed text of its own: what is sealed of the event stands in the patch, which mostly says the same again. */
const inPatch = 'patch'
const patchMember = '~patch'
const eventMember = '~event'

const isJoint = (opened: Json): opened is JsonObject =>
  typeof opened === 'object' && opened !== null && patchMember in opened

/** Event and patch of an entry, sealed as one where both are there. */
export const sealEntry = (
  keys: RunKeys,
  runId: string,
  { position, event, patch }: Entry,
): { readonly event: JsonObject; readonly patch: Json } => {
  const { readable, hidden } = splitEvent(event)
  if (patch === null || hidden === null)
    return {
      event: sealEvent(keys, { table: 'history', runId, row: [position] }, event),
      patch: keys.seal(runId, patchPlace(position), patch),
    }
  const joint = { [patchMember]: patch, [eventMember]: hidden }
  const sealed = keys.seal(runId, patchPlace(position), joint)
  return sealed === joint
    ? { event: event as unknown as JsonObject, patch } // nothing is sealed here; events are JSON by their types
    : { event: { ...readable, [sealedMember]: inPatch }, patch: sealed }
}

/** What an entry changed. Throws `CodedError` when it does not open. */
export const openPatch = (keys: RunKeys, runId: string, { position, patch }: Omit<Entry, 'event'>): Json => {
  const opened = keys.open(runId, patchPlace(position), patch)
  return isJoint(opened) ? (opened[patchMember] ?? null) : opened
}

/** An entry again. Throws `CodedError` when it does not open. */
export const openEntry = (
  keys: RunKeys,
  runId: string,
  { position, event, patch }: Entry,
): { readonly event: RunEvent; readonly patch: Json } => {
  const opened = keys.open(runId, patchPlace(position), patch)
  if (!isJoint(opened))
    return { event: openEvent<RunEvent>(keys, { table: 'history', runId, row: [position] }, event), patch: opened }
  const { [patchMember]: known = null, [eventMember]: hidden } = opened
  // As it was kept: the patch opened, so it is of this very entry.
  return { event: openMembers(event as unknown as JsonObject, () => hidden ?? {}) as unknown as RunEvent, patch: known }
}

/** What is owed: input and decision are sealed one by one, because agents read the input alone. */
export const sealPayload = (keys: RunKeys, runId: string, debt: Debt, payload: JsonObject): JsonObject => ({
  ...payload,
  input: keys.seal(runId, debtPlace('input', debt), payload['input']),
  decision: keys.seal(runId, debtPlace('decision', debt), payload['decision']),
})
export const openPayload = (
  keys: RunKeys,
  { runId, payload, ...debt }: Debt & { readonly runId: string; readonly payload: JsonObject },
): JsonObject & { readonly input: Json } => ({
  ...payload,
  input: keys.open(runId, debtPlace('input', debt), payload['input']),
  decision: keys.open(runId, debtPlace('decision', debt), payload['decision']),
})

export const sealShown = (keys: RunKeys, runId: string, gateId: string, shown: JsonObject): Json =>
  keys.seal(runId, gatePlace('shown', gateId), shown)

export const sealCheckpoint = (
  keys: RunKeys,
  runId: string,
  { number, data, snapshot }: { readonly number: number; readonly data: Json; readonly snapshot: RunState | null },
): { readonly data: Json; readonly snapshot: Json } => ({
  data: keys.seal(runId, checkpointPlace('data', number), data),
  snapshot: keys.seal(runId, checkpointPlace('snapshot', number), snapshot),
})

export const sealArtifact = (keys: RunKeys, runId: string, id: string, content: Json): Json =>
  keys.seal(runId, artifactPlace(id), content)
