import type { Agent } from '@flotilla/agent-sdk'
import { makePublishAgent } from './publish-agent.js'
import { makeOfflineDesk } from './publish-document.js'

/** Every agent of this app. */
export const trainingAgents = (): readonly Agent[] => [makePublishAgent(makeOfflineDesk())]
