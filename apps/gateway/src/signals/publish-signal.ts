import {
  ContractError,
  hostileMembers,
  keepForMsDefault,
  type PublishSignal,
  type SignalPublished,
} from '@flotilla/contracts'
import type { Json } from '@flotilla/engine'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import { signalName } from '../runs/ask-run.js'

/**
 * Gives an event to every run of the tenant that waits for its name and key; where none does it is kept for the first
 * that will. 409 when too many of them are kept already.
 */
export const publishSignal = async (
  gateway: Gateway,
  request: { readonly principal: Principal; readonly name: string; readonly traceparent: string },
  body: PublishSignal,
): Promise<SignalPublished> => {
  const { principal, name, traceparent } = request
  const hostile = hostileMembers(body.payload, '/payload')
  if (hostile.length > 0) throw new ContractError('signal', hostile)
  if (!signalName.test(name)) throw new GatewayError('ROUTE_UNKNOWN', 'There is no signal of such a name.')
  const keepForMs = body.keepForMs ?? keepForMsDefault
  const payload = (body.payload ?? null) as Json // parsed JSON
  const { delivered, kept, runId } = await gateway.store.publishSignal(principal, {
    name,
    key: body.key,
    payload,
    by: principal.principal,
    keepForMs,
  })
  if (delivered === 0 && !kept && keepForMs > 0) throw new GatewayError('SIGNALS_KEPT_FULL')
  // One nudge wakes the orchestrator, which finds the rest.
  if (runId !== null) void gateway.queues.nudge({ runId, priority: 0, traceparent }).catch(() => undefined)
  return { name, delivered, kept }
}
