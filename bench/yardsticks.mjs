/** The yardsticks of the same run: what the bare transport allows, and a peer on the same Postgres. */
import { fork, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { application } from './client.mjs'
import { quantile } from './figures.mjs'
import { repoDir } from './fleet.mjs'
import { usageOf } from './processes.mjs'

const folder = path.join(repoDir, 'bench/yardsticks')

/** @param {number} pid */
const cpuOf = (pid) => Object.values(usageOf(pid)).reduce((sum, { cpuMs }) => sum + cpuMs, 0)

/**
 * @param {object} yardstick
 * @param {(n: number) => Promise<number>} yardstick.run milliseconds of one run
 * @param {() => number} yardstick.cpuMs of all its processes, servers included
 * @param {import('./bench.mjs').Measuring} measuring
 */
const measure = async ({ run, cpuMs }, { client, runs, single, inFlight, repeats }) => {
  await client.many(1_500, 100, run)
  const rows = []
  for (let turn = 0; turn < repeats; turn += 1) {
    const alone = await client.many(single, 1, run)
    const before = cpuMs()
    const { seconds, times } = await client.many(runs, inFlight, run)
    rows.push({
      'runs/s': runs / seconds,
      'p50 ms': quantile(times, 0.5),
      'p99 ms': quantile(times, 0.99),
      'CPU ms/run': (cpuMs() - before) / runs,
      'alone p50 ms': quantile(alone.times, 0.5),
      'alone p99 ms': quantile(alone.times, 0.99),
    })
  }
  return rows
}

/** @param {import('./bench.mjs').Measuring} measuring */
export const measureTransport = async (measuring) => {
  const { fleet } = measuring
  const { startTransport } = await import('./yardsticks/bullmq.mjs')
  const transport = await startTransport(fleet.redisUrl)
  const cpuMs = () => (fleet.usage()['redis']?.cpuMs ?? 0) + cpuOf(process.pid)
  try {
    return await measure({ run: (n) => transport.run(application(n)), cpuMs }, measuring)
  } finally {
    await transport.close()
  }
}

/** Installs the peers that have a lock of their own, once. */
const installPeers = () => {
  if (existsSync(path.join(folder, 'node_modules/.package-lock.json'))) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error('the yardsticks could not be installed')
}

/** @param {import('./bench.mjs').Measuring} measuring */
export const measurePeer = async (measuring) => {
  const { fleet } = measuring
  installPeers()
  const name = 'yardstick'
  await fleet.database.query(`create database ${name}`)
  const url = new URL(fleet.superuserUrl)
  url.pathname = `/${name}`
  const child = fork(path.join(folder, 'dbos.mjs'))
  /** @type {Map<number, (ms: number) => void>} */
  const waiting = new Map()
  let next = 0
  const ready = new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the peer ended with ${code}`)))
    child.on('message', (/** @type {{ ready?: true, id?: number, ms?: number }} */ { ready: up, id = -1, ms = 0 }) => {
      if (up) resolve(undefined)
      waiting.get(id)?.(ms)
      waiting.delete(id)
    })
  })
  ready.catch(() => undefined)
  child.send({ url: url.href })
  await ready
  /** @param {number} n @returns {Promise<number>} */
  const run = (n) =>
    new Promise((resolve) => {
      const id = next++
      waiting.set(id, resolve)
      child.send({ id, input: application(n) })
    })
  const cpuMs = () => (fleet.usage()['postgres']?.cpuMs ?? 0) + cpuOf(child.pid ?? 0)
  try {
    return await measure({ run, cpuMs }, measuring)
  } finally {
    child.removeAllListeners('exit')
    child.kill()
  }
}
