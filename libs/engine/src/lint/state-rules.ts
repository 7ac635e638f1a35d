import type { StateDefinition, WorkflowDefinition } from '../definition.js'
import { error, type Finding, warning } from './finding.js'
import { isComplete } from './guard-rules.js'
import { initialOf, nextOf, type Place, placesOf, reach } from './places.js'

const answered = ({ transitions }: StateDefinition): ReadonlySet<string | undefined> =>
  new Set((transitions ?? []).map(({ on }) => on))

/** Rule: a choice always finds a way, by a last one without a guard or by guards that leave nothing; none waits for an event. */
export const checkChoices = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition).flatMap(({ state, path }) => {
    if (state.kind !== 'choice') return []
    const transitions = state.transitions ?? []
    const named = transitions.filter(({ on }) => on !== undefined)
    const gap = !isComplete(transitions.map(({ when }) => when))
    return [
      ...(gap
        ? [
            error(
              'CHOICE_GAP',
              path,
              `no way is left when no guard of ${path} holds`,
              'End with a transition without when.',
            ),
          ]
        : []),
      ...named.map(({ on }) =>
        error('CHOICE_EVENT', path, `a choice waits for no event, but a transition has on: ${on}`, 'Remove on.'),
      ),
    ]
  })

/** Rule: what a state comes to is answered by a transition, and every transition but a choice's says to what. */
export const checkAnswers = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition).flatMap(({ state, path }) => {
    const { kind } = state
    if (kind === 'choice' || kind === 'end') return []
    const on = answered(state)
    const fix = 'Add a transition, and an end state for it to lead to where nothing follows.'
    const mute = on.has(undefined)
      ? [error('EVENT_MISSING', path, `a transition of ${path} does not say on what`, 'Add on.')]
      : []
    if (kind === 'human' || kind === 'wait' || (kind === 'agent' && state.outcome !== undefined))
      return on.size > 0 ? mute : [error('OUTCOME_UNANSWERED', path, `nothing follows ${path}`, fix)]
    return on.has('done') ? mute : [...mute, error('OUTCOME_UNANSWERED', path, `no transition answers done`, fix)]
  })

/** Rule: a gate's deadline leads somewhere, and so does each decision; adjustments only where the gate takes them. */
export const checkGates = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition).flatMap(({ state, path }) => {
    if (state.kind !== 'human') return []
    const on = answered(state)
    const open = ['approve', 'reject', ...(state.outcomes ?? [])].filter((outcome) => !on.has(outcome))
    return [
      ...(on.has('timeout')
        ? []
        : [
            error(
              'GATE_TIMEOUT_MISSING',
              path,
              'nothing follows when nobody decides in time',
              'Add a transition on timeout.',
            ),
          ]),
      ...open.map((outcome) =>
        warning(
          'GATE_OUTCOME_UNANSWERED',
          path,
          `${outcome} leads nowhere: the gate would open again`,
          `Answer ${outcome}.`,
        ),
      ),
    ]
  })

/** Rule: what reminds of a gate comes before the gate is over, and a fan-out has one deadline. */
export const checkTimes = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition).flatMap(({ state, path }) => {
    const late = (what: string): Finding =>
      warning('REMINDER_LATE', path, `${what} comes when the gate is over`, 'Let it come before deadlineMs.')
    if (state.kind === 'human')
      return [
        ...((state.remindEveryMs ?? 0) >= state.deadlineMs ? [late('a reminder')] : []),
        ...((state.escalate?.afterMs ?? 0) >= state.deadlineMs ? [late('the escalation')] : []),
      ]
    if (state.kind !== 'parallel' || state.join.policy !== 'until' || state.deadlineMs === undefined) return []
    const what = 'a join until a deadline has a deadline of its own beside deadlineMs'
    return [error('DEADLINE_TWICE', path, what, 'Give one of the two.')]
  })

/** Rule: a wait ends: it has a time, or a signal with a deadline. */
export const checkWaits = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition).flatMap(({ state, path }) => {
    if (state.kind !== 'wait') return []
    const ways = [state.forMs, state.until, state.signal].filter((way) => way !== undefined).length
    if (ways !== 1)
      return [error('WAIT_AMBIGUOUS', path, 'a wait has one of forMs, until and signal', 'Give exactly one of them.')]
    if (state.signal === undefined)
      return state.correlate === undefined
        ? []
        : [
            error(
              'CORRELATE_ALONE',
              path,
              'correlate is the key of a signal',
              'Add the signal, or leave correlate out.',
            ),
          ]
    if (state.deadlineMs === undefined)
      return [
        error('DEADLINE_MISSING', path, `${state.signal} may never come`, 'Add deadlineMs and a timeout transition.'),
      ]
    return answered(state).has('timeout')
      ? []
      : [error('DEADLINE_MISSING', path, 'nothing follows when the signal does not come', 'Add a timeout transition.')]
  })

/** Rule: the top level's weights, if there are any, are per cent of the run. */
export const checkWeights = ({ states }: WorkflowDefinition): readonly Finding[] => {
  const weights = states.flatMap(({ weight }) => (weight === undefined ? [] : [weight]))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (weights.length === 0 || Math.abs(sum - 100) < 1e-6) return []
  return [error('WEIGHTS_SUM', '', `the weights add up to ${sum}`, 'Make the top level add up to 100.')]
}

const reachedUngated = ({ region }: Place): ReadonlySet<Place> =>
  reach(initialOf(region), nextOf, ({ state }) => state.kind !== 'human')

const isGated = (place: Place): boolean => {
  const { owner } = place.region
  return !reachedUngated(place).has(place) || (owner !== null && isGated(owner))
}

/** Rule: what cannot be undone is decided by a person first, or can be compensated. */
export const checkEffects = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition)
    .filter(({ state }) => state.kind === 'agent' && state.effects === 'irreversible' && state.compensate === undefined)
    .filter((place) => !isGated(place))
    .map(({ path }) =>
      error(
        'EFFECT_UNGUARDED',
        path,
        `${path} cannot be undone, and a way to it passes no gate`,
        'Put a human state before it on every way, or name a compensation.',
      ),
    )
