/**
 * The cut of chaos that every change passes: each service killed at least twice, Redis emptied and restored to an older
 * copy, Postgres crashed, under load, judged by the checker. CHAOS_SECONDS of faults, by seed; more by `npm run chaos`.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const repoDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const seconds = Number(process.env['CHAOS_SECONDS'] ?? 45)
const seed = Number(process.env['SEED'] ?? 4)

/** Two services at once, so that all eleven kinds have had their turn twice after eleven of them. */
const kills = (times: number): string[] => Array.from({ length: times }, () => 'kill-two')
const plan = [
  ...kills(3),
  'redis-empty',
  ...kills(3),
  'pg-crash',
  ...kills(3),
  'redis-restore',
  ...kills(2),
  'replies-duplicate',
]

/** What `npm run chaos -- --json` writes, as far as it is looked at here. */
interface Summary {
  readonly runs: number
  readonly kills: Readonly<Record<string, number>>
  readonly recovery: Readonly<Record<string, { readonly count: number; readonly unrecovered: number }>>
  readonly doubleExecutions: number
  readonly effectsRepeated: number
  readonly violations: readonly string[]
  readonly checker: { readonly status: number } | null
}

let dir: string
let summary: Summary
let output = ''

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'flotilla-chaos-cut-'))
  const json = path.join(dir, 'result.json')
  const args = ['--seed', `${seed}`, '--minutes', `${seconds / 60}`, '--rate', '6', '--every', '1500']
  const faults = ['--faults', 'kill-9,sigstop,replies', '--plan', plan.join(',')]
  const ours = ['--dir', dir, '--json', json, '--append', 'none']
  const child = spawn(process.execPath, ['chaos/chaos.mjs', ...args, ...faults, ...ours], { cwd: repoDir })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()))
  await new Promise((resolve) => child.once('close', resolve))
  summary = JSON.parse(await readFile(json, 'utf8').catch(() => Promise.reject(new Error(output)))) as Summary // its own writing
})
// What was found is kept to be read.
afterAll(async () => {
  if (summary?.violations.length === 0) await rm(dir, { recursive: true, force: true })
})

test('every service was killed at least twice, Redis lost everything and time, and Postgres crashed', () => {
  expect(Object.keys(summary.kills).length).toBeGreaterThanOrEqual(11)
  for (const [service, count] of Object.entries(summary.kills)) expect(count, service).toBeGreaterThanOrEqual(2)
  for (const fault of ['redis-empty', 'redis-restore', 'pg-crash', 'replies-duplicate'])
    expect(summary.recovery[fault]?.count, fault).toBeGreaterThanOrEqual(1)
})

test('no run is lost, none comes to another end than it must, and the checker finds nothing', () => {
  expect(summary.violations, output).toEqual([])
  expect(summary.checker?.status, output).toBe(0)
  expect(summary.runs).toBeGreaterThan(50)
})

test('the test is live: work was done twice, and no effect was', () => {
  expect(summary.doubleExecutions).toBeGreaterThan(0)
  expect(summary.effectsRepeated).toBe(0)
})

test('everything that was under way when a fault ended was done', () => {
  for (const [fault, { unrecovered }] of Object.entries(summary.recovery)) expect(unrecovered, fault).toBe(0)
})
