import { enterRun } from './enter-states.js'
import type { RunEvent } from './event.js'
import { sendOutAnew, takeUpStopped } from './reopen-run.js'
import { allStates } from './states-of.js'
import { isActive, stepAt } from './step-at.js'
import { publish, setScope, setStep, type Turn } from './turn.js'

/**
 * Forks. Invariants:
 * F1 the forked run's stream begins at 1; its dispatch, gate and checkpoint numbers go on from the checkpoint's, so that
 *    the same number of a checkpoint names the same moment in both runs.
 * F2 what was going on at the checkpoint is sent out anew for the forked run, gates open anew, and times that run from an
 *    entry run from now.
 * F3 what the other run did is not the fork's to undo: its failure undoes what it did itself, and nothing else.
 */

type Forked = Extract<RunEvent, { readonly type: 'RunForked' }>

/** Puts the state of the checkpoint in the place of the forked run's, with the fork's own identity and input. */
export const takeOver = (turn: Turn, { input, restored }: Forked): void => {
  const { runId, submittedBy } = turn.state
  Object.assign(turn.state, restored, {
    runId,
    submittedBy,
    status: 'running',
    startedAt: turn.at,
    finishedAt: null,
    cancel: null,
    published: 0,
    openings: 0,
    result: null,
    error: null,
    ...(restored?.compensations === undefined ? {} : { compensations: [], undone: [], compensation: null }), // F3
  })
  setScope(turn, '', { input, data: restored?.scopes['']?.data ?? {} })
}

/** F2: the visit that goes on begins now as far as times and attempts are concerned. */
const beginAnew = (turn: Turn): void => {
  for (const { path, definition } of allStates(turn)) {
    const step = stepAt(turn.state, path)
    if (!isActive(step)) continue
    const startedAt = definition.kind === 'agent' ? null : turn.at
    setStep(turn, path, { enteredAt: turn.at, startedAt, attempts: 0, attemptsBefore: 0, fraction: 0 })
  }
}

const started = (turn: Turn, { from }: Forked): void => {
  const { deadlineMs, title, name, version } = turn.index.definition
  turn.state.status = 'running'
  turn.state.startedAt = turn.at
  turn.state.dueAt = deadlineMs === null ? null : turn.at + deadlineMs
  const where = from.checkpoint === null ? 'at its start' : `at checkpoint ${from.checkpoint}`
  publish(turn, {
    type: 'run.started',
    message: `${title} forked off another run ${where}`,
    meta: { workflow: name, version, forkedFrom: { runId: from.runId, checkpoint: from.checkpoint } },
  })
}

/** F1: where the forked run began, as a checkpoint of its own. */
const saveBeginning = (turn: Turn): void => {
  turn.state.checkpointCount = Math.max(1, turn.state.checkpointCount)
  const number = turn.state.checkpointCount
  turn.commands.push({ type: 'SaveCheckpoint', number, label: 'forked', step: null, data: null })
  publish(turn, {
    type: 'checkpoint.saved',
    message: `Checkpoint ${number} saved`,
    meta: { checkpoint: number, label: 'forked' },
  })
}

/**
 * Begins a forked run. Ignored, as `nothing-to-fork`, when the other run had come to its end at the checkpoint, or was
 * being cancelled: nothing of it could go on. What had stopped because the other run failed is taken up again.
 */
export const forkRun = (turn: Turn, event: Forked): string | null => {
  if (turn.state.status !== 'created') return 'already-started'
  const { restored } = event
  if (!restored || restored.status === 'created') {
    if (event.policies) turn.state.policies = event.policies
    setScope(turn, '', { input: event.input, data: {} })
    started(turn, event)
    enterRun(turn)
    return null
  }
  const isEnding = restored.cancel !== null || (restored.compensation ?? null) !== null
  if (restored.status === 'completed' || restored.status === 'cancelled' || isEnding) return 'nothing-to-fork'
  takeOver(turn, event)
  if (restored.status === 'failed') {
    started(turn, event)
    saveBeginning(turn)
    return takeUpStopped(turn) ? null : 'nothing-to-fork'
  }
  started(turn, event)
  saveBeginning(turn)
  sendOutAnew(turn)
  beginAnew(turn)
  return null
}
