import { runAgentApp } from '@flotilla/agent-sdk'
import { benchAgents } from '@flotilla/contracts'
import { makeBenchAgents } from './bench-agents.js'

await runAgentApp({
  name: 'agent-bench',
  env: process.env,
  settings: {},
  agents: () => makeBenchAgents(),
  queues: Object.fromEntries(benchAgents.map((name) => [`agent.${name}`, { concurrency: 32 }])),
})
