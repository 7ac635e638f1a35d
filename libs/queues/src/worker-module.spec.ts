import { UnrecoverableError } from 'bullmq'
import { describe, expect, test } from 'vitest'
import { JobFailure } from './job-failure.js'
import { toBullError } from './worker-module.js'

const everythingOf = (error: Error): string =>
  JSON.stringify([error.name, error.message, error.stack, { ...error }, error.cause])

describe('what a processor’s failure becomes', () => {
  test.each([
    new Error('cannot score Jana Nováková'),
    Object.assign(new TypeError('Jana Nováková'), { applicant: 'Jana Nováková' }),
    'Jana Nováková',
    { message: 'Jana Nováková' },
    undefined,
  ])('W2 anything that is thrown is INTERNAL, without its text: %s', (thrown) => {
    const error = toBullError(thrown)
    expect(error.message).toBe('INTERNAL')
    expect(everythingOf(error)).not.toContain('Jana')
  })

  test('W2 a failure keeps its code and its pause, and no stack', () => {
    const error = toBullError(new JobFailure('REGISTRY_BUSY', 'retry', 300))
    expect(error).toMatchObject({ message: 'REGISTRY_BUSY', afterMs: 300, stack: 'Error: REGISTRY_BUSY' })
    expect(error).not.toBeInstanceOf(UnrecoverableError)
  })

  test('a terminal failure is one that BullMQ does not attempt again', () => {
    expect(toBullError(new JobFailure('REFUSED', 'terminal'))).toBeInstanceOf(UnrecoverableError)
  })
})
