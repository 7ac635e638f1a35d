import { connect } from 'node:net'
import { makeSignalSender } from '@flotilla/queues'
import { asTenant, findBrokenAudit, inTransaction, readEvents, readInput } from '@flotilla/store'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../tools/test-database.js'
import { keyOf } from './testing/a-gateway.js'
import { aWorld, gateWorkflow, type World } from './testing/a-world.js'

let database: TestDatabase
let world: World
const redis = aRedis()
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis)
})
afterAll(async () => {
  await world.close()
  await database.drop()
})

const submit = async (headers: Record<string, string> = {}, body: object = {}) =>
  world.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 }, ...body }, headers)
/** A run that waits at its gate. */
const aWaitingRun = async (): Promise<string> => {
  const { body } = await submit()
  await world.settle(body.runId)
  return body.runId
}
/** A run that has failed. */
const aFailedRun = async (): Promise<string> => {
  const runId = await aWaitingRun()
  await world.ask('reviewer', 'POST', `/runs/${runId}/hitl`, { decision: 'reject' })
  await world.settle(runId)
  return runId
}

/** Reads a stream until the server ends it, or `count` events have come. */
const readSse = async (path: string, headers: Record<string, string> = {}, count = Number.POSITIVE_INFINITY) => {
  const abort = new AbortController()
  const answer = await fetch(new URL(path, world.origin), { headers, signal: abort.signal })
  const blocks: string[] = []
  const events: { id: string; data: any }[] = []
  if (answer.status !== 200 || !answer.body) return { answer, blocks, events }
  let buffer = ''
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    buffer += chunk
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const block = buffer.slice(0, end)
      buffer = buffer.slice(end + 2)
      blocks.push(block)
      const [, id, data] = /^id: (.*)\ndata: (.*)$/.exec(block) ?? []
      if (id !== undefined && data !== undefined) events.push({ id, data: JSON.parse(data) })
    }
    if (events.length >= count) break
  }
  abort.abort()
  return { answer, blocks, events: events.slice(0, count) }
}
const as = (key: string) => ({ authorization: `Bearer ${keyOf(key)}` })

describe('submitting', () => {
  test('a run is there when it was accepted, and starts in the order of its definition', async () => {
    const accepted = await submit({}, { tags: ['a', 'a', 'b'], priority: 'urgent' })
    expect(accepted.status).toBe(202)
    const { runId, traceId, links } = accepted.body
    expect(accepted.headers.get('location')).toBe(links.self)
    const { body } = await world.ask('submitter', 'GET', links.self)
    expect(body).toMatchObject({ runId, traceId, workflow: 'gated', version: 1, status: 'created', progress: 0 })
    expect(body).toMatchObject({ waitingFor: null, gates: [], result: null, error: null, finishedAt: null })
    expect(body.steps.map((step: any) => [step.name, step.status])).toEqual([
      ['note', 'pending'],
      ['review', 'pending'],
    ])
    expect(body.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })
  test('members that the contract does not name never reach the run', async () => {
    const { body } = await submit({}, { input: { amount: 5, outcome: 'bad' } })
    const stored = await inTransaction(world.owner.pool, (tx) => readInput(tx, body.runId))
    expect(stored).toEqual({ input: { amount: 5 } })
  })
  test('of thirty at once under one key one is the run; another body is 422', async () => {
    const headers = { 'idempotency-key': 'order-1' }
    const answers = await Promise.all(Array.from({ length: 30 }, () => submit(headers)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map(({ body }) => body.runId)).size).toBe(1)
    expect(new Set(answers.map(({ body }) => body.traceId)).size).toBe(1)
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(29)
    const reordered = await world.ask(
      'submitter',
      'POST',
      '/runs',
      '{ "input": {"amount": 5.0}, "workflow": "gated" }',
      headers,
    )
    expect(reordered.body.runId).toBe(answers[0]?.body.runId)
    const other = await submit(headers, { input: { amount: 6 } })
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    const elsewhere = await world.ask('foreign', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 } }, headers)
    expect(elsewhere.headers.get('idempotency-replayed')).toBeNull()
  })
  test('a body of ten megabytes is answered with 413 while it is being sent', async () => {
    const answer = await submit({}, { input: { amount: 5, note: 'x'.repeat(10_000_000) } })
    expect([answer.status, answer.body.code]).toEqual([413, 'BODY_TOO_LARGE'])
  })
  test('headers that overflow are answered with a problem', async () => {
    const answer = await world.ask('submitter', 'GET', '/runs', undefined, { 'x-large': 'x'.repeat(20_000) })
    expect([answer.status, answer.body.code]).toEqual([431, 'HEADERS_TOO_LARGE'])
  })
  test('what is not HTTP is answered with a problem', async () => {
    const { port } = new URL(world.origin)
    const text = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => void socket.write('NONSENSE\r\n\r\n'))
      let seen = ''
      socket.on('data', (data) => void (seen += String(data)))
      socket.on('close', () => resolve(seen))
    })
    expect(text).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*REQUEST_INVALID/)
  })
})

describe('runs', () => {
  test('are listed newest first, page by page, and filtered', async () => {
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) ids.push((await submit({}, { tags: ['page'] })).body.runId)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const path: string = `/runs?tag=page&limit=2${cursor === null ? '' : `&cursor=${cursor}`}`
      const { body } = await world.ask('submitter', 'GET', path)
      seen.push(...body.items.map((run: any) => run.runId))
      cursor = body.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(ids.toReversed())
    expect((await world.ask('submitter', 'GET', '/runs?status=parked')).body).toEqual({ items: [], nextCursor: null })
    expect((await world.ask('submitter', 'GET', '/runs?tag=page&workflow=other')).body.items).toEqual([])
  })
  test('of another tenant are unknown to every route, and nothing happens to them', async () => {
    const runId = await aWaitingRun()
    const paths = ['', '/events', '/state', '/checkpoints', '/checkpoints/1/diff/1', '/artifacts', '/graph.svg']
    for (const path of [...paths, '/artifacts/x']) {
      const answer = await world.ask('foreign', 'GET', `/runs/${runId}${path}`)
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'RUN_UNKNOWN'])
    }
    for (const [path, body] of [
      ['hitl', { decision: 'approve' }],
      ['cancel', {}],
      ['resume', {}],
    ] as const) {
      const answer = await world.ask('foreign', 'POST', `/runs/${runId}/${path}`, body)
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'RUN_UNKNOWN'])
    }
    expect((await world.ask('foreign', 'GET', '/gates')).body.items).toEqual([])
    expect((await world.ask('foreign', 'GET', '/runs')).body.items.map((run: any) => run.runId)).not.toContain(runId)
    expect((await world.ask('submitter', 'GET', `/runs/${runId}`)).body.status).toBe('waiting')
  })
  test('show state, checkpoints, their difference, artifacts and the diagram', async () => {
    const runId = await aWaitingRun()
    const { body: state } = await world.ask('submitter', 'GET', `/runs/${runId}/state`)
    expect(state).toMatchObject({ runId, status: 'waiting', input: { amount: 5 }, data: { amount: 5 }, scopes: {} })
    await world.ask('reviewer', 'POST', `/runs/${runId}/hitl`, { decision: 'approve' })
    await world.settle(runId)
    const { body: checkpoints } = await world.ask('submitter', 'GET', `/runs/${runId}/checkpoints`)
    const [first, last] = [checkpoints.items[0], checkpoints.items.at(-1)]
    expect(last.number).toBeGreaterThan(first.number)
    const diff = await world.ask('submitter', 'GET', `/runs/${runId}/checkpoints/${first.number}/diff/${last.label}`)
    expect(diff.body).toMatchObject({ from: first.number, to: last.number })
    expect(diff.body.changes.map((change: any) => change.pointer)).toContain('/steps/review/status')
    expect((await world.ask('submitter', 'GET', `/runs/${runId}/checkpoints/1/diff/nope`)).status).toBe(404)
    const { body: artifacts } = await world.ask('submitter', 'GET', `/runs/${runId}/artifacts`)
    expect(artifacts.items[0]).toMatchObject({ name: 'note', version: 1, mediaType: 'text/plain', step: 'note' })
    const content = await world.ask('submitter', 'GET', artifacts.items[0].href)
    expect([content.body, content.headers.get('content-type')]).toEqual(['noted', 'text/plain; charset=utf-8'])
    const graph = await world.ask('submitter', 'GET', `/runs/${runId}/graph.svg`)
    expect(graph.headers.get('content-type')).toContain('image/svg+xml')
    expect(graph.body).toContain('<svg')
    expect(graph.body).not.toContain('<script')
    expect(world.errors).toEqual([])
  })
})

describe('a stream', () => {
  const aFinishedRun = async (): Promise<string> => {
    const runId = await aWaitingRun()
    await world.ask('reviewer', 'POST', `/runs/${runId}/hitl`, { decision: 'approve' })
    await world.settle(runId)
    return runId
  }
  test('begins with retry, numbers events from 1 without gaps, and ends with the run', async () => {
    const runId = await aFinishedRun()
    const { answer, blocks, events } = await readSse(`/runs/${runId}/events`, as('submitter'))
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(blocks[0]).toBe('retry: 2000')
    expect(blocks.slice(1).every((block) => /^id: \d+\ndata: .*$/.test(block))).toBe(true)
    expect(events.map(({ id }) => Number(id))).toEqual(events.map((_, index) => index + 1))
    expect(events[0]?.data.type).toBe('run.started')
    expect(events.at(-1)?.data).toMatchObject({ type: 'run.completed', status: 'done', progress: 1, runId })
    expect(Object.keys(events[0]?.data)).toEqual(
      'seq runId ts type phase status message progress step_progress trace_id span_id meta'.split(' '),
    )
    const json = await world.ask('submitter', 'GET', `/runs/${runId}/events`, undefined, { accept: 'application/json' })
    expect(json.body).toEqual({ items: events.map(({ data }) => data), nextCursor: null })
    const page = await world.ask('submitter', 'GET', `/runs/${runId}/events?limit=2`, undefined, {
      accept: 'application/json',
    })
    const rest = await world.ask(
      'submitter',
      'GET',
      `/runs/${runId}/events?cursor=${page.body.nextCursor}`,
      undefined,
      {
        accept: 'application/json',
      },
    )
    expect([...page.body.items, ...rest.body.items]).toEqual(json.body.items)
  })
  test('goes on after Last-Event-ID, is 204 at the end, and 400 beyond it', async () => {
    const runId = await aFinishedRun()
    const all = await readSse(`/runs/${runId}/events`, as('submitter'))
    const last = all.events.length
    const from = (id: string) => readSse(`/runs/${runId}/events`, { ...as('submitter'), 'last-event-id': id })
    expect((await from('0')).events).toEqual(all.events)
    expect((await from('3')).events).toEqual(all.events.slice(3))
    expect((await from(String(last))).answer.status).toBe(204)
    for (const id of [String(last + 1), '-1', '1.5', 'x', '99999999999999999999'])
      expect((await from(id)).answer.status).toBe(400)
    const byQuery = await readSse(`/runs/${runId}/events?lastEventId=3`, as('submitter'))
    expect(byQuery.events).toEqual(all.events.slice(3))
  })
  test('brings an event as soon as a hint tells of it', async () => {
    const runId = await aWaitingRun()
    const signals = makeSignalSender(redis)
    await signals.ready()
    const { body } = await world.ask('submitter', 'GET', `/runs/${runId}/events`, undefined, {
      accept: 'application/json',
    })
    const reading = readSse(`/runs/${runId}/events`, {
      ...as('submitter'),
      'last-event-id': String(body.items.length),
    })
    await expect.poll(() => world.gateway.streams.open()).toBeGreaterThan(0)
    await world.ask('reviewer', 'POST', `/runs/${runId}/hitl`, { decision: 'approve' })
    await world.settle(runId)
    const settledAt = performance.now()
    await signals.history([runId])
    const { events } = await reading
    expect(events.at(-1)?.data.type).toBe('run.completed')
    expect(performance.now() - settledAt).toBeLessThan(3_000)
    await signals.close()
  })
  test('of a run that failed ends; the run goes on, and so does the stream, after a resume', async () => {
    const runId = await aFailedRun()
    const before = await readSse(`/runs/${runId}/events`, as('submitter'))
    expect(before.events.at(-1)?.data.type).toBe('run.failed')
    const resumed = await world.ask('operator', 'POST', `/runs/${runId}/resume`, { checkpoint: 1 })
    expect(resumed.status).toBe(202)
    await world.settle(runId)
    const id = String(before.events.length)
    const next = await readSse(`/runs/${runId}/events`, { ...as('submitter'), 'last-event-id': id }, 1)
    expect(next.events[0]?.data).toMatchObject({ seq: before.events.length + 1, type: 'run.resumed' })
  })
  test('over all runs starts now, loses nothing on resume, and is the tenant’s alone', async () => {
    const reading = readSse('/events?workflow=gated', as('submitter'), 3)
    const elsewhere = readSse('/events', as('foreign'), 1)
    await expect.poll(() => world.gateway.streams.open()).toBeGreaterThanOrEqual(2)
    const runId = await aWaitingRun()
    const { events } = await reading
    expect(events.map(({ data }) => data.runId)).toEqual([runId, runId, runId])
    const rest = await readSse('/events', { ...as('submitter'), 'last-event-id': events[0]?.id ?? '' }, 2)
    expect(rest.events.map(({ data }) => data)).toEqual(events.slice(1).map(({ data }) => data))
    const foreign = await world.ask('foreign', 'POST', '/runs', { workflow: 'gated', input: { amount: 1 } })
    await world.settle(foreign.body.runId)
    expect((await elsewhere).events[0]?.data.runId).toBe(foreign.body.runId)
  })
  test('is answered at once to whoever asks for its headers alone', async () => {
    const runId = await aWaitingRun()
    for (const path of [`/runs/${runId}/events`, '/events']) {
      const answer = await fetch(new URL(path, world.origin), { method: 'HEAD', headers: as('submitter') })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    }
  })
  test('opens with a ticket once', async () => {
    const runId = await aFinishedRun()
    const { status, body } = await world.ask('submitter', 'POST', '/tickets')
    expect(status).toBe(201)
    const first = await readSse(`/runs/${runId}/events?ticket=${body.ticket}`)
    expect(first.events.at(-1)?.data.type).toBe('run.completed')
    expect((await readSse(`/runs/${runId}/events?ticket=${body.ticket}`)).answer.status).toBe(401)
    expect((await fetch(new URL(`/runs/${runId}?ticket=${body.ticket}`, world.origin))).status).toBe(401)
  })
})

describe('a gate', () => {
  test('is shown by the run and the inbox, and decided once', async () => {
    const runId = await aWaitingRun()
    const { body: run } = await world.ask('reviewer', 'GET', `/runs/${runId}`)
    expect(run.waitingFor).toMatchObject({ kind: 'gate', gate: 'review', shown: { proposed: 5 } })
    expect(run.gates).toEqual([run.waitingFor])
    const { body: inbox } = await world.ask('reviewer', 'GET', '/gates?limit=100')
    expect(inbox.items.find((gate: any) => gate.runId === runId).shownHash).toBe(run.waitingFor.shownHash)
    const decide = (body: object, key = 'reviewer') => world.ask(key, 'POST', `/runs/${runId}/hitl`, body)
    const refusals = [
      [await decide({ decision: 'approve', shownHash: '0'.repeat(64) }), 409, 'GATE_CHANGED'],
      [await decide({ decision: 'approve', gate: 'other' }), 409, 'GATE_NOT_OPEN'],
      [await decide({ decision: 'perhaps' }), 422, 'DECISION_UNKNOWN'],
      [await decide({ decision: 'adjust' }), 400, 'CONTRACT_VIOLATED'],
      [await decide({}), 400, 'CONTRACT_VIOLATED'],
      [await decide({ decision: 'approve' }, 'submitter'), 403, 'SCOPE_MISSING'],
    ] as const
    for (const [answer, status, code] of refusals) expect([answer.status, answer.body.code]).toEqual([status, code])
    const answers = await Promise.all(Array.from({ length: 8 }, () => decide({ decision: 'minor_changes' })))
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    expect(won[0]?.body).toMatchObject({ runId, gate: 'review', decision: 'minor_changes', decidedBy: 'reviewer' })
    for (const lost of answers.filter(({ status }) => status !== 200))
      expect([lost.status, lost.body.code]).toEqual([409, 'GATE_NOT_OPEN'])
    await world.settle(runId)
    expect((await world.ask('reviewer', 'GET', `/runs/${runId}`)).body).toMatchObject({
      status: 'completed',
      waitingFor: null,
      result: { decision: 'approve' },
    })
  })
  test('refuses values that it does not take, and stays open as it was', async () => {
    const runId = await aWaitingRun()
    const gateOf = async () => (await world.ask('reviewer', 'GET', `/runs/${runId}`)).body.waitingFor
    const decide = (body: object) => world.ask('reviewer', 'POST', `/runs/${runId}/hitl`, body)
    const before = await gateOf()
    for (const values of [{}, { amount: 0 }, { amount: 'lots' }, { amount: null }]) {
      const { status, body } = await decide({ decision: 'adjust', values })
      expect([status, body.code, body.errors[0].pointer]).toEqual([422, 'DECISION_NOT_ACCEPTED', '/values'])
      expect(JSON.stringify(body)).not.toContain('lots')
    }
    const stale = await decide({ decision: 'adjust', values: {}, shownHash: '0'.repeat(64) })
    expect([stale.status, stale.body.code]).toEqual([409, 'GATE_CHANGED'])
    expect(await gateOf()).toEqual(before)
    const told = await world.owner.pool.query(
      `select 1 from inbox where run_id = $1 union all
       select 1 from audit where subject = $1::text and action = 'gate.decided'`,
      [runId],
    )
    expect(told.rows).toEqual([])
    expect((await decide({ decision: 'adjust', values: { amount: 4 } })).status).toBe(200)
    await world.settle(runId)
    expect((await world.ask('reviewer', 'GET', `/runs/${runId}`)).body.status).toBe('completed')
  })
  test('is not decided by who submitted the run', async () => {
    const { body } = await world.ask('both', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 } })
    await world.settle(body.runId)
    const answer = await world.ask('both', 'POST', `/runs/${body.runId}/hitl`, { decision: 'approve' })
    expect([answer.status, answer.body.code]).toEqual([403, 'GATE_DECIDER_IS_SUBMITTER'])
  })
})

test('what a cancelled run had saved is kept, and says that it is incomplete', async () => {
  const runId = await aWaitingRun()
  const artifacts = async () => (await world.ask('reviewer', 'GET', `/runs/${runId}/artifacts`)).body.items
  expect(await artifacts()).toMatchObject([{ name: 'note', incomplete: false }])
  await world.ask('operator', 'POST', `/runs/${runId}/cancel`, {})
  await world.settle(runId)
  expect((await world.ask('reviewer', 'GET', `/runs/${runId}`)).body.status).toBe('cancelled')
  expect(await artifacts()).toMatchObject([{ name: 'note', incomplete: true, metadata: { incomplete: true } }])
})

describe('a gate that two of the managers decide', () => {
  const aQuorum = async () => {
    const definition = { ...gateWorkflow, name: 'quorum' }
    const states = definition.states.map((state) =>
      state.kind === 'human' ? { ...state, deciders: { needed: 2, scope: 'managers' } } : state,
    )
    const quorum = { ...definition, states }
    await world.ask('operator', 'PUT', '/workflows/quorum/versions/1', quorum)
    const { body } = await world.ask('submitter', 'POST', '/runs', { workflow: 'quorum', input: { amount: 5 } })
    await world.settle(body.runId, quorum)
    const decide = (key: string, given: object = { decision: 'approve' }) =>
      world.ask(key, 'POST', `/runs/${body.runId}/hitl`, given)
    return { runId: body.runId as string, decide, settle: () => world.settle(body.runId, quorum) }
  }

  test('says after the first vote how many are missing, and after the second whose decision it is', async () => {
    const { runId, decide, settle } = await aQuorum()
    const { status, body } = await decide('ann')
    expect([status, body]).toEqual([
      200,
      {
        runId,
        gate: 'review',
        decision: 'approve',
        decidedBy: null,
        decidedAt: null,
        deciders: [],
        pending: { needed: 2, given: 1 },
      },
    ])
    await settle()
    const { body: inbox } = await world.ask('ann', 'GET', '/gates?workflow=quorum&limit=100')
    expect(inbox.items.find((gate: any) => gate.runId === runId)).toMatchObject({
      votes: { needed: 2, given: 1 },
      overdue: false,
      scope: 'managers',
    })
    expect(inbox.items.every((gate: any) => gate.workflow === 'quorum')).toBe(true)
    const { body: decided } = await decide('ben')
    expect(decided).toMatchObject({ decidedBy: 'ann, ben', deciders: ['ann', 'ben'], pending: null })
    await settle()
    expect((await world.ask('ann', 'GET', `/runs/${runId}`)).body.status).toBe('completed')
    const { body: told } = await world.ask('ann', 'GET', `/runs/${runId}/events`, undefined, {
      accept: 'application/json',
    })
    const voted = told.items.filter((event: any) => event.type === 'hitl.voted')
    expect(voted).toMatchObject([{ meta: { votes: 1, needed: 2 } }])
    expect(JSON.stringify(told)).not.toMatch(/ann|ben/)
  })

  test('refuses a second vote of the same person, a key without the scope, and values that it does not take', async () => {
    const { decide } = await aQuorum()
    const refused = async (key: string, given?: object) => {
      const { status, body } = await decide(key, given)
      return [status, body.code]
    }
    expect(await refused('reviewer')).toEqual([403, 'GATE_SCOPE_MISSING'])
    expect(await refused('ann', { decision: 'adjust', values: { amount: 0 } })).toEqual([422, 'DECISION_NOT_ACCEPTED'])
    expect((await decide('ann')).status).toBe(200)
    expect(await refused('ann')).toEqual([409, 'GATE_VOTED_BEFORE'])
    expect(await refused('ann', { decision: 'reject' })).toEqual([409, 'GATE_VOTED_BEFORE'])
    expect((await decide('both', { decision: 'reject' })).body).toMatchObject({ decidedBy: 'both', pending: null })
  })
})

describe('operators', () => {
  test('cancel a run once it is known to be theirs and under way', async () => {
    const runId = await aWaitingRun()
    expect((await world.ask('operator', 'POST', `/runs/${runId}/cancel`)).status).toBe(202)
    await world.settle(runId)
    const again = await world.ask('operator', 'POST', `/runs/${runId}/cancel`, { reason: 'twice' })
    expect([again.status, again.body.code]).toEqual([409, 'RUN_FINISHED'])
    expect((await world.ask('operator', 'GET', `/runs/${runId}`)).body.status).toBe('cancelled')
  })
  test('resume only what failed or is parked, from a checkpoint that exists', async () => {
    const waiting = await aWaitingRun()
    const early = await world.ask('operator', 'POST', `/runs/${waiting}/resume`, {})
    expect([early.status, early.body.code]).toEqual([409, 'RUN_NOT_RESUMABLE'])
    const runId = await aFailedRun()
    const unknown = await world.ask('operator', 'POST', `/runs/${runId}/resume`, { checkpoint: 'nope' })
    expect([unknown.status, unknown.body.code]).toEqual([404, 'CHECKPOINT_UNKNOWN'])
    expect((await world.ask('operator', 'POST', `/runs/${runId}/resume`, { checkpoint: 1 })).status).toBe(202)
  })
  test('resume a run whose workflow ended in failure from a checkpoint only, as nothing of it stopped', async () => {
    const runId = await aFailedRun()
    const resume = (body: object) => world.ask('operator', 'POST', `/runs/${runId}/resume`, body)
    const { body: page } = await world.ask('operator', 'GET', `/runs/${runId}/checkpoints`)
    const last = page.items.at(-1).number
    for (const body of [{}, { mode: 'resume' }, { checkpoint: last }]) {
      const answer = await resume(body)
      expect([answer.status, answer.body.code, answer.body.detail]).toEqual([
        409,
        'RUN_NOT_RESUMABLE',
        expect.stringContaining('checkpoint'),
      ])
    }
    const { rows } = await world.owner.pool.query('select 1 from inbox where run_id = $1', [runId])
    expect(rows).toEqual([])
    expect((await resume({ mode: 'rollback', checkpoint: 1 })).status).toBe(202)
    await world.settle(runId)
    expect((await world.ask('operator', 'GET', `/runs/${runId}`)).body.status).toBe('waiting')
  })
  test('are told which ways of resuming there are', async () => {
    const runId = await aFailedRun()
    const refusals = [
      [{ mode: 'rollback' }, 400, 'CONTRACT_VIOLATED', '/checkpoint'],
      [{ mode: 'later' }, 400, 'CONTRACT_VIOLATED', '/mode'],
      [{ mode: 'abandon', checkpoint: 1 }, 400, 'CONTRACT_VIOLATED', '/checkpoint'],
      [{ mode: 'escalate', checkpoint: 1 }, 400, 'CONTRACT_VIOLATED', '/checkpoint'],
      [{ plan: 'yes' }, 400, 'CONTRACT_VIOLATED', '/plan'],
    ] as const
    for (const [body, ...expected] of refusals) {
      const answer = await world.ask('operator', 'POST', `/runs/${runId}/resume`, body)
      expect([answer.status, answer.body.code, answer.body.errors[0].pointer]).toEqual(expected)
    }
    const plain = await world.ask('operator', 'POST', `/runs/${runId}/resume`, { checkpoint: 1, plan: false })
    expect(plain.status).toBe(202)
  })
  test('signal a run that is under way, not one that has ended', async () => {
    const runId = await aWaitingRun()
    const path = `/runs/${runId}/signals/documents_arrived`
    expect((await world.ask('submitter', 'POST', path, { pages: 3 })).status).toBe(202)
    expect((await world.ask('submitter', 'POST', path)).status).toBe(202)
    const { events } = await inTransaction(world.owner.pool, (tx) =>
      readEvents(tx, [runId], { eventsMax: 10, bytesMax: 100_000 }),
    )
    expect(events.map(({ event }) => event)).toMatchObject([
      { name: 'documents_arrived', payload: { pages: 3 } },
      { name: 'documents_arrived', payload: null },
    ])
    await world.settle(runId)
    const failed = await aFailedRun()
    const late = await world.ask('submitter', 'POST', `/runs/${failed}/signals/documents_arrived`, {})
    expect([late.status, late.body.code]).toEqual([409, 'RUN_FINISHED'])
    expect((await world.ask('foreign', 'POST', path, {})).status).toBe(404)
  })
  test('register workflows once per version, in JSON and YAML', async () => {
    const mine = { ...gateWorkflow, name: 'mine' }
    const put = (body: unknown, headers: Record<string, string> = {}, version = 1) =>
      world.ask('operator', 'PUT', `/workflows/mine/versions/${version}`, body, headers)
    expect((await put(mine)).status).toBe(201)
    expect((await put(mine)).status).toBe(200)
    const other = await put({ ...mine, title: 'Other' })
    expect([other.status, other.body.code]).toEqual([409, 'WORKFLOW_VERSION_EXISTS'])
    const misnamed = await put({ ...mine, name: 'theirs' })
    expect([misnamed.status, misnamed.body.errors[0].pointer]).toEqual([400, '/name'])
    const states = gateWorkflow.states.map((state) =>
      state.name === 'note' ? { ...state, transitions: [{ on: 'done', to: 'nowhere' }] } : state,
    )
    const refused = await put({ ...mine, version: 2, states }, {}, 2)
    expect([refused.status, refused.body.code]).toEqual([422, 'DEFINITION_REFUSED'])
    expect(refused.body.errors.map((problem: any) => problem.pointer)).toContain('/states/0')
    const shipped = { ...gateWorkflow, title: 'Redefined' }
    const redefined = await world.ask('operator', 'PUT', '/workflows/gated/versions/1', shipped)
    expect([redefined.status, redefined.body.code]).toEqual([409, 'WORKFLOW_VERSION_EXISTS'])
    const { body: read } = await world.ask('operator', 'GET', '/workflows/gated/versions/1')
    expect(read).toEqual(gateWorkflow)
    expect((await world.ask('operator', 'PUT', '/workflows/gated/versions/1', read)).status).toBe(200)
    const yaml = JSON.stringify({ ...mine, version: 3 })
    expect((await put(`# YAML\n${yaml}`, { 'content-type': 'application/yaml' }, 3)).status).toBe(201)
    const { body } = await world.ask('operator', 'GET', '/workflows')
    expect(body.items.map((item: any) => [item.name, item.version, item.shipped])).toEqual([
      ['gated', 1, true],
      ['mine', 3, false],
      ['mine', 1, false],
      ['quorum', 1, false],
    ])
    expect((await world.ask('foreign', 'GET', '/workflows')).body.items).toHaveLength(1)
    for (const path of ['/workflow/graph.svg?name=mine', '/workflows/mine/graph.svg?version=1'])
      expect((await world.ask('operator', 'GET', path)).body).toContain('<svg')
    expect((await world.ask('operator', 'GET', '/workflow/graph.svg?name=mine&version=9')).status).toBe(404)
  })
  test('cannot register an input schema that holds the process up, or is none', async () => {
    const put = (input: object) =>
      world.ask('operator', 'PUT', '/workflows/greedy/versions/1', { ...gateWorkflow, name: 'greedy', input })
    for (const input of [{ $ref: '#' }, { type: 'strnig' }, { $id: 'x' }, { uniqueItems: true }]) {
      const { status, body } = await put(input)
      expect([status, body.code, body.errors[0].code]).toEqual([422, 'DEFINITION_REFUSED', 'INPUT_SCHEMA_REFUSED'])
    }
    const sound = { type: 'object', properties: { amount: {}, note: { type: 'string', pattern: '^(a+)+$' } } }
    expect((await put(sound)).status).toBe(201)
    const started = performance.now()
    const note = `${'a'.repeat(100_000)}!`
    const answer = await world.ask('submitter', 'POST', '/runs', { workflow: 'greedy', input: { amount: 1, note } })
    expect([answer.status, performance.now() - started < 10_000]).toEqual([400, true])
  })
  test('register a workflow written in YAML, and are told the line of what is wrong', async () => {
    const put = (text: string, version: number) =>
      world.ask('operator', 'PUT', `/workflows/signed/versions/${version}`, text, {
        'content-type': 'application/yaml',
      })
    const signed = `title: Signed
states:
  sign_off:
    waiting_for: manager
    timeout: 48h
    on_approve: published
    on_reject: withdrawn
    on_timeout: withdrawn
  published: { type: final }
  withdrawn: { type: final, error: WITHDRAWN }
`
    expect((await put(signed, 1)).status).toBe(201)
    expect((await put(signed, 1)).status).toBe(200)
    const { body: read } = await world.ask('operator', 'GET', '/workflows/signed/versions/1')
    expect(read.states[0]).toMatchObject({ kind: 'human', deadlineMs: 172_800_000 })
    const accepted = await world.ask('submitter', 'POST', '/runs', { workflow: 'signed', input: {} })
    expect(accepted.status).toBe(202)
    const dangling = await put(signed.replace('on_timeout: withdrawn', 'on_timeout: escalated'), 2)
    expect([dangling.status, dangling.body.code]).toEqual([422, 'DEFINITION_REFUSED'])
    expect(dangling.body.errors).toContainEqual({
      pointer: '/states/sign_off',
      code: 'TARGET_DANGLING',
      detail: expect.stringMatching(/^line 3: timeout leads to escalated/),
    })
    const misspelt = await put(signed.replace('on_timeout', 'timeot'), 2)
    expect([misspelt.status, misspelt.body.errors[0].pointer]).toEqual([422, '/states/sign_off/timeot'])
    const broken = await put('states: [', 2)
    expect([broken.status, broken.body.code]).toEqual([400, 'MALFORMED_YAML'])
    const misnamed = await put(`name: theirs\n${signed}`, 2)
    expect([misnamed.status, misnamed.body.errors[0].pointer]).toEqual([400, '/name'])
  })
  test('look through dead letters, replay some and discard others', async () => {
    const letter = async (code: string): Promise<string> => {
      const runId = await aFailedRun()
      const { rows } = await world.owner.pool.query<{ id: string }>(
        `insert into dead_letter (id, tenant_id, run_id, workflow, queue, agent, step, visit, dispatch, code, message, attempts,
           input_ref, trace_id)
         values ($1, 'acme', $2, 'gated', 'agent.kyc', 'kyc', 'review', 1, 1, $3, 'no', 3, 'ref', 't') returning id`,
        [uuidv7(), runId, code],
      )
      return rows[0]?.id ?? ''
    }
    const [a, b, c] = [await letter('A'), await letter('A'), await letter('C')]
    const desk = (path: string, body: unknown, key = 'operator') =>
      world.ask(key, 'POST', `/dead-letters/${path}`, body)
    const list = async (query = '') => (await world.ask('operator', 'GET', `/dead-letters${query}`)).body
    const first = await list('?limit=2')
    const second = await list(`?limit=2&cursor=${first.nextCursor}`)
    expect([...first.items, ...second.items].map((item: any) => item.id)).toEqual([c, b, a])
    expect(first.items[0]).toMatchObject({ queue: 'agent.kyc', code: 'C', attempts: 3, stack: null, status: 'open' })
    expect((await desk('replay', { filter: { code: 'A' }, dryRun: true })).body).toEqual({ matched: 2, done: 0 })
    expect((await desk('replay', { filter: { code: 'A' } }, 'foreign')).body).toEqual({ matched: 0, done: 0 })
    expect((await desk('replay', { filter: { code: 'A' } })).body).toEqual({ matched: 2, done: 2 })
    expect((await desk('replay', { ids: [a, b, 'nonsense'] })).body).toEqual({ matched: 0, done: 0 })
    expect((await desk('discard', { ids: [c] })).body).toEqual({ matched: 1, done: 1 })
    expect((await list()).items).toEqual([])
    expect((await list('?status=replayed')).items).toHaveLength(2)
    for (const body of [{}, { ids: [a], filter: {} }, { ids: [] }, { filter: { queue: 1 } }, { filter: { other: 1 } }])
      expect((await desk('replay', body)).status).toBe(400)
  })
  test('drain dead letters in portions, and what fails again meanwhile is left for the next time', async () => {
    const pool = world.owner.pool
    const runId = await aFailedRun()
    const insert = `insert into dead_letter (id, tenant_id, run_id, workflow, queue, agent, step, visit, dispatch, code, message,
      attempts, input_ref, trace_id)`
    const values = `'acme', '${runId}', 'gated', 'agent.kyc', 'kyc', 'review', 1`
    await pool.query(`${insert} select gen_random_uuid(), ${values}, 1000 + n, 'DRAIN', 'no', 3, 'ref', 't'
      from generate_series(1, 520) n`)
    // Each one that is sent again has failed again by the time the next portion is looked for.
    await pool.query(`create function fail_again() returns trigger language plpgsql security definer as $$ begin
      if new.status = 'replayed' and old.code = 'DRAIN' then
        ${insert} values (gen_random_uuid(), ${values}, old.dispatch + 1000, 'DRAIN', 'no', 3, 'ref', 't');
      end if; return null; end $$`)
    await pool.query(`create trigger fail_again after update on dead_letter for each row execute function fail_again()`)
    const replay = async (more: object) =>
      (await world.ask('operator', 'POST', '/dead-letters/replay', { filter: { code: 'DRAIN' }, ...more })).body
    try {
      expect(await replay({ limit: 15 })).toEqual({ matched: 520, done: 15 })
      expect(await replay({ dryRun: true })).toEqual({ matched: 520, done: 0 })
      expect(await replay({})).toEqual({ matched: 520, done: 520 })
      expect(await replay({ dryRun: true })).toEqual({ matched: 520, done: 0 })
    } finally {
      await pool.query('drop trigger fail_again on dead_letter')
      await pool.query('drop function fail_again')
      await pool.query(`update dead_letter set status = 'discarded' where code = 'DRAIN'`)
    }
    expect((await world.ask('operator', 'POST', '/dead-letters/replay', { filter: {}, limit: 0 })).status).toBe(400)
  })
  test('see queues and stop them', async () => {
    const { body } = await world.ask('operator', 'GET', '/queues')
    expect(body.items[0]).toMatchObject({
      name: 'agent.kyc',
      paused: false,
      workers: 0,
      depth: { owed: 0, waiting: 0 },
    })
    expect((await world.ask('operator', 'POST', '/queues/agent.kyc/pause')).body).toEqual({
      name: 'agent.kyc',
      paused: true,
    })
    expect((await world.ask('operator', 'GET', '/queues')).body.items[0].paused).toBe(true)
    expect((await world.ask('operator', 'POST', '/queues/agent.kyc/resume')).body.paused).toBe(false)
    expect((await world.ask('operator', 'POST', '/queues/agent.none/pause')).status).toBe(404)
  })
  test('read metrics, which are not for everybody', async () => {
    const answer = await world.ask('operator', 'GET', '/metrics')
    expect(answer.body).toContain('flotilla_http_request_duration_seconds_bucket')
    expect((await fetch(new URL('/metrics', world.origin))).status).toBe(401)
  })
  test('open the board', async () => {
    const page = await world.ask('operator', 'GET', '/ops/queues/api/queues')
    expect(page.body.queues.map((queue: any) => queue.name)).toContain('agent.kyc')
  })
  test('leave an audit that is sound', async () => {
    const { rows } = await world.owner.pool.query<{ action: string }>(
      `select distinct action from audit where tenant_id = 'acme'`,
    )
    expect(rows.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['gate.decided', 'run.cancelled', 'run.resumed', 'workflow.registered', 'queue.paused']),
    )
    expect(await asTenant(world.engine.pool, 'acme', (tx) => findBrokenAudit(tx, 'acme'))).toBeNull()
  })
})

test('what is answered is what the description says', async () => {
  const runId = await aWaitingRun()
  const failed = await aFailedRun()
  const { body: document } = await world.ask('operator', 'GET', '/openapi.json')
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'api', components: document.components })
  const json = { accept: 'application/json' }
  const gets: [string, string][] = [
    ['/runs/{runId}', `/runs/${runId}`],
    ['/runs/{runId}', `/runs/${failed}`],
    ['/runs', '/runs'],
    ['/runs/{runId}/events', `/runs/${failed}/events`],
    ['/runs/{runId}/state', `/runs/${runId}/state`],
    ['/runs/{runId}/checkpoints', `/runs/${failed}/checkpoints`],
    ['/runs/{runId}/artifacts', `/runs/${failed}/artifacts`],
    ['/runs/{runId}/items', `/runs/${failed}/items`],
    ['/gates', '/gates'],
    ['/workflows', '/workflows'],
    ['/queues', '/queues'],
    ['/dead-letters', '/dead-letters'],
    ['/readyz', '/readyz'],
  ]
  for (const [template, path] of gets) {
    const { status, body } = await world.ask('both', 'GET', path, undefined, json)
    const schema = document.paths[template].get.responses[status].content['application/json'].schema
    const validate = ajv.compile({ $ref: `api${schema.$ref}` })
    expect([path, validate(body), validate.errors]).toEqual([path, true, null])
    // The description itself must be able to say no.
    expect(validate({ ...body, items: 'none', runId: 1, checks: 1 })).toBe(false)
  }
  const problem = await world.ask('both', 'GET', '/runs/x')
  const { $ref } = document.components.responses.Problem.content['application/problem+json'].schema
  const validate = ajv.compile({ $ref: `api${$ref}` })
  expect([validate(problem.body), validate.errors]).toEqual([true, null])
})

test('nothing of this was an error of the gateway', () => {
  expect(world.errors).toEqual([])
})
