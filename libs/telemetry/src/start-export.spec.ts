import { afterAll, beforeAll, expect, test } from 'vitest'
import { emitSpans } from './emit-spans.js'
import { metrics, metricsText } from './metrics.js'
import { makeLogger } from './make-logger.js'
import { spanName } from './names.js'
import { startExport } from './start-export.js'
import { startOtlpReceiver, type OtlpReceiver } from './testing/otlp-receiver.js'
import { currentTraceparent, parseTraceparent, spanIdOf } from './traceparent.js'
import { shutdownTelemetry } from './tracing-state.js'
import { withSpan } from './with-span.js'

let receiver: OtlpReceiver
beforeAll(async () => {
  receiver = await startOtlpReceiver()
  await startExport({ endpoint: `${receiver.endpoint}/`, toConsole: false, serviceName: 'agent-test' })
})
afterAll(async () => {
  await shutdownTelemetry()
  await receiver.close()
})

test('a span arrives scrubbed, under the service of its process, as a child of a remote one', async () => {
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await withSpan(spanName.invokeAgent('kyc'), { parent, attributes: { 'workflow.step': 'kyc', secret: 'ZZPII' } }, () =>
    withSpan(spanName.executeTool('look'), {}, () => undefined),
  )
  const spans = await receiver.until((all) => all.some((span) => span.name === 'invoke_agent kyc'))
  const agent = spans.find((span) => span.name === 'invoke_agent kyc')
  expect(agent).toMatchObject({
    service: 'agent-test',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
    attributes: { 'workflow.step': 'kyc' },
  })
  expect(spans.find((span) => span.name === 'execute_tool look')?.parentSpanId).toBe(agent?.spanId)
  expect(receiver.raw()).not.toContain('ZZPII')
  expect(new Set(receiver.paths())).toEqual(new Set(['/v1/traces']))
})

test('an error leaves as its code', async () => {
  const fails = withSpan('fails', {}, () => {
    throw Object.assign(new Error('value ZZPII'), { code: 'BROKEN' })
  })
  await expect(fails).rejects.toThrow('ZZPII')
  const spans = await receiver.until((all) => all.some((span) => span.name === 'fails'))
  expect(spans.find((span) => span.name === 'fails')).toMatchObject({
    status: { code: 2, message: 'BROKEN' },
    attributes: { 'error.type': 'BROKEN' },
  })
  expect(receiver.raw()).not.toContain('ZZPII')
})

test('spans of a run leave with given ids and times under the service of its workflow', async () => {
  const traceId = 'a'.repeat(32)
  const spanId = spanIdOf('run', 'step:kyc')
  const parentSpanId = spanIdOf('run', 'run')
  const base = { traceId, parentSpanId, startedAt: 1_700_000_000_123.5, endedAt: 1_700_000_001_000 }
  emitSpans({
    serviceName: 'credit-desk-lite',
    spans: [
      { ...base, spanId, name: 'kyc', links: [{ traceId, spanId: 'b'.repeat(16) }], errorCode: 'TIMEOUT' },
      { ...base, spanId: 'c'.repeat(16), name: 'not sampled', traceFlags: 0 },
    ],
  })
  const spans = await receiver.until((all) => all.some((span) => span.name === 'kyc'))
  expect(spans.find((span) => span.name === 'kyc')).toMatchObject({
    service: 'credit-desk-lite',
    traceId,
    spanId,
    parentSpanId,
    links: [{ traceId, spanId: 'b'.repeat(16) }],
    status: { code: 2, message: 'TIMEOUT' },
  })
  expect(spans.find((span) => span.name === 'kyc')?.startedAt).toBeCloseTo(1_700_000_000_123.5, 0)
  expect(spans.some((span) => span.name === 'not sampled')).toBe(false)
})

test('a log line carries the trace and neither personal members nor the text of an error', async () => {
  const lines: string[] = []
  const log = makeLogger('test', { write: (line) => lines.push(line) })
  await withSpan('logs', {}, () => {
    const err = new Error('iban ZZPII')
    log.info({ applicant: { fullName: 'ZZPII' }, body: { email: 'ZZPII' }, err, count: 1 }, 'done')
    const line = JSON.parse(lines[0] ?? '') as Record<string, unknown> // as pino wrote it
    const active = parseTraceparent(currentTraceparent())
    expect(line).toMatchObject({
      level: 'info',
      msg: 'done',
      count: 1,
      trace_id: active?.traceId,
      span_id: active?.spanId,
    })
  })
  expect(lines.join('')).not.toContain('ZZPII')
})

test('metrics are given as text, and no label names a run or a tenant', async () => {
  metrics.dispatches.inc({ queue: 'agent.kyc' }, 2)
  const text = await metricsText()
  expect(text).toContain('flotilla_dispatches_total{queue="agent.kyc"} 2')
  expect(text).not.toMatch(/(run|tenant)(_id|Id)=/)
})
