import type { WorkflowDefinition } from '@flotilla/engine'
import { managerSignOff } from './manager-sign-off.js'
import { trainingStateMachine } from './training-state-machine.js'

/** The workflows of agent-training. */
export const trainingWorkflows: readonly WorkflowDefinition[] = [managerSignOff, trainingStateMachine]
