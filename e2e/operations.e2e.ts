/** Operations under load: three times as much as goes, every service restarted, agents scaled to eight and back, dead letters drained while agents die. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { Client as Postgres } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measureOverload } from '../chaos/overload/measure.mjs'
import { makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

let fleet: Fleet
let operator: Client
let database: Postgres

const letters = Number(process.env['DEAD_LETTERS'] ?? 300)
const overloadS = Number(process.env['OVERLOAD_SECONDS'] ?? 8)

/** A step that takes a while and has one effect, which it tells of on the stream. */
const holding = (name: string, retry: object = {}) => ({
  ...{ name, version: 1, semantics: 1, title: 'Hold', input: { type: 'object' }, deadlineMs: null, initial: 'book' },
  states: [
    {
      ...{ kind: 'agent', name: 'book', agent: 'bench.book', queue: 'agent.bench-book', deadlineMs: 60_000, ...retry },
      input: { booking: 'input.booking', holdMs: 'input.holdMs', full: 'input.full' },
      inputContract: 'bench.booking.input.v1',
      outputContract: 'bench.booking.output.v1',
      transitions: [{ on: 'done', to: 'end' }],
    },
    { kind: 'end', name: 'end', status: 'completed' },
  ],
})

beforeAll(async () => {
  // What a killed agent held is taken up within seconds.
  const quick = { AGENT_LOCK_MS: '4000', AGENT_STALLED_INTERVAL_MS: '1000' }
  const env = { LOG_LEVEL: 'warn', WAITING_RUNS_PER_TENANT_MAX: '150', ...quick }
  fleet = await startFleet('operations', { env })
  operator = await makeClient(fleet, 'admin')
  database = new Postgres({ connectionString: (await fleet.file()).databaseUrl })
  await database.connect()
  const registered = await operator.request('PUT', '/workflows/e2e-hold/versions/1', holding('e2e-hold'))
  if (registered.status !== 201) throw new Error(JSON.stringify(registered.body))
})
afterAll(async () => {
  await database?.end()
  await fleet?.stop()
})

const rowsOf = async <T>(text: string, values: readonly unknown[] = []): Promise<T[]> =>
  (await database.query(text, [...values])).rows as T[] // as the statement says

/** Submits and reads without a pause until told to stop; every answer is kept. */
const startLoad = (name: string) => {
  const answers: { readonly call: string; readonly status: number }[] = []
  const runs: string[] = []
  let going = true
  const note = async (call: string, asking: Promise<{ readonly status: number; readonly body: any }>) => {
    const { status, body } = await asking.catch((error: unknown) => ({ status: 0, body: String(error) }))
    answers.push({ call, status })
    return { status, body }
  }
  const client = async (number: number) => {
    for (let n = 0; going; n += 1) {
      const input = { booking: `${name}-${number}-${n}`, holdMs: 100, full: false }
      const { status, body } = await note('submit', operator.post('/runs', { workflow: 'e2e-hold', input }))
      if (status === 202) {
        runs.push(body.runId)
        await note('read', operator.get(`/runs/${body.runId}`))
      }
      await pause(40)
    }
  }
  const clients = Array.from({ length: 4 }, (_, number) => client(number))
  return {
    stop: async () => {
      going = false
      await Promise.all(clients)
      return { answers, runs }
    },
  }
}

const settled = (runs: readonly string[]) =>
  expect
    .poll(
      async () =>
        (
          await rowsOf<{ open: number }>(
            `select count(*)::integer as open from run where id = any($1) and status not in ('completed', 'failed')`,
            [runs],
          )
        )[0]?.open,
      { timeout: 60_000 + runs.length * 30, interval: 250 },
    )
    .toBe(0)

/** Waits until every run is completed; gives for how many the effect was carried out once, else how often it was. */
const effectsOnce = async (runs: readonly string[]) => {
  await settled(runs)
  const [counted] = await rowsOf<object>(
    `select count(*)::integer as runs, count(*) filter (where status = 'completed')::integer as completed from run where id = any($1)`,
    [runs],
  )
  expect(counted).toEqual({ runs: runs.length, completed: runs.length })
  const effects = await rowsOf<{ times: number }>(
    // Also where the sign came after the answer, which another orchestrator had read: then it is in the history as ignored.
    `select count(*)::integer as times from history where run_id = any($1) and event ->> 'emitted' = 'bench.booked'
     group by run_id`,
    [runs],
  )
  return effects.filter(({ times }) => times !== 1).length === 0 ? effects.length : effects
}

const stalledJobs = async (): Promise<number> => {
  const { services } = await fleet.file()
  const texts = await Promise.all(
    services
      .filter(({ name }) => name.startsWith('agent-'))
      .map(({ healthUrl }) => fetch(`${healthUrl}/metrics`).then((answer) => answer.text())),
  )
  const counts = texts.flatMap((text) =>
    [...text.matchAll(/^flotilla_stalled_jobs_total\S* (\d+)/gm)].map(([, n]) => Number(n)),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

describe('three times as much as the fleet can do', () => {
  test('is refused with when to come back, what is accepted is done, and urgent runs and other tenants pass it', async () => {
    const file = await fleet.file()
    const redis = new Redis(file.redisUrl)
    const scopes = 'runs:write,runs:read,workflows:write'
    const makeKey = async (tenant: string) => {
      const printed = await fleet.command('keys', 'create', '--tenant', tenant, '--scopes', scopes)
      return /fl_\S+/.exec(printed)?.[0] ?? ''
    }
    const wanted = { seconds: overloadS, times: 3, calibrationS: 4, quietS: 3, warmS: 2, workMs: 0 }
    try {
      const result = await measureOverload({ ...file, database, redis, makeKey }, wanted)
      const { accepted, completed, answers, latencyMs, peakPerSecond, goodputOfPeak } = result
      console.log(JSON.stringify({ peakPerSecond, goodputOfPeak, answers, latencyMs }))
      expect(completed).toBe(accepted)
      expect(Object.keys(answers).filter((status) => !['202', '429', '503'].includes(status))).toEqual([])
      expect(answers['429']).toBeGreaterThan(0)
      expect(result.refusedWithoutProblemOrRetryAfter).toBe(0)
      expect(result.waitingMax).toBeLessThan(400)
      for (const who of ['urgent', 'quietBesideTheFlood'] as const)
        expect(latencyMs[who].p50, who).toBeLessThan(latencyMs.flood.p50)
    } finally {
      redis.disconnect()
    }
  })
})

describe('under load', () => {
  test('every service is restarted without a failed request, a stalled job or a repeated effect', async () => {
    const before = (await fleet.file()).services
    const load = startLoad('restart')
    for (const service of ['agent-bench', 'orchestrator', 'gateway']) await fleet.command('restart', service)
    const { answers, runs } = await load.stop()
    expect(answers.filter(({ status }) => status !== 202 && status !== 200)).toEqual([])
    expect(runs.length).toBeGreaterThan(20)
    expect(await effectsOnce(runs)).toBe(runs.length)
    const again = await rowsOf<object>(
      `select run_id, event ->> 'type' as type from history where run_id = any($1)
       and (event ->> 'attempt')::integer > 1`,
      [runs],
    )
    expect(again).toEqual([])
    expect(await stalledJobs()).toBe(0)
    const pids = (await fleet.file()).services.map(({ pid }) => pid)
    for (const { name, pid } of before)
      if (['agent-bench', 'orchestrator', 'gateway'].includes(name)) expect(pids, name).not.toContain(pid)
  })

  test('agents are scaled from one process to eight and back, and nothing is lost or done twice', async () => {
    const load = startLoad('scale')
    for (const count of [2, 8, 3, 1]) await fleet.scale(`bench=${count}`)
    const { answers, runs } = await load.stop()
    expect(answers.filter(({ status }) => status !== 202 && status !== 200)).toEqual([])
    expect(await effectsOnce(runs)).toBe(runs.length)
    expect(await stalledJobs()).toBe(0)
  })
})

/** Starts an agent that fails every job, beside the fleet; resolves with how to end it. */
const startFailing = async (): Promise<() => Promise<void>> => {
  const { databaseUrl, redisUrl } = await fleet.file()
  const secrets = JSON.parse(await readFile(path.join(fleet.home, 'secrets.json'), 'utf8'))
  const vault = new URL(databaseUrl)
  vault.username = 'flotilla_vault'
  vault.password = secrets.passwords.flotilla_vault
  const child = spawn(process.execPath, [fileURLToPath(new URL('failing-agent.mjs', import.meta.url))], {
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: vault.href,
      REDIS_URL: redisUrl,
      SEALING_KEYS: JSON.stringify(secrets.sealingKeys),
      HASHING_KEY: secrets.hashingKey,
      LOG_LEVEL: 'error',
    },
    stdio: 'inherit',
  })
  return async () => {
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
}

const lettersBy = (status: string) =>
  rowsOf<{ count: number }>(`select count(*)::integer as count from dead_letter where status = $1`, [status]).then(
    ([row]) => row?.count ?? 0,
  )

describe('dead letters', () => {
  test(`${letters} are drained while agents are killed: in portions, each once, and every run completes`, async () => {
    await fleet.scale('bench=0')
    const stopFailing = await startFailing()
    const runs: string[] = []
    const submit = async (n: number) => {
      const input = { booking: `dead-${n}`, holdMs: 20, full: false }
      const { status, body } = await operator.post('/runs', { workflow: 'e2e-hold', input })
      if (status === 202) runs.push(body.runId)
      else expect(status, JSON.stringify(body)).toBe(429)
      return status === 202
    }
    const submitted = async (n: number) => {
      while (!(await submit(n))) await pause(200)
    }
    for (let from = 0; from < letters; from += 50)
      await Promise.all(Array.from({ length: Math.min(50, letters - from) }, (_, n) => submitted(from + n)))
    await expect.poll(() => lettersBy('open'), { timeout: 300_000, interval: 500 }).toBe(letters)
    await stopFailing()
    await fleet.scale('bench=2')

    let killing = true
    let kills = 0
    const killer = (async () => {
      while (killing) {
        const agents = (await fleet.file()).services.filter(({ name }) => name === 'agent-bench')
        const victim = agents[kills % Math.max(1, agents.length)]
        if (victim) {
          process.kill(victim.pid, 'SIGKILL')
          kills += 1
        }
        await pause(1_500)
      }
    })()
    const startedAt = Date.now()
    const portion = Math.ceil(letters / 5)
    const filter = { queue: 'agent.bench-book', code: 'PROVIDER_DOWN' }
    let drained = 0
    for (let left = letters; left > 0;) {
      const { status, body } = await operator.post('/dead-letters/replay', { filter, limit: portion })
      expect(status, JSON.stringify(body)).toBe(200)
      // What is left is told with each portion; one is smaller where the sweep has letters in hand.
      expect(body.matched).toBe(left)
      expect(body.done).toBeLessThanOrEqual(portion)
      left = body.matched - body.done
      drained += body.done
    }
    const askedMs = Date.now() - startedAt
    expect(drained).toBe(letters)
    await expect
      .poll(async () => (await operator.post('/dead-letters/replay', { filter, dryRun: true })).body.matched)
      .toBe(0)
    while (kills < 2) await pause(100)
    killing = false
    await killer
    await settled(runs)
    console.log(
      `${letters} dead letters: asked in ${askedMs} ms, done after ${Date.now() - startedAt} ms, ${kills} kills`,
    )
    await effectsOnce(runs)
    expect([await lettersBy('open'), await lettersBy('replayed')]).toEqual([0, letters])
    const twice = await rowsOf<object>(
      `select run_id, event ->> 'type' as type from history where run_id = any($1) and ignored is null
       and event ->> 'type' in ('DeadLetterReplayed', 'StepSucceeded') group by 1, 2 having count(*) <> 1`,
      [runs],
    )
    expect(twice).toEqual([])
  })
})
