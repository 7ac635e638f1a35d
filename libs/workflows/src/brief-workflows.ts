import type { WorkflowDefinition } from '@flotilla/engine'
import { approveThenAct } from './approve-then-act.js'
import { briefStateMachine } from './brief-state-machine.js'
import { briefWorkflow } from './brief-workflow.js'
import { contractAnalysis } from './contract-analysis.js'
import { draftingPhase } from './drafting-phase.js'
import { policyBriefV1 } from './policy-brief-v1.js'
import { reactAgent } from './react-agent.js'
import { researchPhase } from './research-phase.js'
import { researchReport } from './research-report.js'
import { sequentialRag } from './sequential-rag.js'

/** The workflows of agent-research. */
export const briefWorkflows: readonly WorkflowDefinition[] = [
  policyBriefV1,
  briefWorkflow,
  briefStateMachine,
  approveThenAct,
  reactAgent,
  contractAnalysis,
  researchPhase,
  draftingPhase,
  researchReport,
  sequentialRag,
]
