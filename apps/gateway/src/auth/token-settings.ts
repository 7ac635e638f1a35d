import { integer, optional, text, type EnvValues } from '@flotilla/runtime'

/** Algorithms that a token may be signed with: all of them with a private key, which no holder of the public one has. */
export const tokenAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]

const claim = { maxLength: 100, pattern: /^[A-Za-z_][A-Za-z0-9_:./-]*$/ }

/** Settings of the second way in: tokens of an identity provider (OpenID Connect). Off unless OIDC_ISSUER is set. */
export const tokenSettings = {
  OIDC_ISSUER: optional(text({ maxLength: 500 })),
  OIDC_AUDIENCE: optional(text({ maxLength: 500 })),
  /** Where the provider's keys are: an https address, or a file. One of the two; what a token names is never looked at. */
  OIDC_JWKS_URL: optional(text({ maxLength: 1_000 })),
  OIDC_JWKS_PATH: optional(text({ maxLength: 1_000 })),
  OIDC_ALGORITHMS: text({ default: 'RS256,PS256,ES256,EdDSA' }),
  OIDC_TENANT_CLAIM: text({ default: 'tenant', ...claim }),
  OIDC_SCOPES_CLAIM: text({ default: 'scope', ...claim }),
  OIDC_PRINCIPAL_CLAIM: text({ default: 'sub', ...claim }),
  /** How far clocks may be apart, in seconds. */
  OIDC_CLOCK_SKEW_S: integer({ min: 0, max: 300, default: 30 }),
}

type Values = EnvValues<typeof tokenSettings>

const isLoopback = (host: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(host)

const isJwksUrl = (address: string): boolean => {
  const { protocol, hostname, username } = URL.canParse(address) ? new URL(address) : new URL('none:')
  return username === '' && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)))
}

/** What is wrong with the settings taken together; no value is repeated. */
export const whatIsWrongWithTokens = (values: Values): readonly string[] => {
  const { OIDC_ISSUER: issuer, OIDC_JWKS_URL: address, OIDC_JWKS_PATH: path } = values
  const others = [values.OIDC_AUDIENCE, address, path]
  if (issuer === null)
    return others.some((value) => value !== null) ? ['OIDC_ISSUER must be set with the other OIDC settings'] : []
  return [
    ...(values.OIDC_AUDIENCE === null ? ['OIDC_AUDIENCE must be set with OIDC_ISSUER'] : []),
    ...((address === null) === (path === null)
      ? ['one of OIDC_JWKS_URL and OIDC_JWKS_PATH must be set with OIDC_ISSUER']
      : []),
    ...(address !== null && !isJwksUrl(address)
      ? ['OIDC_JWKS_URL must be an https address, or http on this machine']
      : []),
    ...(values.OIDC_ALGORITHMS.split(',').every((name) => tokenAlgorithms.includes(name))
      ? []
      : [`OIDC_ALGORITHMS must be of ${tokenAlgorithms.join(', ')}`]),
  ]
}

/** Settings of the second way in. */
export type TokenConfig = Values
