import { runAgentApp } from '@flotilla/agent-sdk'
import { benchAgents } from '@flotilla/contracts'
import { benchQueueOf, makeBenchAgents } from './bench-agents.js'
import { makeBookingAgents } from './booking-agents.js'

await runAgentApp({
  name: 'agent-bench',
  env: process.env,
  agents: [...makeBenchAgents(), ...makeBookingAgents()],
  queueOf: benchQueueOf,
  queues: Object.fromEntries(benchAgents.map((name) => [benchQueueOf(name), { concurrency: 50 }])),
})
