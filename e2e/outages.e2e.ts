/** What happens while Redis or Postgres is away: stopped in mid-sentence, as a frozen disk or a lost network does it. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { anApplication } from './applications.js'
import { isTerminal, makeClient, type Answer, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

let fleet: Fleet
let submitter: Client
let operator: Client

beforeAll(async () => {
  fleet = await startFleet('outages')
  submitter = await makeClient(fleet, 'submitter')
  operator = await makeClient(fleet, 'operator')
})
afterAll(() => fleet?.stop())

/** State letter and parent of a process. */
const statOf = async (pid: number): Promise<{ readonly state: string; readonly parent: number }> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // "pid (name) state parent": the name may hold anything but ends at the last bracket.
  const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state, parent: Number(parent) }
}

const childrenOf = async (pid: number): Promise<number[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const stats = await Promise.all(pids.map(statOf))
  return pids.filter((_, index) => stats[index]?.parent === pid)
}

const firstNumber = async (file: string): Promise<number> => Number((await readFile(file, 'utf8')).split('\n')[0])

/** The processes of a server of this fleet, the parent first, so that it makes no further ones. */
const processesOf = {
  redis: async () => [await firstNumber(path.join(fleet.home, 'redis/redis.pid'))],
  postgres: async () => {
    const home = await realpath(path.join(fleet.home, 'postgres'))
    const pid = await firstNumber(path.join(home, 'data/postmaster.pid'))
    return [pid, ...(await childrenOf(pid))]
  },
}

let goOn = () => {}
afterEach(() => goOn())

/** Freezes a server, which keeps its connections open and answers nothing; `goOn` lets it go on. */
const freeze = async (server: keyof typeof processesOf): Promise<void> => {
  const pids = await processesOf[server]()
  const parent = pids[0] ?? 0
  process.kill(parent, 'SIGSTOP')
  // Children that came between listing and stopping are stopped as well.
  const all = [...new Set([...pids, ...(server === 'postgres' ? await childrenOf(parent) : [])])]
  const tell = (signal: NodeJS.Signals) => {
    for (const pid of all) {
      try {
        process.kill(pid, signal)
      } catch {
        // A connection's process that has ended by now.
      }
    }
  }
  tell('SIGSTOP')
  goOn = () => {
    tell('SIGCONT')
    goOn = () => {}
  }
  await expect.poll(async () => (await statOf(parent)).state).toBe('T')
}

/** Gives what a call answers and how long it took, ms. */
const timed = async (call: Promise<Answer>): Promise<{ answer: Answer; ms: number }> => {
  const startedAt = performance.now()
  return { answer: await call, ms: performance.now() - startedAt }
}

const submission = (id: string) => ({ workflow: 'credit-desk', input: anApplication({ id }) })

const finish = async (runId: string): Promise<any> => {
  const run = await submitter.runWhen(runId, isTerminal)
  expect(run.status).toBe('completed')
  for (const step of run.steps) expect(step.visits, step.name).toBeLessThanOrEqual(1)
  return run
}

const isReady = async (): Promise<number> => (await submitter.get('/readyz')).status

describe('Redis is away', () => {
  test('runs are accepted without waiting for it, and finish when it is back', async () => {
    const before = await submitter.submit('credit-desk', anApplication({ id: 'under-way' }))
    await freeze('redis')
    const given = await Promise.all(
      Array.from({ length: 10 }, (_, n) => timed(submitter.post('/runs', submission(`redis-frozen-${n}`)))),
    )
    for (const { answer, ms } of given) {
      expect(answer.status).toBe(202)
      expect(answer.body.traceId).toMatch(/^[0-9a-f]{32}$/)
      expect(ms).toBeLessThan(10_000)
    }
    const { answer, ms } = await timed(submitter.get(`/runs/${given[0]?.answer.body.runId}`))
    expect(answer.status).toBe(200)
    expect(['created', 'running', 'waiting']).toContain(answer.body.status)
    expect(ms).toBeLessThan(10_000)
    // It is a courier: without it the door stays open.
    expect(await isReady()).toBe(200)
    goOn()
    for (const runId of [before.runId, ...given.map((one) => one.answer.body.runId)]) await finish(runId)
  })

  test('it is killed with jobs in it: it comes back and every run completes', async () => {
    const runs = await Promise.all(
      Array.from({ length: 5 }, (_, n) => submitter.submit('credit-desk', anApplication({ id: `redis-killed-${n}` }))),
    )
    const [pid = 0] = await processesOf.redis()
    process.kill(pid, 'SIGKILL')
    const { answer, ms } = await timed(submitter.post('/runs', submission('while-redis-is-dead')))
    expect(answer.status).toBe(202)
    expect(ms).toBeLessThan(10_000)
    for (const { runId } of [...runs, answer.body]) await finish(runId)
  })

  test('the queues are shown with what Postgres knows of them, the rest is null', async () => {
    await freeze('redis')
    const { answer, ms } = await timed(operator.get('/queues'))
    expect(answer.status).toBe(200)
    expect(ms).toBeLessThan(15_000)
    const kyc = answer.body.items.find((item: { name: string }) => item.name === 'agent.kyc')
    expect(kyc).toMatchObject({ workers: null, depth: { owed: expect.any(Number), waiting: null, active: null } })
  })
})

describe('Postgres is away', () => {
  const expectAway = ({ answer, ms }: { answer: Answer; ms: number }) => {
    expect(answer.status, JSON.stringify(answer.body)).toBe(503)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    expect(answer.body).toMatchObject({ status: 503, code: 'POSTGRES_UNAVAILABLE', errors: [] })
    expect(answer.body.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(ms).toBeLessThan(15_000)
  }
  const keyed = (key: string) => submitter.post('/runs', submission(key), { 'idempotency-key': key })

  /** The same key after the outage: one run, however often it was tried. */
  const expectOneRun = async (key: string) => {
    await expect.poll(isReady, { timeout: 30_000 }).toBe(200)
    const first = await keyed(key)
    expect(first.status, JSON.stringify(first.body)).toBe(202)
    const again = await keyed(key)
    expect(again.body.runId).toBe(first.body.runId)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    await finish(first.body.runId)
    const { items } = (await submitter.get('/runs?limit=100')).body
    const states = await Promise.all(
      items.map(async ({ runId }: { runId: string }) =>
        JSON.stringify((await submitter.get(`/runs/${runId}/state`)).body),
      ),
    )
    expect(states.filter((state) => state.includes(`"${key}"`)).length, key).toBe(1)
  }

  test('frozen: 503 within bounds, nothing half done, and the same key works afterwards', async () => {
    const before = await submitter.submit('credit-desk', anApplication({ id: 'postgres-under-way' }))
    await freeze('postgres')
    const given = await Promise.all(Array.from({ length: 5 }, () => timed(keyed('postgres-frozen'))))
    for (const one of given) expectAway(one)
    expectAway(await timed(submitter.get(`/runs/${before.runId}`)))
    expect(await isReady()).toBe(503)
    expect((await submitter.get('/livez')).status).toBe(200)
    goOn()
    await expectOneRun('postgres-frozen')
    await finish(before.runId)
  })

  test('killed: 503 or the answer, and everything goes on when it is back', async () => {
    const runs = await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        submitter.submit('credit-desk', anApplication({ id: `postgres-killed-${n}` })),
      ),
    )
    const [pid = 0] = await processesOf.postgres()
    process.kill(pid, 'SIGQUIT')
    const given = await timed(keyed('postgres-killed'))
    // It may have been back before it was missed.
    expect([202, 503]).toContain(given.answer.status)
    expect(given.ms).toBeLessThan(15_000)
    await expectOneRun('postgres-killed')
    for (const { runId } of runs) await finish(runId)
  })
})

describe('nothing is said that should not be', () => {
  test('no log speaks of a collector that nobody asked for, none shows a password', async () => {
    const secrets = await readFile(path.join(fleet.home, 'secrets.json'), 'utf8')
    const { keys, passwords, redisPassword, hashingKey, sealingKeys } = JSON.parse(secrets)
    const hidden: string[] = [keys, passwords, sealingKeys.keys].flatMap((one) => Object.values<string>(one))
    const dir = path.join(fleet.home, 'logs')
    for (const name of await readdir(dir)) {
      const text = await readFile(path.join(dir, name), 'utf8')
      for (const secret of [...hidden, redisPassword, hashingKey]) expect(text.includes(secret), name).toBe(false)
      expect(text, name).not.toMatch(/otlp|v1\/traces/i)
    }
  })
})

const repoDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** Starts a service's own program with an environment and waits for its end. */
const runService = (name: string, env: Record<string, string>): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve, reject) => {
    const main = path.join(repoDir, 'apps', name, 'dist/main.js')
    const child = spawn(process.execPath, ['--import', '@flotilla/telemetry/register', main], {
      cwd: repoDir,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      timeout: 60_000,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })

describe('wrong configuration', () => {
  const right = {
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
    REDIS_URL: 'redis://127.0.0.1:1',
    HASHING_KEY: randomBytes(32).toString('base64'),
    SEALING_KEYS: JSON.stringify({ current: 'k1', keys: { k1: randomBytes(32).toString('base64') } }),
  }
  const secret = 'hunter2-hunter2'
  const cases: readonly (readonly [string, Record<string, string>, readonly string[]])[] = [
    ['gateway', {}, ['DATABASE_URL', 'REDIS_URL', 'SEALING_KEYS']],
    ['orchestrator', {}, ['DATABASE_URL', 'REDIS_URL', 'SEALING_KEYS', 'HASHING_KEY']],
    ['agent-kyc', {}, ['DATABASE_URL', 'REDIS_URL', 'SEALING_KEYS', 'HASHING_KEY']],
    [
      'gateway',
      { ...right, DATABASE_URL: `mysql://u:${secret}@h/d`, PORT: '99999', BODY_BYTES_MAX: 'many' },
      ['DATABASE_URL', 'PORT', 'BODY_BYTES_MAX'],
    ],
    [
      'orchestrator',
      { ...right, SEALING_KEYS: `{"current":"${secret}"}`, HASHING_KEY: secret, TICK_RUNS_MAX: '0' },
      ['SEALING_KEYS', 'HASHING_KEY', 'TICK_RUNS_MAX'],
    ],
    [
      'agent-kyc',
      { ...right, HASHING_KEY: secret, AGENT_CONCURRENCY: '-1', KYC_AGE_MIN: 'young' },
      ['HASHING_KEY', 'AGENT_CONCURRENCY', 'KYC_AGE_MIN'],
    ],
  ]
  for (const [name, env, problems] of cases) {
    test(`${name} ends with 78 and names ${problems.join(', ')}`, async () => {
      const { code, output } = await runService(name, env)
      expect(code, output).toBe(78)
      for (const problem of problems) expect(output).toMatch(new RegExp(`^configuration: .*${problem}`, 'm'))
      expect(output).not.toContain(secret)
    })
  }
})
