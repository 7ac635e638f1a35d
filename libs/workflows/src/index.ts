import type { WorkflowDefinition } from '@flotilla/engine'
import { benchDesk } from './bench-desk.js'
import { briefWorkflows } from './brief-workflows.js'
import { creditDesk } from './credit-desk.js'
import { documentWorkflows } from './document-pipelines.js'
import { trainingWorkflows } from './training-workflows.js'

export { approveThenAct } from './approve-then-act.js'
export { benchDesk } from './bench-desk.js'
export { briefStateMachine } from './brief-state-machine.js'
export { briefWorkflow } from './brief-workflow.js'
export { briefWorkflows } from './brief-workflows.js'
export { contractAnalysis } from './contract-analysis.js'
export { creditDesk } from './credit-desk.js'
export { documentPipeline, documentWorkflows, entityPipeline } from './document-pipelines.js'
export { draftingPhase } from './drafting-phase.js'
export { managerSignOff } from './manager-sign-off.js'
export { policyBriefV1 } from './policy-brief-v1.js'
export { reactAgent } from './react-agent.js'
export { researchPhase } from './research-phase.js'
export { researchReport } from './research-report.js'
export { sequentialRag } from './sequential-rag.js'
export { trainingStateMachine } from './training-state-machine.js'
export { trainingWorkflows } from './training-workflows.js'
export { weeklyComplianceCheck } from './weekly-compliance-check.js'

/** Every definition that ships. */
export const shippedWorkflows: readonly WorkflowDefinition[] = [
  creditDesk,
  benchDesk,
  ...briefWorkflows,
  ...trainingWorkflows,
  ...documentWorkflows,
]
