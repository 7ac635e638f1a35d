import { runAgentApp } from '@flotilla/agent-sdk'
import { makeLetterAgent } from './letter-agent.js'

await runAgentApp({
  name: 'agent-letter',
  env: process.env,
  agents: [makeLetterAgent()],
  queues: { 'agent.letter': { concurrency: 8 } },
})
