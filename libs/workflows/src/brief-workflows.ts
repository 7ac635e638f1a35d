import type { WorkflowDefinition } from '@flotilla/engine'
import { briefWorkflow } from './brief-workflow.js'
import { policyBriefV1 } from './policy-brief-v1.js'

/** The workflows of agent-research. */
export const briefWorkflows: readonly WorkflowDefinition[] = [policyBriefV1, briefWorkflow]
