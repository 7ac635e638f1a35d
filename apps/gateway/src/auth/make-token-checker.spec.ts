import { createHmac, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type JSONWebKeySet,
  type JWTHeaderParameters,
} from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Closing } from '../make-app.js'
import { readConfig } from '../read-config.js'
import { anApp, aStore, testKeys } from '../testing/a-gateway.js'
import { keysOfProvider, makeTokenChecker, type TokenChecker } from './make-token-checker.js'

const issuer = 'https://id.example'
const audience = 'flotilla'
const nowMs = 1_795_000_000_000
const settings = { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_PATH: '/nowhere' }
const configOf = (given: Record<string, string> = {}) =>
  readConfig({ ...testKeys, DATABASE_URL: 'postgresql://nowhere', REDIS_URL: 'redis://nowhere', ...settings, ...given })
const config = configOf()

type Pair = Awaited<ReturnType<typeof generateKeyPair>>
let pair: Pair
let stranger: Pair
let jwks: JSONWebKeySet
let checker: TokenChecker
beforeAll(async () => {
  pair = await generateKeyPair('RS256', { extractable: true })
  stranger = await generateKeyPair('RS256', { extractable: true })
  jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] }
  checker = makeTokenChecker({
    config,
    keys: createLocalJWKSet(jwks),
    tenantExists: async (tenant) => tenant === 'acme',
    now: () => nowMs,
  })
})

const sound = { tenant: 'acme', scope: 'runs:read runs:write managers' }
const aToken = async (
  {
    claims = sound as Record<string, unknown>,
    header = {} as Partial<JWTHeaderParameters>,
    key = pair.privateKey,
    alg = 'RS256',
  } = {},
  { iss = issuer, aud = audience as string | string[], sub = 'ann', expS = 300, nbfS = null as number | null } = {},
): Promise<string> => {
  const at = nowMs / 1_000
  const token = new SignJWT(claims)
    .setProtectedHeader({ alg, kid: 'k1', ...header })
    .setIssuer(iss)
    .setAudience(aud)
    .setSubject(sub)
    .setIssuedAt(at)
    .setExpirationTime(at + expS)
  if (nbfS !== null) token.setNotBefore(at + nbfS)
  return token.sign(key)
}

describe('a token', () => {
  test('of the provider gives its tenant, its principal and its scopes', async () => {
    const principal = await checker.check(await aToken())
    expect(principal).toMatchObject({
      tenantId: 'acme',
      principal: 'ann',
      scopes: ['runs:read', 'runs:write', 'managers'],
    })
    expect(principal?.expiresAt).toBe(nowMs + 330_000)
    const list = await checker.check(await aToken({ claims: { ...sound, scope: ['runs:read'] } }))
    expect(list?.scopes).toEqual(['runs:read'])
  })
  test('J1 of another issuer, for another audience, or out of its time is refused, give or take the skew', async () => {
    expect(await checker.check(await aToken({}, { iss: `${issuer}/` }))).toBeNull()
    expect(await checker.check(await aToken({}, { aud: 'other' }))).toBeNull()
    expect(await checker.check(await aToken({}, { aud: ['other', audience] }))).not.toBeNull()
    expect(await checker.check(await aToken({}, { expS: -29 }))).not.toBeNull()
    expect(await checker.check(await aToken({}, { expS: -31 }))).toBeNull()
    expect(await checker.check(await aToken({}, { nbfS: 29 }))).not.toBeNull()
    expect(await checker.check(await aToken({}, { nbfS: 31 }))).toBeNull()
  })
  test('J1 without a signature, or signed with the public key as a secret, is refused', async () => {
    const none = new UnsecuredJWT(sound)
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('ann')
      .setExpirationTime('1y')
      .encode()
    expect(await checker.check(none)).toBeNull()
    const [, payload = ''] = (await aToken()).split('.')
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const [jwk] = jwks.keys
    for (const alg of ['HS256', 'HS512', 'none', 'None', 'nOnE', '', 'RS256 ']) {
      const head = encode({ alg, kid: 'k1' })
      for (const secret of [JSON.stringify(jwk), jwk?.n ?? '', '']) {
        const signature = createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url')
        expect([alg, await checker.check(`${head}.${payload}.${signature}`)]).toEqual([alg, null])
      }
      expect(await checker.check(`${head}.${payload}.`)).toBeNull()
    }
  })
  test('J1 with an algorithm that is not among the settings is refused, although its key is there', async () => {
    const other = makeTokenChecker({
      config: configOf({ OIDC_ALGORITHMS: 'ES256' }),
      keys: createLocalJWKSet(jwks),
      tenantExists: async () => true,
      now: () => nowMs,
    })
    expect(await other.check(await aToken())).toBeNull()
  })
  test('J2 that brings its own key, or says where it is, is refused', async () => {
    const own = await exportJWK(stranger.publicKey)
    const key = stranger.privateKey
    const headers: Partial<JWTHeaderParameters>[] = [
      {},
      { jwk: own },
      { jku: 'http://127.0.0.1:1/keys' },
      { x5u: 'http://127.0.0.1:1/cert' },
      { x5c: ['AAAA'] },
      { kid: '../../../dev/null' },
      { kid: "k1' or '1'='1" },
      { kid: '' },
      { kid: 'k1\u0000' },
      { kid: 'x'.repeat(3_000) },
      { crit: ['b64'], b64: false },
      { crit: ['unknown'] },
    ]
    for (const header of headers)
      expect([header, await checker.check(await aToken({ header, key }).catch(() => 'a.b.c'))]).toEqual([header, null])
  })
  test('J3 gives no scope that stands for all', async () => {
    const claims = { ...sound, scope: 'admin * runs:read RUNS:WRITE runs:* __proto__' }
    expect((await checker.check(await aToken({ claims })))?.scopes).toEqual(['runs:read'])
  })
  test('J4 of a tenant that is none, or of nobody, is refused', async () => {
    for (const tenant of ['nobody', '*', '', 'ACME', 'acme ', ['acme'], { $ne: null }, null, 1])
      expect([tenant, await checker.check(await aToken({ claims: { ...sound, tenant } }))]).toEqual([tenant, null])
    expect(await checker.check(await aToken({}, { sub: '' }))).toBeNull()
    expect(await checker.check(await aToken({}, { sub: 'a\u0000' }))).toBeNull()
    expect(await checker.check(await aToken({ claims: { scope: 'runs:read' } }))).toBeNull()
  })
  test('whose bytes were changed is refused, wherever', async () => {
    const token = await aToken()
    for (let at = 0; at < token.length; at += 7) {
      const letter = token[at] === 'A' ? 'Q' : 'A'
      const changed = `${token.slice(0, at)}${letter}${token.slice(at + 1)}`
      expect([at, changed === token ? null : await checker.check(changed)]).toEqual([at, null])
    }
  })
  test('is known once it was good, and only until it ends', async () => {
    const token = await aToken()
    await checker.check(token)
    expect([checker.isKnown(token), checker.isKnown(`${token}x`)]).toEqual([true, false])
  })
})

test('the keys of a provider are asked for at their address, and an outage is no wrong token', async () => {
  let asked = 0
  const server = createServer((_, answer) => {
    asked += 1
    answer.setHeader('content-type', 'application/json').end(JSON.stringify(jwks))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens
  const at = { ...config, OIDC_JWKS_PATH: null, OIDC_JWKS_URL: `http://127.0.0.1:${port}/keys` }
  const remote = () =>
    makeTokenChecker({ config: at, keys: keysOfProvider(at), tenantExists: async () => true, now: () => nowMs })
  const one = remote()
  expect(await one.check(await aToken())).not.toBeNull()
  for (let n = 0; n < 20; n += 1)
    await one.check(await aToken({ header: { kid: `guess${n}` }, key: stranger.privateKey }))
  // Unknown key ids ask again at most once in the cooldown.
  expect(asked).toBeLessThanOrEqual(2)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await expect(remote().check(await aToken())).rejects.toThrow('IDENTITY_PROVIDER_UNAVAILABLE')
})

describe('the settings', () => {
  test.each([
    [{ OIDC_AUDIENCE: '' }, /OIDC_AUDIENCE/],
    [{ OIDC_JWKS_PATH: '' }, /OIDC_JWKS_URL/],
    [{ OIDC_JWKS_URL: 'https://id.example/keys' }, /one of/],
    [{ OIDC_JWKS_PATH: '', OIDC_JWKS_URL: 'http://id.example/keys' }, /https/],
    [{ OIDC_JWKS_PATH: '', OIDC_JWKS_URL: 'file:///etc/passwd' }, /https/],
    [{ OIDC_ALGORITHMS: 'RS256,HS256' }, /OIDC_ALGORITHMS/],
    [{ OIDC_ALGORITHMS: 'none' }, /OIDC_ALGORITHMS/],
    [{ OIDC_ISSUER: '' }, /OIDC_ISSUER/],
    [{ OIDC_CLOCK_SKEW_S: '301' }, /OIDC_CLOCK_SKEW_S/],
  ])('%j are refused at start', (given, problem) => {
    expect(() => configOf(given as Record<string, string>)).toThrow(problem)
  })
})

describe('the gateway', () => {
  const apps: { close: (closing: Closing) => Promise<void> }[] = []
  afterAll(async () => {
    for (const app of apps) await app.close({ graceMs: 100, idleMs: 0 })
  })
  const ask = async (given: Record<string, string>, token: string) => {
    const app = await anApp(
      aStore([], { tenantExists: async (tenant) => tenant === 'acme', readRun: async () => null }),
      undefined,
      given,
    )
    apps.push(app)
    const { statusCode } = await app.fastify.inject({ url: '/runs/x', headers: { authorization: `Bearer ${token}` } })
    return statusCode
  }
  test('takes tokens only where a provider is configured', async () => {
    const file = `${mkdtempSync(`${tmpdir()}/flotilla-jwks-`)}/keys.json`
    writeFileSync(file, JSON.stringify(jwks))
    const at = Date.now() / 1_000
    const token = await new SignJWT(sound)
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('ann')
      .setExpirationTime(at + 60)
      .sign(pair.privateKey)
    expect(await ask({ ...settings, OIDC_JWKS_PATH: file }, token)).toBe(404)
    expect(await ask({}, token)).toBe(401)
    expect(await ask({ ...settings, OIDC_JWKS_PATH: file }, await aToken({ key: stranger.privateKey }))).toBe(401)
  })
})

test('an elliptic key works as well', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] })
  const other = makeTokenChecker({ config, keys, tenantExists: async () => true, now: () => nowMs })
  expect(await other.check(await aToken({ key: privateKey as never, alg: 'ES256' }))).not.toBeNull()
})
