import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import ts from 'typescript'
import { afterAll, describe, expect, test } from 'vitest'
import { repoDir } from './fleet/paths.mjs'

/** CPU time that a match of fifty thousand characters may take, ms. Backtracking without bounds takes minutes. */
const cpuMsMax = 1_000
/** After so long a worker is stuck in a match, ms. */
const stuckMs = 30_000
const size = 50_000

interface Found {
  readonly where: string
  readonly source: string
  readonly flags: string
}

/** Every literal of the product's own sources: what runs in services and commands, not in specs. */
const literals = (): readonly Found[] =>
  execFileSync('git', ['ls-files', 'apps', 'libs', 'tools', 'deploy'], { cwd: repoDir, encoding: 'utf8' })
    .split('\n')
    .filter((file) => /\.(ts|mts|mjs)$/.test(file) && !/\.(spec|e2e)\.ts$|\/testing\//.test(file))
    .flatMap((file) => {
      const source = ts.createSourceFile(
        file,
        readFileSync(path.join(repoDir, file), 'utf8'),
        ts.ScriptTarget.Latest,
        true,
      )
      const found: Found[] = []
      const visit = (node: ts.Node): void => {
        if (ts.isRegularExpressionLiteral(node)) {
          const end = node.text.lastIndexOf('/')
          const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
          found.push({ where: `${file}:${line}`, source: node.text.slice(1, end), flags: node.text.slice(end + 1) })
        }
        ts.forEachChild(node, visit)
      }
      visit(source)
      return found
    })

/** Those that take more than linear time, and why nobody from outside can make them: what they are asked of is short. */
const bounded: Readonly<Record<string, string>> = {
  '/\\B(?=(\\d{3})+$)/g': 'digits of a number',
  '/\\/+$/': 'an address of the settings',
  '/(?<=[.!?]["”]?)\\s+(?=[\\p{Lu}\\d“"])/u': 'a line of a document, of which spaces were made one',
}

/** Texts that make a pattern go back: what it may repeat, often, and then something that it does not expect. */
const units = ['a', '0', ' ', '/', 'a ', 'a.', '"a']
const adversaries: readonly string[] = units.flatMap((unit) => {
  const body = unit.repeat(Math.ceil(size / unit.length))
  return [`${body}!`, `${body}\n`]
})

const program = `
const { parentPort } = require('node:worker_threads')
parentPort.on('message', ({ source, flags, texts }) => {
  const pattern = new RegExp(source, flags.replace(/[gy]/g, ''))
  let worst = 0
  for (const text of texts) {
    const before = process.threadCpuUsage()
    pattern.test(text)
    const { user, system } = process.threadCpuUsage(before)
    worst = Math.max(worst, (user + system) / 1000)
  }
  parentPort.postMessage(worst)
})`

let worker: Worker | null = null
afterAll(async () => {
  await worker?.terminate()
})
/** CPU ms of the slowest text; infinite when the match does not end. */
const worstOf = (found: Found, texts: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    worker ??= new Worker(program, { eval: true })
    const current = worker
    const stuck = setTimeout(() => {
      worker = null
      void current.terminate()
      done(Number.POSITIVE_INFINITY)
    }, stuckMs)
    const done = (worst: number): void => {
      clearTimeout(stuck)
      current.off('message', done).off('error', reject)
      resolve(worst)
    }
    current.on('message', done).on('error', reject)
    current.postMessage({ source: found.source, flags: found.flags, texts })
  })

describe('regular expressions', () => {
  const all = literals()
  test('are found, and one that goes back for ever is noticed', async () => {
    expect(all.length).toBeGreaterThan(100)
    const bad = { where: '', source: '^(\\w+\\s?)*$', flags: '' }
    expect(await worstOf(bad, [`${'a'.repeat(22)}!`])).toBeGreaterThan(5)
  })
  test(
    'of the repository are done with fifty thousand hostile characters in a moment',
    { timeout: 240_000 },
    async () => {
      const slow: string[] = []
      const seen = new Set<string>()
      for (const found of all) {
        const name = `/${found.source}/${found.flags}`
        if (seen.has(name) || bounded[name] !== undefined) continue
        seen.add(name)
        const worst = await worstOf(found, adversaries)
        if (worst > cpuMsMax) slow.push(`${found.where} ${name}: ${Math.round(worst)} ms`)
      }
      expect(slow).toEqual([])
    },
  )
})
