export { makeBriefAgents } from './brief/brief-agents.js'
export { loadCorpus } from './corpus/load-corpus.js'
