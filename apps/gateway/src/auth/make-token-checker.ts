import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose'
import { GatewayError } from '../http/gateway-error.js'
import type { Principal } from './principal.js'
import type { TokenConfig } from './token-settings.js'

/**
 * Checks tokens of an identity provider (RFC 7519, RFC 8725).
 *
 * J1 Issuer, audience, time and algorithm are compared with the settings; `none` and symmetric algorithms are never among them.
 * J2 Keys come from the place in the settings alone: `jku`, `x5u`, `jwk` and `x5c` of a token are not looked at, and `kid`
 *    only chooses among those keys.
 * J3 A token gives no more than named scopes: `*` and `admin` are for keys that were made here.
 * J4 Its tenant must exist.
 */
export interface TokenChecker {
  /** Whether a credential has the form of a token. */
  readonly isToken: (credential: string) => boolean
  /** Who holds the token, or null. Rejects when the keys or the store cannot be asked. */
  readonly check: (token: string) => Promise<Principal | null>
  /** Whether this very token was seen to be good and has not expired. */
  readonly isKnown: (token: string) => boolean
}

export interface TokenCheckerOptions {
  readonly config: TokenConfig
  readonly keys: JWTVerifyGetKey
  readonly tenantExists: (tenant: string) => Promise<boolean>
  /** Epoch ms. */
  readonly now: () => number
}

const form = /^[A-Za-z0-9_-]{1,4096}\.[A-Za-z0-9_-]{1,8192}\.[A-Za-z0-9_-]{0,2048}$/
const tenantForm = /^[a-z0-9][a-z0-9_-]{0,62}$/
const scopeForm = /^[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*)*$/
const knownMax = 10_000

const scopesOf = (claim: unknown): readonly string[] => {
  const words = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []
  return words.filter((word): word is string => typeof word === 'string' && scopeForm.test(word) && word !== 'admin') // J3
}

/** What jose says of a key that a token names and the provider does not have; anything else is about the provider. */
const isOfToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported

const orUnavailable =
  (keys: JWTVerifyGetKey): JWTVerifyGetKey =>
  async (...asked) => {
    try {
      return await keys(...asked)
    } catch (error) {
      throw isOfToken(error) ? error : new GatewayError('IDENTITY_PROVIDER_UNAVAILABLE')
    }
  }

/** The provider's keys from where the settings say. Reads a file at once; an address is asked when it is needed. */
export const keysOfProvider = ({ OIDC_JWKS_URL: address, OIDC_JWKS_PATH: path }: TokenConfig): JWTVerifyGetKey =>
  path === null
    ? createRemoteJWKSet(new URL(address ?? ''), { timeoutDuration: 3_000, cooldownDuration: 30_000 })
    : createLocalJWKSet(JSON.parse(readFileSync(path, 'utf8')) as JSONWebKeySet) // judged by jose

/** Makes a checker with a memory of good tokens' hashes. */
export const makeTokenChecker = ({ config, keys, tenantExists, now }: TokenCheckerOptions): TokenChecker => {
  const known = new Map<string, number>()
  const providers = orUnavailable(keys)
  const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64')
  const remember = (token: string, until: number): void => {
    known.set(hashOf(token), until)
    if (known.size > knownMax) known.delete(known.keys().next().value ?? '')
  }
  return {
    isToken: (credential) => form.test(credential),
    isKnown: (token) => (known.get(hashOf(token)) ?? 0) > now(),
    check: async (token) => {
      if (!form.test(token)) return null
      try {
        const { payload } = await jwtVerify(token, providers, {
          issuer: config.OIDC_ISSUER ?? '',
          audience: config.OIDC_AUDIENCE ?? '',
          algorithms: config.OIDC_ALGORITHMS.split(','),
          clockTolerance: config.OIDC_CLOCK_SKEW_S,
          requiredClaims: ['exp', config.OIDC_TENANT_CLAIM, config.OIDC_PRINCIPAL_CLAIM],
          currentDate: new Date(now()),
        }) // J1, J2
        const [tenantId, principal] = [payload[config.OIDC_TENANT_CLAIM], payload[config.OIDC_PRINCIPAL_CLAIM]]
        if (typeof tenantId !== 'string' || !tenantForm.test(tenantId)) return null
        if (typeof principal !== 'string' || principal === '' || principal.length > 200 || !principal.isWellFormed())
          return null
        if (principal.includes('\u0000') || !(await tenantExists(tenantId))) return null // J4
        const expiresAt = ((payload.exp ?? 0) + config.OIDC_CLOCK_SKEW_S) * 1_000
        remember(token, expiresAt)
        const keyId = `token:${createHash('sha256').update(`${tenantId} ${principal}`).digest('hex').slice(0, 32)}`
        return { keyId, tenantId, principal, scopes: scopesOf(payload[config.OIDC_SCOPES_CLAIM]), expiresAt }
      } catch (error) {
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
  }
}
