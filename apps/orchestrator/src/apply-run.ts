import {
  advance,
  diffState,
  dueDeadlines,
  initialState,
  nextDeadlineAt,
  type Command,
  type Json,
  type JsonObject,
  type RunEvent,
  type RunState,
  type StreamedEvent,
  type WorkflowDefinition,
} from '@flotilla/engine'

/**
 * Folds what happened to one run into what is to be saved and sent. Pure: the same run, events and time give the same.
 *
 * A1 every event gets a position in the history, ignored ones with their reason.
 * A2 stream numbers are gapless: `seq` comes from the engine, in the order of the commands.
 * A3 a deadline is folded after the events that were there before it, and only when `deadlines` is true.
 */

/** The run as claimed: its row, the state at `position`. */
export interface RunToApply {
  readonly id: string
  readonly traceId: string
  readonly submittedBy: string
  /** Null until its first event is applied. */
  readonly state: RunState | null
  /** Last position in the history, 0 for none. */
  readonly position: number
  readonly input: Json
}

/** One row of the run's history. */
export interface HistoryRow {
  readonly position: number
  readonly at: number
  readonly event: JsonObject
  readonly ignored: string | null
  readonly patch: Json
  /** Stream events as the public interface shows them. */
  readonly published: readonly JsonObject[]
}

/** What came of it: state, history, and the engine's commands in order with the time and event position that gave them. */
export interface AppliedRun {
  readonly id: string
  readonly state: RunState
  readonly position: number
  readonly history: readonly HistoryRow[]
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

const streamed = (run: RunToApply, seq: number, at: number, event: StreamedEvent, folding: Folding): JsonObject => ({
  seq,
  runId: run.id,
  ts: new Date(at).toISOString(),
  type: event.type,
  phase: event.phase,
  status: event.status,
  message: event.message,
  progress: event.progress,
  step_progress: event.stepProgress,
  trace_id: run.traceId,
  span_id: event.spanId ?? folding.spanIdOf(run.id, event.spanKey),
  meta: event.step === null ? event.meta : { step: event.step, ...event.meta },
})

/** The event as the history keeps it: what the run's row or earlier positions hold already is left out. */
const recorded = (event: RunEvent): JsonObject => {
  const { input: _input, restored: _restored, ...rest } = event as RunEvent & { input?: Json; restored?: RunState }
  return rest as unknown as JsonObject // an event is JSON by construction
}

/** Applies `events` in order, then the deadlines that are due. Throws only on a bug of ours. */
export const applyRun = (run: RunToApply, events: readonly RunEvent[], folding: Folding): AppliedRun => {
  let state = run.state ?? initialState({ runId: run.id, submittedBy: run.submittedBy })
  let position = run.position
  let ignored = 0
  const history: HistoryRow[] = []
  const commands: AppliedRun['commands'][number][] = []

  const fold = (event: RunEvent): void => {
    const before = state
    const next = advance(folding.definition, before, event)
    position += 1
    state = next.state
    const published: JsonObject[] = []
    for (const command of next.commands) {
      if (command.type === 'Publish') published.push(streamed(run, command.seq, event.at, command.event, folding))
      commands.push({ command, at: event.at, position })
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
  return { id: run.id, state, position, history, commands, nextDeadlineAt: nextDeadlineAt(state), ignored }
}
