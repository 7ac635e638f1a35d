import { runAgentApp } from '@flotilla/agent-sdk'
import { makeFraudAgent } from './fraud-agent.js'

await runAgentApp({
  name: 'agent-fraud',
  env: process.env,
  agents: [makeFraudAgent()],
  queues: { 'agent.fraud': { concurrency: 8 } },
})
