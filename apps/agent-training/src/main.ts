import { runAgentApp } from '@flotilla/agent-sdk'
import { queueDefaults, queuesOf } from './queues.js'
import { trainingAgents } from './training-agents.js'

await runAgentApp({
  name: 'agent-training',
  env: process.env,
  settings: {},
  agents: trainingAgents(),
  queueOf: queuesOf,
  queues: queueDefaults,
})
