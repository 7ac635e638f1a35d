/**
 * The agents of the fault desk, in one process: an effect at a provider that honours keys, a try that fails, a large
 * report, a step that can fail for good. `PROVIDER_FILE` takes one line per call, as a provider's own books would.
 */
import 'reflect-metadata'
import fs from 'node:fs'
import { defineAgent, runAgentApp } from '@flotilla/agent-sdk'
import { BenchStepInput, BenchStepOutput, RetryableError, TerminalError } from '@flotilla/contracts'

const book = process.env['PROVIDER_FILE'] ?? ''

/** @param {BenchStepOutput['agent']} name @param {import('@flotilla/agent-sdk').Agent<BenchStepInput, BenchStepOutput>['run']} run */
const agent = (name, run) => defineAgent(name, { input: BenchStepInput, output: BenchStepOutput, run })

/** @param {BenchStepOutput['agent']} name @param {string} note @returns {BenchStepOutput} */
const answer = (name, note) => ({ agent: name, verdict: 'pass', digest: '0'.repeat(64), note })

await runAgentApp({
  name: 'agent-desk',
  env: process.env,
  queueOf: (name) => `agent.${name.replaceAll('.', '-')}`,
  agents: [
    agent('bench.kyc', async (_input, { effect, runId, step, dispatch, attempt }) => {
      const receipt = await effect('book', 'seat', async ({ idempotencyKey }) => {
        fs.appendFileSync(book, `${JSON.stringify({ runId, step, key: idempotencyKey, dispatch, attempt })}\n`)
        return idempotencyKey
      })
      return answer('bench.kyc', String(receipt).slice(0, 300))
    }),
    agent('bench.fraud', (_input, { emit }) => {
      emit('desk.report', 'report', { text: 'r'.repeat(70_000) })
      return answer('bench.fraud', 'reported')
    }),
    agent('bench.income', ({ payload }, { attempt, dispatch }) => {
      if (payload['mode'] === 'retry' && attempt * dispatch === 1) throw new RetryableError('BUSY', 20)
      return answer('bench.income', `${JSON.stringify(payload).length}`)
    }),
    agent('bench.risk', ({ payload }) => {
      if (payload['mode'] === 'fail') throw new TerminalError('NO_SCORE')
      return answer('bench.risk', 'scored')
    }),
  ],
})
