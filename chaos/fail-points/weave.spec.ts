import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { bugs } from '../planted-bugs/bugs.mjs'
import { points } from './points.mjs'
import { weave } from './weave.mjs'
import { wovenFile } from './woven-file.mjs'

const repoDir = path.resolve(import.meta.dirname, '../..')
const builtFiles = ['apps', 'libs'].flatMap((rooms) =>
  readdirSync(path.join(repoDir, rooms)).flatMap((room) => {
    const dist = path.join(repoDir, rooms, room, 'dist')
    return existsSync(dist)
      ? readdirSync(dist, { recursive: true, encoding: 'utf8' })
          .filter((file) => file.endsWith('.js'))
          .map((file) => path.join(dist, file))
      : []
  }),
)
const quoted = [...points, ...bugs].flatMap(({ name }) => [`'${name}'`, `"${name}"`, `\`${name}\``])
/** What of fail points and planted bugs stands in a text. */
const traces = (text: string): string[] =>
  ['failPoint', 'FAILPOINT', 'PLANTED', 'chaos/', ...quoted].filter((word) => text.includes(word))

describe('weaving', () => {
  const woven = (source: string, call: string) =>
    weave('a.ts', source, [{ name: 'a.b', call }])
      .split('; ')
      .at(-1)
  test.each([
    ['await save(tx, [1])', 'save(tx', "await failPoint('a.b', () => save(tx, [1]))"],
    ['ack(ids).catch(told)', 'ack(ids', "failPoint('a.b', () => ack(ids)).catch(told)"],
    ['await send(await read())', 'send(', "await failPoint('a.b', async () => send(await read()))"],
    [
      'begin(pool, async () => { await x() })',
      'begin(',
      "failPoint('a.b', () => begin(pool, async () => { await x() }))",
    ],
    ['redis\n  .eval(text)', 'redis.eval(', "failPoint('a.b', () => redis\n  .eval(text))"],
  ])('%s', (source, call, expected) => {
    expect(woven(source, call)).toBe(expected)
  })
  test('a call within another is woven too', () => {
    const weavings = [
      { name: 'out', call: 'f(' },
      { name: 'in', call: 'g(' },
    ]
    expect(weave('a.ts', 'f(g(1))', weavings)).toContain("failPoint('out', () => f(failPoint('in', () => g(1))))")
  })
  test.each([['save(); save()'], ['keep()']])('%s is refused: the call does not stand once', (source) => {
    expect(() => weave('a.ts', source, [{ name: 'a.b', call: 'save(' }])).toThrow('a.b')
  })
})

describe('the points', () => {
  test('are at least forty, each with a name of its own', () => {
    expect(points.length).toBeGreaterThanOrEqual(40)
    expect(new Set(points.map(({ name }) => name)).size).toBe(points.length)
  })
  test.each([...new Set(points.map(({ file }) => file))])('%s has each of its calls once', (file) => {
    const weavings = points.filter((point) => point.file === file)
    const source = readFileSync(path.join(repoDir, file), 'utf8')
    for (const { name } of weavings) expect(weave(file, source, weavings)).toContain(`failPoint('${name}'`)
  })
})

describe('the built product', () => {
  test('holds no fail point and no planted bug', () => {
    expect(builtFiles.length).toBeGreaterThan(200)
    const found = builtFiles.map((file) => [path.relative(repoDir, file), traces(readFileSync(file, 'utf8'))] as const)
    expect(found.filter(([, words]) => words.length > 0)).toEqual([])
  })
  test('a woven file would be found by that', () => {
    const woven = wovenFile(path.join(repoDir, 'apps/orchestrator/dist/relay.js'), undefined)
    expect(traces(woven ?? '')).toEqual(expect.arrayContaining(['failPoint', "'relay.send'", 'chaos/']))
  })
})
