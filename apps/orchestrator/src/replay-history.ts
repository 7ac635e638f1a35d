import {
  replayEvents,
  type Divergence,
  type Patch,
  type PutBack,
  type RunEvent,
  type StoredEvent,
  type StoredHistory,
} from '@flotilla/engine'
import { readClaimedRuns, readHistory, readInput, type ClaimedRun, type HistoryRow, type Tx } from '@flotilla/store'
import type { Definitions } from './definitions.js'
import { hydrateEvent, type RestoreCheckpoint } from './hydrate-event.js'

/**
 * Gives the stored history of a run to the engine again and compares what comes of it with what was stored.
 *
 * P2 what the history leaves out because it stands elsewhere (inputs, restored states, items) is put back in as it was.
 */
export interface Replayed {
  readonly runId: string
  readonly events: number
  /** Null: the engine gives the same states again, down to the one that is stored now. */
  readonly divergence: Divergence | null
  /** What was replayed, complete in itself: it can be replayed without a database. */
  readonly history: StoredHistory
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

/** The version that a run had when its history began. */
const firstHash = (run: ClaimedRun, history: readonly HistoryRow[]): string => {
  for (const { event, ignored } of history) if (event.type === 'RunMigrated' && ignored === null) return event.from.hash
  return run.definitionHash
}

/** Replays one run; null where there is no such run. Throws DEFINITION_MISSING where a version of it is gone. */
export const replayHistory = async (
  tx: Tx,
  runId: string,
  { definitions, restore }: ReplayDependencies,
): Promise<Replayed | null> => {
  const [run] = await readClaimedRuns(tx, [runId])
  const input = (await readInput(tx, runId))?.input ?? null
  if (!run) return null
  const rows = await historyOf(tx, runId)
  const definition = await definitions.byHash(firstHash(run, rows))
  if (!definition) throw new Error('DEFINITION_MISSING')
  const complete: RunEvent[] = []
  const putBack: PutBack = async (event, at) => {
    const given = event.type === 'RunStarted' || event.type === 'RunForked' ? { ...event, input } : event
    const hydrated = await hydrateEvent(tx, { ...run, state: at.state }, { ...at, event: given, definitions, restore })
    if (hydrated.type === 'RunMigrated' && !hydrated.definition) throw new Error('DEFINITION_MISSING')
    complete.push(hydrated) // P2
    return hydrated
  }
  const events = rows.map(({ position, event, ignored, patch }): StoredEvent => {
    return { position, event, ignored, patch: patch as Patch | null } // the history keeps patches
  })
  const stored = { workflow: definition.name, runId, submittedBy: run.submittedBy, definition, state: run.state }
  const divergence = await replayEvents({ ...stored, events }, putBack)
  const history = { ...stored, events: events.map((one, index) => ({ ...one, event: complete[index] ?? one.event })) }
  return { runId, events: rows.length, divergence, history }
}
