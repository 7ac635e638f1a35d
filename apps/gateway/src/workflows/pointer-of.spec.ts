import type { StateDefinition } from '@flotilla/engine'
import { expect, test } from 'vitest'
import { pointerOf } from './pointer-of.js'

const end = (name: string): StateDefinition => ({ kind: 'end', name, status: 'completed' })
const states: readonly StateDefinition[] = [
  end('a'),
  {
    kind: 'parallel',
    name: 'p',
    join: { policy: 'all' },
    onBranchFailure: 'fail-fast',
    branches: [{ name: 'x', initial: 'b', states: [end('b'), end('c')] }],
  },
  { kind: 'workflow', name: 'sub', workflow: 'w', version: 1, input: {}, body: { initial: 'd', states: [end('d')] } },
]
test.each([
  ['', ''],
  ['/states/0/kind', '/states/0/kind'],
  ['a', '/states/0'],
  ['c', '/states/1/branches/0/states/1'],
  ['sub.d', '/states/2/body/states/0'],
  ['sub.unknown', '/states/2'],
  ['unknown', ''],
])('%j is at %j', (where, pointer) => {
  expect(pointerOf(states, where)).toBe(pointer)
})
