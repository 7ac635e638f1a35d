import { runAgentApp } from '@flotilla/agent-sdk'
import { makeFraudAgent } from './fraud-agent.js'

await runAgentApp({
  name: 'agent-fraud',
  env: process.env,
  settings: {},
  agents: () => [makeFraudAgent()],
  queues: { 'agent.fraud': { concurrency: 8 } },
})
