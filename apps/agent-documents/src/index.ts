export { makeDocumentAgents } from './document-agents.js'
export { makeReferenceBook, type ReferenceService } from './reference-service.js'
