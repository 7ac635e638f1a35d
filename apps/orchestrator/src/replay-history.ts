import {
  advance,
  applyPatch,
  diffState,
  initialState,
  type Json,
  type Patch,
  type RunEvent,
  type RunState,
  type WorkflowDefinition,
} from '@flotilla/engine'
import { readClaimedRuns, readHistory, readInput, type ClaimedRun, type HistoryRow, type Tx } from '@flotilla/store'
import canonicalize from 'canonicalize'
import type { Definitions } from './definitions.js'
import { hydrateEvent, type RestoreCheckpoint } from './hydrate-event.js'

/**
 * Gives the stored history of a run to the engine again and compares what comes of it with what was stored.
 *
 * P1 nothing is written and nothing is sent; the replay begins from nothing but the run's input and its events.
 * P2 what the history leaves out because it stands elsewhere (inputs, restored states, items) is put back in as it was.
 */

/** Where a replay first came to another state than the one that was stored. */
export interface Divergence {
  readonly position: number
  readonly event: RunEvent['type']
  /** `ignored`: it was applied once and not the other time; `state`: what followed differs. */
  readonly why: 'ignored' | 'state'
}

export interface Replayed {
  readonly runId: string
  readonly events: number
  /** Null: the engine gives the same states again, down to the one that is stored now. */
  readonly divergence: Divergence | null
}

/** What a replay needs. */
export interface ReplayDependencies {
  readonly definitions: Definitions
  readonly restore: RestoreCheckpoint
}

const pageSize = 500

const historyOf = async (tx: Tx, runId: string): Promise<readonly HistoryRow[]> => {
  const rows: HistoryRow[] = []
  for (;;) {
    const page = await readHistory(tx, runId, { after: rows.at(-1)?.position ?? 0, limit: pageSize })
    rows.push(...page)
    if (page.length < pageSize) return rows
  }
}

const same = (a: unknown, b: unknown): boolean => canonicalize(a) === canonicalize(b)

/** The version that a run had when its history began. */
const firstHash = (run: ClaimedRun, history: readonly HistoryRow[]): string => {
  for (const { event, ignored } of history) if (event.type === 'RunMigrated' && ignored === null) return event.from.hash
  return run.definitionHash
}

/** P2. */
const putBack = async (
  tx: Tx,
  run: ClaimedRun,
  { row, definition, input, ...known }: ReplayDependencies & Putting,
): Promise<RunEvent> => {
  const { event } = row
  const given = event.type === 'RunStarted' || event.type === 'RunForked' ? { ...event, input } : event
  return hydrateEvent(tx, run, { event: given, definition, ...known })
}

interface Putting {
  readonly row: HistoryRow
  readonly definition: WorkflowDefinition
  readonly input: Json
}

/** Replays one run; null where there is no such run. Throws DEFINITION_MISSING where a version of it is gone. */
export const replayHistory = async (
  tx: Tx,
  runId: string,
  dependencies: ReplayDependencies,
): Promise<Replayed | null> => {
  const [run] = await readClaimedRuns(tx, [runId])
  const input = (await readInput(tx, runId))?.input ?? null
  if (!run) return null
  const history = await historyOf(tx, runId)
  let definition = await dependencies.definitions.byHash(firstHash(run, history))
  let state: RunState = initialState({ runId, submittedBy: run.submittedBy })
  let stored = state
  const diverged = (row: HistoryRow, why: Divergence['why']): Replayed => ({
    runId,
    events: history.length,
    divergence: { position: row.position, event: row.event.type, why },
  })
  for (const row of history) {
    if (!definition) throw new Error('DEFINITION_MISSING')
    const event = await putBack(tx, { ...run, state }, { row, definition, input, ...dependencies })
    const next = advance(definition, state, event)
    if ((next.ignored ?? null) !== row.ignored) return diverged(row, 'ignored')
    if (row.patch !== null) stored = applyPatch(stored, row.patch as Patch) // the history keeps patches
    const change = diffState(stored, next.state)
    if (Object.keys(change).length > 0) return diverged(row, 'state')
    state = next.state
    if (event.type === 'RunMigrated' && next.ignored === undefined && event.definition) definition = event.definition
  }
  const last = history.at(-1)
  if (last && !same(run.state, state)) return diverged(last, 'state')
  return { runId, events: history.length, divergence: null }
}
