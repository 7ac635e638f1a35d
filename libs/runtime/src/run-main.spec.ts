import { expect, test } from 'vitest'
import { ConfigError } from './config-error.js'
import { runMain } from './run-main.js'

const watched = async (main: () => Promise<void>) => {
  const written: string[] = []
  const exits: number[] = []
  await runMain(main, { writeError: (line) => void written.push(line), exit: (code) => void exits.push(code) })
  return { written: written.join(''), exits }
}

test('a main that resolves neither prints nor exits', async () => {
  expect(await watched(async () => {})).toEqual({ written: '', exits: [] })
})

test('a configuration error prints one line per problem and exits 78', async () => {
  const { written, exits } = await watched(() => Promise.reject(new ConfigError(['A must be b', 'C must be d'])))
  expect(written).toBe('configuration: A must be b\nconfiguration: C must be d\n')
  expect(exits).toEqual([78])
})

test('any other error prints its stack and exits 1', async () => {
  const { written, exits } = await watched(() => Promise.reject(new Error('boom')))
  expect(written).toContain('Error: boom\n    at ')
  expect(exits).toEqual([1])
})
