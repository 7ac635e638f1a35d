import type { FastifyRequest } from 'fastify'
import { GatewayError, rateLimited } from '../http/gateway-error.js'
import type { TokenBuckets } from '../http/token-bucket.js'
import { credentialOf } from './api-key.js'
import type { KeyChecker } from './make-key-checker.js'
import type { TokenChecker } from './make-token-checker.js'
import { holdsOneOf, type Principal, type Scope } from './principal.js'
import { spendTicket, type TicketStore } from './tickets.js'

/** Who may call a route: everybody, every holder of a key, or holders of one of these scopes. */
export type Access = 'open' | 'key' | readonly [Scope, ...Scope[]]

/** How a route lets itself be entered. */
export interface Entrance {
  readonly access: Access
  /** Takes `?ticket=` too: streams and pictures, which browsers ask for without headers. */
  readonly ticket?: boolean
  /** Takes Basic too, any user with the key as password. */
  readonly basic?: boolean
}

export interface AuthenticateDeps {
  readonly keys: KeyChecker
  /** Null: no identity provider is configured, and a token is a wrong key. */
  readonly tokens: TokenChecker | null
  readonly tickets: TicketStore
  /** Per key: every request. */
  readonly requests: TokenBuckets
  /** Per address: refused credentials only. */
  readonly failures: TokenBuckets
  readonly nowMs: () => number
}

const challengeOf = (entrance: Entrance, error: string | null): Readonly<Record<string, string>> => ({
  'www-authenticate': entrance.basic
    ? 'Basic realm="flotilla", charset="UTF-8"'
    : `Bearer realm="flotilla"${error ? `, error="${error}"` : ''}`,
})

const ticketOf = (request: FastifyRequest): string | null => {
  const ticket = new URLSearchParams(request.raw.url?.split('?', 2)[1] ?? '').get('ticket')
  return ticket === null || ticket === '' ? null : ticket
}

/** Whether whoever entered could enter again now: a key may be revoked or expire, and a token expires. */
export const mayStay = async (
  { keys, now }: { readonly keys: KeyChecker; readonly now: () => number },
  { keyId, expiresAt = null }: Principal,
): Promise<boolean> => (expiresAt === null ? keys.stillGood(keyId) : expiresAt > now())

/** Whom a ticket stands for; null too where the key that it was issued for is no longer good. */
const ticketHolder = async (deps: AuthenticateDeps, ticket: string): Promise<Principal | null> => {
  const holder = await spendTicket(deps.tickets, ticket)
  return holder !== null && (await mayStay({ keys: deps.keys, now: Date.now }, holder)) ? holder : null
}

const identify = async (deps: AuthenticateDeps, entrance: Entrance, request: FastifyRequest): Promise<Principal> => {
  const ticket = entrance.ticket ? ticketOf(request) : null
  const credential = credentialOf(request.headers.authorization, entrance.basic === true)
  if (credential === null && ticket === null) {
    const given = request.headers.authorization !== undefined
    throw new GatewayError(
      given ? 'KEY_INVALID' : 'KEY_MISSING',
      undefined,
      challengeOf(entrance, given ? 'invalid_request' : null),
    )
  }
  const checker = credential !== null && deps.tokens?.isToken(credential) === true ? deps.tokens : deps.keys
  const wait = deps.failures.peek(request.ip, deps.nowMs())
  // An address that guesses is not looked up any more; keys known to be good still are, they share it with the guesser.
  if (wait > 0 && !(credential !== null && checker.isKnown(credential))) throw rateLimited(wait)
  const principal = credential !== null ? await checker.check(credential) : await ticketHolder(deps, ticket ?? '')
  if (principal) return principal
  deps.failures.take(request.ip, deps.nowMs())
  throw new GatewayError('KEY_INVALID', undefined, challengeOf(entrance, 'invalid_token'))
}

/** Finds out who asks and whether the route is theirs; null on open routes. Throws 401, 403 or 429. */
export const authenticate = async (
  deps: AuthenticateDeps,
  entrance: Entrance,
  request: FastifyRequest,
): Promise<Principal | null> => {
  if (entrance.access === 'open') return null
  const principal = await identify(deps, entrance, request)
  const wait = deps.requests.take(principal.keyId, deps.nowMs())
  if (wait > 0) throw rateLimited(wait)
  if (entrance.access !== 'key' && !holdsOneOf(principal, entrance.access)) {
    const wanted = entrance.access.join(' ')
    throw new GatewayError('SCOPE_MISSING', `This call needs one of the scopes: ${wanted}.`, {
      'www-authenticate': `Bearer realm="flotilla", error="insufficient_scope", scope="${wanted}"`,
    })
  }
  return principal
}
