import { CodedError, ContractError, isPostgresAway } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { problemOf } from './problem-of.js'

const at = { instance: '/runs', traceId: 'a'.repeat(32) }
const coded = (code: string, message = 'SECRET') => Object.assign(new Error(message), { code })

describe('problemOf', () => {
  test('an unknown error says nothing of itself', () => {
    const { status, body } = problemOf(new TypeError('SECRET of 10.0.0.1'), at)
    expect([status, body.code]).toEqual([500, 'INTERNAL'])
    expect(JSON.stringify(body)).not.toContain('SECRET')
  })
  test('a contract error lists its members', () => {
    const problems = [{ pointer: '/a', code: 'IS_INT', detail: 'must be an integer' }]
    expect(problemOf(new ContractError('x', problems), at).body).toMatchObject({ status: 400, errors: problems })
  })
  test('a code that is not in the table is our fault', () => {
    expect(problemOf(new CodedError('NOT_IN_THE_TABLE', 'SECRET'), at).body).toMatchObject({ status: 500 })
    expect(problemOf(new CodedError('toString'), at).status).toBe(500)
  })
  test.each([
    [coded('ECONNREFUSED'), 503],
    [coded('57P01'), 503],
    [coded('57P03'), 503],
    [coded('53300'), 503],
    [coded('08006'), 503],
    [new Error('Connection terminated unexpectedly'), 503],
    [new Error('timeout exceeded when trying to connect'), 503],
    [new AggregateError([coded('ECONNREFUSED')]), 503],
    [new Error('wrapped', { cause: coded('ECONNRESET') }), 503],
    [coded('23505'), 500],
    [coded('42P01'), 500],
  ])('%o is answered with %i', (error, status) => {
    const answer = problemOf(error, at)
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).not.toContain('SECRET')
    expect('retry-after' in answer.headers).toBe(status === 503)
  })
  test('an error that causes itself ends', () => {
    const error = new Error('loop')
    error.cause = error
    expect(isPostgresAway(error)).toBe(false)
  })
})
