import { expect, test } from 'vitest'
import { runSeeds } from './run-seeds.js'

test('no world of the even seeds breaks', { timeout: 1_200_000 }, async () => {
  expect(await runSeeds(0, process.env)).toBe('')
})
