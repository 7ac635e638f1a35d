import { setTimeout as sleep } from 'node:timers/promises'
import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import { BenchBookingInput, BenchBookingOutput, TerminalError } from '@flotilla/contracts'

/** What the two agents do to a booking, and the event that tells of each call. */
const doings = { 'bench.book': 'booked', 'bench.cancel': 'cancelled' } as const

/**
 * Two agents with an effect, of which one undoes the other: what a workflow with compensations is tried with. The effect
 * is an event on the run's stream, which anybody can count; it honours keys as far as it carries them.
 */
export const makeBookingAgents = (): Agent<BenchBookingInput, BenchBookingOutput>[] =>
  (['bench.book', 'bench.cancel'] as const).map((name) =>
    defineAgent(name, {
      input: BenchBookingInput,
      output: BenchBookingOutput,
      run: async ({ booking, full, holdMs }, { effect, emit, signal }) => {
        if (full) throw new TerminalError('FULLY_BOOKED')
        const receipt = await effect(
          doings[name],
          booking,
          ({ idempotencyKey }) => {
            emit(`bench.${doings[name]}`, `${booking} is ${doings[name]}`, { booking })
            return Promise.resolve(idempotencyKey)
          },
          name === 'bench.book' ? { reversible: true, compensate: { agent: 'bench.cancel', input: { booking } } } : {},
        )
        if (holdMs) await sleep(holdMs, undefined, { signal })
        return { booking, receipt }
      },
    }),
  )
