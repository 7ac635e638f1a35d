import { expect, test } from 'vitest'
import { run } from './audit.mjs'

test('a file that cannot be read is named, with what is wrong', async () => {
  await expect(run(['verify', '/nowhere/audit.ndjson'])).rejects.toThrow('/nowhere/audit.ndjson cannot be used: ENOENT')
})

test('what is asked for must be one of two things, with a file', async () => {
  await expect(run(['verify'])).rejects.toThrow(/which file/)
  await expect(run(['shred', 'audit.ndjson'])).rejects.toThrow(/export FILE/)
})
