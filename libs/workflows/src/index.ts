import type { WorkflowDefinition } from '@flotilla/engine'
import { benchDesk } from './bench-desk.js'
import { creditDesk } from './credit-desk.js'

export { benchDesk } from './bench-desk.js'
export { creditDesk } from './credit-desk.js'

/** Every definition that ships. */
export const shippedWorkflows: readonly WorkflowDefinition[] = [creditDesk, benchDesk]
