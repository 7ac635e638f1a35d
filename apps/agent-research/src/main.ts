import { fileURLToPath } from 'node:url'
import { runAgentApp } from '@flotilla/agent-sdk'
import { localNoticeBoard, makeActionAgents } from './actions/action-agents.js'
import { makeBriefAgents } from './brief/brief-agents.js'
import { contractAgents } from './contracts/contract-agents.js'
import { loadCorpus } from './corpus/load-corpus.js'
import { makeSupervisorAgents } from './brief/supervisor-agents.js'
import { ragAgents } from './rag/rag-agents.js'
import { makeReactAgents } from './react/react-agents.js'
import { localMailer, makeReportAgents } from './report/report-agents.js'

const policies = fileURLToPath(new URL('../data/policies', import.meta.url))

await runAgentApp({
  name: 'agent-research',
  env: process.env,
  settings: {},
  agents: async () => {
    const corpus = await loadCorpus(policies)
    return [
      ...makeBriefAgents(corpus),
      ...makeSupervisorAgents(corpus),
      ...makeReactAgents(corpus),
      ...makeActionAgents(corpus, localNoticeBoard),
      ...contractAgents,
      ...makeReportAgents(localMailer),
      ...ragAgents,
    ]
  },
  queues: {
    'agent.research': { concurrency: 8 },
    'agent.contracts': { concurrency: 4 },
    'agent.contracts-risk': { concurrency: 4 },
  },
})
