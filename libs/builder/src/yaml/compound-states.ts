import type { Branch, Join, Region, StateDefinition } from '@flotilla/engine'
import {
  compact,
  type Cursor,
  durationMsOf,
  isGiven,
  itemsOf,
  member,
  membersOf,
  numberOf,
  objectOf,
  refuse,
  textOf,
  wordOf,
} from './cursor.js'
import { edgesOf, transitionsFrom, withAssignments } from './edges.js'
import { expressionOf, mappingOf } from './expressions.js'
import type { Path } from './problem.js'
import type { Reading } from './reading.js'
import { asDone, outputsIn, retryIn, stepDeadlineMs } from './work-states.js'

type Of<K extends StateDefinition['kind']> = Omit<Extract<StateDefinition, { readonly kind: K }>, 'name'>

/** Reads the states that a compound holds. */
export type ReadRegion = (cursor: Cursor, reading: Reading) => Region

const joinIn = (cursor: Cursor): Join => {
  if (!isGiven(cursor)) return { policy: 'all' }
  if (objectOf(cursor.value) === null) return { policy: wordOf(cursor, ['all', 'any', 'quorum']) ?? 'all' }
  const of = member(cursor, 'of', 'k')
  if (isGiven(of)) return { policy: 'k-of-n', k: numberOf(of) ?? 1 }
  const deadlineMs = durationMsOf(member(cursor, 'until'))
  if (deadlineMs === undefined)
    return (
      refuse(cursor, 'is no join', 'Use all, any, quorum, { of: 2 } or { until: 10m, min: 1 }.') ?? { policy: 'all' }
    )
  return { policy: 'until', deadlineMs, min: numberOf(member(cursor, 'min')) ?? 0 }
}

const failurePolicies = ['fail-fast', 'best-effort'] as const

interface AgentBranch {
  readonly agent: string
  readonly at: Path
  readonly cursor: Cursor
  readonly state: string
}

/** A branch of one agent, whose output is the branch's own. */
const agentBranch = ({ agent, at, cursor, state }: AgentBranch, reading: Reading): Branch => {
  const name = agent.replaceAll(/[^A-Za-z0-9_-]/g, '_')
  const inner = `${state}_${name}`
  reading.places.set(reading.scope + inner, at)
  reading.places.set(`${reading.scope}${inner}_done`, at)
  const input = mappingOf(member(cursor, 'input', 'inputs'), reading.names) ?? {}
  return {
    name,
    initial: inner,
    states: [
      {
        kind: 'agent',
        name: inner,
        agent,
        input,
        inputContract: `${agent}.input.v1`,
        outputContract: `${agent}.output.v1`,
        ...compact({ retry: retryIn(member(cursor, 'retry')) }),
        deadlineMs: durationMsOf(member(cursor, 'timeout')) ?? stepDeadlineMs,
        transitions: [{ on: 'done', to: `${inner}_done`, assign: [{ to: name, from: 'output' }] }],
      },
      { kind: 'end', name: `${inner}_done`, status: 'completed', result: { output: `data.${name}` } },
    ],
  }
}

const requirementIn = (cursor: Cursor): Branch['requirement'] => {
  if (!isGiven(cursor)) return undefined
  const degraded = member(cursor, 'degraded')
  if (degraded.value !== undefined) return { degraded: degraded.value }
  return wordOf(cursor, ['required', 'optional'])
}

/** Branches side by side: `agents: [a, b]` each with the state's input, or `branches` with states of their own. */
export const parallelIn = (cursor: Cursor, state: string, reading: Reading, read: ReadRegion): Of<'parallel'> => {
  const { names } = reading
  const edges = withAssignments(edgesOf(cursor, state, names), outputsIn(member(cursor, 'outputs'), names))
  const agents = itemsOf(member(cursor, 'agents')).flatMap((item) => {
    const agent = textOf(item)
    return agent === undefined ? [] : [agentBranch({ agent, at: item.path, cursor, state }, reading)]
  })
  const branches = membersOf(member(cursor, 'branches')).map(([name, held]) => ({
    name,
    ...read(held, reading),
    ...compact({ requirement: requirementIn(member(held, 'requirement')) }),
  }))
  const join = joinIn(member(cursor, 'join'))
  const deadlineMs = join.policy === 'until' ? undefined : durationMsOf(member(cursor, 'timeout'))
  return {
    kind: 'parallel',
    join,
    ...compact({ deadlineMs }),
    onBranchFailure:
      wordOf(member(cursor, 'on_branch_failure'), [...failurePolicies, 'by-environment'] as const) ?? 'fail-fast',
    branches: [...agents, ...branches],
    transitions: transitionsFrom(edges, asDone(edges)),
  }
}

/** States for each item of a list; an item sees `input.item` and `input.index`. */
export const mapIn = (cursor: Cursor, state: string, reading: Reading, read: ReadRegion): Of<'map'> => {
  const { names } = reading
  const edges = withAssignments(edgesOf(cursor, state, names), outputsIn(member(cursor, 'outputs'), names))
  const inner = { ...reading, scope: `${reading.scope}${state}.each.` }
  return {
    kind: 'map',
    items: expressionOf(member(cursor, 'for_each'), names) ?? '[]',
    ...compact({
      input: mappingOf(member(cursor, 'input'), names),
      deadlineMs: durationMsOf(member(cursor, 'timeout')),
    }),
    concurrency: numberOf(member(cursor, 'concurrency')) ?? 5,
    itemsMax: numberOf(member(cursor, 'items_max')) ?? 1_000,
    onItemFailure: wordOf(member(cursor, 'on_item_failure'), failurePolicies) ?? 'fail-fast',
    ...read(cursor, inner),
    transitions: transitionsFrom(edges, asDone(edges)),
  }
}
