import { once } from 'node:events'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anApplication } from './applications.js'
import { isTerminal, makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

let fleet: Fleet
let submitter: Client
let operator: Client

beforeAll(async () => {
  fleet = await startFleet('bad-days')
  submitter = await makeClient(fleet, 'submitter')
  operator = await makeClient(fleet, 'operator')
})
afterAll(() => fleet?.stop())

const submitMany = (name: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, n) => submitter.submit('credit-desk', anApplication({ id: `${name}-${n}` }))),
  )

const settle = async (runs: readonly { runId: string }[]) =>
  Promise.all(runs.map(({ runId }) => submitter.runWhen(runId, isTerminal)))

/** Sends one command to Redis over a plain connection and gives the first line of its answer. */
const redis = async (redisUrl: string, ...commands: string[][]): Promise<string> => {
  const url = new URL(redisUrl)
  const socket = net.connect(Number(url.port), url.hostname)
  await once(socket, 'connect')
  const all = url.password ? [['AUTH', decodeURIComponent(url.password)], ...commands] : commands
  for (const words of all)
    socket.write(`*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join('')}`)
  const [data] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return data.toString()
}

const acceptedOnce = (run: any) => {
  expect(run.status).toBe('completed')
  for (const step of run.steps) expect(step.visits, step.name).toBeLessThanOrEqual(1)
}

describe('what dies is brought back and nothing is lost', () => {
  test('an agent scaled to zero makes its step wait while others go on, then the run completes', async () => {
    await fleet.scale('kyc=0')
    const [run] = await submitMany('scaled', 1)
    const events = await submitter.events(run!.runId, {
      until: (event) => event.type === 'step.completed' && event.message.toLowerCase().includes('income'),
    })
    expect(events.at(-1)?.type).toBe('step.completed')
    const { body: waiting } = await submitter.get(`/runs/${run!.runId}`)
    expect(waiting.steps.find((step: any) => step.name === 'kyc').startedAt).toBeNull()
    await fleet.scale('kyc=1')
    acceptedOnce((await settle([run!]))[0])
  })

  test('three processes of an agent share the work', async () => {
    await fleet.scale('kyc=3')
    expect((await fleet.file()).services.filter((service) => service.name === 'agent-kyc')).toHaveLength(3)
    for (const run of await settle(await submitMany('shared', 10))) acceptedOnce(run)
    await fleet.scale('kyc=1')
  })

  for (const service of ['orchestrator', 'gateway', 'agent-kyc', 'agent-risk'] as const) {
    test(`${service} killed -9 in mid-run comes back and every run completes`, async () => {
      const runs = await submitMany(`killed-${service}`, 10)
      const before = (await fleet.file()).services.find((entry) => entry.name === service)
      process.kill(before!.pid, 'SIGKILL')
      if (service === 'gateway') {
        await expect
          .poll(
            () =>
              fetch(new URL('/readyz', before!.healthUrl)).then(
                (r) => r.status,
                () => 0,
              ),
            { timeout: 30_000 },
          )
          .toBe(200)
      }
      for (const run of await settle(runs)) acceptedOnce(run)
      await expect
        .poll(async () => (await fleet.file()).services.find((entry) => entry.name === service)?.pid, {
          timeout: 30_000,
        })
        .not.toBe(before!.pid)
    })
  }

  test('Redis emptied in mid-run: every run completes, each result accepted once', async () => {
    const { redisUrl } = await fleet.file()
    const runs = await submitMany('flushed', 20)
    await redis(redisUrl, ['FLUSHALL'])
    for (const run of await settle(runs)) acceptedOnce(run)
  })
})

describe('dead letters', () => {
  /** Not a registered contract's fault: the registry's shim answers nonsense for this document (see the kyc agent's data). */
  const poison = () => anApplication({ id: `poison-${Date.now()}`, applicant: poisonApplicant })
  const poisonApplicant = {
    fullName: 'Hana Říhová',
    birthDate: '1970-02-08',
    document: {
      type: 'passport',
      mrz: ['P<CZERIHOVA<<HANA<<<<<<<<<<<<<<<<<<<<<<<<<<<', '99000104<3CZE7002081F2911216<<<<<<<<<<<<<<<2'],
    },
  }

  test('a job that can never succeed is kept with its reason and can be replayed', async () => {
    const { runId, traceId } = await submitter.submit('credit-desk', poison())
    const failed = await submitter.runWhen(runId, isTerminal)
    expect(failed.status).toBe('failed')
    const { body } = await operator.get('/dead-letters')
    const letter = body.items.find((item: any) => item.runId === runId)
    expect(letter).toMatchObject({ queue: 'agent.kyc', code: 'REGISTRY_ANSWER_INVALID', traceId })
    expect(letter.attempts).toBeGreaterThanOrEqual(1)
    const dry = await operator.post('/dead-letters/replay', { ids: [letter.id], dryRun: true })
    expect(dry.body).toMatchObject({ matched: 1, done: 0 })
    const replayed = await operator.post('/dead-letters/replay', {
      filter: { queue: 'agent.kyc', code: letter.code },
    })
    expect(replayed.body).toMatchObject({ matched: 1, done: 1 })
    await expect
      .poll(async () => {
        const events = await submitter.get(`/runs/${runId}/events`, { accept: 'application/json' })
        return events.body.items.map((event: any) => event.type)
      })
      .toContain('run.resumed')
  })
})
