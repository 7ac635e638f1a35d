import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import {
  contract,
  jobIdOf,
  RetryableError,
  TerminalError,
  type StepJob,
  type StepReply,
  type StepReplyBodies,
} from '@flotilla/contracts'
import {
  listenForCancel,
  makeAgentQueues,
  makeQueueDesk,
  makeReplyReader,
  makeReplyWriter,
  makeSealer,
  makeSignalSender,
  workerModule,
  type AgentQueues,
  type QueueDesk,
  type ReplyReader,
  type ReplyWriter,
  type WorkerSettings,
  shardOf,
} from '@flotilla/queues'
import { makeLogger, newSpanId, newTraceId } from '@flotilla/telemetry'
import { startExport, startOtlpReceiver, type OtlpReceiver } from '@flotilla/telemetry/testing'
import { openVault, type Vault } from '@flotilla/vault'
import { NestFactory } from '@nestjs/core'
import { IsInt, IsString } from 'class-validator'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../tools/test-database.js'
import { withClient } from '../../../tools/fleet/database.mjs'
import type { AgentContext } from './agent-context.js'
import { defineAgent, type Agent } from './define-agent.js'
import { makeProcessJob } from './process-job.js'
import { StopError } from './stop-error.js'

class Question {
  @IsString() name!: string
  @IsInt() size!: number
}
class Answer {
  @IsString() greeting!: string
}
contract('test.process-job.question.v1', Question)
contract('test.process-job.answer.v1', Answer)

/** Planted where personal data would stand: no sink but Postgres and the sealed text may hold it. */
const token = `ZZPII-${randomUUID()}`
const place = aRedis()
const sealer = makeSealer({ current: 'k1', keys: { k1: randomBytes(32) } }, randomBytes(32))
const logged: string[] = []
const replies: StepReply[] = []
const stops: (() => Promise<unknown>)[] = []
let database: TestDatabase
let vault: Vault
let queues: AgentQueues
let desk: QueueDesk
let writer: ReplyWriter
let reader: ReplyReader
let receiver: OtlpReceiver
const reading = new AbortController()
let collecting: Promise<void>

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  await startExport({ endpoint: receiver.endpoint, toConsole: false, serviceName: 'agent-test' })
  database = await aDatabase()
  vault = openVault(database.vaultUrl, { sealing: 'open' })
  queues = makeAgentQueues(place)
  desk = makeQueueDesk(place)
  writer = makeReplyWriter(place)
  reader = makeReplyReader(place, { consumer: 'test', blockMs: 20 })
  await Promise.all([queues.ready(), desk.ready(), writer.ready(), reader.ready()])
  collecting = (async () => {
    while (!reading.signal.aborted) {
      const entries = await reader.read()
      replies.push(...entries.map(({ reply }) => reply))
    }
  })()
})
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})
afterAll(async () => {
  reading.abort()
  await collecting
  await Promise.all([queues.close(), desk.close(), writer.close(), reader.close(), vault.close(), receiver.close()])
  await database.drop()
})

const agentDoing = (run: (input: Question, context: AgentContext) => Answer | Promise<Answer>): Agent =>
  // A list of agents does not tell their types apart.
  defineAgent('test', { input: Question, output: Answer, run }) as unknown as Agent

/** Serves one queue with one agent. */
const serve = async (
  agent: Agent,
  over: Partial<WorkerSettings> & { to?: ReplyWriter; shutdown?: AbortSignal } = {},
): Promise<{ queue: string; running: Map<string, AbortController>; close: () => Promise<void> }> => {
  const queue = over.queue ?? `agent.t${randomBytes(4).toString('hex')}`
  const running = new Map<string, AbortController>()
  const process = makeProcessJob({
    agents: new Map([[agent.name, agent]]),
    sealer,
    writer: over.to ?? writer,
    vault,
    worker: 'worker-1',
    log: makeLogger('test', { write: (line) => logged.push(line) }),
    queue,
    running,
    shutdown: over.shutdown ?? new AbortController().signal,
    startsMax: 6,
    keepStacks: true,
  })
  const nest = await NestFactory.createApplicationContext(
    workerModule(place, [{ concurrency: 4, ...over, queue, process }]),
    { logger: false, abortOnError: false },
  )
  const close = (): Promise<void> => nest.close()
  stops.push(close)
  return { queue, running, close }
}

const aJob = (
  over: Partial<StepJob> = {},
  input: unknown = { name: token, size: 1 },
  decision: unknown = null,
): StepJob => {
  const runId = randomUUID()
  const job: StepJob = {
    v: 1,
    runId,
    rootRunId: runId,
    tenantId: 't',
    workflow: 'w',
    workflowVersion: 1,
    step: 'sub.greet',
    visit: 1,
    dispatch: 3,
    agent: 'test',
    inputContract: 'test.process-job.question.v1',
    outputContract: 'test.process-job.answer.v1',
    deadlineMs: 20_000,
    attemptsMax: 3,
    sealed: null,
    ref: null,
    hash: 'h',
    traceparent: `00-${newTraceId()}-${newSpanId()}-01`,
    tracestate: null,
    ...over,
  }
  const to = { runId: job.runId, step: job.step, dispatch: job.dispatch, contract: job.inputContract, direction: 'job' }
  return { ...job, sealed: over.sealed ?? sealer.seal({ ...(job.ref ? {} : { input }), decision }, to) }
}
const send = async (queue: string, job: StepJob, attempts = 3) => {
  const retry = { attempts, backoff: { delayMs: 10, multiplier: 1, maxMs: 50, jitter: 0 } }
  const shard = shardOf(place, queue)
  const known = await queues.readBeat(shard)
  await queues.sendOwed(new Map([[queue, [{ job, priority: 2, retry }]]]), { known, next: known + 1 }, shard)
}
const repliesOf = (job: StepJob): StepReply[] => replies.filter(({ runId }) => runId === job.runId)
const kindsOf = (job: StepJob): string[] => repliesOf(job).map(({ kind }) => kind)
const until = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000, interval: 10 })
const answered = (job: StepJob, kind: string) => until(() => expect(kindsOf(job)).toContain(kind))
const bodyOf = <K extends keyof StepReplyBodies>(job: StepJob, kind: K): StepReplyBodies[K] => {
  const reply = repliesOf(job).findLast((one) => one.kind === kind)
  const { runId, step, dispatch } = job
  const to = { runId, step, dispatch, contract: reply?.contract ?? null, direction: `reply.${kind}` }
  return sealer.open(reply?.sealed ?? '', to) as StepReplyBodies[K] // sealed under that kind
}
const settled = (queue: string, state: 'completed' | 'failed' | 'delayed') =>
  until(async () => expect((await desk.queueCounts(queue))[state]).toBe(1))

const withRedis = async <T>(work: (redis: import('ioredis').Redis) => Promise<T>): Promise<T> => {
  const { Redis } = createRequire(import.meta.url)('ioredis') as typeof import('ioredis') // the module's own types
  const redis = new Redis(place.url)
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

/** Everything that Redis holds under our prefix, as text. */
const dump = (): Promise<string> =>
  withRedis(async (redis) => {
    const keys = await redis.keys(`${place.prefix}:*`)
    const read: Record<string, (key: string) => Promise<unknown>> = {
      string: (key) => redis.get(key),
      hash: (key) => redis.hgetall(key),
      list: (key) => redis.lrange(key, 0, -1),
      set: (key) => redis.smembers(key),
      zset: (key) => redis.zrange(key, '0', '-1'),
      stream: (key) => redis.xrange(key, '-', '+'),
    }
    const values = await Promise.all(keys.map(async (key) => read[await redis.type(key)]?.(key)))
    return JSON.stringify([keys, values])
  })

test('J2 an answer is told, in order and sealed, before the job completes', async () => {
  const { queue } = await serve(
    agentDoing(async ({ name }, { tool, progress, usage }) => {
      progress(0.5, 'half')
      usage({ model: 'm', inputTokens: 2, outputTokens: 3 })
      return tool('greet', () => ({ greeting: `hello ${name}` }))
    }),
  )
  const job = aJob()
  await send(queue, job)
  await settled(queue, 'completed')
  await answered(job, 'succeeded')
  expect(await desk.workers(queue)).toHaveLength(1)
  expect(kindsOf(job)).toEqual(['started', 'progressed', 'succeeded'])
  expect(bodyOf(job, 'progressed')).toEqual({ fraction: 0.5, message: 'half', emitted: null, payload: null })
  expect(bodyOf(job, 'succeeded')).toEqual({
    output: { greeting: `hello ${token}` },
    usage: { model: 'm', inputTokens: 2, outputTokens: 3, cacheHit: false },
  })
  expect(repliesOf(job)[0]).toMatchObject({ step: job.step, dispatch: 3, attempt: 1, worker: 'worker-1' })

  const [, traceId, stepSpanId] = job.traceparent.split('-')
  const spans = await receiver.until((all) =>
    all.some((span) => span.name === 'invoke_agent test' && span.traceId === traceId),
  )
  const agent = spans.find((span) => span.name === 'invoke_agent test')
  expect(agent).toMatchObject({
    traceId,
    parentSpanId: stepSpanId,
    attributes: {
      'gen_ai.agent.name': 'test',
      'genai.agent': 'test',
      'gen_ai.usage.input_tokens': 2,
      'genai.tokens.completion': 3,
      'workflow.step': 'sub.greet',
      'workflow.iteration': 1,
      'messaging.destination.name': queue,
    },
  })
  expect(repliesOf(job)[0]?.spanId).toBe(agent?.spanId)
  const tool = spans.find((span) => span.name === 'execute_tool greet' && span.traceId === traceId)
  expect(tool?.parentSpanId).toBe(agent?.spanId)
  expect(spans.some((span) => span.name === `send ${queue}` && span.parentSpanId === stepSpanId)).toBe(true)
})

test.each([
  ['says with its answer that it began', {}, ['succeeded'], expect.any(Number)],
  [
    'tells of its start at once where what it does can be undone',
    { undoable: true },
    ['started', 'succeeded'],
    undefined,
  ],
] as const)('J7 a quick agent %s', async (_how, over, kinds, ranMs) => {
  const { queue } = await serve(agentDoing(() => ({ greeting: 'x' })))
  const job = aJob(over)
  await send(queue, job)
  await answered(job, 'succeeded')
  expect(kindsOf(job)).toEqual(kinds)
  expect(repliesOf(job).map((reply) => reply.ranMs)).toEqual(kinds.map(() => ranMs))
})

test('an error that may pass is attempted again, not before it asks for', async () => {
  const times: number[] = []
  const { queue } = await serve(
    agentDoing((_input, { attempt }) => {
      times.push(performance.now())
      if (attempt === 1) throw new RetryableError('REGISTRY_BUSY', 300)
      return { greeting: 'hello' }
    }),
  )
  const job = aJob()
  await send(queue, job)
  await answered(job, 'succeeded')
  expect(kindsOf(job)).toEqual(['retrying', 'succeeded'])
  expect(bodyOf(job, 'retrying')).toEqual({ code: 'REGISTRY_BUSY', message: 'REGISTRY_BUSY', afterMs: 300 })
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(290)
})

test('J3 the last attempt of an unexpected error is a failure without the error’s text', async () => {
  const { queue } = await serve(
    agentDoing(({ name }) => {
      throw new RangeError(`cannot greet ${name}`)
    }),
  )
  const job = aJob()
  await send(queue, job)
  await answered(job, 'failed')
  expect(kindsOf(job)).toEqual(['retrying', 'retrying', 'failed'])
  const failed = bodyOf(job, 'failed')
  expect(failed).toMatchObject({ code: 'AGENT_FAILED', message: 'unexpected RangeError', attempts: 3 })
  expect(failed.stack).toContain('process-job.redis.spec')
  expect(JSON.stringify(failed)).not.toContain(token)
  await settled(queue, 'failed')
  expect(await desk.failedWithoutReply(queue)).toEqual([])
})

test('W4 the last start is the last attempt, and answered, also where the policy allows more attempts', async () => {
  const { queue } = await serve(
    agentDoing(() => {
      throw new RetryableError('REGISTRY_BUSY')
    }),
    { maxStartedAttempts: 2 },
  )
  const job = aJob()
  await send(queue, job, 8)
  await answered(job, 'failed')
  expect(kindsOf(job)).toEqual(['retrying', 'failed'])
})

test('an error that cannot pass fails at once', async () => {
  const { queue } = await serve(
    agentDoing(() => {
      throw new TerminalError('PERSON_UNKNOWN')
    }),
  )
  const job = aJob()
  await send(queue, job)
  await answered(job, 'failed')
  expect(bodyOf(job, 'failed')).toMatchObject({ code: 'PERSON_UNKNOWN', attempts: 1 })
  await settled(queue, 'failed')
})

test.each([
  ['input', () => ({ greeting: 'x' }), { name: 1 }, ['failed']],
  ['output', () => ({ greeting: 1 }) as unknown as Answer, { name: token, size: 1 }, ['failed']],
])('J1 a violated %s contract is final', async (_which, run, input, kinds) => {
  const { queue } = await serve(agentDoing(run))
  const job = aJob({}, input)
  await send(queue, job)
  await answered(job, 'failed')
  expect(kindsOf(job)).toEqual(kinds)
  expect(bodyOf(job, 'failed').code).toBe('CONTRACT_VIOLATED')
})

test.each([{ inputContract: 'from.a.newer.build.v9' }, { agent: 'newer' }])(
  'J1 what this build does not know is put off without costing an attempt: %j',
  async (over) => {
    const { queue } = await serve(agentDoing(() => ({ greeting: 'x' })))
    const job = aJob(over)
    await send(queue, job, 1)
    await settled(queue, 'delayed')
    expect(kindsOf(job)).toEqual([])
  },
)

test('a broken envelope is answered by its job id and final', async () => {
  const { queue } = await serve(agentDoing(() => ({ greeting: 'x' })))
  const job = aJob()
  await send(queue, { ...job, deadlineMs: -1 })
  await answered(job, 'failed')
  expect(bodyOf(job, 'failed').code).toBe('CONTRACT_VIOLATED')
})

test('a sealed text that was moved to another run does not open', async () => {
  const { queue } = await serve(agentDoing(() => ({ greeting: 'x' })))
  const { sealed } = aJob()
  const job = aJob({ sealed })
  await send(queue, job)
  await answered(job, 'failed')
  expect(bodyOf(job, 'failed').code).toBe('SEAL_BROKEN')
})

test('a cancellation reaches the agent by its signal', async () => {
  let reason: unknown = null
  const { queue, running } = await serve(
    agentDoing((_input, { signal }) => {
      signal.addEventListener('abort', () => (reason = signal.reason))
      return new Promise(() => undefined)
    }),
  )
  const cancels = listenForCancel(place, (key) => running.get(jobIdOf(key))?.abort(new StopError('CANCELLED')))
  const sender = makeSignalSender(place)
  stops.push(cancels.close, sender.close)
  await Promise.all([cancels.ready, sender.ready()])
  const job = aJob()
  await send(queue, job)
  await answered(job, 'started')
  await sender.cancel(job)
  await answered(job, 'failed')
  expect(bodyOf(job, 'failed').code).toBe('CANCELLED')
  expect(reason).toBeInstanceOf(StopError)
})

test('J6 a cancelled agent ends when the call that may not be interrupted has ended', async () => {
  let finish = (): void => undefined
  let broken = false
  const { queue, running } = await serve(
    agentDoing(async (_input, { tool }) => {
      const booking = (signal: AbortSignal): Promise<void> => {
        signal.addEventListener('abort', () => (broken = true))
        return new Promise((resolve) => (finish = resolve))
      }
      await tool('booking', booking, { interruptible: false })
      await tool('next', () => undefined)
      return {} as never
    }),
  )
  const job = aJob()
  await send(queue, job)
  await answered(job, 'started')
  await expect.poll(() => running.size).toBe(1)
  running.get(jobIdOf(job))?.abort(new StopError('CANCELLED'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(kindsOf(job)).toEqual(['started'])
  finish()
  await answered(job, 'failed')
  expect([bodyOf(job, 'failed').code, broken]).toEqual(['CANCELLED', false])
})

test('J4 a passed deadline ends the attempt and is left to the orchestrator', async () => {
  const { queue } = await serve(agentDoing(() => new Promise(() => undefined)))
  const job = aJob({ deadlineMs: 50 })
  await send(queue, job)
  await settled(queue, 'failed')
  expect(kindsOf(job)).toEqual(['started'])
})

test('a shutdown gives the job back without costing an attempt', async () => {
  const shutdown = new AbortController()
  const first = await serve(
    agentDoing(() => new Promise(() => undefined)),
    { shutdown: shutdown.signal },
  )
  const job = aJob()
  await send(first.queue, job, 1)
  await answered(job, 'started')
  shutdown.abort()
  await first.close()
  await serve(
    agentDoing(() => ({ greeting: 'again' })),
    { queue: first.queue },
  )
  await answered(job, 'succeeded')
  expect(kindsOf(job)).toEqual(['started', 'succeeded'])
})

test('an agent that asks a person ends its dispatch, and gets the decision with the next', async () => {
  const { queue } = await serve(
    agentDoing(async (_input, { requestHitl }) => {
      const decision = await requestHitl({ proposed: 'refer' }, { deadlineMs: 1_000 })
      return { greeting: String(decision['decision']) }
    }),
  )
  const job = aJob()
  await send(queue, job)
  await answered(job, 'asked')
  expect(bodyOf(job, 'asked')).toEqual({ payload: { proposed: 'refer' }, deadlineMs: 1_000 })
  await settled(queue, 'completed')
  const next = aJob({ runId: job.runId, rootRunId: job.runId, dispatch: 4 }, undefined, { decision: 'approve' })
  await send(queue, next)
  await answered(job, 'succeeded')
  expect(bodyOf(next, 'succeeded').output).toEqual({ greeting: 'approve' })
})
test('an effect is carried out once over attempts', async () => {
  const keys: string[] = []
  const { queue } = await serve(
    agentDoing(async (_input, { attempt, effect }) => {
      const outcome = await effect('pay', 'one', ({ idempotencyKey }) => {
        keys.push(idempotencyKey)
        return Promise.resolve({ paid: 7 })
      })
      if (attempt === 1) throw new RetryableError('LATER')
      return { greeting: JSON.stringify(outcome) }
    }),
  )
  const job = aJob()
  await send(queue, job)
  await answered(job, 'succeeded')
  expect(keys).toEqual([`${job.runId}/sub.greet/1/pay/one`])
  expect(bodyOf(job, 'succeeded').output).toEqual({ greeting: '{"paid":7}' })
})

test('a large answer travels as a reference to its sealed text', async () => {
  const { queue } = await serve(agentDoing(({ size }) => ({ greeting: token.padEnd(size, 'x') })))
  const job = aJob({}, { name: token, size: 100_000 })
  await send(queue, job)
  await answered(job, 'succeeded')
  const reply = repliesOf(job).find(({ kind }) => kind === 'succeeded')
  expect(reply?.sealed).toBeNull()
  const body = Buffer.from((await vault.payloads.read(job.runId, reply?.ref ?? '')) ?? []).toString()
  expect(body).not.toContain(token)
  const { runId, step, dispatch, outputContract } = job
  const opened = sealer.open(body, { runId, step, dispatch, contract: outputContract, direction: 'reply.succeeded' })
  expect(JSON.stringify(opened)).toContain(token)
})

const owe = `
  insert into outbox (run_id, step, dispatch, tenant_id, queue, agent, visit, payload, retry, deadline_ms, priority, order_key)
  values ($1, $2, $3, 't', $4, 'test', 1, $5, '{}', 1000, 2, 0)`

test('a large input is read from the owed row', async () => {
  const { queue } = await serve(agentDoing(({ name }) => ({ greeting: String(name.length) })))
  const job = aJob({ ref: 'owed' })
  const gone = aJob({ ref: 'owed' })
  const input = { name: 'x'.repeat(100_000), size: 1 }
  await withClient(database.superuserUrl, async (client) => {
    // Only the row matters here, not the run that it belongs to.
    await client.query('set session_replication_role = replica')
    await client.query(owe, [job.runId, job.step, job.dispatch, queue, JSON.stringify({ input })])
  })
  await send(queue, job)
  await answered(job, 'succeeded')
  expect(bodyOf(job, 'succeeded').output).toEqual({ greeting: '100000' })
  await send(queue, gone)
  await answered(gone, 'failed')
  expect(bodyOf(gone, 'failed').code).toBe('INPUT_GONE')
})

test('J2 an answer that could not be told fails the job, and the sweep finds it', async () => {
  const lost = makeReplyWriter({ url: 'redis://127.0.0.1:1' })
  stops.push(lost.close)
  const { queue } = await serve(
    agentDoing(() => ({ greeting: 'x' })),
    { to: lost },
  )
  const job = aJob({ deadlineMs: 500 })
  await send(queue, job, 2)
  await settled(queue, 'failed')
  const { runId, step, dispatch } = job
  const found = { runId, step, dispatch, jobId: jobIdOf(job), code: 'REPLY_NOT_SENT' }
  expect(await desk.failedWithoutReply(queue)).toEqual([found])
  await desk.removeJobs(queue, [found.jobId])
  expect(await desk.failedWithoutReply(queue)).toEqual([])
})

test('J2 while Redis takes no reply the agent is not called again, and what it gave is told in order when it does', async () => {
  let refusals = 3
  const full: ReplyWriter = {
    ...writer,
    write: (reply) =>
      (refusals -= 1) >= 0 ? Promise.reject(new Error('OOM command not allowed')) : writer.write(reply),
  }
  let calls = 0
  const { queue } = await serve(
    agentDoing(() => ({ greeting: `call ${(calls += 1)}` })),
    { to: full },
  )
  const job = aJob({ undoable: true })
  await send(queue, job, 1)
  await answered(job, 'succeeded')
  expect(refusals).toBeLessThan(0)
  expect(kindsOf(job)).toEqual(['started', 'succeeded'])
  expect(bodyOf(job, 'succeeded').output).toEqual({ greeting: 'call 1' })
  await settled(queue, 'completed')
  expect(calls).toBe(1)
})

const quick = { lockMs: 1_000, stalledIntervalMs: 500 }

test('W1 a lost lock stops the agent, which tells nothing, and the job is begun again', async () => {
  const reasons: unknown[] = []
  const { queue } = await serve(
    agentDoing((_input, { attempt, signal }) => {
      if (attempt > 1) return { greeting: 'again' }
      signal.addEventListener('abort', () => reasons.push(signal.reason))
      return new Promise(() => undefined)
    }),
    quick,
  )
  const job = aJob()
  await send(queue, job, 1)
  await answered(job, 'started')
  await withRedis((redis) => redis.del(desk.queue(queue).toKey(`${jobIdOf(job)}:lock`)))
  await answered(job, 'succeeded')
  expect(reasons).toMatchObject([{ code: 'LOCK_LOST' }])
  expect(kindsOf(job)).toEqual(['started', 'succeeded'])
})

/** A worker process that takes a job and dies by kill -9 while it holds it. */
const killHolding = async (queue: string): Promise<void> => {
  const script = `
    const { Worker } = require('bullmq')
    const { hostname, port, password } = new URL(process.argv[1])
    new Worker(process.argv[3], () => { console.log('held'); return new Promise(() => {}) },
      { connection: { host: hostname, port: Number(port), password, maxRetriesPerRequest: null }, prefix: process.argv[2], lockDuration: 1000, stalledInterval: 500 })`
  const child = spawn(process.execPath, ['-e', script, place.url, place.prefix, queue], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('the job of a killed worker is carried out by another', async () => {
  const queue = `agent.killed${randomBytes(4).toString('hex')}`
  const job = aJob()
  await send(queue, job, 1)
  await killHolding(queue)
  await serve(
    agentDoing(() => ({ greeting: 'again' })),
    { ...quick, queue },
  )
  await answered(job, 'succeeded')
  expect(repliesOf(job)[0]?.attempt).toBe(2)
})

test('a job that stalled too often is found by the sweep', async () => {
  const queue = `agent.stalled${randomBytes(4).toString('hex')}`
  const job = aJob()
  await send(queue, job, 1)
  await killHolding(queue)
  await serve(
    agentDoing(() => ({ greeting: 'never' })),
    { ...quick, queue, maxStalledCount: 0 },
  )
  await until(async () => expect(await desk.failedWithoutReply(queue)).toMatchObject([{ code: 'STALLED_OUT' }]))
  expect(kindsOf(job)).toEqual([])
})

test('neither Redis, traces nor logs hold what was planted', async () => {
  const redis = await dump()
  // The search can fail: it finds a run's id, which is there in clear.
  expect(redis).toContain(replies[0]?.runId ?? 'none')
  expect(redis).not.toContain(token)
  expect(redis).not.toContain(Buffer.from(token).toString('base64url').slice(0, 40))
  expect(logged.length).toBeGreaterThan(0)
  expect(logged.join('')).not.toContain(token)
  expect(receiver.spans().length).toBeGreaterThan(10)
  expect(receiver.raw()).not.toContain(token)
})
