import type { HumanState, ParallelState, WaitState } from './definition.js'
import { startChild } from './child-runs.js'
import type { IndexedRegion, IndexedState } from './definition-index.js'
import { isCompensating } from './compensations.js'
import { dispatchStep } from './dispatch-step.js'
import { compileExpression } from './expression.js'
import { completeRun, failRun } from './finish-run.js'
import type { Json } from './json.js'
import { firstCheckpointAt } from './periodic-checkpoints.js'
import { saveArtifacts } from './save-outputs.js'
import { completeStep, endRegion, failStep, parentVisit, runActions } from './settle-step.js'
import { enterMap } from './map-items.js'
import { withInner } from './states-of.js'
import { afresh, isActive, isFinished, stepAt } from './step-at.js'
import { gateOutcomes, openGate } from './open-gate.js'
import { type Entry, publish, putStep, setScope, setStep, type Turn } from './turn.js'
import { assignAll, evaluateFor, evaluateMapping, evaluateOne, nothing, pickTransition } from './turn-values.js'

const entriesMax = 10_000

const enterRegion = (turn: Turn, region: IndexedRegion, visit: number): void => {
  const initial = region.states.get(region.initial)
  if (!initial) throw new Error(`the initial state ${region.initial} does not exist`)
  turn.todo.push({ state: initial, parentVisit: visit })
}

const started = (turn: Turn, state: IndexedState): void => {
  setStep(turn, state.path, { status: 'running', startedAt: turn.at })
  publish(turn, { type: 'step.started', message: `${state.title} started`, about: state })
}

const enterParallel = (turn: Turn, state: IndexedState, { branches, join, deadlineMs }: ParallelState): void => {
  started(turn, state)
  const step = setStep(turn, state.path, {
    branches: Object.fromEntries(branches.map(({ name }) => [name, 'open'])),
    outputs: {},
    ...(deadlineMs === undefined ? {} : { dueAt: turn.at + deadlineMs, due: 'step' as const }),
    ...(join.policy === 'until' ? { dueAt: turn.at + join.deadlineMs, due: 'join' as const } : {}),
  })
  for (const region of state.regions) enterRegion(turn, region, step.visits)
}

/** Opens the gate of a human state on what it shows. */
export const enterHuman = (turn: Turn, state: IndexedState, { outcomes, deadlineMs }: HumanState): void => {
  setStep(turn, state.path, { status: 'waiting', startedAt: turn.at, finishedAt: null, stopped: false })
  openGate(turn, state, {
    shown: evaluateMapping(turn, state, state.input, nothing),
    outcomes: [...gateOutcomes, ...(outcomes ?? [])],
    dueAt: turn.at + deadlineMs,
  })
}

const momentOf = (turn: Turn, state: IndexedState, { forMs, until, deadlineMs, signal }: WaitState): number | null => {
  if (signal !== undefined) return deadlineMs === undefined ? null : turn.at + deadlineMs
  const source = forMs ?? until
  if (source === undefined) return null
  const value = evaluateOne(
    turn,
    state,
    evaluateFor(state, () => compileExpression(source)),
    nothing,
  )
  if (typeof value !== 'number') return null
  return forMs === undefined ? value : turn.at + value
}

/** A signal that came before its time and that the state takes now. */
const earlySignal = (turn: Turn, state: IndexedState): { name: string; index: number; payload: Json } | null => {
  for (const name of awaitedSignals(state))
    for (const [index, payload] of (turn.state.signals[name] ?? []).entries())
      if (takesSignal(turn, state, name, payload)) return { name, index, payload }
  return null
}

const enterWait = (turn: Turn, state: IndexedState, definition: WaitState): void => {
  setStep(turn, state.path, { status: 'waiting', startedAt: turn.at })
  const early = earlySignal(turn, state)
  if (early) {
    const { [early.name]: kept = [], ...others } = turn.state.signals
    const later = kept.toSpliced(early.index, 1)
    turn.state.signals = later.length === 0 ? others : { ...others, [early.name]: later }
    giveSignal(turn, state, early.name, early.payload)
    return
  }
  const dueAt = momentOf(turn, state, definition)
  if (dueAt === null && definition.signal === undefined) {
    failStep(turn, state, { code: 'WAIT_WITHOUT_END', message: `${state.title}: its time is not a number` })
    return
  }
  setStep(turn, state.path, { dueAt, due: dueAt === null ? null : 'wait' })
  const { correlate } = definition
  if (correlate === undefined) return
  const key = evaluateOne(
    turn,
    state,
    evaluateFor(state, () => compileExpression(correlate)),
    nothing,
  )
  if ((typeof key === 'string' && key !== '') || typeof key === 'number')
    setStep(turn, state.path, { awaits: { names: awaitedSignals(state), key: String(key) } })
  else
    failStep(turn, state, { code: 'CORRELATION_MISSING', message: `${state.title}: its key is no text and no number` })
}

const ownAnswers = new Set(['done', 'failed', 'timeout'])

/** The signals that a wait state is for: its own, and others that its transitions name. */
export const awaitedSignals = ({ definition, transitions }: IndexedState): readonly string[] => {
  if (definition.kind !== 'wait' || definition.signal === undefined) return []
  const named = transitions.flatMap(({ on }) => (on === null || ownAnswers.has(on) ? [] : [on]))
  return [...new Set([definition.signal, ...named])]
}

/** What the arrival of a signal is to a wait state's transitions: the signal's name, or `done` where only that is answered. */
const signalAnswer = ({ transitions }: IndexedState, signal: string): string =>
  transitions.some(({ on }) => on === signal) ? signal : 'done'

/** Whether a transition of a wait state accepts a signal: a guard may not. */
export const takesSignal = (turn: Turn, state: IndexedState, name: string, payload: Json): boolean =>
  pickTransition(turn, state, { on: signalAnswer(state, name), values: { output: payload, event: payload } }) !== null

/** Ends a wait with the signal that it was for. */
export const giveSignal = (turn: Turn, state: IndexedState, name: string, payload: Json): void =>
  completeStep(turn, state, { on: signalAnswer(state, name), values: { output: payload, event: payload } })

const enterEnd = (turn: Turn, state: IndexedState): void => {
  const { definition, region, result } = state
  if (definition.kind !== 'end') return
  runActions(turn, state, definition.entry ?? [], nothing)
  const output: Json = result ? evaluateMapping(turn, state, result, nothing) : null
  const error = definition.error ?? { code: 'ENDED_AS_FAILED', message: `ended in ${state.title}` }
  saveArtifacts(turn, state, { output, event: null })
  if (region.owner !== null) endRegion(turn, region, { status: definition.status, output, error })
  else if (definition.status === 'completed') completeRun(turn, output)
  else failRun(turn, error)
}

const enterByKind = (turn: Turn, state: IndexedState): void => {
  const { definition } = state
  switch (definition.kind) {
    case 'agent':
      return dispatchStep(turn, state, null)
    case 'set':
      setStep(turn, state.path, { status: 'running', startedAt: turn.at })
      assignAll(turn, state, { assignments: state.assign, values: nothing })
      return completeStep(turn, state, { on: 'done', values: nothing })
    case 'choice':
      setStep(turn, state.path, { status: 'running', startedAt: turn.at })
      return completeStep(turn, state, { on: null, values: nothing })
    case 'parallel':
      return enterParallel(turn, state, definition)
    case 'human':
      return enterHuman(turn, state, definition)
    case 'wait':
      return enterWait(turn, state, definition)
    case 'workflow': {
      const input = evaluateMapping(turn, state, state.input, nothing)
      started(turn, state)
      if (definition.detached) return startChild(turn, state, definition, input)
      setScope(turn, state.path, { input, data: {} })
      const [body] = state.regions
      const deadlineMs = definition.body?.deadlineMs ?? null
      if (deadlineMs !== null) setStep(turn, state.path, { dueAt: turn.at + deadlineMs, due: 'step' })
      if (body) return enterRegion(turn, body, stepAt(turn.state, state.path).visits)
      failStep(turn, state, { code: 'NOT_SUPPORTED', message: `${state.title}: its body is not inlined` })
      return
    }
    case 'map':
      return enterMap(turn, state, definition)
    case 'end':
  }
}

const enter = (turn: Turn, state: IndexedState, again: boolean): void => {
  const { definition, path } = state
  if (definition.kind === 'end') return enterEnd(turn, state)
  const before = stepAt(turn.state, path)
  const visits = again ? before.visits : before.visits + 1
  putStep(turn, path, {
    ...afresh(before),
    visits,
    enteredAt: turn.at,
    status: 'waiting',
    ...firstCheckpointAt(turn, state),
  })
  for (const inner of withInner(turn, state).slice(1)) {
    const held = turn.state.steps[inner.path]
    if (held) putStep(turn, inner.path, afresh(held))
  }
  if (definition.maxVisits !== undefined && visits > definition.maxVisits) {
    const message = `${state.title} was entered more than ${definition.maxVisits} times`
    failStep(turn, state, { code: 'LOOP_EXHAUSTED', message })
    return
  }
  runActions(turn, state, definition.entry ?? [], nothing)
  enterByKind(turn, state)
}

/** Void once its region is no longer going on: a branch that was cancelled, a visit that is over. */
const isVoid = (turn: Turn, { state, parentVisit: visit }: Entry): boolean => {
  const { owner, branch, item } = state.region
  if (isFinished(turn.state.status) || isCompensating(turn.state)) return true
  if (owner === null) return false
  const step = stepAt(turn.state, owner.path)
  if (!isActive(step) || step.visits !== visit) return true
  if (item !== null) return !step.items?.open.includes(item)
  return branch !== null && step.branches?.[branch.name] !== 'open'
}

/**
 * Enters the states that are to be entered, and those that follow from one before the next, until every region waits for something or
 * has ended. A definition that circles without waiting is stopped with LOOP_EXHAUSTED after 10,000 entries.
 */
export const enterStates = (turn: Turn): void => {
  for (let count = 0, entry = turn.todo.shift(); entry; entry = turn.todo.shift(), count += 1) {
    if (isVoid(turn, entry)) continue
    if (count >= entriesMax) {
      failRun(turn, { code: 'LOOP_EXHAUSTED', message: 'the workflow circles without waiting', step: entry.state.path })
      return
    }
    const others = turn.todo.splice(0)
    enter(turn, entry.state, entry.again ?? false)
    turn.todo.push(...others)
  }
}

/** Enters the root's initial state. */
export const enterRun = (turn: Turn): void => enterRegion(turn, turn.index.root, 0)

/** Has a stopped local state entered again, in its region's current visit, without counting a visit. */
export const enterAgain = (turn: Turn, state: IndexedState): void => {
  turn.todo.push({ state, parentVisit: parentVisit(turn, state), again: true })
}
