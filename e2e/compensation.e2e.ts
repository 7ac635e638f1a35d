/** A run that fails undoes what it did, the last first and once each, also when an agent is killed in the middle of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTerminal, makeClient, type Client, type StreamEvent } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

let fleet: Fleet
let submitter: Client
let operator: Client

const step = (name: string, to: string, input: Record<string, string>) => ({
  kind: 'agent',
  name,
  agent: 'bench.book',
  queue: 'agent.bench-book',
  input: { booking: `"${name}"`, ...input },
  inputContract: 'bench.booking.input.v1',
  outputContract: 'bench.booking.output.v1',
  deadlineMs: 60_000, // a killed agent's job is run again after some 10 s
  effects: 'irreversible',
  compensate: {
    agent: 'bench.cancel',
    queue: 'agent.bench-cancel',
    input: { booking: 'output.booking', holdMs: 'input.holdMs' },
  },
  transitions: [{ on: 'done', to }],
})
const trip = {
  name: 'trip',
  version: 1,
  title: 'Trip',
  semantics: 1,
  input: { type: 'object', properties: { holdMs: { type: 'integer' } } },
  deadlineMs: null,
  initial: 'flight',
  states: [
    step('flight', 'hotel', {}),
    step('hotel', 'car', {}),
    step('car', 'booked', { full: 'true' }),
    { kind: 'end', name: 'booked', status: 'completed' },
  ],
}

beforeAll(async () => {
  fleet = await startFleet('compensation')
  submitter = await makeClient(fleet, 'submitter')
  operator = await makeClient(fleet, 'operator')
  const { status, body } = await operator.request('PUT', '/workflows/trip/versions/1', trip)
  if (status !== 201) throw new Error(JSON.stringify(body))
})
afterAll(() => fleet?.stop())

const of = (events: readonly StreamEvent[], type: string): unknown[] =>
  events.filter((event) => event.type === type).map(({ phase, meta }) => meta['booking'] ?? phase)
const effectsOf = async (runId: string) => (await operator.get(`/runs/${runId}/effects`)).body.items
const isCancelled = ({ type }: StreamEvent): boolean => type === 'bench.cancelled'

const expectUndone = async (runId: string): Promise<void> => {
  const events = await submitter.events(runId, { until: isTerminal })
  expect(of(events, 'bench.booked')).toEqual(['flight', 'hotel'])
  expect(of(events, 'bench.cancelled')).toEqual(['hotel', 'flight'])
  expect(of(events, 'compensation.completed')).toEqual(['hotel', 'flight'])
  expect(events.at(-1)?.type).toBe('run.failed')
  const { body: run } = await operator.get(`/runs/${runId}`)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'FULLY_BOOKED', step: 'car' } })
  expect(
    (await effectsOf(runId)).map(({ step: path, status }: { step: string; status: string }) => [path, status]).sort(),
  ).toEqual([
    ['flight', 'compensated'],
    ['hotel', 'compensated'],
    ['undo!flight', 'done'],
    ['undo!hotel', 'done'],
  ])
}

describe('a run that fails after two effects', () => {
  test('undoes both in reverse order, once each', async () => {
    const { runId } = await submitter.submit('trip', { holdMs: 0 })
    await expectUndone(runId)
    expect((await operator.post(`/runs/${runId}/resume`, {})).body.code).toBe('RUN_NOT_RESUMABLE')
  })

  test('undoes each once also when the agent is killed while it undoes', async () => {
    const { runId } = await submitter.submit('trip', { holdMs: 3_000 })
    await submitter.events(runId, { until: isCancelled })
    const agent = (await fleet.file()).services.find(({ name }) => name === 'agent-bench')
    process.kill(agent?.pid ?? 0, 'SIGKILL')
    await expectUndone(runId)
  })
})
