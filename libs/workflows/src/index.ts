import type { WorkflowDefinition } from '@flotilla/engine'
import { benchDesk } from './bench-desk.js'
import { creditDesk } from './credit-desk.js'
import { managerSignOff } from './manager-sign-off.js'

export { benchDesk } from './bench-desk.js'
export { creditDesk } from './credit-desk.js'
export { managerSignOff } from './manager-sign-off.js'

/** Every definition that ships. */
export const shippedWorkflows: readonly WorkflowDefinition[] = [creditDesk, benchDesk, managerSignOff]
