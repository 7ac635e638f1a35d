import { createHash } from 'node:crypto'
import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import { benchAgents, BenchStepInput, BenchStepOutput, type BenchAgent } from '@flotilla/contracts'

/** Bytes of an answer as JSON. */
const answerBytes = 300

/** The answer to a payload: 300 bytes whatever comes, with the digest of what came. Pure. */
export const answerBenchStep = (agent: BenchAgent, payload: object): BenchStepOutput => {
  const digest = createHash('sha256').update(JSON.stringify(payload)).digest('hex')
  const bare = { agent, verdict: 'pass', digest, note: '' } as const
  return { ...bare, note: '.'.repeat(answerBytes - JSON.stringify(bare).length) }
}

/** The queue of one of the benchmark's agents: one each, so that they scale and are measured by themselves. */
export const benchQueueOf = (agent: string): string => `agent.${agent.replaceAll('.', '-')}`

/** The benchmark's four agents, one on a queue each: no waiting, no tools, so that what is measured is the fleet. */
export const makeBenchAgents = (): Agent<BenchStepInput, BenchStepOutput>[] =>
  benchAgents.map((name) =>
    defineAgent(name, {
      input: BenchStepInput,
      output: BenchStepOutput,
      run: ({ payload }) => answerBenchStep(name, payload),
    }),
  )
