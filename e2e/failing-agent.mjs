/** Stands in for `bench.book` while its provider is down: every job fails for good. Never part of a fleet that is started. */
import 'reflect-metadata'
import { defineAgent, runAgentApp } from '@flotilla/agent-sdk'
import { BenchBookingInput, BenchBookingOutput, TerminalError } from '@flotilla/contracts'

await runAgentApp({
  name: 'agent-failing',
  env: process.env,
  agents: [
    defineAgent('bench.book', {
      input: BenchBookingInput,
      output: BenchBookingOutput,
      run: () => {
        throw new TerminalError('PROVIDER_DOWN')
      },
    }),
  ],
  queueOf: () => 'agent.bench-book',
  queues: { 'agent.bench-book': { concurrency: 50 } },
})
