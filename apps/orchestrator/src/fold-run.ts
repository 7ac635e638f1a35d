import {
  advance,
  diffState,
  dueDeadlines,
  initialState,
  nextDeadlineAt,
  type Command,
  type Json,
  type RunEvent,
  type RunState,
  type WorkflowDefinition,
} from '@flotilla/engine'
import type { HistoryEntry, PublishedEvent } from '@flotilla/store'

/**
 * Folds what happened to one run into what is to be saved and sent. Pure: the same run, events and time give the same.
 *
 * A1 every event gets a position in the history, ignored ones with their reason.
 * A2 stream numbers are gapless: `seq` comes from the engine, in the order of the commands.
 * A3 a deadline is folded after the events that were there before it, and only when `deadlines` is true.
 */

/** What the fold needs of a claimed run. */
export interface RunToFold {
  readonly runId: string
  readonly submittedBy: string
  /** Null until its first event is applied. */
  readonly state: RunState | null
  /** Last position in the history, 0 for none. */
  readonly position: number
}

/** What came of it: state, history, and the engine's commands in order with the time and event position that gave them. */
export interface FoldedRun {
  readonly state: RunState
  readonly position: number
  readonly history: readonly HistoryEntry[]
  readonly commands: readonly { readonly command: Command; readonly at: number; readonly position: number }[]
  readonly nextDeadlineAt: number | null
  readonly ignored: number
}

/** What the fold needs beside the run. */
export interface Folding {
  readonly definition: WorkflowDefinition
  /** Epoch ms by Postgres' clock. */
  readonly now: number
  /** Whether due deadlines may fire (only while replies are read up to date). */
  readonly deadlines: boolean
  /** Gates whose due deadline may not fire now, because a person's decision won the row. */
  readonly gatesDecided: ReadonlySet<string>
  /** Hex span id of a span of the run by its key. */
  readonly spanIdOf: (runId: string, key: string) => string
}

/** A deadline may cause further deadlines that are due already; more rounds than this is a bug of ours, not of time. */
const deadlineRoundsMax = 100

/** The event as the history keeps it: what the run's row or earlier positions hold already is left out. */
const recorded = (event: RunEvent): RunEvent => {
  if (event.type === 'RunStarted') return { ...event, input: null }
  if (event.type === 'ItemsRead') {
    const { items: _items, ...rest } = event
    return rest
  }
  if (event.type === 'ItemsCollected') {
    const { outputs: _outputs, ...rest } = event
    return rest
  }
  if (event.type === 'RunMigrated') {
    const { definition: _definition, ...rest } = event
    return rest
  }
  if (event.type !== 'ResumeRequested' && event.type !== 'RunForked') return event
  const { restored: _restored, ...rest } = event
  return rest.type === 'RunForked' ? { ...rest, input: null } : rest
}

/** Applies `events` in order, then the deadlines that are due. Throws only on a bug of ours. */
export const foldRun = (run: RunToFold, events: readonly RunEvent[], folding: Folding): FoldedRun => {
  let state = run.state ?? initialState({ runId: run.runId, submittedBy: run.submittedBy })
  let position = run.position
  let ignored = 0
  const history: HistoryEntry[] = []
  const commands: FoldedRun['commands'][number][] = []

  const fold = (event: RunEvent): void => {
    const before = state
    const next = advance(folding.definition, before, event)
    position += 1
    state = next.state
    const published: PublishedEvent[] = []
    for (const command of next.commands) {
      commands.push({ command, at: event.at, position })
      if (command.type !== 'Publish') continue
      const spanId = command.event.spanId ?? folding.spanIdOf(run.runId, command.event.spanKey)
      published.push({ ...command.event, seq: command.seq, spanId })
    }
    if (next.ignored !== undefined) ignored += 1
    history.push({
      position,
      at: event.at,
      event: recorded(event),
      ignored: next.ignored ?? null,
      patch: (state === before ? null : diffState(before, state)) as Json,
      published,
    })
  }

  for (const event of events) fold(event)
  if (folding.deadlines) {
    for (let round = 0; round < deadlineRoundsMax; round += 1) {
      const due = dueDeadlines(state, folding.now).filter(
        (event) =>
          !(event.type === 'DeadlineReached' && event.gateId !== null && folding.gatesDecided.has(event.gateId)),
      )
      if (due.length === 0) break
      for (const event of due) fold(event)
    }
  }
  return { state, position, history, commands, nextDeadlineAt: nextDeadlineAt(state), ignored }
}
