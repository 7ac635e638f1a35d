import { runAgentApp } from '@flotilla/agent-sdk'
import { trainingAgents } from './training-agents.js'

await runAgentApp({
  name: 'agent-training',
  env: process.env,
  settings: {},
  agents: trainingAgents(),
  queues: { 'agent.training': { concurrency: 8 } },
})
