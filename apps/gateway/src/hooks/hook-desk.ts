import {
  ContractError,
  secretOverlapMsDefault,
  type HookCreated,
  type HookPage,
  type HookView,
  type Problem,
  type RegisterHook,
  type RotateSecret,
} from '@flotilla/contracts'
import { hookExpressionsOf, type HookSpec } from '@flotilla/engine'
import { sealWebhookSecret } from '@flotilla/queues'
import type { HookRow } from '@flotilla/store'
import { makeWebhookSecret } from '@flotilla/webhooks'
import { v4 as uuidv4 } from 'uuid'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { isUuid } from '../http/cursor.js'
import { GatewayError } from '../http/gateway-error.js'

const viewOf = ({ id, name, spec, description, previousUntil, createdAt, createdBy }: HookRow): HookView => ({
  id,
  name,
  url: `/hooks/${id}`,
  description,
  event: spec.event ?? null,
  when: spec.when ?? null,
  start: spec.start ? { ...spec.start, version: spec.start.version ?? null } : null,
  signal: spec.signal ? { ...spec.signal, payload: spec.signal.payload ?? null } : null,
  previousSecretUntil: previousUntil?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
  createdBy,
})

const unknown = (): GatewayError => new GatewayError('HOOK_UNKNOWN')

/** An id from the path, in lower case; what cannot be one is unknown, like a foreign one. */
export const hookIdOf = (value: string): string => {
  const id = value.toLowerCase()
  if (!isUuid(id)) throw unknown()
  return id
}

const membersMax = 100

const specOf = ({ event, when, start, signal }: RegisterHook): HookSpec => ({
  ...(event ? { event } : {}),
  ...(when ? { when } : {}),
  ...(start
    ? {
        start: {
          workflow: start.workflow,
          input: start.input,
          ...(start.version ? { version: start.version } : {}),
        },
      }
    : {}),
  ...(signal
    ? { signal: { name: signal.name, key: signal.key, ...(signal.payload ? { payload: signal.payload } : {}) } }
    : {}),
})

const problemsOf = (body: RegisterHook): readonly Problem[] => {
  if (Boolean(body.start) === Boolean(body.signal))
    return [{ pointer: '', code: 'START_OR_SIGNAL', detail: 'must have either start or signal' }]
  const members = Object.entries(body.start?.input ?? {})
  const pointer = '/start/input'
  if (members.length > membersMax)
    return [{ pointer, code: 'MAX_PROPERTIES', detail: `may have at most ${membersMax} members` }]
  if (members.some(([, expression]) => typeof expression !== 'string'))
    return [{ pointer, code: 'IS_STRING', detail: 'must hold expressions, which are texts' }]
  return hookExpressionsOf(specOf(body)).flatMap(({ pointer: at, problem }) =>
    problem === null ? [] : [{ pointer: at, code: 'EXPRESSION_INVALID', detail: problem }],
  )
}

/** Registers a hook; its secret is shown once. The workflow that it starts must be there, and its expressions compile. */
export const registerHook = async (
  gateway: Gateway,
  principal: Principal,
  body: RegisterHook,
): Promise<HookCreated> => {
  const problems = problemsOf(body)
  if (problems.length > 0) throw new ContractError('http.register-hook.v1', [...problems])
  const spec = specOf(body)
  if (spec.start) await gateway.catalogue.find(principal.tenantId, spec.start.workflow, spec.start.version ?? null)
  const id = uuidv4()
  const secret = makeWebhookSecret()
  const row = await gateway.store.registerHook(principal, {
    id,
    name: body.name,
    spec,
    description: body.description ?? null,
    secret: sealWebhookSecret(gateway.sealer, id, secret),
    createdBy: principal.principal,
  })
  if (row === 'exists') throw new GatewayError('HOOK_EXISTS')
  if (row === 'full') throw new GatewayError('WEBHOOKS_FULL')
  return { ...viewOf(row), secret }
}

/** Every hook of the tenant, by name. */
export const listHookViews = async (gateway: Gateway, tenantId: string): Promise<HookPage> => ({
  items: (await gateway.store.listHooks(tenantId)).map(viewOf),
  nextCursor: null,
})

/** One hook. */
export const readHookView = async (gateway: Gateway, tenantId: string, id: string): Promise<HookView> => {
  const row = await gateway.store.readHook(tenantId, id)
  if (row === null) throw unknown()
  return viewOf(row)
}

/** Forgets a hook; whoever calls it finds nobody. */
export const deleteHook = async (gateway: Gateway, principal: Principal, id: string): Promise<void> => {
  if (!(await gateway.store.deleteHook(principal, id))) throw unknown()
}

/** Gives a hook a new secret; the one before holds beside it until the overlap is over. */
export const rotateHook = async (
  gateway: Gateway,
  principal: Principal,
  { id, overlapMs }: RotateSecret & { readonly id: string },
): Promise<HookCreated> => {
  const secret = makeWebhookSecret()
  const sealed = sealWebhookSecret(gateway.sealer, id, secret)
  const row = await gateway.store.rotateHook(principal, {
    id,
    secret: sealed,
    overlapMs: overlapMs ?? secretOverlapMsDefault,
  })
  if (row === null) throw unknown()
  return { ...viewOf(row), secret }
}
