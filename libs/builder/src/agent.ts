import type { AgentState, Expression } from '@flotilla/engine'
import { type AgentRef, type MappingOf, plainMapping } from './agent-ref.js'
import { type Duration, msOf } from './duration.js'
import { type Answering, type Edges, transitionsOf } from './edges.js'
import { type Retry, retryOf } from './retry.js'
import { type Common, commonOf, type State } from './state.js'

/** A state that an agent carries out. */
export interface AgentStep<Input, Outcome extends string, On extends string, To extends string> extends Common {
  readonly input: MappingOf<NoInfer<Input>>
  /** The event that its output comes to: `from` gives one of `among`. Without it: `done`. */
  readonly outcome?: { readonly from: Expression; readonly among: readonly Outcome[] }
  readonly on: Edges<On, To> & Answering<NoInfer<On>, NoInfer<Outcome>>
  /** From pick-up to reply. */
  readonly deadline: Duration
  /** From dispatch to pick-up; without it the step may wait in line for ever. */
  readonly queueDeadline?: Duration
  readonly queue?: string
  readonly retry?: Retry
}

/** What undoes an agent's consequences. */
export interface Compensation<Undo> {
  readonly agent: AgentRef<Undo, unknown>
  readonly input: MappingOf<NoInfer<Undo>>
}

/** Has an agent work: each of its outcomes needs an edge, each member of its input an expression. */
export const agent = <
  Input,
  Output,
  On extends string,
  const To extends string,
  const Outcome extends string = 'done',
  Undo = object,
>(
  ref: AgentRef<Input, Output>,
  step: AgentStep<Input, Outcome, On, To> & { readonly compensate?: Compensation<Undo> },
): State<To> => {
  const { input, outcome, on, deadline, queueDeadline, retry, compensate } = step
  const queue = step.queue ?? ref.queue
  const body: Omit<AgentState, 'name'> = {
    kind: 'agent',
    ...commonOf(step),
    agent: ref.agent,
    ...(queue === undefined ? {} : { queue }),
    input: plainMapping(input),
    inputContract: ref.inputContract,
    outputContract: ref.outputContract,
    ...(outcome === undefined ? {} : { outcome: outcome.from }),
    ...(retry === undefined ? {} : { retry: retryOf(retry) }),
    deadlineMs: msOf(deadline),
    ...(queueDeadline === undefined ? {} : { queueDeadlineMs: msOf(queueDeadline) }),
    ...(ref.effects === undefined ? {} : { effects: ref.effects }),
    ...(compensate === undefined
      ? {}
      : {
          compensate: {
            agent: compensate.agent.agent,
            ...(compensate.agent.queue === undefined ? {} : { queue: compensate.agent.queue }),
            input: plainMapping(compensate.input),
          },
        }),
    transitions: transitionsOf(on),
  }
  return { body }
}
