import { SpanStatusCode } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { allowAttributes, scrubSpan } from './allow-attributes.js'
import { toReadableSpan } from './emit-spans.js'

const token = 'ZZPII-1'

test('A1 an attribute that nobody named stays in the process', () => {
  const kept = allowAttributes({
    'workflow.step': 'kyc',
    'gen_ai.usage.input_tokens': 3,
    'bullmq.job.result': token,
    'bullmq.job.failed.reason': token,
    'bullmq.job.options': token,
    'exception.message': token,
    'url.query': token,
    'url.full': token,
  })
  expect(kept).toEqual({ 'workflow.step': 'kyc', 'gen_ai.usage.input_tokens': 3 })
})
test('A2 a long string stays in the process', () => {
  expect(allowAttributes({ 'workflow.step': 'x'.repeat(257), 'workflow.run_id': ['x'.repeat(300)] })).toEqual({})
})
test('A3 and A4 of an error only type and code leave', () => {
  const span = toReadableSpan('test', {
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    parentSpanId: null,
    name: 'x',
    startedAt: 1,
    endedAt: 2,
  })
  const time: [number, number] = [0, 0]
  const scrubbed = scrubSpan({
    ...span,
    status: { code: SpanStatusCode.ERROR, message: `duplicate key (${token})` },
    events: [
      { name: 'exception', time, attributes: { 'exception.type': 'Error', 'exception.message': token } },
      { name: 'job completed', time, attributes: { 'bullmq.job.result': token } },
    ],
  })
  expect(JSON.stringify(scrubbed)).not.toContain(token)
  expect(scrubbed.events).toEqual([{ name: 'exception', time, attributes: { 'exception.type': 'Error' } }])
  expect(scrubbed.status).toEqual({ code: SpanStatusCode.ERROR })
  const coded = scrubSpan({ ...span, status: { code: SpanStatusCode.ERROR, message: 'REGISTRY_BUSY' } })
  expect(coded.status.message).toBe('REGISTRY_BUSY')
})
