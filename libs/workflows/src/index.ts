import type { WorkflowDefinition } from '@flotilla/engine'
import { benchDesk } from './bench-desk.js'
import { briefWorkflows } from './brief-workflows.js'
import { creditDesk } from './credit-desk.js'
import { managerSignOff } from './manager-sign-off.js'

export { benchDesk } from './bench-desk.js'
export { briefWorkflows } from './brief-workflows.js'
export { creditDesk } from './credit-desk.js'
export { managerSignOff } from './manager-sign-off.js'
export { policyBriefV1 } from './policy-brief-v1.js'

/** Every definition that ships. */
export const shippedWorkflows: readonly WorkflowDefinition[] = [
  creditDesk,
  benchDesk,
  managerSignOff,
  ...briefWorkflows,
]
