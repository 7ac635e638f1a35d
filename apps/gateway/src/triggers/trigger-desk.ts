import type { RunAccepted, TriggerPage, TriggerView } from '@flotilla/contracts'
import { nextMoment } from '@flotilla/runtime'
import type { TriggerRow } from '@flotilla/store'
import { v7 as uuidv7 } from 'uuid'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { concurrencyLimited, GatewayError } from '../http/gateway-error.js'
import { limitFor } from '../runs/limit-for.js'
import { runLinks } from '../runs/run-links.js'

const viewOf = (row: TriggerRow): TriggerView => ({
  workflow: row.workflow,
  version: row.version,
  name: row.name,
  kind: row.spec.kind,
  enabled: row.enabled,
  shipped: row.shipped,
  cron: row.spec.kind === 'schedule' ? row.spec.cron : null,
  timeZone: row.spec.kind === 'schedule' ? (row.spec.timeZone ?? 'UTC') : null,
  after: row.spec.kind === 'completion' ? row.spec.workflow : null,
  status: row.spec.kind === 'completion' ? row.spec.status : null,
  nextAt: row.enabled ? (row.nextAt?.toISOString() ?? null) : null,
  lastFiredAt: row.lastFiredAt?.toISOString() ?? null,
  lastRunId: row.lastRunId,
  lastError: row.lastError,
})

/** Every trigger that the tenant has or could switch on, by workflow and name. */
export const listTriggerViews = async (gateway: Gateway, tenantId: string): Promise<TriggerPage> => ({
  items: (await gateway.store.listTriggers(tenantId)).map(viewOf),
  nextCursor: null,
})

const unknown = (): GatewayError => new GatewayError('TRIGGER_UNKNOWN')

/** Which trigger is meant. */
export interface TriggerKey {
  readonly workflow: string
  readonly name: string
}

/** Switches a trigger on or off. On again, a schedule goes on with its next moment; what passed meanwhile is not made up for. */
export const switchTrigger = async (
  gateway: Gateway,
  principal: Principal,
  trigger: TriggerKey & { readonly enabled: boolean },
): Promise<TriggerView> => {
  const row = await gateway.store.switchTrigger(principal, trigger, ({ spec }, now) =>
    trigger.enabled && spec.kind === 'schedule' ? nextMoment(spec, now) : null,
  )
  if (row === null) throw unknown()
  return viewOf(row)
}

/** Starts a schedule's run now, beside its moments, whether it is switched on or not. */
export const fireTrigger = async (
  gateway: Gateway,
  principal: Principal,
  { workflow, name, traceId, traceparent }: TriggerKey & { readonly traceId: string; readonly traceparent: string },
): Promise<RunAccepted> => {
  const runId = uuidv7()
  const fired = await gateway.store.fireTrigger(
    principal,
    { workflow, name },
    ({ spec, version, definitionHash }, definition) =>
      spec.kind !== 'schedule'
        ? null
        : {
            limit: limitFor(definition, spec.input),
            runId,
            tenant: principal.tenantId,
            workflow,
            version,
            definitionHash,
            priority: 1,
            input: spec.input, // validated when it was registered
            tags: [],
            // Whoever starts it by hand has submitted it, and may not decide its gates.
            submittedBy: principal.principal,
            traceId,
            traceparent,
            idempotencyKey: null,
            fingerprint: null,
          },
  )
  if (fired === 'unknown') throw unknown()
  if (fired === 'limited') throw concurrencyLimited()
  if (fired === 'not-fireable') throw new GatewayError('TRIGGER_NOT_FIREABLE')
  void gateway.queues.nudge({ runId, priority: 1, traceparent }).catch(() => undefined)
  return { runId, traceId, links: runLinks(runId) }
}
