import { expect, test } from 'vitest'
import { checkDefinition } from './check-definition.js'
import type { Trigger, WorkflowDefinition } from './definition.js'
import { evaluateTrigger, limitOf, type CompletionTrigger, type PreviousRun } from './evaluate-trigger.js'
import { ExpressionError } from './expression.js'
import { aDefinition } from './testing/a-definition.js'

const drafting: CompletionTrigger = {
  kind: 'completion',
  name: 'after-research',
  workflow: 'research',
  status: 'completed',
  when: 'size(previous.outputs.sources) > 1',
  input: {
    sources: 'previous.outputs.sources',
    topic: 'previous.input.topic',
    from: 'previous.runId',
    none: 'previous.outputs.gone',
  },
}
const research = (given: Partial<PreviousRun> = {}): PreviousRun => ({
  runId: 'r1',
  workflow: 'research',
  version: 3,
  status: 'completed',
  input: { topic: 'fish' },
  outputs: { sources: ['a', 'b'] },
  error: null,
  ...given,
})

test('the input of the next run is mapped from the outputs of the one before', () => {
  expect(evaluateTrigger(drafting, research())).toEqual({ sources: ['a', 'b'], topic: 'fish', from: 'r1', none: null })
})

test('a guard that does not hold starts nothing, and one that fails says so', () => {
  expect(evaluateTrigger(drafting, research({ outputs: { sources: ['a'] } }))).toBeNull()
  expect(evaluateTrigger(drafting, research({ outputs: null }))).toBeNull()
  expect(() => evaluateTrigger({ ...drafting, when: 'previous.version' }, research())).toThrow(ExpressionError)
})

test('a failed run tells with which code', () => {
  const onFailure: CompletionTrigger = {
    ...drafting,
    status: 'failed',
    when: 'previous.error.code == "LATE"',
    input: {},
  }
  const failed = (code: string) => research({ status: 'failed', outputs: null, error: { code, message: 'x' } })
  expect(evaluateTrigger(onFailure, failed('LATE'))).toEqual({})
  expect(evaluateTrigger(onFailure, failed('OTHER'))).toBeNull()
})

test('the key of a limit is read from the input', () => {
  const concurrency = { max: 2, behaviour: 'queue', key: 'input.customer.id' } as const
  expect(limitOf({ concurrency }, { customer: { id: 7 } })).toEqual({ max: 2, behaviour: 'queue', value: 7 })
  expect(limitOf({ concurrency }, {})?.value).toBeNull()
  expect(limitOf({ concurrency: { max: 1, behaviour: 'reject' } }, {})).toEqual({
    max: 1,
    behaviour: 'reject',
    value: null,
  })
  expect(limitOf({}, {})).toBeNull()
})

const findings = (given: Partial<WorkflowDefinition>) =>
  checkDefinition(
    { ...aDefinition([{ kind: 'set', name: 'note', assign: [], transitions: [{ on: 'done', to: 'end' }] }]), ...given },
    { whyNotSchedule: ({ cron }) => (cron === '61 8 * * *' ? '61 is no minute' : null) },
  ).map(({ code, where }) => `${code} ${where}`)
const weekly: Trigger = { kind: 'schedule', name: 'weekly', cron: '0 8 * * MON', input: {} }

test('sound triggers have no findings', () => {
  expect(findings({ triggers: [weekly, drafting] })).toEqual([])
})

test('a wrong schedule, a name that is taken, and expressions over what a trigger does not know are found', () => {
  expect(findings({ triggers: [{ ...weekly, cron: '61 8 * * *' }] })).toEqual(['SCHEDULE_INVALID /triggers/0'])
  expect(findings({ triggers: [weekly, { ...drafting, name: 'weekly' }] })).toEqual([
    'TRIGGER_NAME_TAKEN /triggers/1/name',
  ])
  expect(findings({ triggers: [{ ...drafting, when: 'data.x == 1' }] })).toEqual(['EXPRESSION_INVALID /triggers/0'])
  expect(findings({ triggers: [{ ...drafting, input: { a: 'input.x' } }] })).toEqual(['EXPRESSION_INVALID /triggers/0'])
})

test('the key of a limit reads the input alone', () => {
  const limit = (key: string) => findings({ concurrency: { max: 1, behaviour: 'queue', key } })
  expect(limit('input.customer')).toEqual([])
  expect(limit('data.customer')).toEqual(['EXPRESSION_INVALID /concurrency/key'])
})
