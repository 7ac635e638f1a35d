import { RetryableError } from '@flotilla/contracts'

/**
 * Spares a service that is down, and those who wait for it.
 *
 * B1 So many failures in a row open the circuit; a success in between starts the count anew.
 * B2 Open, calls fail at once with CIRCUIT_OPEN and the time that is left; the service is not called.
 * B3 After the reset time one call goes through as a probe, others still fail at once; its success closes the circuit, its
 *    failure opens it for the whole reset time again.
 */
export interface CircuitBreaker {
  /** Calls `fn` unless the circuit is open. Throws what `fn` throws, or `RetryableError` CIRCUIT_OPEN. */
  readonly call: <T>(fn: () => Promise<T>) => Promise<T>
  readonly state: () => 'closed' | 'open' | 'half-open'
}

/** How a circuit breaker behaves. */
export interface BreakerOptions {
  /** Failures in a row that open the circuit. */
  readonly threshold: number
  readonly resetMs: number
  /** Epoch ms; the process' clock unless told. */
  readonly now?: () => number
}

/** A circuit breaker for one service, shared by the calls of one process. */
export const makeCircuitBreaker = ({ threshold, resetMs, now = Date.now }: BreakerOptions): CircuitBreaker => {
  let failures = 0
  let openedAt: number | null = null
  let probing = false

  const state = (): 'closed' | 'open' | 'half-open' => {
    if (openedAt === null) return 'closed'
    return now() - openedAt >= resetMs && !probing ? 'half-open' : 'open'
  }
  const leftMs = (): number => (openedAt === null ? 0 : Math.max(1, openedAt + resetMs - now()))

  return {
    state,
    call: async (fn) => {
      const before = state()
      if (before === 'open') throw new RetryableError('CIRCUIT_OPEN', leftMs()) // B2, B3
      probing = before === 'half-open'
      try {
        const answer = await fn()
        // A call from before the circuit opened says nothing about the service as it is now.
        if (openedAt !== null && before !== 'half-open') return answer
        failures = 0 // B1
        openedAt = null
        return answer
      } catch (error) {
        failures += 1
        if (before === 'half-open' || (openedAt === null && failures >= threshold)) openedAt = now()
        throw error
      } finally {
        if (before === 'half-open') probing = false
      }
    },
  }
}
