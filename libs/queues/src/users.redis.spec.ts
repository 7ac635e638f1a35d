import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { StepJob, StepReply } from '@flotilla/contracts'
import { NestFactory } from '@nestjs/core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { redisDistDir, repoDir } from '../../../tools/fleet/paths.mjs'
import { freePort } from '../../../tools/fleet/ports.mjs'
import { queuesOfApp, redisUsers } from '../../../tools/fleet/redis-acl.mjs'
import { findRedis } from '../../../tools/fleet/redis-binary.mjs'
import { startRedis, type Redis as Server } from '../../../tools/fleet/redis.mjs'
import { anAuthority, type Certified } from '../../../tools/test-certificates.js'
import { makeAgentQueues } from './agent-queues.js'
import { checkEviction } from './check-eviction.js'
import { connect, disconnect, producerOptions, untilReady, type RedisPlace } from './connection.js'
import { makeQueueDesk } from './queue-desk.js'
import { makeReplyReader } from './reply-reader.js'
import { makeReplyWriter } from './reply-writer.js'
import { makeRunsQueue } from './runs-queue.js'
import { listenForCancel, listenForHistory, makeSignalSender } from './signals.js'
import { workerModule } from './worker-module.js'

const appsDir = path.join(repoDir, 'apps')
const users = redisUsers(appsDir, ['gateway', 'orchestrator', 'agent-kyc', 'agent-fraud', 'agent-training'])
let dir = ''
let server: Server
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'flotilla-users-'))
  server = await startRedis({
    dir,
    distDir: redisDistDir,
    port: await freePort(),
    password: 'p'.repeat(32),
    logFile: path.join(dir, 'redis.log'),
    ephemeral: true,
    users,
  })
})
afterAll(async () => {
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
})

const placeOf = (user: string): RedisPlace => ({ url: server.urlFor(user) })
const asUser = async <T>(user: string | null, work: (redis: ReturnType<typeof connect>) => Promise<T>): Promise<T> => {
  const redis = connect(producerOptions(user === null ? { url: server.url } : placeOf(user)))
  try {
    await untilReady(redis)
    return await work(redis)
  } finally {
    await disconnect(redis)
  }
}
/** What a user gets for a command: NOPERM, or not. */
const isRefused = (user: string, [command = '', ...args]: readonly string[]): Promise<boolean> =>
  asUser(user, (redis) =>
    redis.call(command, ...args).then(
      () => false,
      (error: Error) => /^NOPERM|The user executing the script can't/.test(error.message),
    ),
  )

const aJob = (): StepJob => ({
  ...{ v: 1, runId: randomUUID(), rootRunId: randomUUID(), tenantId: 't', workflow: 'w', workflowVersion: 1 },
  ...{ step: 'kyc', visit: 1, dispatch: 1, agent: 'kyc', inputContract: null, outputContract: null },
  ...{ deadlineMs: 1_000, attemptsMax: 3, sealed: 'v1.k.a.b', ref: null, hash: 'h', tracestate: null },
  traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`,
})
const aReply = (runId: string): StepReply => ({
  ...{ v: 1, kind: 'started', runId, step: 'kyc', dispatch: 1, attempt: 1, spanId: null, traceparent: null },
  ...{ contract: null, sealed: null, ref: null, hash: null, worker: 'w' },
})

describe('users of Redis', () => {
  test('a step goes out and comes back between users who may do that and no more', async () => {
    const orchestrator = placeOf('orchestrator')
    const agent = placeOf('agent-kyc')
    const queues = makeAgentQueues(orchestrator)
    const reader = makeReplyReader(orchestrator, { consumer: 'spec', blockMs: 5_000 })
    const signals = makeSignalSender(orchestrator)
    const writer = makeReplyWriter(agent)
    const cancelled = Promise.withResolvers<string>()
    const cancels = listenForCancel(agent, ({ runId }) => cancelled.resolve(runId))
    const gateway = placeOf('gateway')
    const desk = makeQueueDesk(gateway)
    const runs = makeRunsQueue(gateway)
    const told = Promise.withResolvers<readonly string[]>()
    const history = listenForHistory(gateway, (runIds) => told.resolve(runIds))
    await Promise.all([queues, reader, signals, writer, desk, runs].map((one) => one.ready()))
    await Promise.all([cancels.ready, history.ready])

    const job = aJob()
    const done = Promise.withResolvers<void>()
    const process = async (): Promise<void> => {
      await writer.write(aReply(job.runId))
      done.resolve()
    }
    const module = workerModule(agent, [{ queue: 'agent.kyc', process, concurrency: 1 }])
    const workers = await NestFactory.createApplicationContext(module, { logger: false })
    const owed = {
      job,
      priority: 2,
      retry: { attempts: 3, backoff: { delayMs: 1, multiplier: 1, maxMs: 1, jitter: 0 } },
    } as const
    await queues.sendOwed(new Map([['agent.kyc', [owed]]]), { known: await queues.readBeat(), next: 1 })
    await done.promise
    const [reply] = await reader.read()
    expect(reply?.reply.runId).toBe(job.runId)
    // Another claims what this one holds and is not heard of with, and has the group forget it.
    const other = makeReplyReader(orchestrator, { consumer: 'other' })
    await other.ready()
    await vi.waitFor(async () => expect(await other.claimDead({ silentMs: 0 })).toHaveLength(1))
    await other.claimDead({ forgottenMs: 0 })
    expect(await other.claimIdle()).toEqual([])
    await other.close()
    await reader.ack([`${reply?.id}`])
    expect(await reader.backlog()).toBe(0)
    expect(await reader.claimIdle()).toEqual([])
    await signals.cancel({ runId: job.runId, step: 'kyc', dispatch: 1 })
    expect(await cancelled.promise).toBe(job.runId)
    await signals.history([job.runId])
    expect(await told.promise).toEqual([job.runId])
    expect(await runs.nudge(job.runId, 1, null)).toBe('sent')
    await desk.pauseQueue('agent.kyc')
    expect((await desk.queueCounts('agent.kyc')).paused).toBe(true)
    expect(await desk.workers('agent.kyc')).toHaveLength(1)
    for (const user of ['gateway', 'orchestrator', 'agent-kyc'])
      expect(await checkEviction(placeOf(user))).toBe('noeviction')

    await workers.close()
    await Promise.all([queues, reader, signals, writer, desk, runs, cancels, history].map((one) => one.close()))
    // Nothing that the product asks for was refused on the way.
    const log = await asUser(null, (redis) => redis.call('ACL', 'LOG'))
    expect(log).toEqual([])
  })

  test('L1 an agent neither sees nor touches what is another’s', async () => {
    await asUser(null, async (redis) => {
      await redis.hset('bull:agent.fraud:1', 'data', 'sealed')
      await redis.xadd('replies', '*', 'd', 'sealed')
    })
    for (const command of [
      ['HGETALL', 'bull:agent.fraud:1'],
      ['HSET', 'bull:agent.fraud:1', 'data', 'mine'],
      ['EVAL', 'return redis.call("hgetall", "bull:agent.fraud:1")', '0'],
      ['EVAL', 'return redis.call("hgetall", KEYS[1])', '1', 'bull:agent.fraud:1'],
      ['BZPOPMIN', 'bull:agent.fraud:marker', '0.01'],
      ['ZRANGE', 'bull:runs:prioritized', '0', '-1'],
      ['HGETALL', 'bull:tickets:1'],
      ['GET', 'courier-beat'],
      ['SET', 'courier-beat', '7'],
      ['XRANGE', 'replies', '-', '+'],
      ['XREAD', 'STREAMS', 'replies', '0'],
      ['XREADGROUP', 'GROUP', 'orchestrator', 'x', 'STREAMS', 'replies', '>'],
      ['XDEL', 'replies', '1-1'],
      ['XTRIM', 'replies', 'MAXLEN', '0'],
      ['DEL', 'replies'],
      ['RENAME', 'replies', 'bull:agent.kyc:taken'],
      ['SUBSCRIBE', 'history'],
      ['PUBLISH', 'cancel', '{}'],
      ['PSUBSCRIBE', '*'],
    ])
      expect([command, await isRefused('agent-kyc', command)]).toEqual([command, true])
    // Shown to be able to fail: what is its own is not refused, nor is that to append a reply.
    expect(await isRefused('agent-kyc', ['HGETALL', 'bull:agent.kyc:1'])).toBe(false)
    expect(await isRefused('agent-kyc', ['XADD', 'replies', '*', 'd', '{}'])).toBe(false)
    expect(await isRefused('agent-training', ['HGETALL', 'bull:lms_exports:1'])).toBe(false)
    expect(await isRefused('agent-kyc', ['HGETALL', 'bull:lms_exports:1'])).toBe(true)
  })

  test('L2 the gateway reads no replies and takes no beat', async () => {
    for (const command of [
      ['XRANGE', 'replies', '-', '+'],
      ['XREADGROUP', 'GROUP', 'orchestrator', 'x', 'STREAMS', 'replies', '>'],
      ['XADD', 'replies', '*', 'd', '{}'],
      ['SET', 'courier-beat', '7'],
      ['PUBLISH', 'history', '[]'],
      ['SUBSCRIBE', 'cancel'],
    ])
      expect([command, await isRefused('gateway', command)]).toEqual([command, true])
  })

  test.each(users.map(({ name }) => name))('L3 %s may not administer', async (user) => {
    for (const command of [
      ...[
        ['FLUSHALL'],
        ['FLUSHDB'],
        ['KEYS', '*'],
        ['SCAN', '0'],
        ['RANDOMKEY'],
        ['CONFIG', 'GET', 'requirepass'],
        ['CONFIG', 'SET', 'dir', '/'],
      ],
      ...[['MONITOR'], ['LASTSAVE'], ['SHUTDOWN', 'NOSAVE'], ['SAVE'], ['BGREWRITEAOF'], ['REPLICAOF', 'NO', 'ONE']],
      ...[
        ['ACL', 'LIST'],
        ['ACL', 'SETUSER', user, '~*'],
        ['CLIENT', 'KILL', 'TYPE', 'normal'],
        ['MODULE', 'LIST'],
        ['SLOWLOG', 'GET'],
      ],
      ...[
        ['FUNCTION', 'LIST'],
        ['SWAPDB', '0', '1'],
        ['MIGRATE', 'h', '1', 'k', '0', '1'],
        ['DUMP', 'replies'],
        ['SORT', 'replies'],
      ],
    ])
      expect([command, await isRefused(user, command)]).toEqual([command, true])
  })

  test('nobody comes in without a password, or with another’s', async () => {
    const anonymous = connect({
      ...producerOptions({ url: `redis://127.0.0.1:${server.port}` }),
      retryStrategy: () => 60_000,
    })
    await expect(untilReady(anonymous, 500)).rejects.toThrow('not available')
    anonymous.disconnect()
    const [gateway, agent] = [new URL(server.urlFor('gateway')), new URL(server.urlFor('agent-kyc'))]
    expect(gateway.password).not.toBe(agent.password)
    agent.password = gateway.password
    await expect(untilReady(connect(producerOptions({ url: agent.href })), 500)).rejects.toThrow('not available')
  })
})

test('an app serves the queues that its package names', () => {
  expect(queuesOfApp(appsDir, 'agent-kyc')).toEqual(['agent.kyc'])
  expect(queuesOfApp(appsDir, 'agent-training')).toContain('lms_exports')
})

describe('Redis behind TLS', () => {
  const authority = anAuthority()
  const start = async ({ certificate, key }: Certified) => {
    const home = mkdtempSync(path.join(tmpdir(), 'flotilla-redis-tls-'))
    chmodSync(home, 0o755)
    const fileOf = (name: string, content: string): string => {
      writeFileSync(path.join(home, name), content)
      return path.join(home, name)
    }
    const port = await freePort()
    const program = findRedis(redisDistDir)
    if (program.kind !== 'binary') throw new Error('a Redis to start is needed')
    const args = [
      ...['--port', '0', '--tls-port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', fileOf('cert.pem', certificate), '--tls-key-file', fileOf('key.pem', key)],
      ...[
        '--tls-ca-cert-file',
        fileOf('ca.pem', authority.certificate),
        '--requirepass',
        'x'.repeat(20),
        '--dir',
        home,
      ],
    ]
    const child = spawn(program.path, args, { env: { ...process.env, ...program.env }, stdio: 'ignore' })
    return {
      place: { url: `rediss://:${'x'.repeat(20)}@127.0.0.1:${port}`, caPath: path.join(home, 'ca.pem') },
      plain: { url: `redis://:${'x'.repeat(20)}@127.0.0.1:${port}` },
      stop: async () => {
        child.kill()
        await once(child, 'exit')
        rmSync(home, { recursive: true, force: true })
      },
    }
  }
  const answers = async (place: RedisPlace, timeoutMs: number): Promise<string> => {
    const codes = new Set<string>()
    const redis = connect(
      producerOptions(place),
      (error) => void codes.add((error as { code?: string }).code ?? error.message),
    )
    try {
      await untilReady(redis, timeoutMs)
      return await redis.ping()
    } catch {
      return [...codes].join()
    } finally {
      redis.disconnect()
    }
  }

  test('is spoken to when its certificate descends from REDIS_CA_PATH and names its host', async () => {
    const tls = await start(authority.certify(['127.0.0.1']))
    expect(await answers(tls.place, 10_000)).toBe('PONG')
    const sender = makeSignalSender(tls.place)
    await sender.ready()
    await sender.history(['one'])
    await sender.close()
    // Nobody who does not know the authority, and nobody in clear.
    expect(await answers({ url: tls.place.url }, 1_000)).toMatch(/CERT|VERIFY/)
    expect(await answers(tls.plain, 1_000)).not.toBe('PONG')
    await tls.stop()
  })
  test.each([
    ['for another host', authority.certify(['redis.example']), /ALTNAME/],
    ['that has expired', authority.certify(['127.0.0.1'], { expired: true }), /EXPIRED/],
    ['of another authority', anAuthority('Strangers').certify(['127.0.0.1']), /CERT|VERIFY|ISSUER/],
  ])('is not spoken to with a certificate %s', async (_, certified, code) => {
    const tls = await start(certified)
    // Until it listens the connection is refused, and tried again.
    await expect.poll(() => answers(tls.place, 1_000), { timeout: 15_000 }).toMatch(code)
    await tls.stop()
  })
})
