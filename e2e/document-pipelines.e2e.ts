import { afterAll, beforeAll, expect, test } from 'vitest'
import { isTerminal, makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

let fleet: Fleet
let submitter: Client
let operator: Client

beforeAll(async () => {
  // Half a second instead of a minute: the pauses between attempts then outlast it.
  fleet = await startFleet('documents', { env: { REFERENCE_BREAKER_RESET_MS: '500' } })
  submitter = await makeClient(fleet, 'submitter')
  operator = await makeClient(fleet, 'operator')
})
afterAll(() => fleet?.stop())

const text = `# Electric ferries

The Harbour Authority wants electric ferries by 1 May 2028. A ferry of the harbour line makes noise at the quay.

Westmark Council votes in May 2027.`

const stepOf = (run: any, name: string): any => run.steps.find((step: any) => step.name === name)

test('a service that recovers is used again without anybody’s doing', async () => {
  const { runId } = await submitter.submit('entity_pipeline', { documentId: 'recovers', text, drillFailures: 3 })
  const run = await submitter.runWhen(runId, isTerminal)
  expect(run.status).toBe('completed')
  expect(stepOf(run, 'enrich')).toMatchObject({ status: 'done', attempts: 4 })
  expect(run.result.summary).toContain('The Harbour Authority runs the three ports')
  expect(run.result.entities.map((entity: any) => entity.text)).toContain('Westmark Council')
})

test('a service that stays down fails the run, and a resume goes on from the last checkpoint', async () => {
  const { runId } = await submitter.submit('document_pipeline', { documentId: 'down', text, drillFailures: 5 })
  const failed = await submitter.runWhen(runId, isTerminal)
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'REFERENCE_SERVICE_DOWN' } })
  expect(stepOf(failed, 'enrich').attempts).toBe(5)
  const { body: checkpoints } = await submitter.get(`/runs/${runId}/checkpoints`)
  expect(checkpoints.items.map(({ label }: any) => label)).toEqual(['ingest'])

  expect((await operator.post(`/runs/${runId}/resume`, {})).status).toBe(202)
  // A stream that is opened before the resume is applied ends with the failure.
  const statusNow = async (): Promise<string> => (await submitter.get(`/runs/${runId}`)).body.status
  await expect.poll(statusNow, { timeout: 30_000 }).toBe('completed')
  const events = await submitter.events(runId, { until: ({ type }) => type === 'run.completed' })
  const starts = events.filter(({ type }) => type === 'step.started').map(({ phase }) => phase)
  expect(starts.filter((phase) => phase === 'ingest')).toHaveLength(1)
  const { body: run } = await submitter.get(`/runs/${runId}`)
  expect(stepOf(run, 'ingest').visits).toBe(1)
  expect(run.result.summary).toContain('# Electric ferries')
})

test.each(['document_pipeline', 'entity_pipeline'])('the sample of %s runs by one command', async (workflow) => {
  expect(await fleet.command('demo', workflow)).toContain('run.completed')
})
