import { expect, test } from 'vitest'
import { runSeeds } from './run-seeds.js'

test('no world of the odd seeds breaks', { timeout: 1_200_000 }, async () => {
  expect(await runSeeds(1, process.env)).toBe('')
})
