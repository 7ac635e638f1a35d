import { expect, test } from 'vitest'
import { checkDefinition } from '../check-definition.js'
import type { Branch, Join, StateDefinition } from '../definition.js'
import { aDefinition, anAgent, anEnd } from '../testing/a-definition.js'

const branch = (name: string, status: 'completed' | 'failed', requirement?: Branch['requirement']): Branch => ({
  name,
  initial: name,
  states: [anAgent({ name, transitions: [{ on: 'done', to: `${name}_end` }] }), anEnd({ name: `${name}_end`, status })],
  ...(requirement === undefined ? {} : { requirement }),
})
const found = (join: Join, branches: readonly Branch[]): readonly string[] =>
  checkDefinition(
    aDefinition([
      {
        kind: 'parallel',
        name: 'both',
        join,
        branches,
        onBranchFailure: 'best-effort',
        transitions: [{ on: 'done', to: 'end' }],
      },
    ]),
  ).map(({ code }) => code)

const good = branch('a', 'completed')
test.each<[Join, readonly Branch[], readonly string[]]>([
  [{ policy: 'all' }, [good, branch('b', 'failed')], ['JOIN_STARVES']],
  [{ policy: 'all' }, [good, branch('b', 'failed', 'optional')], []],
  [{ policy: 'all' }, [good, branch('b', 'failed', { degraded: null })], []],
  [{ policy: 'any' }, [good, branch('b', 'failed')], []],
  [{ policy: 'any' }, [good, branch('b', 'failed', 'required')], ['JOIN_STARVES']],
  [{ policy: 'k-of-n', k: 2 }, [good, branch('b', 'failed')], ['JOIN_STARVES']],
  [{ policy: 'k-of-n', k: 3 }, [good, branch('b', 'completed')], ['JOIN_IMPOSSIBLE']],
  [{ policy: 'quorum' }, [good, branch('b', 'completed'), branch('c', 'failed')], []],
])('%j with %j', (join, branches, codes) => {
  expect(found(join, branches)).toEqual(codes)
})

const map = (given: object): StateDefinition => ({
  kind: 'map',
  name: 'each',
  items: 'input.items',
  concurrency: 1,
  itemsMax: 10,
  onItemFailure: 'best-effort',
  initial: 'one',
  states: [anAgent({ name: 'one', transitions: [{ on: 'done', to: 'one_end' }] }), anEnd({ name: 'one_end' })],
  transitions: [{ on: 'done', to: 'end' }],
  ...given,
})
test.each([
  [map({}), []],
  [map({ states: [anEnd({ name: 'one', status: 'failed' })] }), ['MAP_NEVER_COMPLETES']],
  [map({ concurrency: 11 }), ['CONCURRENCY_IDLE']],
  [
    {
      kind: 'workflow',
      name: 'child',
      workflow: 'other',
      version: 1,
      input: {},
      detached: true,
      transitions: [{ on: 'done', to: 'end' }],
    } as const,
    ['DEADLINE_MISSING'],
  ],
])('%j', (state, codes) => {
  expect(checkDefinition(aDefinition([state])).map(({ code }) => code)).toEqual(codes)
})
