import type { WorkflowDefinition } from '@flotilla/engine'
import { managerSignOff } from './manager-sign-off.js'
import { trainingStateMachine } from './training-state-machine.js'
import { weeklyComplianceCheck } from './weekly-compliance-check.js'

/** The workflows of agent-training. */
export const trainingWorkflows: readonly WorkflowDefinition[] = [
  managerSignOff,
  trainingStateMachine,
  weeklyComplianceCheck,
]
