import type { Branch, Join, Region, StateDefinition, Transition, WorkflowDefinition } from '@flotilla/engine'
import { seeded, type Chance } from '@flotilla/engine/testing'

/**
 * Small workflow definitions by seed: every kind of state, joins of every policy, loops, deadlines short and long. Agents
 * answer `{ verdict: 'a' | 'b', amount }`. Most are valid; `checkDefinition` has the last word.
 */

/** Milliseconds: shorter than an answer may take, about as long, and longer than any fault lasts. */
const deadlines = [80, 600, 5_000, 60_000]

interface Building {
  readonly chance: Chance
  readonly names: { next: number }
}

const nameOf = ({ names }: Building, kind: string): string => `${kind}${(names.next += 1)}`

const joinOf = ({ below, pick }: Chance, branches: number): Join =>
  pick<Join>([
    { policy: 'all' },
    { policy: 'all' },
    { policy: 'any' },
    { policy: 'quorum' },
    { policy: 'k-of-n', k: 1 + below(branches) },
    { policy: 'until', deadlineMs: pick(deadlines), min: below(2) },
  ])

const agent = (building: Building, name: string, to: string, failTo: string | null): StateDefinition => {
  const { chance } = building
  const outcome = chance.percent(25)
  const transitions: Transition[] = outcome
    ? [
        { on: 'a', to, assign: [{ to: name, from: 'output' }] },
        { on: 'b', to },
      ]
    : [{ on: 'done', to, assign: [{ to: name, from: 'output' }] }]
  if (failTo !== null) transitions.push({ on: 'failed', to: failTo })
  if (chance.percent(15)) transitions.push({ on: 'timeout', to: failTo ?? to })
  return {
    kind: 'agent',
    name,
    agent: `team.${name}`,
    queue: `agent.q${chance.below(3)}`,
    input: { of: 'input' },
    inputContract: { type: 'object' },
    outputContract: {
      type: 'object',
      properties: { verdict: { type: 'string' }, amount: { type: 'number' } },
      required: ['verdict', 'amount'],
    },
    deadlineMs: chance.pick(deadlines),
    ...(chance.percent(70) ? { queueDeadlineMs: chance.pick(deadlines) } : {}),
    ...(outcome ? { outcome: 'output.verdict' } : {}),
    retry: {
      attempts: 1 + chance.below(3),
      backoff: { delayMs: 20, multiplier: 2, maxMs: 1_000, jitter: 0 },
      dispatches: 1 + chance.below(3),
    },
    ...(chance.percent(25)
      ? {
          effects: 'reversible' as const,
          compensate: { agent: `undo.${name}`, queue: 'agent.q0', input: { amount: 'output.amount' } },
        }
      : {}),
    ...(chance.percent(40) ? { checkpoint: 'after' as const } : {}),
    ...(chance.percent(20)
      ? { artifacts: [{ name: `paper-${name}`, type: 'note', mediaType: 'application/json', content: 'output' }] }
      : {}),
    transitions,
  }
}

const human = ({ chance }: Building, name: string, to: string, failTo: string | null): StateDefinition => ({
  kind: 'human',
  name,
  shows: { what: '"a question"' },
  deadlineMs: chance.pick(deadlines),
  ...(chance.percent(25) ? { deciders: { needed: 2 } } : {}),
  transitions: [
    { on: 'approve', to },
    ...(chance.percent(70) ? [{ on: 'reject', to: failTo ?? to }] : []),
    { on: 'timeout', to: failTo ?? to },
  ],
})

const wait = ({ chance }: Building, name: string, to: string): StateDefinition =>
  chance.percent(50)
    ? { kind: 'wait', name, forMs: String(chance.pick([10, 300])), transitions: [{ on: 'done', to }] }
    : {
        kind: 'wait',
        name,
        signal: 'go',
        deadlineMs: chance.pick(deadlines),
        transitions: [
          { on: 'go', to },
          { on: 'timeout', to },
        ],
      }

const parallel = (building: Building, name: string, place: Place): StateDefinition => {
  const { chance } = building
  const count = 2 + chance.below(2)
  const branches: Branch[] = Array.from({ length: count }, () => ({
    name: nameOf(building, 'b'),
    ...region(building, place.depth + 1),
    ...(chance.percent(40)
      ? {
          requirement: chance.pick([
            'optional' as const,
            'required' as const,
            { degraded: { verdict: 'a', amount: 0 } },
          ]),
        }
      : {}),
  }))
  const { to, failTo } = place
  return {
    kind: 'parallel',
    name,
    branches,
    join: joinOf(chance, count),
    onBranchFailure: chance.pick(['fail-fast', 'best-effort'] as const),
    transitions: [{ on: 'done', to }, ...(failTo === null ? [] : [{ on: 'failed', to: failTo }])],
  }
}

interface Place {
  readonly to: string
  readonly failTo: string | null
  readonly depth: number
}

const stateAt = (building: Building, name: string, place: Place): StateDefinition => {
  const { chance } = building
  const { to, failTo, depth } = place
  const draw = chance.below(depth === 0 ? 14 : 9)
  if (draw < 5) return agent(building, name, to, failTo)
  if (draw === 5) return human(building, name, to, failTo)
  if (draw === 6) return wait(building, name, to)
  if (draw === 7)
    return {
      kind: 'set',
      name,
      assign: [{ to: 'count', from: '1.0', reducer: 'sum' }],
      transitions: [{ on: 'done', to }],
    }
  if (draw === 8)
    return {
      kind: 'choice',
      name,
      transitions: [{ when: 'has(data.count)', to }, { to: failTo ?? to }],
    }
  if (draw === 9)
    return {
      kind: 'workflow',
      name,
      workflow: 'another-desk',
      version: 1,
      input: { of: 'input' },
      body: region(building, depth + 1),
      transitions: [{ on: 'done', to }, ...(failTo === null ? [] : [{ on: 'failed', to: failTo }])],
    }
  if (draw === 10)
    return {
      kind: 'map',
      name,
      items: chance.pick(['[1.0, 2.0, 3.0]', '["a"]', '[1.0, 2.0, 3.0, 4.0, 5.0]']),
      concurrency: 1 + chance.below(3),
      itemsMax: 10,
      onItemFailure: chance.pick(['fail-fast', 'best-effort'] as const),
      ...(chance.percent(30) ? { deadlineMs: chance.pick(deadlines) } : {}),
      ...region(building, depth + 1),
      transitions: [{ on: 'done', to }, ...(failTo === null ? [] : [{ on: 'failed', to: failTo }])],
    }
  if (draw === 11)
    return {
      kind: 'workflow',
      name,
      workflow: 'child-desk',
      version: 1,
      detached: true,
      input: { of: 'input' },
      ...(chance.percent(50) ? { deadlineMs: chance.pick(deadlines) } : {}),
      transitions: [{ on: 'done', to }, ...(failTo === null ? [] : [{ on: 'failed', to: failTo }])],
    }
  return parallel(building, name, place)
}

/** States in a row, each leading to the next, to an end; some fail to another end; some go round once more. */
const region = (building: Building, depth: number): Region => {
  const { chance } = building
  const count = depth === 0 ? 1 + chance.below(4) : 1 + chance.below(2)
  const names = Array.from({ length: count }, () => nameOf(building, 's'))
  const good = nameOf(building, 'e')
  const bad = nameOf(building, 'f')
  const failTo = chance.percent(50) ? bad : null
  const states = names.map((name, index) => stateAt(building, name, { to: names[index + 1] ?? good, failTo, depth }))
  const last = states.at(-1)
  const [first] = names
  if (last?.kind === 'agent' && last.outcome !== undefined && first !== undefined && chance.percent(60)) {
    const back = (last.transitions ?? []).map((one) => (one.on === 'b' ? { ...one, to: first } : one))
    states[states.length - 1] = { ...last, transitions: back }
    for (const [index, state] of states.entries()) states[index] = { ...state, maxVisits: 2 }
  }
  const used = JSON.stringify(states).includes(`"to":"${bad}"`)
  const status = chance.percent(50) ? ('failed' as const) : ('completed' as const)
  const error = status === 'failed' ? { error: { code: 'TURNED_DOWN', message: 'turned down' } } : {}
  return {
    initial: first ?? good,
    states: [
      ...states,
      { kind: 'end', name: good, status: 'completed' },
      ...(used ? [{ kind: 'end' as const, name: bad, status, ...error }] : []),
    ],
  }
}

/** A definition by its seed. */
export const generateDefinition = (seed: number): WorkflowDefinition => {
  const chance = seeded(seed)
  return {
    name: `desk-${seed}`,
    version: 1,
    title: 'A generated desk',
    semantics: 1,
    input: { type: 'object' },
    deadlineMs: chance.percent(15) ? 20_000 : null,
    cleanUpMs: 200,
    ...region({ chance, names: { next: 0 } }, 0),
  }
}
