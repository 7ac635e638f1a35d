import type { WorkflowDefinition } from '@flotilla/engine'
import { policyBriefV1 } from './policy-brief-v1.js'

/** The workflows of agent-research. */
export const briefWorkflows: readonly WorkflowDefinition[] = [policyBriefV1]
