import type { StateDefinition } from './definition.js'
import type { IndexedState } from './definition-index.js'
import { keptCompensations } from './compensations.js'
import { restartChild } from './child-runs.js'
import { dispatchStep } from './dispatch-step.js'
import { enterAgain, enterHuman } from './enter-states.js'
import type { RunEvent } from './event.js'
import type { OpenGate, RunState, StepState } from './state.js'
import { resumeMap } from './map-items.js'
import { markArtifacts } from './save-outputs.js'
import { openGate } from './open-gate.js'
import { allStates, stateOf, withInner } from './states-of.js'
import { stopAll } from './stop-steps.js'
import { isActive, isFinished, owesReply, stepAt } from './step-at.js'
import { publish, setGate, setStep, type Turn } from './turn.js'

/**
 * Resume and replay. Invariants:
 * R1 counters and the progress mark only rise; a checkpoint never brings older ones back.
 * R2 what was going on is sent out anew under new dispatch and gate numbers: the old ones are fenced out.
 */

type Resume = Extract<RunEvent, { readonly type: 'ResumeRequested' }>
type Replay = Extract<RunEvent, { readonly type: 'DeadLetterReplayed' }>

const deadlineOf = (definition: StateDefinition): { readonly ms: number; readonly due: 'join' | 'step' } | null => {
  if (definition.kind === 'parallel')
    return definition.join.policy === 'until'
      ? { ms: definition.join.deadlineMs, due: 'join' }
      : definition.deadlineMs === undefined
        ? null
        : { ms: definition.deadlineMs, due: 'step' }
  const ms = definition.kind === 'workflow' ? (definition.body?.deadlineMs ?? null) : null
  return ms === null ? null : { ms, due: 'step' }
}

/** Compounds that hold a step go on, their branches are open again; maps take further items where that is wanted. */
const reopenAround = (turn: Turn, state: IndexedState, takesItems = true): void => {
  const { owner, branch } = state.region
  if (owner === null) return
  const step = stepAt(turn.state, owner.path)
  const { definition } = owner
  const deadline = deadlineOf(definition)
  const change: Partial<StepState> = {
    status: 'running',
    finishedAt: null,
    error: null,
    stopped: false,
    ...(branch ? { branches: { ...step.branches, [branch.name]: 'open' as const } } : {}),
    ...(deadline === null || isActive(step) ? {} : { dueAt: turn.at + deadline.ms, due: deadline.due }),
  }
  setStep(turn, owner.path, change)
  reopenAround(turn, owner, takesItems)
  if (owner.makeItem && takesItems) resumeMap(turn, owner)
}

const takeUp = (turn: Turn, state: IndexedState): void => {
  const { definition, path } = state
  setStep(turn, path, { stopped: false })
  if (definition.kind === 'agent') {
    setStep(turn, path, { dispatches: 0 })
    dispatchStep(turn, state, null)
  } else if (stepAt(turn.state, path).items) {
    setStep(turn, path, { status: 'running', finishedAt: null, error: null })
    resumeMap(turn, state)
  } else if (definition.kind === 'human') enterHuman(turn, state, definition)
  else enterAgain(turn, state)
}

const isStopped = (turn: Turn, { path }: IndexedState): boolean => stepAt(turn.state, path).stopped === true

const isLeafStopped = (turn: Turn, state: IndexedState): boolean =>
  isStopped(turn, state) &&
  !withInner(turn, state)
    .slice(1)
    .some((inner) => isStopped(turn, inner))

const reset = (turn: Turn): void => {
  turn.state.status = 'running'
  turn.state.error = null
  turn.state.result = null
  turn.state.finishedAt = null
}

const opened = (turn: Turn, checkpoint: number | null): void => {
  const { deadlineMs } = turn.index.definition
  reset(turn)
  turn.state.dueAt = deadlineMs === null ? null : turn.at + deadlineMs
  // A rollback was told of, and counted, when it was asked for; what was done since the checkpoint is undone by now.
  if (turn.event.type !== 'ResumeRequested' && turn.event.type !== 'DeadLetterReplayed') {
    publish(turn, { type: 'progress', message: `Rolled back to checkpoint ${checkpoint}`, meta: { checkpoint } })
    return
  }
  turn.state.openings += 1
  markArtifacts(turn, false)
  publish(turn, {
    type: 'run.resumed',
    message: checkpoint === null ? 'Resumed where it failed' : `Resumed from checkpoint ${checkpoint}`,
    meta: { checkpoint },
  })
}

/** R1. */
const restore = (turn: Turn, restored: RunState): void => {
  const now = { ...turn.state }
  const rising = ['dispatchCount', 'gateCount', 'checkpointCount', 'published', 'progress', 'openings'] as const
  const kept = keptCompensations(turn.state, restored)
  Object.assign(turn.state, restored, kept, { runId: now.runId, submittedBy: now.submittedBy, cancel: null })
  for (const counter of rising) turn.state[counter] = Math.max(now[counter], restored[counter])
  // Versions of artifacts rise too: a new one must not take the id of one that was saved after the checkpoint.
  turn.state.artifacts = { ...restored.artifacts, ...now.artifacts }
}

/** Times that run from the entry of a wait or a compound run from now; a moment of the calendar stays. */
const renewTimes = (turn: Turn): void => {
  for (const { path, definition } of allStates(turn)) {
    const { dueAt, enteredAt, ...step } = stepAt(turn.state, path)
    const { kind } = definition
    if (dueAt === null || enteredAt === null || !isActive({ ...step, dueAt, enteredAt })) continue
    if (kind === 'agent' || kind === 'human' || (kind === 'wait' && definition.until !== undefined)) continue
    setStep(turn, path, { dueAt: turn.at + (dueAt - enteredAt) })
  }
}

/** R2: what the state says is going on is sent out under new numbers. */
export const sendOutAnew = (turn: Turn): void => {
  renewTimes(turn)
  const gates = Object.values(turn.state.gates)
  for (const { gateId } of gates) setGate(turn, gateId, null)
  for (const state of allStates(turn)) {
    const step = stepAt(turn.state, state.path)
    if (owesReply(step)) {
      setStep(turn, state.path, { dispatches: 0 })
      if (state.definition.kind === 'agent') dispatchStep(turn, state, null)
      else restartChild(turn, state)
    }
    if (step.items && isActive(step)) resumeMap(turn, state)
    const gate = gates.find(({ gateId }) => gateId === step.gateId)
    if (gate && isActive(step)) openGate(turn, state, { ...gate, dueAt: renewed(turn, gate) })
  }
}

const renewed = (turn: Turn, { dueAt, since }: OpenGate): number | null =>
  dueAt === null ? null : turn.at + (dueAt - since)

const stoppedLeaves = (turn: Turn): readonly IndexedState[] =>
  allStates(turn).filter((state) => isLeafStopped(turn, state))

/** Takes up every step that stopped when the run failed, and opens what encloses it. Whether there was any. */
export const takeUpStopped = (turn: Turn): boolean => {
  const leaves = stoppedLeaves(turn)
  for (const state of leaves) reopenAround(turn, state)
  for (const state of leaves) takeUp(turn, state)
  return leaves.length > 0
}

/**
 * Opens a failed run for a decision on the step that failed (or the first that stopped) and gives that step, null where
 * none had stopped. Nothing is taken up, and no deadline of the run or of what encloses the step runs meanwhile.
 */
export const openForDecision = (turn: Turn, path: string | null): IndexedState | null => {
  const leaves = stoppedLeaves(turn)
  const failed = leaves.find((leaf) => leaf.path === path) ?? leaves[0]
  if (!failed) return null
  reset(turn)
  turn.state.dueAt = null
  turn.state.openings += 1
  markArtifacts(turn, false)
  const meta = { checkpoint: null, mode: 'escalate' }
  publish(turn, { type: 'run.resumed', message: 'A person is asked how it goes on', meta })
  reopenAround(turn, failed, false)
  for (const owner of ownersOf(failed)) setStep(turn, owner.path, { dueAt: null, due: null })
  return failed
}

/** The opposite, before what was decided is done: the step is one of those that had stopped again. */
export const stopAgain = (turn: Turn, state: IndexedState): void => {
  for (const { path } of [state, ...ownersOf(state)]) setStep(turn, path, { status: 'failed', finishedAt: turn.at })
  setStep(turn, state.path, { stopped: true })
  const { deadlineMs } = turn.index.definition
  turn.state.dueAt = deadlineMs === null ? null : turn.at + deadlineMs
}

const ownersOf = ({ region: { owner } }: IndexedState): readonly IndexedState[] =>
  owner === null ? [] : [owner, ...ownersOf(owner)]

const reopen = (turn: Turn, checkpoint: number | null): string | null => {
  if (stoppedLeaves(turn).length === 0) return 'nothing-to-resume'
  opened(turn, checkpoint)
  takeUpStopped(turn)
  return null
}

/**
 * Reopens a failed run: without a checkpoint the steps that stopped when it failed are taken up again; with one the
 * restored state takes the place of the run's, and what was in flight then is sent out anew. A run that the shell had
 * parked comes as it is, restored or not.
 */
export const resumeRun = (turn: Turn, { checkpoint, restored }: Resume): string | null => {
  if (turn.state.status === 'completed' || turn.state.status === 'cancelled') return 'finished'
  if (restored && (restored.status === 'running' || restored.status === 'waiting')) {
    stopAll(turn, false)
    restore(turn, restored)
    opened(turn, checkpoint)
    sendOutAnew(turn)
    return null
  }
  const failedThen = restored?.status === 'failed'
  if (restored && !failedThen) return 'nothing-to-resume'
  if (!restored && !isFinished(turn.state.status)) return 'not-failed'
  if (restored) {
    stopAll(turn, false)
    restore(turn, restored)
  }
  return reopen(turn, checkpoint)
}

/**
 * A dead letter was sent again. A failed run is reopened at that step, and with it whatever else had stopped when the
 * run failed, since the run could not complete without it. In a run that goes on (a best-effort join waits for other
 * branches), the branch is opened again.
 */
export const replayDeadLetter = (turn: Turn, { step: path, dispatch }: Replay): string | null => {
  const step = stepAt(turn.state, path)
  const state = stateOf(turn, path)
  if (!state || step.dispatch !== dispatch) return 'stale-dispatch'
  if (step.status !== 'failed' || !step.stopped || turn.state.cancel) return 'not-failed'
  if (turn.state.status === 'failed') return reopen(turn, null)
  if (isFinished(turn.state.status) || !goesOn(turn, state)) return 'not-failed'
  reopenAround(turn, state)
  takeUp(turn, state)
  return null
}

/** Whether all that encloses a step is going on. */
const goesOn = (turn: Turn, { parent }: IndexedState): boolean =>
  parent === null || (isActive(stepAt(turn.state, parent.path)) && goesOn(turn, parent))
