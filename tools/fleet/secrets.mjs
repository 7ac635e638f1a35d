/** `.local/secrets.json`: made once, surviving restarts, gone with `--fresh`. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { makeKey, standardScopes } from './api-keys.mjs'
import { StartError } from './start-error.mjs'
import { readJson, writePrivate } from './write-private.mjs'

/**
 * @typedef {object} Secrets
 * @property {{ admin: string, operator: string, submitter: string, reviewer: string }} keys
 * @property {{ current: string, keys: Record<string, string> }} sealingKeys 32 bytes each, base64
 * @property {string} hashingKey 32 bytes, base64
 * @property {{ superuser: string, owner: string, flotilla_gateway: string, flotilla_engine: string, flotilla_vault: string }} passwords
 * @property {string} redisPassword
 * @property {string} auditSigningKey ed25519, PKCS8 in base64
 */

// Hexadecimal: it goes into URLs, a configuration file and SQL.
const password = () => randomBytes(24).toString('hex')
const key32 = () => randomBytes(32).toString('base64')

const auditSigningKey = () =>
  generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')

/** @returns {Secrets} */
const makeSecrets = () => ({
  keys: {
    admin: makeKey(),
    operator: makeKey(),
    submitter: makeKey(),
    reviewer: makeKey(),
  },
  sealingKeys: { current: 'k1', keys: { k1: key32() } },
  hashingKey: key32(),
  passwords: {
    superuser: password(),
    owner: password(),
    flotilla_gateway: password(),
    flotilla_engine: password(),
    flotilla_vault: password(),
  },
  redisPassword: password(),
  auditSigningKey: auditSigningKey(),
})

/**
 * The secrets of this fleet, made if there are none. Throws a `StartError` when data exists that was sealed and locked
 * with secrets that are gone: new ones would open nothing.
 * @param {string} dir
 * @returns {Secrets}
 */
export const loadSecrets = (dir) => {
  const file = path.join(dir, 'secrets.json')
  const found = readJson(file)
  if (found !== null && found.auditSigningKey !== undefined) return found
  if (found !== null) {
    // Made before audits were signed: nothing depends on this one yet.
    const completed = { ...found, auditSigningKey: auditSigningKey() }
    writePrivate(file, completed)
    return completed
  }
  if (fs.existsSync(file) || fs.existsSync(path.join(dir, 'postgres/data'))) {
    throw new StartError(
      `${file} is missing or broken but there is data of it: restore it, or npm start -- --fresh`,
      78,
    )
  }
  const made = makeSecrets()
  writePrivate(file, made)
  return made
}

/** What a fleet's database is seeded with. @param {Secrets} secrets */
export const standardKeys = (secrets) =>
  Object.entries(standardScopes).map(([principal, scopes]) => ({
    principal,
    key: secrets.keys[/** @type {keyof Secrets['keys']} */ (principal)],
    scopes,
  }))
