import { expect, test } from 'vitest'
import { lanes } from './dense.mjs'
import { drawFault, faults, groups } from './faults/index.mjs'
import { makeRandom } from './random.mjs'
import { makeTurns } from './turns.mjs'

const instances = ['a', 'a', 'b', 'c', 'd', 'e'].map((kind, index) => ({ kind, name: `${kind}-${index}` }))

test('every kind has its turn as often as every other, and two at once are of different kinds', () => {
  const turns = makeTurns(makeRandom(3))
  const hit: string[] = []
  for (let round = 0; round < 10; round += 1) {
    const chosen = turns.next(instances, 2).map(({ kind }) => String(kind))
    expect(new Set(chosen).size).toBe(2)
    hit.push(...chosen)
  }
  for (const kind of 'abcde') expect(hit.filter((one) => one === kind).length, kind).toBe(4)
})

test('a seed draws the same faults again, and every fault has its chance', () => {
  const draw = (seed: number) => {
    const random = makeRandom(seed)
    return Array.from({ length: 4_000 }, () => drawFault(groups['all'] ?? [], random))
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
  expect(new Set(draw(7))).toEqual(new Set(groups['all']))
})

test('a kind that cannot be hit keeps its turn', () => {
  const turns = makeTurns(makeRandom(3))
  const kindsOf = (of: typeof instances, count: number) => turns.next(of, count).map(({ kind }) => String(kind))
  const [first = ''] = kindsOf(instances, 1)
  const [away = ''] = [...'abcde'].filter((kind) => kind !== first)
  const without = instances.filter(({ kind }) => kind !== away)
  expect(kindsOf(without, 3)).not.toContain(away)
  expect(kindsOf(instances, 1)).toEqual([away])
})

test('every fault is drawn by a mode: mixed, or dense', () => {
  const drawn = [...(groups['all'] ?? []), ...Object.values(lanes).flatMap((lane) => Object.keys(lane.faults))]
  expect(new Set(drawn)).toEqual(new Set(Object.keys(faults)))
})
