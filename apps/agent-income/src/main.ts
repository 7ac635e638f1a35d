import { runAgentApp } from '@flotilla/agent-sdk'
import { incomeAgent } from './income-agent.js'

await runAgentApp({
  name: 'agent-income',
  env: process.env,
  settings: {},
  agents: [incomeAgent],
  queues: { 'agent.income': { concurrency: 16 } },
})
