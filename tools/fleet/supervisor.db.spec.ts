import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { giveOrder } from './control.mjs'
import { withClient } from './database.mjs'
import { readFleet, readSupervisor } from './fleet-file.mjs'
import { freePort } from './ports.mjs'
import { isAlive, waitFor } from './processes.mjs'
import { prepareDatabase } from './prepare-database.mjs'
import { startSupervisor, type Supervisor, type SupervisorOptions } from './supervisor.mjs'

/** A service that is ready at once, or does as the file of its name beside it says. */
const fakeService = `
import { createServer } from 'node:http'
import { existsSync, readFileSync } from 'node:fs'
const told = process.argv[1].replace(/main.mjs$/, process.env.OTEL_SERVICE_NAME)
const order = existsSync(told) ? readFileSync(told, 'utf8') : ''
if (order === 'crash') { console.error('went wrong'); process.exit(1) }
if (order === 'misconfigured') { console.error('configuration: X must be y'); process.exit(78) }
const server = createServer((_, response) => response.end(JSON.stringify({ pid: process.pid })))
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => server.close(() => process.exit(0)))
if (process.env.LISTEN_FD) {
  server.listen({ fd: Number(process.env.LISTEN_FD) }, () => { process.send('ready'); process.disconnect() })
} else server.listen(Number(process.env.PORT), '127.0.0.1')
`

const running = new Map<string, Supervisor>()

const aHome = (): string => {
  const dir = mkdtempSync(path.join(tmpdir(), 'flotilla-fleet-'))
  chmodSync(dir, 0o755)
  writeFileSync(path.join(dir, 'main.mjs'), fakeService)
  onTestFinished(async () => {
    await running.get(dir)?.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  return dir
}

const aFleet = async (dir: string, given: Partial<SupervisorOptions> = {}): Promise<Supervisor> => {
  const supervisor = await startSupervisor({
    dir,
    env: { ...process.env, DATABASE_URL: '', REDIS_URL: '' },
    chooseGatewayPort: freePort,
    agents: 'kyc=2',
    // One fleet below has the real tables; the others are about processes.
    prepareDatabase: async () => {},
    build: async () => {},
    describeServices: ({ env }) => ({
      names: ['orchestrator', 'gateway', 'agent-fraud', 'agent-kyc'],
      commandOf: (name: string) => ({
        command: process.execPath,
        args: [path.join(dir, 'main.mjs')],
        cwd: dir,
        env: { ...env, OTEL_SERVICE_NAME: name },
      }),
    }),
    mark: '',
    signal: new AbortController().signal,
    say: () => {},
    ...given,
  })
  if (supervisor === null) throw new Error('another supervisor has the folder')
  running.set(dir, supervisor)
  return supervisor
}

const countOf = (dir: string, name: string): number =>
  readFleet(dir)?.services.filter((service) => service.name === name).length ?? 0

const settled = (dir: string, name: string, other: number) =>
  waitFor(() => readFleet(dir)?.services.find((service) => service.name === name && service.pid !== other), {
    timeoutMs: 10_000,
  })

describe('a fleet', () => {
  let dir = ''
  let supervisor: Supervisor
  const homes: string[] = []
  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'flotilla-fleet-'))
    homes.push(dir)
    chmodSync(dir, 0o755)
    writeFileSync(path.join(dir, 'main.mjs'), fakeService)
    supervisor = await aFleet(dir, { prepareDatabase })
  })
  afterAll(async () => {
    await supervisor.stop()
    for (const home of homes) rmSync(home, { recursive: true, force: true })
  })

  test('writes fleet.json in its exact shape, for the owner’s eyes only', () => {
    const fleet = readFleet(dir)
    expect(Object.keys(fleet ?? {})).toEqual([
      'gatewayUrl',
      'consoleUrl',
      'queuesUrl',
      'jaegerUrl',
      'databaseUrl',
      'redisUrl',
      'pid',
      'services',
      'keys',
    ])
    expect(fleet?.services.map(({ name }) => name).sort()).toEqual([
      'agent-fraud',
      'agent-kyc',
      'agent-kyc',
      'gateway',
      'orchestrator',
    ])
    expect(Object.keys(fleet?.services[0] ?? {})).toEqual(['name', 'pid', 'healthUrl'])
    expect(Object.keys(fleet?.keys ?? {})).toEqual(['admin', 'operator', 'submitter', 'reviewer'])
    expect(fleet?.keys.admin).toMatch(/^fl_[a-z2-7]{12}_[A-Za-z0-9_-]{43}$/)
    for (const name of ['fleet.json', 'secrets.json', 'supervisor.json']) {
      expect(statSync(path.join(dir, name)).mode & 0o777).toBe(0o600)
    }
  })

  test('is restarted one process at a time, and whoever calls its door meanwhile is answered', async () => {
    const before = readFleet(dir)?.services ?? []
    const { gatewayUrl } = supervisor.fleet
    let asked = 0
    let refused = 0
    let restarting = true
    const calls = (async () => {
      while (restarting) {
        asked += 1
        await fetch(gatewayUrl, { headers: { connection: 'close' } }).then(
          (response) => response.arrayBuffer(),
          () => (refused += 1),
        )
      }
    })()
    const order = readSupervisor(dir)
    if (order === null) throw new Error('no supervisor')
    const replaced = await giveOrder(order, '/restart', {})
    restarting = false
    await calls
    expect(replaced).toEqual({ orchestrator: 1, gateway: 1, 'agent-fraud': 1, 'agent-kyc': 2 })
    expect(asked).toBeGreaterThan(10)
    expect(refused).toBe(0)
    const after = readFleet(dir)?.services ?? []
    expect(after.map(({ name }) => name).toSorted()).toEqual(before.map(({ name }) => name).toSorted())
    for (const { pid } of before) expect(after.map((service) => service.pid)).not.toContain(pid)
    await expect(giveOrder(order, '/restart', { service: 'agent-none' })).rejects.toThrow(
      'there is no service agent-none',
    )
  })

  test('a restart into a wrong configuration leaves the process that was to be replaced at work', async () => {
    const pids = () => (readFleet(dir)?.services ?? []).map(({ pid }) => pid).toSorted()
    const before = pids()
    const order = readSupervisor(dir)
    if (order === null) throw new Error('no supervisor')
    writeFileSync(path.join(dir, 'gateway'), 'misconfigured')
    try {
      await expect(giveOrder(order, '/restart', { service: 'gateway' })).rejects.toThrow('is configured wrongly')
    } finally {
      rmSync(path.join(dir, 'gateway'))
    }
    expect(pids()).toEqual(before)
    expect((await fetch(supervisor.fleet.gatewayUrl)).status).toBe(200)
  })

  test('its database is migrated, belongs to no superuser, and holds the four keys', async () => {
    const { databaseUrl } = supervisor.fleet
    await withClient(databaseUrl, async (client) => {
      const roles = await client.query(
        `select rolname, rolcanlogin, rolsuper or rolbypassrls as powerful from pg_roles
         where rolname like 'flotilla%' order by 1`,
      )
      expect(roles.rows).toEqual(
        ['flotilla', 'flotilla_engine', 'flotilla_gateway', 'flotilla_vault'].map((rolname) => ({
          rolname,
          rolcanlogin: true,
          powerful: false,
        })),
      )
      const keys = await client.query('select principal, tenant_id, scopes from api_key order by 1')
      expect(keys.rows.map(({ principal, tenant_id }) => `${principal}@${tenant_id}`)).toEqual([
        'admin@default',
        'operator@default',
        'reviewer@default',
        'submitter@default',
      ])
      expect(keys.rows[0].scopes).toEqual(['*'])
    })
  })

  test('V1 a second supervisor finds the first', async () => {
    await expect(aFleet(dir)).rejects.toThrow('another supervisor')
  })

  test('S1 a service that is killed comes back on its port with another pid', async () => {
    const before = readFleet(dir)?.services.find(({ name }) => name === 'agent-fraud')
    process.kill(before?.pid ?? 0, 'SIGKILL')
    const after = await settled(dir, 'agent-fraud', before?.pid ?? 0)
    expect(after?.healthUrl).toBe(before?.healthUrl)
  })

  test('scaling starts and stops processes and tells fleet.json', async () => {
    const order = readSupervisor(dir)
    if (order === null) throw new Error('no supervisor')
    expect(await giveOrder(order, '/scale', { kyc: 0, fraud: 3 })).toMatchObject({ 'agent-kyc': 0, 'agent-fraud': 3 })
    expect([countOf(dir, 'agent-kyc'), countOf(dir, 'agent-fraud')]).toEqual([0, 3])
    await giveOrder(order, '/scale', { kyc: 1, fraud: 1 })
    expect([countOf(dir, 'agent-kyc'), countOf(dir, 'agent-fraud')]).toEqual([1, 1])
    await expect(giveOrder(order, '/scale', { gateway: 2 })).rejects.toThrow('no agent is named gateway')
    await expect(giveOrder({ ...order, token: 'x' }, '/stop')).rejects.toThrow('wrong token')
  })

  test('Postgres and Redis come back on their ports with their data', async () => {
    const { databaseUrl, redisUrl } = supervisor.fleet
    const postgresPid = Number(readFileSync(path.join(dir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0])
    const redisPid = Number(readFileSync(path.join(dir, 'redis/redis.pid'), 'utf8'))
    process.kill(postgresPid, 'SIGKILL')
    process.kill(redisPid, 'SIGKILL')
    const count = () =>
      withClient(
        databaseUrl,
        async (client) => (await client.query('select count(*)::int as n from api_key')).rows[0].n,
      )
    expect(await waitFor(() => count().catch(() => null), { timeoutMs: 20_000 })).toBe(4)
    const redisBack = () => Number(readFileSync(path.join(dir, 'redis/redis.pid'), 'utf8')) !== redisPid
    expect(await waitFor(redisBack, { timeoutMs: 20_000 })).toBe(true)
    expect(readFleet(dir)).toMatchObject({ databaseUrl, redisUrl })
  })
})

test('V3 stopping ends every process and removes what says that a fleet runs; keys survive', async () => {
  const dir = aHome()
  const first = await aFleet(dir)
  const pids = readFleet(dir)?.services.map(({ pid }) => pid) ?? []
  await first.stop()
  expect(await first.stopped).toBe(0)
  expect(pids.filter(isAlive)).toEqual([])
  expect(existsSync(path.join(dir, 'fleet.json'))).toBe(false)
  expect(existsSync(path.join(dir, 'postgres/data/postmaster.pid'))).toBe(false)
  const second = await aFleet(dir)
  expect(second.fleet.keys).toEqual(first.fleet.keys)
  const order = readSupervisor(dir)
  if (order === null) throw new Error('no supervisor')
  await giveOrder(order, '/stop')
  expect(await second.stopped).toBe(0)
  expect(readSupervisor(dir)).toBeNull()
})

test('S2 a service that is configured wrongly stops the start, with its last lines and exit code 78', async () => {
  const dir = aHome()
  writeFileSync(path.join(dir, 'agent-kyc'), 'misconfigured')
  await expect(aFleet(dir)).rejects.toMatchObject({
    exitCode: 78,
    message: expect.stringContaining(
      'agent-kyc is configured wrongly; its last log lines:\nconfiguration: X must be y',
    ),
  })
  expect(readSupervisor(dir)).toBeNull()
})

test('a service that keeps ending stops the start with exit code 1', async () => {
  const dir = aHome()
  writeFileSync(path.join(dir, 'gateway'), 'crash')
  await expect(aFleet(dir)).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('went wrong') })
})

test('a start that is interrupted stops what it started', async () => {
  const dir = aHome()
  const interrupt = new AbortController()
  const say = (text: string) => {
    if (text.startsWith('starting 4')) interrupt.abort()
  }
  await expect(aFleet(dir, { signal: interrupt.signal, say })).rejects.toThrow('stop')
  expect(existsSync(path.join(dir, 'postgres/data/postmaster.pid'))).toBe(false)
})

test('V2 what a killed supervisor left behind is ended by the next start', async () => {
  const dir = aHome()
  const orphan = spawn(process.execPath, [path.join(dir, 'main.mjs')], {
    env: { ...process.env, OTEL_SERVICE_NAME: 'agent-kyc', PORT: `${await freePort()}` },
    stdio: 'ignore',
    detached: true,
  })
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  onTestFinished(() => void stranger.kill('SIGKILL'))
  const gone = once(orphan, 'exit')
  const mark = path.join(dir, 'main.mjs')
  const left = [orphan, stranger].map(({ pid }) => ({ name: 'agent-kyc', pid, mark }))
  writeFileSync(path.join(dir, 'processes.json'), JSON.stringify(left))
  const said: string[] = []
  await aFleet(dir, { say: (text) => void said.push(text) })
  await gone
  expect(said).toContain('ended what an earlier fleet left running: agent-kyc')
  // Its id was written down too, but its command line is another's: ids are reused.
  expect(isAlive(stranger.pid ?? 0)).toBe(true)
})
