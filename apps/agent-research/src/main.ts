import { fileURLToPath } from 'node:url'
import { runAgentApp } from '@flotilla/agent-sdk'
import { makeBriefAgents } from './brief/brief-agents.js'
import { loadCorpus } from './corpus/load-corpus.js'

await runAgentApp({
  name: 'agent-research',
  env: process.env,
  settings: {},
  agents: async () => makeBriefAgents(await loadCorpus(fileURLToPath(new URL('../data/policies', import.meta.url)))),
  queues: { 'agent.research': { concurrency: 8 } },
})
