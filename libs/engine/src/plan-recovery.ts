import { advance } from './advance.js'
import type { WorkflowDefinition } from './definition.js'
import type { RunEvent } from './event.js'
import { initialState } from './initial-state.js'
import type { RunState, StepState } from './state.js'
import { isActive, isFinished, stepAt } from './step-at.js'
import { stepsOf, type StepListed } from './steps-of.js'

/** An effect that a run's agents have recorded: `intent` and `unknown` are those of which nobody knows whether they were done. */
export interface EffectKnown {
  readonly step: string
  readonly visit: number
  readonly status: string
}

/** What a step used in a visit whose result a recovery gives up. */
export interface UsageKnown {
  readonly step: string
  readonly model: string | null
  readonly tokens: number
}

/**
 * What a resume, a rollback or a fork would do. Steps stand in the definition's order; a step of a loop may be reused as
 * it was and done again as well.
 */
export interface RecoveryPlan {
  /** Steps whose recorded result stays. */
  readonly reused: readonly string[]
  /** Steps that are carried out again, if the run takes the way that it took. */
  readonly redone: readonly string[]
  /** What those of them cost the last time that call a model. */
  readonly chargedAgain: readonly UsageKnown[]
  /** What is undone first, in this order. */
  readonly compensated: readonly string[]
  /** Why nothing would happen (`step` null), or where it would not go on by itself. */
  readonly blocked: readonly { readonly step: string | null; readonly reason: string }[]
}

/** What is asked: the event as it would be applied, with the restored state in it. */
export type RecoveryAsked = Extract<RunEvent, { readonly type: 'ResumeRequested' | 'RunForked' }>

const compounds = new Set<StepListed['kind']>(['parallel', 'workflow'])

const nothingToDo = (state: RunState, blocked: RecoveryPlan['blocked']): RecoveryPlan => ({
  reused: Object.entries(state.steps).flatMap(([path, { status }]) => (status === 'done' ? [path] : [])),
  redone: [],
  chargedAgain: [],
  compensated: [],
  blocked,
})

const sumByStep = (usage: readonly UsageKnown[], redone: ReadonlySet<string>): UsageKnown[] => {
  const sums = new Map<string, UsageKnown>()
  for (const { step, model, tokens } of usage)
    if (redone.has(step) && tokens > 0) sums.set(step, { step, model, tokens: tokens + (sums.get(step)?.tokens ?? 0) })
  return [...sums.values()]
}

/** What is undone first, the last first: only a rollback does, and whoever asks for the undoing of all. */
const undoneFirst = ({ compensation, compensations = [] }: RunState): string[] =>
  compensation?.status !== 'running'
    ? []
    : compensation.left
        .toReversed()
        .flatMap((number) => compensations.filter((held) => held.number === number).map(({ step }) => step))

/**
 * Says what would come of a resume or fork, by asking `advance` itself and comparing where the run stands with where it
 * would begin. `now` is the state of the run that is resumed or forked; `usage` what was used since the checkpoint.
 */
export const planRecovery = (
  definition: WorkflowDefinition,
  { now, event }: { readonly now: RunState; readonly event: RecoveryAsked },
  known: { readonly effects: readonly EffectKnown[]; readonly usage: readonly UsageKnown[] },
): RecoveryPlan => {
  const { restored } = event
  const isFork = event.type === 'RunForked'
  // A parked run goes on as it is.
  if (!isFork && !restored && !isFinished(now.status)) return nothingToDo(now, [])
  const first = isFork ? initialState(now) : now
  const advanced = advance(definition, first, event)
  if (advanced.ignored !== undefined) return nothingToDo(now, [{ step: null, reason: advanced.ignored }])
  const compensated = isFork ? [] : undoneFirst(advanced.state)
  const mode = isFork ? undefined : event.mode
  if (mode === 'compensate' || mode === 'abandon' || mode === 'escalate')
    return { ...nothingToDo(now, []), reused: [], compensated }
  const next =
    mode === 'rollback' && event.type === 'ResumeRequested'
      ? advance(definition, first, { ...event, mode: 'resume' }).state
      : advanced.state
  const start: Pick<RunState, 'steps'> = restored ?? (isFork ? { steps: {} } : now)

  const isRedone = ({ path, kind }: StepListed): boolean => {
    const [was, begun, will] = [now, start, next].map((state) => stepAt(state, path)) as [
      StepState,
      StepState,
      StepState,
    ] // three of three
    if (was.visits === 0) return false
    if (begun.visits < was.visits) return true
    if (compounds.has(kind)) return false
    return isActive(will) || (will.status === 'done' && begun.status !== 'done')
  }
  const steps = stepsOf(definition)
  const redone = steps.filter(isRedone).map(({ path }) => path)
  const again = new Set(redone)
  const visitOf = (path: string): number => {
    const step = stepAt(next, path)
    return isActive(step) ? step.visits : stepAt(start, path).visits + 1
  }
  const unknown = known.effects.filter(
    ({ step, visit, status }) =>
      (status === 'intent' || status === 'unknown') && again.has(step) && visit >= visitOf(step),
  )
  return {
    reused: steps.filter(({ path }) => stepAt(start, path).status === 'done').map(({ path }) => path),
    redone,
    chargedAgain: sumByStep(known.usage, again),
    compensated,
    blocked: [...new Set(unknown.map(({ step }) => step))].map((step) => ({ step, reason: 'effect-outcome-unknown' })),
  }
}
