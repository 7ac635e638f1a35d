import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { bugs } from './bugs.mjs'
import { checks, nearestCheck, runCheck } from './checks.mjs'
import { plant } from './plant.mjs'
import { survivors } from './survivors.mjs'

const repoDir = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(repoDir, file), 'utf8')

describe('planted bugs', () => {
  test('are at least forty, each with a name of its own and checks that there are', () => {
    expect(bugs.length).toBeGreaterThanOrEqual(40)
    expect(new Set(bugs.map(({ name }) => name)).size).toBe(bugs.length)
    const known = (check: string) => check in checks || nearestCheck(`${check}ts`).length > 0
    expect(bugs.flatMap((bug) => bug.checks.filter((check) => !known(check)))).toEqual([])
  })
  test.each(bugs)('$name changes one place of its file', (bug) => {
    const source = read(bug.file)
    expect(plant(source, bug)).not.toBe(source)
  })
  test('those that nothing notices are explained', () => {
    for (const name of Object.keys(survivors)) {
      expect(bugs.map((bug) => bug.name)).toContain(name)
      expect(table).toContain(`- ${name}: `)
    }
  })
})

// The whole campaign takes half an hour: `node chaos/planted-bugs.mjs`. Here some whose spec needs no servers, by SEED.
const count = Number(process.env['PLANTED_BUGS'] ?? 4)
const seed = Number(process.env['SEED'] ?? 1)
const table = read('chaos/planted-bugs.md')
const cheap = bugs.flatMap(({ name, file }) => {
  const spec = file.replace(/\.ts$/, '.spec.ts')
  const row = table.split('\n').find((line) => line.startsWith(`| ${name} `))
  return row?.includes(`| ${spec}: `) ? [{ name, spec }] : []
})
const stride = Math.max(1, Math.floor(cheap.length / count))
const drawn = Array.from({ length: count }, (_, index) => cheap[(seed + index * stride) % cheap.length])

// Inside of a campaign every spec has a bug, and this one would begin another campaign.
describe.skipIf(process.env['PLANTED'])('the specs beside a file', () => {
  test('are drawn from the table', () => expect(drawn).toHaveLength(count))
  test.each(drawn.filter((one) => one !== undefined))('notice $name', { timeout: 120_000 }, async ({ name, spec }) => {
    expect(await runCheck(spec, name)).not.toBeNull()
  })
})
