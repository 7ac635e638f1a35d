import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { synthesise, writeCampaign } from './synthesise.mjs'

const room = import.meta.dirname
const program = path.join(room, '../check.mjs')

/** Modules that a source imports, statically or not. */
const importsOf = (source: string): readonly string[] =>
  [...source.matchAll(/^(?:import|export|\})[^'\n]*\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm)].map(
    ([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '',
  )

const sources = async (): Promise<readonly string[]> => [
  program,
  ...(await readdir(room, { recursive: true }))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => path.join(room, name)),
]

test('the checker imports nothing but itself and Node', async () => {
  const foreign = []
  for (const file of await sources())
    for (const name of importsOf(await readFile(file, 'utf8'))) {
      const target = name.startsWith('.') ? path.resolve(path.dirname(file), name) : name
      if (!name.startsWith('node:') && !target.startsWith(`${room}${path.sep}`)) foreign.push(`${file}: ${name}`)
    }
  expect(foreign).toEqual([])
  // What would be found.
  expect(importsOf(`import x from '@flotilla/engine'\nawait import('pg')`)).toEqual(['@flotilla/engine', 'pg'])
})

describe('the program', () => {
  let dir: string
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'flotilla-check-'))
    await writeCampaign(synthesise(1), dir)
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  const run = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, [program, ...args]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => error,
    )

  test('ends with 0 where nothing is wrong, a line for each invariant, also when the last line of a file is torn', async () => {
    await appendFile(path.join(dir, 'client.ndjson'), '{"at":"2026-11')
    const { code, stdout } = await run(dir)
    expect([code, stdout.match(/^I\d+ +holds/gm)?.length]).toEqual([0, 17])
  })

  test('ends with 1 and names invariant, run and evidence where something is', async () => {
    const file = path.join(dir, 'dump/run.ndjson')
    const before = await readFile(file, 'utf8')
    const [first = '', ...others] = before.split('\n')
    await writeFile(file, others.join('\n'))
    const { code, stdout } = await run(dir, '--json')
    await writeFile(file, before)
    const { violations } = JSON.parse(stdout)
    expect(code).toBe(1)
    expect(violations).toContainEqual(
      expect.objectContaining({ run: JSON.parse(first).id, evidence: expect.anything() }),
    )
  })

  test('ends with 2 where it cannot judge', async () => {
    expect((await run(path.join(dir, 'nowhere'))).code).toBe(2)
    const file = path.join(dir, 'faults.ndjson')
    await writeFile(file, 'no json\n{}\n')
    expect((await run(dir)).code).toBe(2)
    await writeFile(file, '')
  })
})
