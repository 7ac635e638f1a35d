/** One trace from the HTTP request to the end of the run, as a collector sees it. */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '@flotilla/telemetry/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anApplication } from './applications.js'
import { isTerminal, makeClient, type Client, type StreamEvent } from './client.js'
import { startFleet, type Fleet } from './fleet.js'
import { plantApplication, registryNumber } from './personal-tokens.js'

let receiver: OtlpReceiver
let fleet: Fleet
let submitter: Client
let reviewer: Client
let operator: Client

const client = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
let accepted: { status: number; headers: Headers; body: any }
let events: StreamEvent[]
let run: any
let spans: readonly ReceivedSpan[]
let byId: ReadonlyMap<string, ReceivedSpan>

const ofTrace = (all: readonly ReceivedSpan[], traceId: string) => all.filter((span) => span.traceId === traceId)

/** Whether a trace is whole: the run's own span has come, and nobody's parent is missing but the client's. */
const isWhole = (trace: readonly ReceivedSpan[]): boolean => {
  const known = new Set([client.spanId, ...trace.map(({ spanId }) => spanId)])
  return (
    trace.some(({ service, name }) => service === 'credit-desk-lite' && name === 'credit-desk') &&
    trace.every(({ parentSpanId }) => parentSpanId === '' || known.has(parentSpanId))
  )
}

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  fleet = await startFleet('one-trace', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } })
  submitter = await makeClient(fleet, 'submitter')
  reviewer = await makeClient(fleet, 'reviewer')
  operator = await makeClient(fleet, 'operator')

  // A revoked document: the run waits for a person, so that the trace holds a gate.
  const { input } = plantApplication(0, { number: registryNumber.revoked })
  const traceparent = `00-${client.traceId}-${client.spanId}-01`
  accepted = await submitter.post('/runs', { workflow: 'credit-desk', input }, { traceparent })
  await reviewer.runWhen(accepted.body.runId, (event) => event.type === 'hitl.requested')
  await reviewer.post(`/runs/${accepted.body.runId}/hitl`, { decision: 'approve' })
  events = await submitter.events(accepted.body.runId)
  run = (await submitter.get(`/runs/${accepted.body.runId}`)).body
  spans = ofTrace(await receiver.until((all) => isWhole(ofTrace(all, client.traceId)), 30_000), client.traceId)
  byId = new Map(spans.map((span) => [span.spanId, span]))
})
afterAll(async () => {
  await fleet?.stop()
  await receiver?.close()
})

const parentOf = (span: ReceivedSpan): ReceivedSpan | undefined => byId.get(span.parentSpanId)
const ancestors = (span: ReceivedSpan): ReceivedSpan[] => {
  const parent = parentOf(span)
  return parent ? [parent, ...ancestors(parent)] : []
}
const only = (found: readonly ReceivedSpan[]): ReceivedSpan => {
  expect(found).toHaveLength(1)
  return found[0]! // its length was just checked
}
const named = (name: string, service?: string): ReceivedSpan =>
  only(spans.filter((span) => span.name === name && (service === undefined || span.service === service)))

describe('the trace of a run', () => {
  test("is the client's, in the answer, the stream, the run and every span", () => {
    expect(accepted.status).toBe(202)
    expect(accepted.body.traceId).toBe(client.traceId)
    expect(accepted.headers.get('x-trace-id')).toBe(client.traceId)
    expect(run).toMatchObject({ status: 'completed', traceId: client.traceId })
    expect(new Set(events.map((event) => event.trace_id))).toEqual(new Set([client.traceId]))
    expect(named('HTTP POST /runs').parentSpanId).toBe(client.spanId)
  })

  test('hangs together: every span but the first has its parent in it', () => {
    const roots = spans.filter((span) => !parentOf(span))
    expect(roots.map(({ name }) => name)).toEqual(['HTTP POST /runs'])
    for (const span of spans) expect(span.endedAt, span.name).toBeGreaterThanOrEqual(span.startedAt)
  })

  test("shows the run's own spans as credit-desk-lite and each process under its own name", () => {
    const processes = [
      'gateway',
      'orchestrator',
      ...['intake', 'kyc', 'fraud', 'income', 'risk', 'letter'].map((a) => `agent-${a}`),
    ]
    expect([...new Set(spans.map(({ service }) => service))].sort()).toEqual(['credit-desk-lite', ...processes].sort())
    for (const span of spans)
      expect(span.service === 'credit-desk-lite', span.name).toBe(
        !/^(HTTP|send|receive|process|invoke_agent|execute_tool) /.test(span.name) &&
          !('db.system.name' in span.attributes),
      )
  })

  test('names spans of the stream that a collector has seen', () => {
    const unseen = events.filter((event) => !byId.has(event.span_id))
    expect(unseen.map(({ type, phase }) => [type, phase])).toEqual([])
  })

  test('goes through the runs queue, the orchestrator, agent queues and replies', () => {
    const sent = named('send runs', 'gateway')
    const taken = named('process runs', 'orchestrator')
    expect(ancestors(sent)).toContain(named('HTTP POST /runs'))
    expect(ancestors(taken)).toContain(named('HTTP POST /runs'))
    for (const agent of ['intake', 'kyc', 'fraud', 'income', 'risk', 'letter']) {
      const sends = spans.filter(({ name, service }) => name === `send agent.${agent}` && service === 'orchestrator')
      expect(sends.length, agent).toBeGreaterThan(0)
      expect(
        sends.every((span) => parentOf(span)?.service === 'credit-desk-lite'),
        agent,
      ).toBe(true)
      const replies = spans.filter(({ name, service }) => name === 'send replies' && service === `agent-${agent}`)
      expect(replies.length, agent).toBeGreaterThan(0)
    }
    const received = spans.filter(({ name, service }) => name === 'receive replies' && service === 'orchestrator')
    expect(received.length).toBeGreaterThan(0)
    expect(received.every((span) => parentOf(span)?.name.startsWith('invoke_agent '))).toBe(true)
  })

  test('nests tool in agent in stage in workflow', () => {
    const workflow = named('credit-desk', 'credit-desk-lite')
    expect(parentOf(workflow)?.name).toBe('HTTP POST /runs')
    const agents = spans.filter(({ name }) => name.startsWith('invoke_agent '))
    expect(agents.map(({ attributes }) => attributes['workflow.step']).sort()).toEqual(
      [
        ...['extract', 'fraud', 'income', 'intake', 'kyc', 'letter'],
        ...['affordability', 'pd', 'policy'].map((name) => `risk_ensemble.${name}`),
      ].sort(),
    )
    for (const agent of agents) {
      const [stage, ...above] = ancestors(agent)
      expect(stage, agent.name).toMatchObject({ service: 'credit-desk-lite' })
      expect(stage?.attributes['workflow.step']).toBe(agent.attributes['workflow.step'])
      expect(above, agent.name).toContain(workflow)
    }
    const tools = spans.filter(({ name }) => name.startsWith('execute_tool '))
    expect(tools.length).toBeGreaterThanOrEqual(agents.length)
    for (const tool of tools) {
      expect(parentOf(tool)?.name, tool.name).toMatch(/^invoke_agent /)
      expect(parentOf(tool)?.service, tool.name).toBe(tool.service)
    }
    expect(parentOf(named('kyc', 'credit-desk-lite'))?.name).toBe('checks')
    expect(parentOf(named('risk_ensemble.pd'))?.name).toBe('risk_ensemble')
  })

  test('shows the fan-out, the checkpoints and how long a person was waited for', () => {
    const join = named('join checks')
    expect(parentOf(join)?.name).toBe('checks')
    expect(join.attributes).toMatchObject({ 'flotilla.join.come_in': 3, 'flotilla.join.expected': 3 })
    const checkpoints = spans.filter(({ name }) => name.startsWith('checkpoint '))
    expect(checkpoints.length).toBeGreaterThan(5)
    const gate = named('gate review')
    expect(gate.service).toBe('credit-desk-lite')
    expect(ancestors(gate)).toContain(named('credit-desk', 'credit-desk-lite'))
    expect(gate.attributes).toMatchObject({ 'workflow.step': 'review', 'flotilla.gate.status': 'decided' })
    const requested = events.find(({ type }) => type === 'hitl.requested')
    const resolved = events.find(({ type }) => type === 'hitl.resolved')
    expect(gate.startedAt).toBeCloseTo(Date.parse(requested?.ts ?? ''), -2)
    expect(gate.endedAt).toBeCloseTo(Date.parse(resolved?.ts ?? ''), -2)
  })

  test('carries the GenAI attributes and their older aliases', () => {
    const pd = only(
      spans.filter(
        ({ name, attributes }) =>
          name.startsWith('invoke_agent ') && attributes['workflow.step'] === 'risk_ensemble.pd',
      ),
    )
    expect(pd.name).toBe('invoke_agent risk.pd')
    expect(pd.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'risk.pd',
      'gen_ai.conversation.id': run.runId,
      'gen_ai.request.model': 'pd-scorecard@1',
      'gen_ai.usage.input_tokens': 0,
      'gen_ai.usage.output_tokens': 0,
      'genai.agent': 'risk.pd',
      'genai.model': 'pd-scorecard@1',
      'genai.tokens.prompt': 0,
      'genai.tokens.completion': 0,
      'genai.latency_ms': expect.any(Number),
      'genai.cache_hit': false,
      'workflow.step': 'risk_ensemble.pd',
      'workflow.iteration': 1,
    })
    for (const span of spans.filter(({ name }) => name.startsWith('invoke_agent ')))
      expect(Object.keys(span.attributes), span.name).toEqual(
        expect.arrayContaining(['genai.agent', 'genai.latency_ms', 'workflow.step', 'workflow.iteration']),
      )
    expect(named('execute_tool registry.find').attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'registry.find',
      'genai.agent': 'kyc',
    })
  })

  test('holds the commands of Redis by name, without what they carry', () => {
    const commands = spans.filter(({ attributes }) => 'db.system.name' in attributes)
    expect(commands.length).toBeGreaterThan(0)
    expect(commands.some(({ service }) => service === 'gateway')).toBe(true)
    expect(commands.some(({ service }) => service.startsWith('agent-'))).toBe(true)
    for (const { attributes } of commands) {
      expect(attributes['db.system.name']).toBe('redis')
      expect(attributes['db.query.text']).toMatch(/^[a-z]+$/)
    }
  })
})

/** Names and values of a text in Prometheus' format; throws at a line that it does not know. */
const parseMetrics = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !/^# (HELP|TYPE) \S+ /.test(line))
      .map((line) => {
        const found = /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/.exec(line)
        if (!found || (Number.isNaN(Number(found[2])) && found[2] !== 'NaN' && !/^[+-]Inf$/.test(found[2] ?? '')))
          throw new Error(`no metric: ${line}`)
        return [found[1] ?? '', Number(found[2])]
      }),
  )

describe('the metrics', () => {
  test('parse, and count what the run did', async () => {
    const { services } = await fleet.file()
    const texts = await Promise.all(
      services.map(async ({ name, healthUrl }) =>
        name === 'gateway'
          ? ((await operator.get('/metrics')).body as string)
          : (await fetch(new URL('/metrics', healthUrl))).text(),
      ),
    )
    const of = (name: string) => parseMetrics(texts[services.findIndex((service) => service.name === name)] ?? '')
    expect(of('gateway').get('flotilla_submissions_total{workflow="credit-desk",outcome="accepted"}')).toBe(1)
    expect(
      of('gateway').get('flotilla_http_request_duration_seconds_count{method="POST",route="/runs",status="202"}'),
    ).toBe(1)
    const orchestrator = of('orchestrator')
    expect(orchestrator.get('flotilla_runs_finished_total{workflow="credit-desk",status="completed"}')).toBe(1)
    expect(orchestrator.get('flotilla_dispatches_total{queue="agent.risk"}')).toBe(3)
    const names = new Set(
      texts.flatMap((text) => [...text.matchAll(/^# TYPE (flotilla_\w+) /gm)].map(([, name]) => name)),
    )
    for (const name of [
      ...['runs_finished_total', 'run_duration_seconds', 'steps_finished_total', 'tick_duration_seconds'],
      ...['replies_total', 'events_applied_total', 'relay_lag_seconds', 'outbox_depth', 'queue_depth', 'gates_open'],
      ...['dead_letters_open', 'gate_wait_seconds', 'agent_duration_seconds', 'tool_duration_seconds'],
      ...['gen_ai_tokens_total', 'http_request_duration_seconds', 'sse_connections', 'event_loop_delay_seconds'],
    ])
      expect(names, name).toContain(`flotilla_${name}`)
  })

  test('have neither a run nor a tenant as a label', async () => {
    const { services } = await fleet.file()
    for (const { name, healthUrl } of services) {
      if (name === 'gateway') continue
      expect(await (await fetch(new URL('/metrics', healthUrl))).text(), name).not.toContain(run.runId)
    }
    expect((await operator.get('/metrics')).body).not.toContain(run.runId)
  })
})

describe('a collector that goes away', () => {
  test('is no news: runs go on, and no log speaks of it', async () => {
    await receiver.close()
    const { runId, traceId } = await submitter.submit('credit-desk', anApplication({ id: 'no-collector' }))
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    expect((await submitter.runWhen(runId, isTerminal)).status).toBe('completed')
    // Stopping flushes what is left, which is when an exporter would complain.
    await fleet.command('stop')
    const dir = path.join(fleet.home, 'logs')
    for (const name of (await readdir(dir)).filter((file) => /^(gateway|orchestrator|agent-)/.test(file)))
      expect(await readFile(path.join(dir, name), 'utf8'), name).not.toMatch(
        /otlp|exporter|collector|v1\/traces|ECONNREFUSED/i,
      )
  })
})
