/** Personal data reaches Postgres, sealed, and nothing else: every place is searched for what was planted. */
import { appendFile, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '@flotilla/telemetry/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dumpTables } from '../chaos/dump-tables.mjs'
import { makeClient, type Answer, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'
import { findTokens, plantApplication, registryNumber } from './personal-tokens.js'
import { connectRedis, dumpRedis, type RedisConnection } from './redis-connection.js'

let receiver: OtlpReceiver
let fleet: Fleet
let redis: RedisConnection
let monitor: RedisConnection
let submitter: Client
let reviewer: Client
let operator: Client

const completed = plantApplication(0)
const large = plantApplication(1, { large: true })
const gated = plantApplication(2, { number: registryNumber.revoked })
const doomed = plantApplication(3, { number: registryNumber.malformed })
const refused = plantApplication(4)
const said = { comment: 'ZZPIICOMMENT', value: 'ZZPIIVALUE', reason: 'ZZPIIREASON', tag: 'ZZPIITAG' }
const carried = { baggage: 'ZZPIIBAGGAGE', idempotencyKey: 'ZZPIIIDEMPOTENCY' }
const planted = [completed, large, gated, doomed, refused].flatMap(({ tokens }) => tokens)
const tokens = [...new Set([...planted, ...Object.values(said), ...Object.values(carried)])]

const answers: string[] = []
const streams: string[] = []
const runIds: Record<'completed' | 'large' | 'gated' | 'doomed' | 'cancelled', string> = {
  completed: '',
  large: '',
  gated: '',
  doomed: '',
  cancelled: '',
}

/** Submits and gives the run's id; every answer is kept for the search. */
const submit = async (input: unknown): Promise<string> => {
  const answer = await submitter.post(
    '/runs',
    { workflow: 'credit-desk', input, tags: [said.tag] },
    { baggage: `who=${carried.baggage}`, 'idempotency-key': `${carried.idempotencyKey}-${answers.length}` },
  )
  answers.push(JSON.stringify([answer.body, [...answer.headers]]))
  expect(answer.status).toBe(202)
  return answer.body.runId
}

/** Keeps an answer that must be a refusal. */
const refuse = async (status: number, answer: Promise<Answer>): Promise<Answer> => {
  const given = await answer
  answers.push(JSON.stringify([given.body, [...given.headers]]))
  expect(given.status, JSON.stringify(given.body)).toBe(status)
  return given
}

const follow = async (runId: string): Promise<any> => {
  // One that waits for a person would never end its stream.
  const events = await submitter.events(runId, {
    until: ({ type, phase }) =>
      type === 'waiting' && phase === 'review' && runId !== runIds.gated && runId !== runIds.cancelled,
  })
  streams.push(JSON.stringify(events))
  return (await submitter.get(`/runs/${runId}`)).body
}

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  fleet = await startFleet('privacy', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, LOG_LEVEL: 'debug' } })
  const { redisUrl } = await fleet.file()
  redis = await connectRedis(redisUrl)
  monitor = await connectRedis(redisUrl)
  await monitor.ask('MONITOR')
  submitter = await makeClient(fleet, 'submitter')
  reviewer = await makeClient(fleet, 'reviewer')
  operator = await makeClient(fleet, 'operator')
})
afterAll(async () => {
  redis?.close()
  monitor?.close()
  await fleet?.stop()
  await receiver?.close()
})

test('runs that complete, wait, are decided, cancelled, fail or are refused see the tokens', async () => {
  runIds.completed = await submit(completed.input)
  runIds.large = await submit(large.input)
  expect((await follow(runIds.completed)).status).toBe('completed')
  expect((await follow(runIds.large)).status).toBe('completed')

  runIds.gated = await submit(gated.input)
  const waiting = await reviewer.runWhen(runIds.gated, (event) => event.type === 'hitl.requested')
  expect(waiting.waitingFor.kind).toBe('gate')
  const decision = { decision: 'adjust', comment: said.comment, values: { amount: 20_000, note: said.value } }
  await refuse(409, reviewer.post(`/runs/${runIds.gated}/hitl`, { ...decision, shownHash: '0'.repeat(64) }))
  await refuse(400, reviewer.post(`/runs/${runIds.gated}/hitl`, { decision: 7, comment: { text: said.comment } }))
  expect((await reviewer.post(`/runs/${runIds.gated}/hitl`, decision)).status).toBe(200)
  await refuse(409, reviewer.post(`/runs/${runIds.gated}/hitl`, decision))
  expect((await follow(runIds.gated)).status).toBe('completed')

  runIds.cancelled = await submit(gated.input)
  await reviewer.runWhen(runIds.cancelled, (event) => event.type === 'hitl.requested')
  expect((await operator.post(`/runs/${runIds.cancelled}/cancel`, { reason: said.reason })).status).toBe(202)
  expect((await follow(runIds.cancelled)).status).toBe('cancelled')

  runIds.doomed = await submit(doomed.input)
  expect((await follow(runIds.doomed)).status).toBe('failed')
})

test('the spans of the run that failed have arrived, which came last', async () => {
  const failed = (spans: readonly ReceivedSpan[]) =>
    spans.some((span) => span.service === 'credit-desk-lite' && span.name === 'credit-desk' && span.status.code === 2)
  expect(await receiver.until(failed, 20_000)).not.toEqual([])
})

test('what was planted reached the agents: the letter and the gate speak of it', async () => {
  const { result } = (await submitter.get(`/runs/${runIds.completed}`)).body
  expect(result.checks.kyc).toMatchObject({ verdict: 'clear' })
  const state = await submitter.get(`/runs/${runIds.completed}/state`)
  expect(findTokens(JSON.stringify(state.body), completed.tokens)).not.toEqual([])
})

const word = 'ZZPIIEGIVEN'
const applicant = refused.input['applicant'] as Record<string, unknown> // of plantApplication
const withInput = (changes: Record<string, unknown>) => ({
  workflow: 'credit-desk',
  input: { ...refused.input, ...changes },
})
const refusals: readonly (readonly [what: string, status: number, body: unknown, headers?: Record<string, string>])[] =
  [
    ['text for the loan', 400, withInput({ loan: word })],
    ['text for numbers', 400, withInput({ loan: { amount: word, currency: word, durationMonths: word } })],
    ['a day that is none', 400, withInput({ submittedOn: word })],
    [
      'wrong entries',
      400,
      withInput({ statement: [{ date: word, amount: word, balance: word, operation: { a: word } }] }),
    ],
    ['text for the statement', 400, withInput({ statement: word })],
    ['text for the applicant', 400, withInput({ applicant: word })],
    ['lists for texts', 400, withInput({ applicant: { ...applicant, fullName: [word], email: { at: word } } })],
    ['text for the lines of a document', 400, withInput({ applicant: { ...applicant, document: { mrz: word } } })],
    ['a NUL character', 400, withInput({ applicant: { ...applicant, address: `${word}\u0000` } })],
    ['a name without end', 400, withInput({ applicant: { ...applicant, fullName: word.repeat(40) } })],
    ['broken JSON', 400, `{"workflow":"credit-desk","input":{"applicant":{"fullName":"${word}"`],
    ['an unknown workflow', 404, { workflow: 'unknown-desk', input: refused.input }],
    ['an unknown priority', 400, { ...withInput({}), priority: word }],
    ['a wrong key', 401, withInput({}), { authorization: `Bearer ${word}` }],
    ['a body without end', 413, { ...withInput({}), filler: word.repeat(120_000) }],
  ]
for (const [what, status, body, headers = {}] of refusals) {
  test(`${what} is refused with ${status}, and nothing of it repeated`, async () => {
    const answer = await refuse(status, submitter.post('/runs', body, headers))
    expect(answer.body.status).toBe(status)
    expect(findTokens(answers.at(-1) ?? '', tokens)).toEqual([])
  })
}

/** Reads every log of the fleet, which others are still writing to. */
const readLogs = async (): Promise<string> => {
  const dir = path.join(fleet.home, 'logs')
  return (await Promise.all((await readdir(dir)).map((name) => readFile(path.join(dir, name), 'utf8')))).join('\n')
}

const readFiles = async (dir: string): Promise<string> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n')
}

const readMetrics = async (): Promise<string> => {
  const { services } = await fleet.file()
  const texts = await Promise.all(
    services.map(async ({ name, healthUrl }) => {
      if (name === 'gateway') return (await operator.get('/metrics')).body as string
      return (await fetch(new URL('/metrics', healthUrl))).text()
    }),
  )
  return texts.join('\n')
}

/** A dump of every table, as whoever gets hold of a backup reads it. */
const readTables = async (): Promise<string> => {
  const dir = await mkdtemp(path.join(tmpdir(), 'flotilla-dump-'))
  try {
    await dumpTables((await fleet.file()).databaseUrl, dir)
    return await readFiles(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Which of the tokens stand in Postgres' own files: tables, what was moved out of them, the log of all that was written. */
const readDisk = async (): Promise<string> => {
  const dir = await realpath(path.join(fleet.home, 'postgres/data'))
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const wanted = [...tokens, ...places.map((_, index) => canaryOf(index))].map((token) => Buffer.from(token))
  const found: string[] = [dir]
  for (const entry of entries.filter((one) => one.isFile())) {
    // A file may go while others are read.
    const bytes = await readFile(path.join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0))
    found.push(...wanted.filter((token) => bytes.includes(token)).map(String))
  }
  return found.join('\n')
}

/** Puts a row into a table of its own, as nobody of the product does. */
const plantRow = async (canary: string): Promise<void> => {
  const client = new pg.Client({ connectionString: (await fleet.file()).databaseUrl })
  await client.connect()
  await client.query('create table if not exists canary (document jsonb, bytes bytea)')
  await client.query('insert into canary values ($1, $2)', [JSON.stringify({ name: canary }), Buffer.from(canary)])
  await client.end()
}

const readSpans = (): string => `${receiver.raw()}\n${JSON.stringify(receiver.spans())}`

const readQueuesApi = async (): Promise<string> => {
  const { items } = (await operator.get('/queues')).body
  const names: string[] = ['runs', ...items.map((item: { name: string }) => item.name)]
  const pages = await Promise.all(
    names.flatMap((name) =>
      ['latest', 'completed', 'failed', 'delayed', 'prioritized', 'waiting'].map((status) =>
        operator.get(`/ops/queues/api/queues?activeQueue=${name}&status=${status}&page=1&jobsPerPage=100`),
      ),
    ),
  )
  return JSON.stringify([items, pages.map(({ body }) => body)])
}

const canaryOf = (index: number): string => `ZZPIICANARY${'ABCDEFGHIJKLMNO'[index]}`

/**
 * The places. `plant` puts the canary there by another way than the product's (or through it, where that place may hold
 * it); where nothing can be put, `holds` is something that must be found.
 */
const places: readonly {
  readonly name: string
  readonly read: () => Promise<string> | string
  readonly plant?: (canary: string) => Promise<unknown>
  readonly holds?: () => string
  /** Not sealed by their contracts: they are no place for personal data, and statements look for them. */
  readonly open?: readonly string[]
}[] = [
  {
    name: 'the keys and values of Redis',
    read: () => dumpRedis(redis),
    plant: (canary) => redis.ask('HSET', 'canary', 'field', `{"name":"${canary}"}`),
  },
  {
    name: "Redis' files",
    read: () => readFiles(path.join(fleet.home, 'redis')),
    plant: (canary) => redis.ask('SET', 'canary-file', canary),
  },
  { name: "Redis' commands", read: () => monitor.heard(), plant: (canary) => redis.ask('ECHO', canary) },
  {
    name: 'the logs',
    read: readLogs,
    plant: (canary) => appendFile(path.join(fleet.home, 'logs/gateway.log'), `{"msg":"${canary.toLowerCase()}"}\n`),
  },
  // A path is the client's own word and is kept in spans: the one way by which something unknown gets there.
  { name: 'the spans', read: readSpans, plant: (canary) => submitter.get(`/runs/${canary}`) },
  { name: 'the metrics', read: readMetrics, holds: () => 'agent.kyc' },
  {
    name: 'answers to submissions and refusals',
    read: () => answers.join('\n'),
    plant: (canary) => refuse(404, submitter.get(`/${canary}`)),
  },
  { name: 'the streams of events', read: () => streams.join('\n'), holds: () => runIds.completed },
  {
    name: 'the dead letters',
    read: async () => JSON.stringify((await operator.get('/dead-letters')).body),
    holds: () => runIds.doomed,
  },
  { name: 'the queues that operators see', read: readQueuesApi, holds: () => runIds.doomed },
  {
    name: 'the diagrams',
    read: async () => (await submitter.get(`/runs/${runIds.gated}/graph.svg`)).body as string,
    holds: () => '<svg',
  },
  { name: 'the tables of Postgres', read: readTables, plant: plantRow, open: [said.tag, carried.idempotencyKey] },
  { name: 'the files of Postgres', read: readDisk, plant: plantRow, open: [said.tag, carried.idempotencyKey] },
]

for (const [index, { name, read, plant, holds, open = [] }] of places.entries()) {
  const canary = canaryOf(index)
  const hidden = tokens.filter((token) => !open.includes(token))
  const known = holds ?? (() => canary)

  test(`${name} hold no token`, async () => {
    const text = await read()
    expect(text.length).toBeGreaterThan(0)
    expect(findTokens(text, [...hidden, canary])).toEqual([])
  })

  test(`a token in ${name} would be found`, async () => {
    await plant?.(canary)
    await expect.poll(async () => findTokens(await read(), [known()]), { timeout: 15_000 }).toEqual([known()])
    // What was late for the first look.
    expect(findTokens(await read(), hidden)).toEqual([])
  })
}

test('the search finds a token in any case, as hexadecimal and inside of base64', () => {
  const [token = ''] = completed.tokens
  for (const text of [
    `x${token.toLowerCase()}x`,
    Buffer.from(`{"a":"${token}"}`).toString('hex'),
    ...[0, 1, 2].map((offset) => Buffer.from(`${'a'.repeat(offset)}${token} and more`).toString('base64')),
  ])
    expect(findTokens(text, [token])).toEqual([token])
  expect(findTokens('nothing of the kind', [token])).toEqual([])
})
