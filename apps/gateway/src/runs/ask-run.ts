import { CancelRun, ContractError, hostileMembers, ResumeRun, type RunCommandAccepted } from '@flotilla/contracts'
import type { Json } from '@flotilla/engine'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import type { AskedCommand } from '../ports.js'

/** Who asks, for which run, in which trace. */
export interface RunRequest {
  readonly principal: Principal
  readonly runId: string
  readonly traceparent: string
}

const ask = async (
  gateway: Gateway,
  { principal, runId, traceparent }: RunRequest,
  command: Pick<AskedCommand, 'event' | 'checkpoint' | 'audit'>,
): Promise<RunCommandAccepted> => {
  const asked = await gateway.store.appendCommand(principal, { runId, traceparent, ...command })
  if (asked.outcome === 'unknown') throw new GatewayError('RUN_UNKNOWN')
  if (asked.outcome === 'no-checkpoint') throw new GatewayError('CHECKPOINT_UNKNOWN')
  if (asked.outcome === 'refused')
    throw new GatewayError(
      command.event.type === 'ResumeRequested' ? 'RUN_NOT_RESUMABLE' : 'RUN_FINISHED',
      `The run is ${asked.status}.`,
    )
  void gateway.queues.nudge({ runId, priority: 0, traceparent }).catch(() => undefined)
  return { runId }
}

/** Asks a run to stop; 409 when it has ended. */
export const cancelRun = (gateway: Gateway, request: RunRequest, body: CancelRun): Promise<RunCommandAccepted> =>
  ask(gateway, request, {
    event: { type: 'CancelRequested', by: request.principal.principal, reason: body.reason ?? null },
    checkpoint: null,
    audit: { action: 'run.cancelled', detail: {} },
  })

const signalName = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/

/** Sends a run a signal; one that comes before anything waits for it is kept. 409 when the run has ended. */
export const signalRun = (
  gateway: Gateway,
  request: RunRequest,
  { name, payload }: { readonly name: string; readonly payload: unknown },
): Promise<RunCommandAccepted> => {
  const hostile = hostileMembers(payload)
  if (hostile.length > 0) throw new ContractError('signal', hostile)
  if (!signalName.test(name)) throw new GatewayError('ROUTE_UNKNOWN', 'There is no signal of such a name.')
  return ask(gateway, request, {
    event: { type: 'SignalReceived', name, payload: (payload ?? null) as Json, by: request.principal.principal }, // parsed JSON
    checkpoint: null,
    audit: { action: 'run.signalled', detail: { name } },
  })
}

/** Lets a failed or parked run go on, from where it stopped or from a checkpoint; 409 for any other run. */
export const resumeRun = (gateway: Gateway, request: RunRequest, body: ResumeRun): Promise<RunCommandAccepted> =>
  ask(gateway, request, {
    event: { type: 'ResumeRequested', by: request.principal.principal, checkpoint: null },
    checkpoint: body.checkpoint === undefined || body.checkpoint === null ? null : String(body.checkpoint),
    audit: { action: 'run.resumed', detail: {} },
  })
