import type { CauseView, ErrorView, RunView, RunViewStatus, StepView, WaitingForView } from '@flotilla/contracts'
import {
  stepAt,
  stepsOf,
  waitingFor,
  type RunError,
  type RunState,
  type StepState,
  type WorkflowDefinition,
} from '@flotilla/engine'
import type { GateRow, RunDetail } from '@flotilla/store'
import type { RunWithGates } from '../ports.js'
import { runLinks } from './run-links.js'

const isoOf = (epochMs: number | null): string | null => (epochMs === null ? null : new Date(epochMs).toISOString())

const isCause = (cause: unknown): cause is CauseView => typeof cause === 'object' && cause !== null && 'code' in cause

const errorViewOf = (error: Readonly<Record<string, unknown>> | RunError | null): ErrorView | null =>
  error === null
    ? null
    : {
        code: String(error['code'] ?? 'UNKNOWN'),
        message: String(error['message'] ?? ''),
        ...(typeof error['step'] === 'string' ? { step: error['step'] } : {}),
        ...(isCause(error['cause']) ? { cause: error['cause'] } : {}),
      }

/** A parked run has no error of its own; why it stopped is what people look for there. */
const parkedError = (reason: string | null): ErrorView => ({
  code: reason !== null && /^[A-Z][A-Z0-9_]{2,63}$/.test(reason) ? reason : 'PARKED',
  message: 'The run is parked: it goes on when it is resumed.',
})

type Seen = RunDetail['view']

const itemsView = ({ total, done, failed }: NonNullable<StepState['items']>): NonNullable<StepView['items']> => ({
  total,
  done,
  failed,
})

const stepView = (state: Seen, path: string): StepView => {
  const step = stepAt(state ?? { steps: {} }, path)
  return {
    name: path,
    status: step.status,
    attempts: step.attempts,
    visits: step.visits,
    startedAt: isoOf(step.startedAt),
    finishedAt: isoOf(step.finishedAt),
    error: errorViewOf(step.error),
    ...(step.items === undefined ? {} : { items: itemsView(step.items) }),
  }
}

/** An open gate as `waitingFor` shows it. */
export const gateWaitedFor = (gate: GateRow): WaitingForView => ({
  kind: 'gate',
  gate: gate.gate,
  gateId: gate.gateId,
  since: gate.openedAt.toISOString(),
  dueAt: gate.dueAt?.toISOString() ?? null,
  shown: gate.shown,
  shownHash: gate.shownHash,
  outcomes: [...gate.outcomes],
})

const waitsOf = (state: Seen): WaitingForView[] =>
  // Only steps and gates are asked for, which the store's view has.
  (state === null ? null : waitingFor(state as unknown as RunState))?.waits.map(({ step, since, dueAt, signal }) => ({
    kind: 'event',
    step,
    since: isoOf(since),
    dueAt: isoOf(dueAt),
    ...(signal === null ? {} : { signal }),
  })) ?? []

/** A run as the interface shows it: steps in the definition's order, the first open gate under `waitingFor`. */
export const runView = ({ run, gates: open }: RunWithGates, definition: WorkflowDefinition): RunView => {
  const gates = open.map(gateWaitedFor)
  const finished = run.status === 'completed' || run.status === 'cancelled' || run.status === 'failed'
  return {
    runId: run.runId,
    workflow: run.workflow,
    version: run.version,
    status: run.status as RunViewStatus, // the table's check constraint
    progress: run.progress,
    traceId: run.traceId,
    parentRunId: run.parentRunId,
    steps: stepsOf(definition).map(({ path }) => stepView(run.view, path)),
    waitingFor: finished ? null : (gates[0] ?? waitsOf(run.view)[0] ?? null),
    gates: finished ? [] : gates,
    result: run.result,
    error: run.status === 'parked' ? parkedError(run.parkedReason) : errorViewOf(run.error),
    createdAt: run.createdAt.toISOString(),
    finishedAt: run.finishedAt?.toISOString() ?? null,
    forkedFrom: run.forkedFrom === null ? null : { runId: run.forkedFrom, checkpoint: run.forkedCheckpoint },
    links: runLinks(run.runId),
  }
}
