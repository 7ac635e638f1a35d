/**
 * Secrets of a fleet in containers: made once, then handed out so that every service sees its own and no other's.
 *
 *   node deploy/secrets.mjs write    makes what is missing and writes a folder per kind of service
 *   node deploy/secrets.mjs show     prints the API keys and Grafana's password
 *
 * C1  No password has a default; they are random, and survive `docker compose down` in the volume `secrets-all`.
 * C2  A service's folder holds the logins of its own database role and its own user of Redis. The superuser's and the owner's are in `all` only,
 *     which is mounted where migrations run and nowhere else.
 */
import { createHmac } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { listApps } from '../tools/fleet/agents.mjs'
import { aclFile, redisPasswordOf, redisUsers } from '../tools/fleet/redis-acl.mjs'
import { loadSecrets } from '../tools/fleet/secrets.mjs'

const database = 'flotilla'
const appsDir = path.join(import.meta.dirname, '../apps')
/** Of the image that compose names, as `aclFile` reads it. */
const redisVersion = 800

/** Hexadecimal, like every other password of the fleet, and the same as long as the hashing key is. @param {string} key */
const grafanaPassword = (key) => createHmac('sha256', key).update('grafana').digest('hex').slice(0, 48)

/** Node's `--env-file` takes what stands between single quotes literally. @param {Record<string, string>} values */
const envFile = (values) =>
  Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('')

/** URLs of the superuser and of the owner. @param {import('../tools/fleet/secrets.mjs').Secrets} secrets */
export const adminUrls = ({ passwords }) => ({
  superuser: `postgresql://postgres:${passwords.superuser}@postgres:5432/postgres`,
  owner: `postgresql://flotilla:${passwords.owner}@postgres:5432/${database}`,
})

/** What goes into which folder: path below the root of secrets, and content. @param {import('../tools/fleet/secrets.mjs').Secrets} secrets */
export const secretFiles = (secrets) => {
  const { passwords, redisPassword, sealingKeys, hashingKey, keys } = secrets
  /** @param {'flotilla_gateway' | 'flotilla_engine' | 'flotilla_vault'} role @param {string} user */
  const service = (role, user) =>
    envFile({
      DATABASE_URL: `postgresql://${role}:${passwords[role]}@postgres:5432/${database}`,
      REDIS_URL: `redis://${user}:${redisPasswordOf(redisPassword, user)}@redis:6379`,
      SEALING_KEYS: JSON.stringify(sealingKeys),
      HASHING_KEY: hashingKey,
    })
  const redis = [
    `requirepass ${redisPassword}`,
    'appendonly yes',
    'appendfsync everysec',
    // BullMQ loses jobs to eviction: full is better than forgetful.
    'maxmemory-policy noeviction',
    'dir /data',
    'aclfile /run/flotilla/users.acl',
  ]
  const apps = listApps(appsDir)
  const agents = apps.filter((name) => name.startsWith('agent-'))
  return {
    'postgres/password': passwords.superuser,
    'redis/redis.conf': `${redis.join('\n')}\n`,
    'redis/users.acl': aclFile(redisUsers(appsDir, apps), { redisPassword, version: redisVersion }),
    'gateway/service.env':
      service('flotilla_gateway', 'gateway') + envFile({ AUDIT_SIGNING_KEY: secrets.auditSigningKey }),
    'engine/service.env': service('flotilla_engine', 'orchestrator'),
    ...Object.fromEntries(agents.map((name) => [`${name}/service.env`, service('flotilla_vault', name)])),
    'monitoring/gateway-key': keys.operator,
    'monitoring/grafana-password': grafanaPassword(hashingKey),
  }
}

/** @param {string} root */
const write = (root) => {
  const secrets = loadSecrets(path.join(root, 'all'))
  for (const [name, content] of Object.entries(secretFiles(secrets))) {
    const file = path.join(root, name)
    fs.writeFileSync(`${file}.new`, content)
    // Read by the users of foreign images: what keeps it secret is which containers the volume is mounted in.
    fs.chmodSync(`${file}.new`, 0o444)
    fs.renameSync(`${file}.new`, file)
  }
}

/** @param {string} root */
const show = (root) => {
  const { keys, hashingKey } = loadSecrets(path.join(root, 'all'))
  for (const [name, key] of Object.entries(keys)) console.log(`${name}: ${key}`)
  console.log(`grafana (user admin): ${grafanaPassword(hashingKey)}`)
}

/** @param {string[]} args */
const main = ([command = 'write', root = '/secrets']) => {
  if (command === 'write') return write(root)
  if (command === 'show') return show(root)
  console.error('usage: node deploy/secrets.mjs write|show [folder]')
  process.exitCode = 64
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2))
