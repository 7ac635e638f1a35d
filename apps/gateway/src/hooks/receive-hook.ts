/**
 * Calls of hooks from outside, which have no key but a signature.
 *
 * R1  The signature is checked over the bytes that came, before anything of them is read.
 * R2  What is older than the tolerance, or further ahead, is refused; what came before gets the answer that it got then and
 *     does nothing.
 * R3  An event that cannot be made into what the hook is for changes nothing and is not remembered: the caller may repeat it
 *     once the hook is mended.
 * R4  Addresses that guess are slowed down like those that guess keys.
 */
import {
  ContractError,
  hostileMembers,
  keepForMsDefault,
  parseWorkflowInput,
  type HookAnswer,
} from '@flotilla/contracts'
import { evaluateHook, ExpressionError, limitOf, type HookOutcome, type Json, type JsonObject } from '@flotilla/engine'
import { openWebhookSecret } from '@flotilla/queues'
import type { FoundHook } from '@flotilla/store'
import { metrics } from '@flotilla/telemetry'
import { isSignedBy, toleranceS } from '@flotilla/webhooks'
import { v7 as uuidv7 } from 'uuid'
import type { Gateway } from '../gateway.js'
import { parseJsonBody } from '../http/body-parsers.js'
import { concurrencyLimited, GatewayError, rateLimited } from '../http/gateway-error.js'
import type { HookWork } from './hook-ports.js'

/** A call as it came. */
export interface HookCall {
  readonly hookId: string
  readonly address: string
  readonly id: string | undefined
  readonly timestamp: string | undefined
  readonly signature: string | undefined
  readonly body: Buffer
  readonly traceId: string
  readonly traceparent: string
}

const bodyBytesMax = 65_536
/** As of `POST /signals/{name}`. */
const keyLengthMax = 512
const messageId = /^[\x21-\x7e]{1,255}$/
const seconds = /^\d{1,12}$/

/** R1, R2; throws 401. */
const verify = (gateway: Gateway, { secrets }: FoundHook, call: HookCall): { readonly messageId: string } => {
  const { id = '', timestamp = '', signature = '' } = call
  const opened = secrets.map((sealed) => openWebhookSecret(gateway.sealer, call.hookId, sealed))
  const message = { id, timestamp: Number(timestamp), body: call.body }
  if (!messageId.test(id) || !seconds.test(timestamp) || !isSignedBy(message, signature, opened))
    throw new GatewayError('SIGNATURE_INVALID')
  if (Math.abs(gateway.now() / 1_000 - message.timestamp) > toleranceS) throw new GatewayError('TIMESTAMP_REFUSED')
  return { messageId: id }
}

const eventOf = (body: Buffer): JsonObject => {
  const event = parseJsonBody(body)
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw new ContractError('hook', [{ pointer: '', code: 'IS_OBJECT', detail: 'must be an object' }])
  const hostile = hostileMembers(event)
  if (hostile.length > 0) throw new ContractError('hook', hostile)
  return event as JsonObject // parsed JSON
}

const outcomeOf = ({ spec }: FoundHook, event: JsonObject): HookOutcome => {
  try {
    return evaluateHook(spec, event)
  } catch (error) {
    if (error instanceof ExpressionError) throw new GatewayError('HOOK_NOT_MAPPED', 'An expression failed on it.') // R3
    throw error
  }
}

const workOf = async (gateway: Gateway, hook: FoundHook, call: HookCall, outcome: HookOutcome): Promise<HookWork> => {
  const by = `hook:${hook.name}`
  if (outcome.kind === 'signal') {
    const { key, payload } = outcome
    if (key.length > keyLengthMax) throw new GatewayError('HOOK_NOT_MAPPED', 'The key is too long.')
    const name = hook.spec.signal?.name ?? ''
    return { kind: 'signal', signal: { name, key, payload, by, keepForMs: keepForMsDefault } }
  }
  const { start } = hook.spec
  if (outcome.kind === 'ignored' || !start) return { kind: 'ignored' }
  const found = await gateway.catalogue.find(hook.tenantId, start.workflow, start.version ?? null)
  let input: Json
  let limit
  try {
    const parsed = parseWorkflowInput(found.definition.input, outcome.input)
    if (parsed === null) throw new GatewayError('OVERLOADED')
    input = parsed.value as Json // parsed JSON
    limit = limitOf(found.definition, input)
  } catch (error) {
    if (error instanceof ContractError || error instanceof ExpressionError)
      throw new GatewayError('HOOK_NOT_MAPPED', 'The workflow does not take what was made of it.') // R3
    throw error
  }
  return {
    kind: 'start',
    submission: {
      runId: uuidv7(),
      tenant: hook.tenantId,
      workflow: found.name,
      version: found.version,
      definitionHash: found.hash,
      priority: 1,
      input,
      limit,
      tags: [],
      submittedBy: by,
      traceId: call.traceId,
      traceparent: call.traceparent,
      idempotencyKey: null,
      fingerprint: null,
    },
  }
}

const receive = async (
  gateway: Gateway,
  call: HookCall,
): Promise<{ readonly answer: HookAnswer; readonly replayed: boolean }> => {
  if (call.body.length > bodyBytesMax) throw new GatewayError('BODY_TOO_LARGE')
  const hook = await gateway.store.findHook(call.hookId)
  if (hook === null) throw new GatewayError('HOOK_UNKNOWN')
  const verified = verify(gateway, hook, call)
  const work = await workOf(gateway, hook, call, outcomeOf(hook, eventOf(call.body)))
  const actor = { tenantId: hook.tenantId, principal: `hook:${hook.name}` }
  if (work.kind === 'start') await gateway.admission.admit(hook.tenantId, work.submission.priority)
  const called = await gateway.store.callHook(actor, { hookId: call.hookId, ...verified }, () => work)
  if (called.outcome !== 'answered')
    throw called.outcome === 'limited' ? concurrencyLimited() : new GatewayError('SIGNALS_KEPT_FULL')
  const { runId } = called.answer
  if (runId !== null && !called.replayed)
    void gateway.queues.nudge({ runId, priority: 1, traceparent: call.traceparent }).catch(() => undefined)
  return called
}

/** Takes a call: starts a run, or gives an event to runs that wait; once per id. Throws 401, 404, 413, 422 or 429. */
export const receiveHook = async (
  gateway: Gateway,
  call: HookCall,
): Promise<{ readonly answer: HookAnswer; readonly replayed: boolean }> => {
  const wait = gateway.failureLimits.peek(call.address, performance.now())
  if (wait > 0) throw rateLimited(wait) // R4
  try {
    const received = await receive(gateway, call)
    metrics.webhooksReceived.inc({ outcome: received.replayed ? 'replayed' : received.answer.outcome })
    return received
  } catch (error) {
    const code =
      error instanceof GatewayError ? error.code : error instanceof ContractError ? 'CONTRACT_VIOLATED' : 'ERROR'
    metrics.webhooksReceived.inc({ outcome: code })
    if (code === 'SIGNATURE_INVALID' || code === 'HOOK_UNKNOWN')
      gateway.failureLimits.take(call.address, performance.now())
    throw error
  }
}
