/**
 * Measures the `bench-desk` workflow through a fleet of its own, as a client sees it: HTTP in, `run.completed` on the
 * tenant's stream out. Prints the settings that the fleet really runs with beside the figures.
 *
 *   npm run bench -- [--runs 2000] [--in-flight 200] [--single 200] [--keep]
 */
import { readFileSync, rmSync } from 'node:fs'
import { mkdtempSync } from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'

const repoDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    'in-flight': { type: 'string', default: '200' },
    single: { type: 'string', default: '200' },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log('npm run bench -- [--runs N] [--in-flight N] [--single N]: figures of the bench-desk workflow')
  process.exit(0)
}
const runs = Number(options.runs)
const inFlight = Number(options['in-flight'])
const single = Number(options.single)

const home = mkdtempSync(path.join(os.tmpdir(), 'flotilla-bench-'))
const env = { ...process.env, FLOTILLA_HOME: home }
const tool = (...args) => {
  const done = spawnSync(process.execPath, [path.join(repoDir, 'tools/fleet.mjs'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (done.status !== 0) throw new Error(`fleet ${args.join(' ')}: ${done.stdout}`)
}

const percentile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]

/** CPU milliseconds that a process has used, all threads. */
const cpuMs = (pid) => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return 0
  }
}

const descendants = (pid) => {
  const all = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const found = [pid]
  for (const parent of found) for (const [child, of] of all) if (of === parent) found.push(child)
  return found
}

tool('start', '--background', '--no-demo')
try {
  const fleet = JSON.parse(readFileSync(path.join(home, 'fleet.json'), 'utf8'))
  const url = new URL(fleet.gatewayUrl)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })
  const waiting = new Map()
  const headers = { authorization: `Bearer ${fleet.keys.admin}` }

  const stream = await fetch(new URL('/events?workflow=bench-desk&type=run.completed', url), { headers })
  void (async () => {
    let buffer = ''
    const decoder = new TextDecoder()
    for await (const chunk of stream.body) {
      buffer += decoder.decode(chunk, { stream: true })
      const blocks = buffer.split('\n\n')
      buffer = blocks.pop()
      const now = performance.now()
      for (const block of blocks) {
        const id = /"runId":"([^"]+)"/.exec(block)?.[1]
        if (id === undefined) continue
        const known = waiting.get(id)
        if (typeof known === 'function') known(now)
        else waiting.set(id, now)
      }
    }
  })().catch(() => {})

  const padding = 'x'.repeat(900)
  const submit = (n) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ workflow: 'bench-desk', input: { n, padding } })
      const request = http.request(
        {
          agent,
          host: url.hostname,
          port: url.port,
          path: '/runs',
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (response) => {
          let text = ''
          response.on('data', (data) => (text += data))
          response.on('end', () =>
            response.statusCode === 202
              ? resolve(JSON.parse(text).runId)
              : reject(new Error(`${response.statusCode} ${text}`)),
          )
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  const completed = (id) =>
    new Promise((resolve) => {
      const already = waiting.get(id)
      if (already !== undefined) resolve(already)
      else waiting.set(id, resolve)
    })
  const one = async (n) => {
    const start = performance.now()
    const end = await completed(await submit(n))
    return end - start
  }
  const many = async (count, width) => {
    let next = 0
    const times = []
    const start = performance.now()
    await Promise.all(
      Array.from({ length: width }, async () => {
        while (next < count) times.push(await one(next++))
      }),
    )
    return { seconds: (performance.now() - start) / 1000, times: times.sort((a, b) => a - b) }
  }

  await many(300, 50) // warm: JIT, pools, prepared statements
  const pids = [...new Set([...descendants(fleet.pid), ...fleet.services.map((s) => s.pid)])]
  const servers = spawnSync('pgrep', ['-f', `postgres|redis-server`], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .map(Number)
  const everyone = [...new Set([...pids, ...servers])]
  const alone = await many(single, 1)
  const before = everyone.reduce((sum, pid) => sum + cpuMs(pid), 0)
  const loaded = await many(runs, inFlight)
  const cpu = everyone.reduce((sum, pid) => sum + cpuMs(pid), 0) - before

  const client = new pg.Client({ connectionString: fleet.databaseUrl })
  await client.connect()
  const setting = async (name) => (await client.query(`show ${name}`)).rows[0][name]
  const settings = {
    fsync: await setting('fsync'),
    synchronous_commit: await setting('synchronous_commit'),
    node: process.version,
    cores: os.cpus().length,
  }
  await client.end()
  console.log(JSON.stringify(settings))
  console.table({
    [`${inFlight} in flight`]: {
      runs: runs,
      'runs/s': Math.round(runs / loaded.seconds),
      'p50 ms': Math.round(percentile(loaded.times, 0.5)),
      'p99 ms': Math.round(percentile(loaded.times, 0.99)),
      'CPU ms/run': Math.round((cpu / runs) * 100) / 100,
    },
    'one at a time': {
      runs: single,
      'runs/s': Math.round(single / alone.seconds),
      'p50 ms': Math.round(percentile(alone.times, 0.5) * 10) / 10,
      'p99 ms': Math.round(percentile(alone.times, 0.99) * 10) / 10,
    },
  })
} finally {
  tool('stop')
  rmSync(home, { recursive: true, force: true })
}
process.exit(0)
