import { runAgentApp } from '@flotilla/agent-sdk'
import { affordabilityAgent, pdAgent, policyAgent } from './risk-agents.js'

await runAgentApp({
  name: 'agent-risk',
  env: process.env,
  settings: {},
  agents: [pdAgent, affordabilityAgent, policyAgent],
  queues: { 'agent.risk': { concurrency: 16 } },
})
