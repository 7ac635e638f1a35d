import type { Agent } from '@flotilla/agent-sdk'
import { complianceAgent } from './compliance-agent.js'
import { activitiesAgent, assessmentsAgent, intakeAgent, objectivesAgent } from './design-agents.js'
import { makePublishAgent } from './publish-agent.js'
import { makeOfflineDesk } from './publish-document.js'
import { accessibilityAgent, alignmentAgent, exportAgent } from './review-agents.js'

/** Every agent of this app. */
export const trainingAgents = (): readonly Agent[] => [
  intakeAgent,
  objectivesAgent,
  assessmentsAgent,
  activitiesAgent,
  alignmentAgent,
  accessibilityAgent,
  exportAgent,
  complianceAgent,
  makePublishAgent(makeOfflineDesk()),
]
