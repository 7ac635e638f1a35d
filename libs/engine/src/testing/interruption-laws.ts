import { advance } from '../advance.js'
import type { WorkflowDefinition } from '../definition.js'
import type { RunEvent } from '../event.js'
import { isFinished, owesReply } from '../step-at.js'
import { explore } from './explore.js'
import type { LawfulWorld } from './laws.js'
import { seeded } from './seeded.js'
import { type Dispatched, simulate, type SimulatedAgents } from './simulate.js'

/** Laws of what may come between a run and its end. `simulate` checks the invariants on every event of each. */

const assert = (condition: boolean, text: string): void => {
  if (!condition) throw new Error(text)
}

/** Orders of events that are tried; more found nothing more in definitions of a dozen steps. */
const ordersMax = 40

/** Whatever comes first, second and third: the run ends. */
export const endsInAnyOrder = (definition: WorkflowDefinition, { agents, options }: LawfulWorld): void => {
  for (let seed = 1; seed <= ordersMax; seed += 1) {
    const { below } = seeded(seed)
    const { state } = simulate(definition, agents, { ...options, choose: below })
    assert(isFinished(state.status), `in order ${seed} the run ends, but is ${state.status}`)
  }
}

/** What was folded before is given again later, at any distance: it changes nothing. */
export const repeatsLaterInAnyOrder = (definition: WorkflowDefinition, { agents, options }: LawfulWorld): void => {
  for (let seed = 1; seed <= ordersMax / 4; seed += 1) {
    const chance = seeded(seed)
    const before: RunEvent[] = []
    simulate(definition, agents, {
      ...options,
      choose: chance.below,
      interfere: (_, event, { state, ignored }) => {
        for (const earlier of before) {
          const again = advance(definition, state, { ...earlier, at: event.at })
          assert(again.ignored !== undefined, `a ${earlier.type} that comes again after a ${event.type} is applied`)
        }
        if (ignored === undefined && event.type !== 'SignalReceived' && event.type !== 'StepProgressed')
          before.push(event)
        return []
      },
    })
  }
}

/** An agent is called again because its first call did not answer in time, and then both answer: the fence takes one. */
export const calledTwice = (definition: WorkflowDefinition, { agents, options }: LawfulWorld, path: string): void => {
  let first: Dispatched | null = null
  const slow: SimulatedAgents = {
    ...agents,
    [path]: (dispatched) => {
      if (first !== null) return (agents[path] ?? agents[dispatched.agent])?.(dispatched) ?? { output: {} }
      first = dispatched
      return { silent: true }
    },
  }
  const { state } = simulate(definition, slow, {
    ...options,
    interfere: (_, event, { state: after, commands }) => {
      const [late] = [first]
      if (late === null || !commands.some((one) => one.type === 'Dispatch' && one.step === path)) return []
      if (after.steps[path]?.dispatch === late.dispatch) return []
      const { step, dispatch } = late
      const reply: RunEvent = {
        type: 'StepSucceeded',
        at: event.at,
        step,
        dispatch,
        attempt: 1,
        output: {},
        usage: null,
      }
      assert(advance(definition, after, reply).ignored !== undefined, `${path} is answered by a call that was given up`)
      return [reply]
    },
  })
  assert(isFinished(state.status), `with ${path} called twice the run ends, but is ${state.status}`)
}

/** A cancellation after any event of the story ends the run; nothing is owed and nobody is asked afterwards. */
export const cancelledAnywhere = (definition: WorkflowDefinition, { agents, options }: LawfulWorld): void => {
  const { events } = simulate(definition, agents, options)
  for (let place = 0; place < events.length; place += 1) {
    let seen = 0
    const { state } = simulate(definition, agents, {
      ...options,
      interfere: (_, event) =>
        seen++ === place ? [{ type: 'CancelRequested', at: event.at, by: 'an-operator', reason: null }] : [],
    })
    assert(isFinished(state.status), `cancelled after event ${place} the run ends, but is ${state.status}`)
    assert(!Object.values(state.steps).some(owesReply), `cancelled after event ${place} the run owes a job`)
  }
}

/** Nobody and nothing answers, ever: deadlines alone end the run, or it waits in line for an agent without a deadline. */
export const endsByTimeAlone = (definition: WorkflowDefinition, { options }: LawfulWorld): void => {
  const nobody = new Proxy({}, { get: () => () => ({ silent: true }) }) as SimulatedAgents // any step's agent is silent
  const { state } = simulate(definition, nobody, { ...options, decide: () => null })
  assert(isFinished(state.status), `with everybody silent the run ends, but is ${state.status}`)
}

/** A walk over what can be reached keeps the invariants; `repeated` events change nothing in any of the states. */
export const keepsInvariants = (definition: WorkflowDefinition, { agents, options, walk }: LawfulWorld): void => {
  const outputs = (step: string) => {
    const reply = agents[step]?.({ step } as Dispatched) // a world's agents may look at the step
    return [reply !== undefined && 'output' in reply ? reply.output : {}]
  }
  const given = { outputs, ...(options?.input === undefined ? {} : { input: options.input }) }
  const walked = explore(definition, { statesMax: 2_000, ...given, ...walk })
  assert(walked.states > 1, 'the walk goes nowhere')
}
