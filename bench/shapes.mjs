/**
 * Measures shapes of workflow on a fleet of its own: a sequence, wide maps, long loops, each as a client sees it, and the
 * bytes that Postgres keeps per step.
 *
 *   npm run bench -- shapes [--steps 40] [--widths 1000,10000] [--loops 10,100,1000] [--concurrency 100]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'

const repoDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '40' },
    widths: { type: 'string', default: '1000,10000' },
    loops: { type: 'string', default: '10,100,1000' },
    concurrency: { type: 'string', default: '100' },
  },
})
const numbers = (list) => list.split(',').map(Number)

const home = mkdtempSync(path.join(os.tmpdir(), 'flotilla-bench-'))
const tool = (...args) => {
  const done = spawnSync(process.execPath, [path.join(repoDir, 'tools/fleet.mjs'), ...args], {
    env: { ...process.env, FLOTILLA_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (done.status !== 0) throw new Error(`fleet ${args.join(' ')}: ${done.stdout}`)
}

const base = { version: 1, semantics: 1, input: { type: 'object' }, deadlineMs: null, checkpoint: 'after' }
const work = (name, payload, transitions, more = {}) => ({
  kind: 'agent',
  name,
  agent: 'bench.kyc',
  queue: 'agent.bench-kyc',
  input: { payload },
  inputContract: 'bench.step.input.v1',
  outputContract: 'bench.step.output.v1',
  deadlineMs: 60_000,
  transitions,
  ...more,
})
const end = { kind: 'end', name: 'end', status: 'completed' }

const sequence = (steps) => ({
  ...{ ...base, name: `bench-sequence-${steps}`, title: 'Sequence', initial: 'step0' },
  states: [
    ...Array.from({ length: steps }, (_, n) =>
      work(`step${n}`, 'input', [{ on: 'done', to: n + 1 < steps ? `step${n + 1}` : 'end' }]),
    ),
    end,
  ],
})
const map = (concurrency) => ({
  ...{ ...base, name: 'bench-map', title: 'Map', initial: 'each' },
  states: [
    {
      ...{
        kind: 'map',
        name: 'each',
        items: 'input.items',
        concurrency,
        itemsMax: 100_000,
        onItemFailure: 'fail-fast',
      },
      initial: 'work',
      states: [work('work', 'input', [{ on: 'done', to: 'end' }]), { ...end, result: { index: 'input.index' } }],
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'count', from: 'size(output)' }] }],
    },
    { ...end, result: { count: 'data.count' } },
  ],
})
const loop = (times) => ({
  ...{ ...base, name: `bench-loop-${times}`, title: 'Loop', initial: 'work' },
  states: [
    work('work', 'input', [{ on: 'done', to: 'again', assign: [{ to: 'turns', from: '1', reducer: 'sum' }] }], {
      maxVisits: times,
    }),
    {
      ...{ kind: 'choice', name: 'again', maxVisits: times },
      transitions: [{ when: `data.turns < ${times}`, to: 'work' }, { to: 'end' }],
    },
    end,
  ],
})

tool('start', '--background', '--no-demo')
try {
  const fleet = JSON.parse(readFileSync(path.join(home, 'fleet.json'), 'utf8'))
  const database = new pg.Client({ connectionString: fleet.databaseUrl })
  await database.connect()
  const call = async (method, where, body) => {
    const response = await fetch(new URL(where, fleet.gatewayUrl), {
      method,
      headers: { authorization: `Bearer ${fleet.keys.admin}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${await response.text()}`)
    return response
  }
  const follow = async (runId) => {
    const stream = await fetch(new URL(`/runs/${runId}/events`, fleet.gatewayUrl), {
      headers: { authorization: `Bearer ${fleet.keys.admin}`, accept: 'text/event-stream' },
    })
    // The server closes the stream after the last event.
    for await (const _ of stream.body) continue
    return (await call('GET', `/runs/${runId}`)).json()
  }
  const bytesOf = async (runId) => {
    const { rows } = await database.query(
      `select (select coalesce(sum(pg_column_size(h.*)), 0) from history h where run_id = $1)
            + (select coalesce(sum(pg_column_size(c.*)), 0) from checkpoint c where run_id = $1)
            + (select coalesce(sum(pg_column_size(m.*)), 0) from map_item m where run_id = $1)
            + (select pg_column_size(r.*) from run r where id = $1) as bytes`,
      [runId],
    )
    return Number(rows[0].bytes)
  }
  const table = []
  const measure = async (what, definition, input, steps) => {
    await call('PUT', `/workflows/${definition.name}/versions/1`, definition)
    const startedAt = performance.now()
    const { runId } = await (await call('POST', '/runs', { workflow: definition.name, input })).json()
    const run = await follow(runId)
    const ms = performance.now() - startedAt
    if (run.status !== 'completed') throw new Error(`${what}: ${run.status} ${JSON.stringify(run.error)}`)
    const bytes = await bytesOf(runId)
    table.push({
      shape: what,
      seconds: Number((ms / 1000).toFixed(2)),
      'ms per step': Number((ms / steps).toFixed(2)),
      'bytes per step': Math.round(bytes / steps),
    })
    return run
  }
  const concurrency = Number(options.concurrency)
  await measure('warm-up', map(concurrency), { items: Array.from({ length: 300 }, (_, n) => n) }, 300)
  table.length = 0
  const steps = Number(options.steps)
  await measure(`sequence of ${steps}`, sequence(steps), { a: 1 }, steps)
  for (const times of numbers(options.loops)) await measure(`loop of ${times}`, loop(times), { a: 1 }, times)
  for (const width of numbers(options.widths))
    await measure(
      `map of ${width}, ${concurrency} at once`,
      map(concurrency),
      { items: Array.from({ length: width }, (_, n) => n) },
      width,
    )
  console.table(table)
  await database.end()
} finally {
  tool('stop')
  rmSync(home, { recursive: true, force: true })
}
