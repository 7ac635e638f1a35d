import { equalJson } from '../equal-json.js'
import { advance } from '../advance.js'
import type { WorkflowDefinition } from '../definition.js'
import { indexDefinition } from '../definition-index.js'
import { applyPatch, diffState } from '../diff-state.js'
import type { RunEvent } from '../event.js'
import { initialState } from '../initial-state.js'
import { placesOf } from '../lint/places.js'
import { stateOf } from '../states-of.js'
import { stepsOf } from '../steps-of.js'
import { isFinished } from '../step-at.js'
import { startTurn } from '../turn.js'
import type { ExploreOptions } from './explore.js'
import {
  calledTwice,
  cancelledAnywhere,
  endsByTimeAlone,
  endsInAnyOrder,
  keepsInvariants,
  repeatsLaterInAnyOrder,
} from './interruption-laws.js'
import { type Simulated, type SimulatedAgents, type SimulateOptions, simulate } from './simulate.js'

/** What a definition's laws need to know of its world. */
export interface LawfulWorld {
  readonly agents: SimulatedAgents
  readonly options?: Omit<SimulateOptions, 'interfere'>
  /** What `explore` shall try; by default the outputs of `agents`, and at most 2,000 states. */
  readonly walk?: ExploreOptions
}

/** One law: a fact that holds for a definition. `check` throws where it does not. */
export interface Law {
  readonly fact: string
  readonly check: () => void
}

const assert = (condition: boolean, text: string): void => {
  if (!condition) throw new Error(text)
}

/** Events that the engine itself knows again. Progress and signals may come twice; the inbox keeps those apart. */
const repeatable = ({ type }: RunEvent): boolean => type !== 'SignalReceived' && type !== 'StepProgressed'

const repeated = (definition: WorkflowDefinition, { agents, options }: LawfulWorld): void => {
  simulate(definition, agents, {
    ...options,
    interfere: (_, event, { state, ignored }) => {
      const again = ignored === undefined && repeatable(event) ? advance(definition, state, event) : null
      assert(again === null || again.ignored !== undefined, `a repeated ${event.type} is applied again`)
      return []
    },
  })
}

const late = (definition: WorkflowDefinition, { agents, options }: LawfulWorld): void => {
  const { state, events } = simulate(definition, agents, options)
  assert(isFinished(state.status), `the run ends, but is ${state.status}`)
  for (const { event } of events) {
    if (!repeatable(event)) continue
    const again = advance(definition, state, event)
    assert(again.ignored !== undefined && again.state === state, `a late ${event.type} is applied`)
  }
}

const replayed = (definition: WorkflowDefinition, { agents, options }: LawfulWorld): void => {
  const { state, events } = simulate(definition, agents, options)
  let again = initialState({ runId: state.runId, submittedBy: state.submittedBy })
  for (const { event } of events)
    again = advance(definition, again, JSON.parse(JSON.stringify(event)) as RunEvent).state // a copy
  assert(equalJson(again, state), 'replaying the events gives another state')
}

/** A JSON value as a store may give it back: members in another order. */
const reordered = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value, (_, member: unknown) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).toReversed())
        : member,
    ),
  ) as T // the same value

const stored = (definition: WorkflowDefinition, { agents, options }: LawfulWorld): void => {
  const { state, events } = simulate(definition, agents, options)
  const read = reordered(definition)
  let again = initialState({ runId: state.runId, submittedBy: state.submittedBy })
  for (const { event } of events) again = advance(read, reordered(again), event).state
  assert(equalJson(again, state), 'members in another order lead to another state')
}

const patched = (definition: WorkflowDefinition, { agents, options }: LawfulWorld): void => {
  let folded = initialState({ runId: 'run-1', submittedBy: 'a-submitter' })
  const { state } = simulate(definition, agents, {
    ...options,
    interfere: (before, _, advanced) => {
      folded = applyPatch(folded, JSON.parse(JSON.stringify(diffState(before, advanced.state)))) // as it comes from jsonb
      return []
    },
  })
  assert(equalJson(folded, state), 'folding the patches gives another state')
}

const failing = (definition: WorkflowDefinition, { agents, options }: LawfulWorld, path: string): void => {
  const broken = { ...agents, [path]: () => ({ failed: { code: 'BROKEN', message: 'broken' } }) }
  const { state, commands } = simulate(definition, broken, options)
  assert(isFinished(state.status), `with ${path} failing the run ends, but is ${state.status}`)
  const dead = commands.some((command) => command.type === 'DeadLetter' && command.step === path)
  if (state.status !== 'failed' || state.error?.code !== 'BROKEN') return
  assert(dead, `${path} failed the run without a dead letter`)
  const resumed = advance(definition, state, { type: 'ResumeRequested', at: 9e12, by: 'an-operator', checkpoint: null })
  if (state.compensation) {
    assert(resumed.ignored === 'compensated', 'a run is resumed although what it did is undone')
    return
  }
  const again = resumed.commands.some((command) => command.type === 'Dispatch' && command.step === path)
  assert(again, `a resume does not dispatch ${path} again`)
}

const silent = (definition: WorkflowDefinition, { agents, options }: LawfulWorld, path: string): void => {
  const { state } = simulate(definition, { ...agents, [path]: () => ({ silent: true }) }, options)
  assert(isFinished(state.status), `with ${path} silent the run ends, but is ${state.status}`)
}

interface Done {
  readonly step: string
  readonly visit: number
}

const doneBy = (definition: WorkflowDefinition, events: Simulated['events'], steps: Simulated['commands']): Done[] => {
  const visits = new Map(
    steps.flatMap((command) => (command.type === 'Dispatch' ? [[command.dispatch, command.visit] as const] : [])),
  )
  const turn = startTurn(indexDefinition(definition), initialState({ runId: 'r', submittedBy: 's' }), {
    type: 'RunStarted',
    at: 0,
    input: null,
  })
  return events.flatMap(({ event, ignored }) => {
    if (event.type !== 'StepSucceeded' || ignored !== null) return []
    const state = stateOf(turn, event.step)?.definition
    const undoable = state?.kind === 'agent' && state.compensate !== undefined
    return undoable ? [{ step: event.step, visit: visits.get(event.dispatch) ?? 0 }] : []
  })
}

/** Cuts a world short after each of its events in turn, by a cancellation, and looks at what was undone. */
const undone = (definition: WorkflowDefinition, { agents, options }: LawfulWorld): void => {
  const { events } = simulate(definition, agents, options)
  for (let cut = 1; cut < events.length; cut += 1) {
    let count = 0
    const { state, ...cancelled } = simulate(definition, agents, {
      ...options,
      interfere: (_, { at }) => {
        count += 1
        const asked = { type: 'CancelRequested', at, by: 'an-operator', reason: null, compensate: true } as const
        return count === cut ? [asked] : []
      },
    })
    if (state.status !== 'cancelled') continue
    const marked = cancelled.commands.flatMap((command) =>
      command.type === 'MarkUndone' ? [{ step: command.step, visit: command.visit }] : [],
    )
    const done = doneBy(definition, cancelled.events, cancelled.commands)
    assert(equalJson(marked, done.toReversed()), `done ${JSON.stringify(done)}, undone ${JSON.stringify(marked)}`)
    assert((state.compensations ?? []).length === 0, 'something is left to be undone')
  }
}

const canBeUndone = (definition: WorkflowDefinition): boolean =>
  placesOf(definition).some(({ state }) => state.kind === 'agent' && state.compensate !== undefined)

/**
 * The laws that hold for every definition, each with its name: events that come twice or late change nothing, each
 * agent's failure, silence and second call end sensibly, a cancellation ends the run wherever it comes, replaying the
 * events and folding the patches both give the same state, and every state that a walk reaches keeps the invariants.
 */
export const lawsOf = (definition: WorkflowDefinition, world: LawfulWorld): readonly Law[] => [
  { fact: 'a repeated event changes nothing', check: () => repeated(definition, world) },
  { fact: 'a late event changes nothing', check: () => late(definition, world) },
  { fact: 'replaying the events gives the same state', check: () => replayed(definition, world) },
  { fact: 'the order of members, which jsonb does not keep, changes nothing', check: () => stored(definition, world) },
  { fact: 'folding the patches gives the same state', check: () => patched(definition, world) },
  { fact: 'an event that comes again later changes nothing', check: () => repeatsLaterInAnyOrder(definition, world) },
  { fact: 'the run ends in whatever order events come', check: () => endsInAnyOrder(definition, world) },
  { fact: 'a cancellation ends the run wherever it comes', check: () => cancelledAnywhere(definition, world) },
  { fact: 'the run ends when nobody ever answers', check: () => endsByTimeAlone(definition, world) },
  { fact: 'every state that a walk reaches keeps the invariants', check: () => keepsInvariants(definition, world) },
  ...(canBeUndone(definition)
    ? [
        {
          fact: 'what was done is undone in reverse order, once each, and nothing else',
          check: () => undone(definition, world),
        },
      ]
    : []),
  ...stepsOf(definition)
    .filter(({ kind }) => kind === 'agent')
    .flatMap(({ path }) => [
      { fact: `a failure of ${path} ends sensibly`, check: () => failing(definition, world, path) },
      { fact: `silence of ${path} ends sensibly`, check: () => silent(definition, world, path) },
      { fact: `of two calls of ${path} one counts`, check: () => calledTwice(definition, world, path) },
    ]),
]
