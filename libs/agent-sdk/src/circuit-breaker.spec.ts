import { RetryableError } from '@flotilla/contracts'
import { expect, test } from 'vitest'
import { makeCircuitBreaker } from './circuit-breaker.js'

const aBreaker = () => {
  let now = 0
  let calls = 0
  const breaker = makeCircuitBreaker({ threshold: 3, resetMs: 60_000, now: () => now })
  const call = (answer: boolean): Promise<string> =>
    breaker
      .call(() => {
        calls += 1
        return answer ? Promise.resolve('ok') : Promise.reject(new RetryableError('DOWN'))
      })
      .catch((error: unknown) =>
        error instanceof RetryableError ? `${error.code} ${error.afterMs ?? ''}`.trim() : 'bug',
      )
  return { breaker, call, calls: () => calls, later: (ms: number) => (now += ms) }
}

test('B1 three failures in a row open the circuit, and a success in between starts anew', async () => {
  const { breaker, call } = aBreaker()
  await call(false)
  await call(false)
  await call(true)
  await call(false)
  await call(false)
  expect(breaker.state()).toBe('closed')
  await call(false)
  expect(breaker.state()).toBe('open')
})

test('B2 an open circuit fails at once, with the time that is left, and does not call', async () => {
  const { call, calls, later } = aBreaker()
  for (let n = 0; n < 3; n += 1) await call(false)
  later(20_000)
  expect(await call(true)).toBe('CIRCUIT_OPEN 40000')
  expect(calls()).toBe(3)
})

test('B3 after the reset one call probes, its success closes the circuit', async () => {
  const { breaker, call, later } = aBreaker()
  for (let n = 0; n < 3; n += 1) await call(false)
  later(60_000)
  expect(breaker.state()).toBe('half-open')
  expect(await call(true)).toBe('ok')
  expect(breaker.state()).toBe('closed')
  await call(false)
  expect(breaker.state()).toBe('closed')
})

test('B3 a probe that fails opens the circuit again for the whole time', async () => {
  const { call, later } = aBreaker()
  for (let n = 0; n < 3; n += 1) await call(false)
  later(60_000)
  expect(await call(false)).toBe('DOWN')
  expect(await call(true)).toBe('CIRCUIT_OPEN 60000')
})

test('B3 while a probe is on its way others fail at once', async () => {
  const { breaker, call, later } = aBreaker()
  for (let n = 0; n < 3; n += 1) await call(false)
  later(60_000)
  let answer: (text: string) => void = () => undefined
  const probe = breaker.call(() => new Promise<string>((resolve) => (answer = resolve)))
  expect(await call(true)).toMatch(/^CIRCUIT_OPEN/)
  answer('ok')
  expect(await probe).toBe('ok')
  expect(breaker.state()).toBe('closed')
})
