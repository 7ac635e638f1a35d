export { makePublishAgent } from './publish-agent.js'
export { makeOfflineDesk, type PublicationDesk } from './publish-document.js'
export { queueDefaults, queuesOf } from './queues.js'
export { trainingAgents } from './training-agents.js'
