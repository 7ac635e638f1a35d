import {
  CancelRun,
  ContractError,
  hostileMembers,
  ResumeRun,
  type RecoveryPlanned,
  type RunCommandAccepted,
} from '@flotilla/contracts'
import { advance, type Json } from '@flotilla/engine'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import type { AskedCommand, HasEffect } from '../ports.js'
import { findRun } from './find-run.js'
import { planRun } from './plan-recovery.js'
import { whyNotResumable } from './why-not-resumable.js'

/** Who asks, for which run, in which trace. */
export interface RunRequest {
  readonly principal: Principal
  readonly runId: string
  readonly traceparent: string
}

/** Why the engine would ignore what is asked, else null. */
type IgnoredAs = (...at: Parameters<HasEffect>) => string | null

const ask = async (
  gateway: Gateway,
  { principal, runId, traceparent }: RunRequest,
  { ignoredAs, ...command }: Pick<AskedCommand, 'event' | 'checkpoint' | 'audit'> & { readonly ignoredAs?: IgnoredAs },
): Promise<RunCommandAccepted> => {
  let reason: string | null = null
  const hasEffect: HasEffect | undefined = ignoredAs && ((...at) => (reason = ignoredAs(...at)) === null)
  const asked = await gateway.store.appendCommand(principal, { runId, traceparent, ...command }, hasEffect)
  if (asked.outcome === 'unknown') throw new GatewayError('RUN_UNKNOWN')
  if (asked.outcome === 'no-checkpoint') throw new GatewayError('CHECKPOINT_UNKNOWN')
  if (asked.outcome === 'no-effect')
    throw new GatewayError('RUN_NOT_RESUMABLE', whyNotResumable(reason, command.checkpoint))
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
    event: {
      type: 'CancelRequested',
      by: request.principal.principal,
      reason: body.reason ?? null,
      ...(body.compensate ? { compensate: true } : {}),
    },
    checkpoint: null,
    audit: { action: 'run.cancelled', detail: {} },
  })

/** Names of signals. */
export const signalName = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/

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

/** Modes of resume that go back to no checkpoint. */
const ofWholeRun: ReadonlySet<string> = new Set(['compensate', 'abandon', 'escalate'])

/**
 * Lets a failed or parked run go on, from where it stopped or from a checkpoint; 409 for any other run, and where nothing
 * would follow: the engine itself is asked, before anybody is told that it was accepted.
 */
export const resumeRun = async (
  gateway: Gateway,
  request: RunRequest,
  body: ResumeRun,
): Promise<RunCommandAccepted | RecoveryPlanned> => {
  const { principal, runId } = request
  const checkpoint = body.checkpoint === undefined || body.checkpoint === null ? null : String(body.checkpoint)
  const mode = body.mode ?? 'resume'
  if (ofWholeRun.has(mode) && checkpoint !== null)
    throw new ContractError('http.resume-run.v1', [
      { pointer: '/checkpoint', code: 'EQUALS', detail: 'must be absent: the whole run is meant' },
    ])
  if (body.mode === 'rollback' && checkpoint === null)
    throw new ContractError('http.resume-run.v1', [
      { pointer: '/checkpoint', code: 'IS_DEFINED', detail: 'must say what is rolled back to' },
    ])
  const { run } = await findRun(gateway, principal.tenantId, runId)
  const definition = await gateway.catalogue.byHash(principal.tenantId, run.definitionHash)
  if (ofWholeRun.has(mode) && run.status !== 'failed')
    throw new GatewayError(
      'RUN_NOT_RESUMABLE',
      `The run is ${run.status}: only a failed one can be given up, undone or put before a person.`,
    )
  const event = { type: 'ResumeRequested', by: principal.principal, checkpoint: null, mode } as const
  if (body.plan === true)
    return planRun(gateway, { tenantId: principal.tenantId, runId, checkpoint, definition }, (recovery) => {
      const { status, now, restored } = recovery
      if (status !== 'failed' && status !== 'parked')
        throw new GatewayError('RUN_NOT_RESUMABLE', `The run is ${status}.`)
      const at = now?.finishedAt ?? 0
      return { ...event, at, checkpoint: recovery.checkpoint, ...(restored === null ? {} : { restored }) }
    })
  return ask(gateway, request, {
    event,
    checkpoint,
    audit: { action: 'run.resumed', detail: mode === 'resume' ? {} : { mode } },
    ignoredAs: (state, restored) => {
      const asked = { ...event, at: state.finishedAt ?? 0, ...(restored === null ? {} : { restored }) }
      return advance(definition, state, asked).ignored ?? null
    },
  })
}
