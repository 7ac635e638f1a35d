import { completeUndo, failUndo } from './compensation-events.js'
import type { Action } from './definition.js'
import {
  type IndexedRegion,
  type IndexedState,
  type IndexedTransition,
  indexAssignments,
  ruledOutBy,
} from './definition-index.js'
import type { RunError, Usage } from './event.js'
import { failRun } from './finish-run.js'
import { judgeJoin } from './join.js'
import type { Json } from './json.js'
import { completeItem, failItem } from './map-items.js'
import { checkpointByCount } from './periodic-checkpoints.js'
import { saveArtifacts, saveCheckpoint } from './save-outputs.js'
import { forgetStopped, stopInner } from './stop-steps.js'
import { isActive, stepAt } from './step-at.js'
import {
  endStepSpan,
  errorMeta,
  plainError,
  publish,
  raiseProgress,
  setScope,
  setStep,
  stepSpan,
  type Turn,
  usageMeta,
} from './turn.js'
import { assignAll, nothing, pickTransition, type StepValues, targetOf } from './turn-values.js'

/**
 * How steps end and what follows from it. Invariants:
 * S1 a step ends once: whoever calls these functions has found it active.
 * S2 a join closes once; branches still open then are stopped.
 * S3 a failure goes to the nearest `failed` transition outwards; without one it fails the run. A missed deadline goes to
 *    the step's own `timeout` before that.
 */

/** Carries out entry, exit or transition actions. */
export const runActions = (turn: Turn, state: IndexedState, actions: readonly Action[], values: StepValues): void => {
  for (const action of actions) {
    if (action.do === 'assign') {
      assignAll(turn, state, { assignments: indexAssignments(action.assign), values })
    } else if (action.do === 'notify') {
      turn.commands.push({ type: 'Notify', channel: action.channel, message: action.message, step: state.path })
    } else {
      turn.commands.push({ type: 'Log', message: action.message, step: state.path })
    }
  }
}

/** The visit of a state's parent that is going on; 0 at the top level. */
export const parentVisit = (turn: Turn, state: IndexedState): number =>
  state.parent ? stepAt(turn.state, state.parent.path).visits : 0

/** Moves on along a transition: assignments, exit and transition actions; the target is entered by `enterStates`. */
const follow = (turn: Turn, state: IndexedState, transition: IndexedTransition, values: StepValues): void => {
  assignAll(turn, state, { assignments: transition.assign, values })
  runActions(turn, state, state.definition.exit ?? [], values)
  runActions(turn, state, transition.actions, values)
  const target = targetOf(state, transition)
  // Of an item nothing is kept once it is over.
  if (!state.inItem)
    for (const { path } of ruledOutBy(turn.index, state, target))
      if (stepAt(turn.state, path).status === 'pending') setStep(turn, path, { status: 'skipped' })
  turn.todo.push({ state: target, parentVisit: parentVisit(turn, state) })
}

interface Completed {
  /** The event that the transitions answer; null for a choice. */
  readonly on: string | null
  readonly values: StepValues
  readonly usage?: Usage | null
  readonly spanId?: string | null
  /** The transition, where it was looked for already. */
  readonly transition?: IndexedTransition
}

/** Ends a step well and follows the transition that answers. Without one the step fails with NO_TRANSITION. */
export const completeStep = (turn: Turn, state: IndexedState, completed: Completed): void => {
  if (state.undoes) return completeUndo(turn, state, completed)
  const { on, values, usage, spanId } = completed
  const transition = completed.transition ?? pickTransition(turn, state, { on, values })
  if (!transition) {
    const what = on === null ? 'no guard of the choice holds' : `no transition answers "${on}"`
    failStep(turn, state, { code: 'NO_TRANSITION', message: `${state.title}: ${what}` })
    return
  }
  setStep(turn, state.path, { status: 'done', finishedAt: turn.at, dueAt: null, due: null, fraction: 1, error: null })
  endStepSpan(turn, state, usage === undefined ? {} : { usage })
  const rose = raiseProgress(turn)
  const meta = state.definition.kind === 'agent' ? usageMeta(usage ?? null) : {}
  const told = { message: `${state.title} complete`, about: state, spanId: spanId ?? null, meta }
  publish(turn, { type: 'step.completed', ...told })
  if (rose) publish(turn, { type: 'progress', ...told })
  saveArtifacts(turn, state, values)
  if (state.checkpoint) saveCheckpoint(turn, state, state.path, null)
  checkpointByCount(turn, state)
  follow(turn, state, transition, values)
}

/** What became of a failure: `pending` when a best-effort join waits for other branches before it fails. */
export type Fate = 'handled' | 'pending' | 'run-failed'

/**
 * Ends a step badly. S3: its own `failed` transition, else the enclosing region's rules, else the run fails. The caller
 * has settled or voided the job.
 */
export const failStep = (
  turn: Turn,
  state: IndexedState,
  cause: RunError,
  told: { readonly usage?: Usage | null; readonly spanId?: string | null; readonly timedOut?: boolean } = {},
): Fate => {
  if (state.undoes) return failUndo(turn, state, cause, told)
  const error = plainError(cause, state.path)
  const values = (type: string) => ({
    output: null,
    event: { type, error: errorMeta(error)['error'] ?? null, at: turn.at },
  })
  const late = told.timedOut ? pickTransition(turn, state, { on: 'timeout', values: values('timeout') }) : null
  const handled = late ?? pickTransition(turn, state, { on: 'failed', values: values('failed') })
  setStep(turn, state.path, {
    status: 'failed',
    finishedAt: turn.at,
    dueAt: null,
    due: null,
    error,
    stopped: handled === null,
  })
  endStepSpan(turn, state, { error, ...(told.usage === undefined ? {} : { usage: told.usage }) })
  publish(turn, {
    type: 'step.failed',
    message: `${state.title} failed: ${error.code}`,
    about: state,
    spanId: told.spanId ?? null,
    meta: errorMeta(error),
  })
  if (!handled) return failRegion(turn, state.region, error)
  if (state.regions.length > 0 || state.makeItem) forgetStopped(turn, state)
  // What was reached is kept before the way out of time is taken.
  if (late && state.checkpoint) saveCheckpoint(turn, state, state.path, null)
  follow(turn, state, handled, values(late ? 'timeout' : 'failed'))
  return 'handled'
}

const failRegion = (turn: Turn, { kind, owner, branch, item }: IndexedRegion, error: RunError): Fate => {
  if (owner === null) {
    failRun(turn, error)
    return 'run-failed'
  }
  if (item !== null) return failItem(turn, owner, item, error)
  if (kind === 'body' || branch === null) return failStep(turn, owner, error)
  const { requirement } = branch
  const step = stepAt(turn.state, owner.path)
  const degraded = typeof requirement === 'object'
  const status = degraded ? ('degraded' as const) : ('failed' as const)
  const spared = degraded || requirement === 'optional'
  if (!spared && step.error === null) setStep(turn, owner.path, { error })
  if (spared) for (const inner of branchStates(owner, branch.name)) forgetStopped(turn, inner)
  const fate = settleBranch(turn, owner, {
    name: branch.name,
    status,
    output: degraded ? requirement.degraded : null,
  })
  return spared && fate === 'pending' ? 'handled' : fate
}

const branchStates = (owner: IndexedState, name: string): readonly IndexedState[] => [
  ...(owner.regions.find(({ branch }) => branch?.name === name)?.states.values() ?? []),
]

interface SettledBranch {
  readonly name: string
  readonly status: 'done' | 'failed' | 'degraded'
  readonly output: Json
}

const settleBranch = (turn: Turn, owner: IndexedState, { name, status, output }: SettledBranch): Fate => {
  const step = stepAt(turn.state, owner.path)
  setStep(turn, owner.path, {
    branches: { ...step.branches, [name]: status },
    ...(status === 'failed' ? {} : { outputs: { ...step.outputs, [name]: output } }),
  })
  return closeJoin(turn, owner, false)
}

/**
 * Closes a parallel's join if it is met or lost (S2). Its `done` carries the branches' results as `output`, by name:
 * null for a branch that did not come in.
 */
export const closeJoin = (turn: Turn, owner: IndexedState, deadlineReached: boolean): Fate => {
  const step = stepAt(turn.state, owner.path)
  const { definition } = owner
  if (definition.kind !== 'parallel' || !isActive(step)) return 'handled'
  const branches = step.branches ?? {}
  const asked = definition.onBranchFailure
  const onBranchFailure = asked === 'by-environment' ? (turn.state.policies?.branchFailure ?? 'fail-fast') : asked
  const verdict = judgeJoin({ ...definition, onBranchFailure }, branches, deadlineReached)
  if (verdict === 'open') return 'pending'

  const failed = verdict === 'failed'
  stopInner(turn, owner, failed)
  const outputs = Object.fromEntries(definition.branches.map(({ name }) => [name, step.outputs?.[name] ?? null]))
  const entries = Object.entries(branches).map(([name, was]) => [name, was === 'open' ? 'cancelled' : was] as const)
  setStep(turn, owner.path, { branches: Object.fromEntries(entries), outputs: {} })
  turn.commands.push({
    type: 'EndSpan',
    span: 'join',
    key: `join:${owner.path}:${step.visits}`,
    parentKey: stepSpan(turn, owner),
    name: `join ${owner.path}`,
    startedAt: step.enteredAt ?? turn.at,
    endedAt: turn.at,
    error: failed ? step.error : null,
    attributes: {
      'workflow.step': owner.path,
      'flotilla.join.policy': definition.join.policy,
      'flotilla.join.come_in': entries.filter(([, was]) => was === 'done' || was === 'degraded').length,
      'flotilla.join.expected': entries.length,
    },
  })
  if (failed) {
    const error = step.error ?? { code: 'JOIN_NOT_MET', message: `${owner.title}: too few branches came in` }
    return failStep(turn, owner, error)
  }
  for (const inner of owner.parts) forgetStopped(turn, inner.state)
  setStep(turn, owner.path, { error: null })
  completeStep(turn, owner, { on: 'done', values: { output: outputs, event: null } })
  return 'handled'
}

interface EndedRegion {
  readonly status: 'completed' | 'failed'
  readonly output: Json
  readonly error: RunError
}

/** Ends a branch or a sub-workflow's body at one of its ends. */
export const endRegion = (turn: Turn, region: IndexedRegion, ended: EndedRegion): void => {
  const { owner, branch, kind, item } = region
  if (owner === null) return
  const { status, output, error } = ended
  if (status === 'failed') {
    failRegion(turn, region, error)
  } else if (item !== null) {
    completeItem(turn, owner, item, output)
  } else if (kind === 'body') {
    setScope(turn, owner.path, null)
    completeStep(turn, owner, { on: 'done', values: { ...nothing, output } })
  } else {
    settleBranch(turn, owner, { name: branch?.name ?? '', status: 'done', output })
  }
}
