import type { AgentState, EndState, StateDefinition, WorkflowDefinition } from '../definition.js'

type Given<T> = Partial<T> & { readonly name: string }

/** An agent state that leads to `done` unless told otherwise. */
export const anAgent = (given: Given<AgentState>): AgentState => ({
  kind: 'agent',
  agent: given.name,
  input: {},
  inputContract: 'any.v1',
  outputContract: 'any.v1',
  deadlineMs: 1_000,
  transitions: [{ on: 'done', to: 'end' }],
  ...given,
})

/** An end. */
export const anEnd = (given: Partial<EndState> = {}): EndState => ({
  kind: 'end',
  name: 'end',
  status: 'completed',
  ...given,
})

/** A definition of some states, which begins at the first; an end called `end` is added where there is none. */
export const aDefinition = (
  states: readonly StateDefinition[],
  given: Partial<WorkflowDefinition> = {},
): WorkflowDefinition => ({
  name: 'test-desk',
  version: 1,
  title: 'Test desk',
  semantics: 1,
  input: 'any.v1',
  deadlineMs: null,
  initial: states[0]?.name ?? 'end',
  states: states.some(({ name }) => name === 'end') ? states : [...states, anEnd()],
  ...given,
})
