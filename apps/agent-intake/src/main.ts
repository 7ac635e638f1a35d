import { runAgentApp } from '@flotilla/agent-sdk'
import { extractAgent, parseAgent } from './intake-agents.js'

await runAgentApp({
  name: 'agent-intake',
  env: process.env,
  settings: {},
  agents: [parseAgent, extractAgent],
  queues: { 'agent.intake': { concurrency: 16 } },
})
