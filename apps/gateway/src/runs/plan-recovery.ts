import type { RecoveryPlanned } from '@flotilla/contracts'
import { planRecovery, type RecoveryAsked, type WorkflowDefinition } from '@flotilla/engine'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import type { Recovery } from '../ports.js'

interface PlanRequest {
  readonly tenantId: string
  readonly runId: string
  readonly checkpoint: string | null
  readonly definition: WorkflowDefinition
}

/** Says what a resume or fork would do; nothing happens. `eventOf` gives the event that would be applied. */
export const planRun = async (
  gateway: Gateway,
  { tenantId, runId, checkpoint, definition }: PlanRequest,
  eventOf: (recovery: Recovery) => RecoveryAsked,
): Promise<RecoveryPlanned> => {
  const recovery = await gateway.store.readRecovery(tenantId, runId, checkpoint)
  if (recovery === null) throw new GatewayError('RUN_UNKNOWN')
  if (recovery === 'no-checkpoint') throw new GatewayError('CHECKPOINT_UNKNOWN')
  const event = eventOf(recovery)
  const { now, effects, usage } = recovery
  if (now === null) return { plan: { reused: [], redone: [], chargedAgain: [], compensated: [], blocked: [] } }
  const plan = planRecovery(definition, { now, event }, { effects, usage })
  return {
    plan: {
      reused: [...plan.reused],
      redone: [...plan.redone],
      chargedAgain: [...plan.chargedAgain],
      compensated: [...plan.compensated],
      blocked: [...plan.blocked],
    },
  }
}
