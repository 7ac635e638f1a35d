/** Which values of a run's rows are sealed, and where each of them stands. */
import type { Json, JsonObject, RunState } from '@flotilla/engine'
import type { ColumnPlace, RunKeys } from './run-keys.js'
import { openMembers, sealMembers } from './sealed-event.js'

export const inputPlace: ColumnPlace = { table: 'run', column: 'input' }
const resultPlace: ColumnPlace = { table: 'run', column: 'result' }
const statePlace: ColumnPlace = { table: 'run', column: 'state' }
export const patchPlace = (position: number): ColumnPlace => ({ table: 'history', column: 'patch', row: [position] })
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

export const sealPatch = (keys: RunKeys, runId: string, position: number, patch: Json): Json =>
  keys.seal(runId, patchPlace(position), patch)

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
