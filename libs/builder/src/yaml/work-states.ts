import type { AgentState, Assignment, ContractRef, RetryPolicy, StateDefinition } from '@flotilla/engine'
import { msOf, parseDuration } from '../duration.js'
import {
  compact,
  type Cursor,
  durationMsOf,
  isGiven,
  itemsOf,
  member,
  numberOf,
  objectOf,
  refuse,
  textOf,
  wordOf,
} from './cursor.js'
import { edgesOf, outcomesOf, type ReadEdge, transitionsFrom, withAssignments } from './edges.js'
import { expressionOf, mappingOf, type Names } from './expressions.js'
import { invokedIn } from './kind-of.js'
import type { Reading } from './reading.js'

type Of<K extends StateDefinition['kind']> = Omit<Extract<StateDefinition, { readonly kind: K }>, 'name'>

/** How long a step may take that does not say. */
export const stepDeadlineMs = msOf('5m')

/** A contract by its id, or a JSON Schema in place of one. */
export const contractIn = (cursor: Cursor): ContractRef | undefined => {
  const schema = objectOf(cursor.value)
  return schema ?? textOf(cursor)
}

/** `retry: { attempts: 5, delay: 1s, multiplier: 1, max: 60s }`; what is not given is the house's. */
export const retryIn = (cursor: Cursor): RetryPolicy | undefined => {
  if (!isGiven(cursor)) return undefined
  if (objectOf(cursor.value) === null && typeof cursor.value !== 'number')
    return refuse(cursor, 'retry is no policy', 'Give { attempts, delay, multiplier, max }.')
  const plain = typeof cursor.value === 'number'
  wordOf(member(cursor, 'backoff'), ['exponential'])
  return {
    attempts: plain ? Number(cursor.value) : (numberOf(member(cursor, 'attempts', 'max_attempts', 'max_retries')) ?? 3),
    backoff: {
      delayMs: durationMsOf(member(cursor, 'delay', 'initial')) ?? 500,
      multiplier: numberOf(member(cursor, 'multiplier')) ?? 2,
      maxMs: durationMsOf(member(cursor, 'max', 'max_delay')) ?? parseDuration('60s') ?? 60_000,
      jitter: numberOf(member(cursor, 'jitter')) ?? 0.2,
    },
    dispatches: numberOf(member(cursor, 'dispatches')) ?? 3,
  }
}

/** `outputs: [sources]` keeps members of the output; `outputs: { sources: output.found }` says which. */
export const outputsIn = (cursor: Cursor, names: Names): readonly Assignment[] => {
  if (!isGiven(cursor)) return []
  if (objectOf(cursor.value) === null)
    return itemsOf(cursor).flatMap((item) => {
      const name = textOf(item)
      return name === undefined ? [] : [{ to: name, from: `output.${name}` }]
    })
  return Object.entries(mappingOf(cursor, names) ?? {}).map(([to, from]) => ({ to, from }))
}

/** A step with one way out needs no word for it: its event is `done`. */
export const asDone =
  (edges: readonly ReadEdge[]) =>
  (on: string): string => {
    const outcomes = outcomesOf(edges)
    return outcomes.length === 1 && on === outcomes[0] ? 'done' : on
  }

const mapped = (cursor: Cursor, names: Names) =>
  mappingOf(member(cursor, 'input'), names) ?? mappingOf(member(cursor, 'inputs'), names) ?? {}

const compensationIn = (cursor: Cursor, names: Names): AgentState['compensate'] => {
  if (!isGiven(cursor)) return undefined
  const agent = typeof cursor.value === 'string' ? cursor.value : textOf(member(cursor, 'agent'))
  if (agent === undefined) return refuse(cursor, 'no agent undoes it', 'Name the agent.')
  const input = mappingOf(member(cursor, 'input'), names) ?? {}
  return compact({ agent, queue: textOf(member(cursor, 'queue')), input })
}

/** A state that an agent carries out. With several ways out, the agent's output says which: `output.outcome`. */
export const agentIn = (cursor: Cursor, state: string, { names }: Reading): Of<'agent'> => {
  const agent = invokedIn(cursor, state, names) ?? refuse(cursor, 'no agent is named', 'Add agent.') ?? ''
  const edges = withAssignments(edgesOf(cursor, state, names), outputsIn(member(cursor, 'outputs'), names))
  const given = expressionOf(member(cursor, 'outcome'), names)
  const plain = outcomesOf(edges).length <= 1 && given === undefined
  return {
    kind: 'agent',
    agent,
    ...compact({ queue: textOf(member(cursor, 'queue')) }),
    input: mapped(cursor, names),
    inputContract: contractIn(member(cursor, 'input_contract')) ?? `${agent}.input.v1`,
    outputContract: contractIn(member(cursor, 'output_contract')) ?? `${agent}.output.v1`,
    ...(plain ? {} : { outcome: given ?? 'output.outcome' }),
    ...compact({
      retry: retryIn(member(cursor, 'retry')),
      queueDeadlineMs: durationMsOf(member(cursor, 'queue_timeout')),
      effects: wordOf(member(cursor, 'effects'), ['none', 'reversible', 'irreversible']),
      compensate: compensationIn(member(cursor, 'compensate'), names),
    }),
    deadlineMs: durationMsOf(member(cursor, 'timeout')) ?? stepDeadlineMs,
    transitions: transitionsFrom(edges, plain ? asDone(edges) : undefined),
  }
}

/** Another workflow as a step. */
export const workflowIn = (cursor: Cursor, state: string, { names }: Reading): Of<'workflow'> => {
  const edges = withAssignments(edgesOf(cursor, state, names), outputsIn(member(cursor, 'outputs'), names))
  const detached = member(cursor, 'detached').value === true
  return {
    kind: 'workflow',
    workflow: textOf(member(cursor, 'workflow')) ?? '',
    version: numberOf(member(cursor, 'version')) ?? 1,
    input: mapped(cursor, names),
    ...(detached ? { detached } : {}),
    ...compact({ deadlineMs: durationMsOf(member(cursor, 'timeout')) }),
    transitions: transitionsFrom(edges, asDone(edges)),
  }
}

/** Writes to the shared state. */
export const setIn = (cursor: Cursor, state: string, assign: readonly Assignment[], { names }: Reading): Of<'set'> => {
  const edges = edgesOf(cursor, state, names)
  return { kind: 'set', assign, transitions: transitionsFrom(edges, asDone(edges)) }
}
