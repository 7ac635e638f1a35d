/** CPU and memory of a fleet's processes, by what they are, as /proc tells (Linux). */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** @typedef {Record<string, { cpuMs: number, rssMiB: number, processes: number }>} Usage by kind of process */

const tickMs = 10

/** @param {number} pid CPU of the process and of its ended children: those that live are counted by themselves */
const cpuMs = (pid) => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs
  } catch {
    return 0 // ended meanwhile
  }
}

/** @param {number} pid proportional share of memory, so that Postgres' shared buffers count once */
const memoryMiB = (pid) => {
  try {
    const pss = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
    return Number(pss ?? 0) / 1024
  } catch {
    return 0
  }
}

const kindOf = (/** @type {string} */ command) => {
  const service = /apps\/([a-z-]+)\/dist/.exec(command)?.[1]
  if (service) return service === 'agent-bench' || !service.startsWith('agent-') ? service : 'idle agents'
  if (/postgres/.test(command)) return 'postgres'
  return /redis/.test(command) ? 'redis' : 'supervisor'
}

/** @param {number} root process id of the supervisor, or of any process with its children */
const treeOf = (root) => {
  const all = spawnSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .flatMap((found) => (found ? [{ pid: Number(found[1]), parent: Number(found[2]), command: found[3] ?? '' }] : []))
  const found = all.filter(({ pid }) => pid === root)
  for (const one of found) found.push(...all.filter(({ parent }) => parent === one.pid))
  return found
}

/** @param {number} root @returns {Usage} */
export const usageOf = (root) => {
  /** @type {Usage} */
  const usage = {}
  for (const { pid, command } of treeOf(root)) {
    const kind = kindOf(command)
    const sum = usage[kind] ?? { cpuMs: 0, rssMiB: 0, processes: 0 }
    usage[kind] = {
      cpuMs: sum.cpuMs + cpuMs(pid),
      rssMiB: sum.rssMiB + memoryMiB(pid),
      processes: sum.processes + 1,
    }
  }
  return usage
}

/** CPU per piece of work, ms, by kind and in all. @param {Usage} before @param {Usage} after @param {number} pieces */
export const cpuPer = (before, after, pieces) => {
  const parts = Object.entries(after).map(([kind, { cpuMs: ms }]) => [
    kind,
    Math.max(0, ms - (before[kind]?.cpuMs ?? 0)) / pieces,
  ])
  return {
    all: parts.reduce((sum, [, ms]) => sum + Number(ms), 0),
    by: /** @type {Record<string, number>} */ (Object.fromEntries(parts)),
  }
}
