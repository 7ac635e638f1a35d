/** What a campaign came to: counts, recovery times, violations. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { repoDir } from '../tools/fleet/paths.mjs'
import { judgeSoak } from './judge-soak.mjs'

/** @param {string} file @returns {any[]} */
const readLines = (file) =>
  fs.existsSync(file)
    ? fs
        .readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    : []

/** @param {readonly number[]} values ms @returns {{ p50: number, p95: number, max: number } | null} seconds */
const spread = (values) => {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const at = (/** @type {number} */ q) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0) / 10) / 100
  return { p50: at(0.5), p95: at(0.95), max: at(1) }
}

/** What was killed is told apart: each kind of service has a bound of its own. @param {any} line */
const nameOf = ({ fault, target }) =>
  fault === 'kill-9' ? `kill-9 ${/^(gateway|orchestrator)/.exec(target)?.[0] ?? 'agent'}` : fault

/** By fault: how often, and how long recovery took. @param {readonly any[]} lines */
const recoveryOf = (lines) => {
  const names = [...new Set(lines.map(nameOf))].sort()
  return Object.fromEntries(
    names.map((name) => {
      const ours = lines.filter((line) => nameOf(line) === name)
      const since = (/** @type {string} */ what) =>
        spread(
          ours.flatMap((line) =>
            (line[what] ?? null) === null ? [] : [Date.parse(line[what]) - Date.parse(line.healedAt)],
          ),
        )
      return [
        name,
        {
          count: ours.length,
          injected: ours.reduce((sum, { count }) => sum + count, 0),
          unrecovered: ours.filter(({ backlogAt, firstProgressAt }) => backlogAt === null || firstProgressAt === null)
            .length,
          firstProgress: since('firstProgressAt'),
          backlog: since('backlogAt'),
          ...(ours.some(({ throughputAt }) => throughputAt) ? { throughput: since('throughputAt') } : {}),
        },
      ]
    }),
  )
}

/** What the outside saw: executions of a dispatch beyond the first, effects performed twice. @param {string} dir */
const outsideOf = (dir) => {
  const executions = new Map()
  const all = readLines(path.join(dir, 'executions.ndjson'))
  for (const { runId, step, dispatch } of all) {
    const key = `${runId} ${step} ${dispatch}`
    executions.set(key, (executions.get(key) ?? 0) + 1)
  }
  const ledger = readLines(path.join(dir, 'provider.ndjson'))
  const performed = ledger.filter((line) => line.performed).map(({ effectKey }) => effectKey)
  return {
    executions: all.length,
    doubleExecutions: [...executions.values()].filter((count) => count > 1).length,
    effects: performed.length,
    effectsAskedAgain: ledger.length - performed.length,
    effectsRepeated: performed.length - new Set(performed).size,
  }
}

/** The checker's word: its violations, one text each; null where there is no checker. @param {string} dir */
const judge = (dir) => {
  const checker = path.join(repoDir, 'chaos/check.mjs')
  if (!fs.existsSync(checker)) return null
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--max-old-space-size=3000', checker, dir], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  fs.writeFileSync(path.join(dir, 'verdict.txt'), stdout + stderr)
  return { status, text: stdout + stderr }
}

/** @param {any} given */
export const summarise = async (given) => {
  /** @type {any[]} */
  const lines = given.lines
  const { dir, seed, mode, minutes, kills, harness, totals, injectedReplies, settleSeconds, commit } = given
  const outside = outsideOf(dir)
  const runs = readLines(path.join(dir, 'dump/run.ndjson'))
  const byId = new Map(runs.map((run) => [run.id, run]))
  const submissions = readLines(path.join(dir, 'client.ndjson')).filter(({ call }) => call === 'submit')
  const accepted = new Map(submissions.filter(({ status }) => status === 202).map((line) => [line.runId, line]))
  const lost = [...accepted.keys()].filter((runId) => !byId.has(runId))
  const wrong = [...accepted.values()].filter(({ runId, expects }) => {
    const status = byId.get(runId)?.status
    return status !== undefined && expects.status !== 'any' && status !== expects.status
  })
  const violations = [
    ...harness,
    ...lost.map((runId) => `lost: ${runId}`),
    ...wrong.map(({ runId, workflow, expects }) => {
      const run = byId.get(runId)
      return `${runId} ${workflow} ${run?.status} ${run?.error?.code ?? ''} ${run?.error?.step ?? ''}, expected ${expects.status}`
    }),
    ...(outside.effectsRepeated > 0 ? [`${outside.effectsRepeated} effects repeated`] : []),
  ]
  const soak = mode === 'soak' ? judgeSoak(readLines(path.join(dir, 'samples.ndjson'))) : null
  for (const { source, metric, second, last } of (soak ?? []).filter(({ flat }) => !flat))
    violations.push(`${source} ${metric} grows: ${second}, then ${last}`)
  const verdict = judge(dir)
  const statuses = Object.fromEntries(
    [...new Set(runs.map(({ status }) => status))].map((status) => [
      status,
      runs.filter((run) => run.status === status).length,
    ]),
  )
  return {
    at: new Date().toISOString(),
    ...{ seed, mode, minutes, commit, runs: runs.length, statuses, ...totals },
    ...{ kills, injectedReplies, settleSeconds: Math.round(settleSeconds * 10) / 10, ...outside },
    recovery: recoveryOf(lines),
    ...(soak === null ? {} : { soak }),
    problems: lines.filter(({ problem }) => problem !== undefined).map(({ fault, problem }) => `${fault}: ${problem}`),
    violations,
    checker: verdict === null ? null : { status: verdict.status },
  }
}
