import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readYaml } from './read-yaml.js'

const script = path.join(import.meta.dirname, 'secrets.mjs')
let root = ''
// The folders that exist in the image, as compose mounts them.
const { services } = readYaml('docker-compose.yml') as { services: { secrets: { volumes: string[] } } }
const folders = services.secrets.volumes.map((volume) => (volume.split(':')[1] ?? '').replace('/secrets/', ''))
const run = (command: string): string => execFileSync(process.execPath, [script, command, root], { encoding: 'utf8' })
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8')

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'flotilla-secrets-'))
  for (const folder of folders) mkdirSync(path.join(root, folder))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('secrets in containers', () => {
  test('C1: are random, and the same when written again', () => {
    run('write')
    const first = Object.fromEntries(
      folders.map((name) => [name, readdirSync(path.join(root, name)).map((f) => read(`${name}/${f}`))]),
    )
    run('write')
    for (const name of folders)
      expect(readdirSync(path.join(root, name)).map((f) => read(`${name}/${f}`))).toEqual(first[name])
    expect(run('show')).toMatch(/admin: fl_[a-z2-7]{12}_/)
  })

  test.each([
    ['gateway', 'flotilla_gateway'],
    ['engine', 'flotilla_engine'],
    ['agent-kyc', 'flotilla_vault'],
    ['agent-training', 'flotilla_vault'],
  ])('C2: %s gets the login of %s and what all services share', (folder, role) => {
    run('write')
    const text = read(`${folder}/service.env`)
    const values = parseEnv(text)
    const own = folder === 'gateway' ? ['AUDIT_SIGNING_KEY'] : []
    expect(Object.keys(values).sort()).toEqual([
      ...own,
      ...['DATABASE_URL', 'HASHING_KEY', 'REDIS_URL', 'SEALING_KEYS'],
    ])
    expect(new URL(values['DATABASE_URL'] ?? '').username).toBe(role)
    const { current, keys } = JSON.parse(values['SEALING_KEYS'] ?? '{}')
    expect(Buffer.from(keys[current], 'base64')).toHaveLength(32)
    const redis = new URL(values['REDIS_URL'] ?? '')
    expect(redis.username).toBe(folder === 'engine' ? 'orchestrator' : folder)
    const secrets = JSON.parse(read('all/secrets.json'))
    expect(text).not.toContain(secrets.redisPassword)
    const strangers = Object.entries<string>(secrets.passwords).filter(([name]) => name !== role)
    expect(strangers).toHaveLength(4)
    expect(strangers.filter(([, password]) => text.includes(password)).map(([name]) => name)).toEqual([])
  })

  test('C2: the file with everything is readable by its owner only', () => {
    run('write')
    expect(statSync(path.join(root, 'all/secrets.json')).mode & 0o777).toBe(0o600)
  })

  test('Redis knows a user per service by the hash of its password, and never evicts', () => {
    run('write')
    const conf = read('redis/redis.conf')
    const acl = read('redis/users.acl')
    expect(conf).toContain('aclfile /run/flotilla/users.acl')
    const holders = folders.filter((name) => /^(gateway|engine|agent-.*)$/.test(name))
    expect(acl.trimEnd().split('\n')).toHaveLength(holders.length + 1)
    for (const name of holders) {
      const { username, password } = new URL(parseEnv(read(`${name}/service.env`))['REDIS_URL'] ?? '')
      const hash = createHash('sha256').update(password).digest('hex')
      expect(acl).toContain(`user ${username} on #${hash} resetchannels -@all`)
      expect(acl).not.toContain(password)
    }
    expect(acl).not.toMatch(/nopass|^user (?!default).*(\+@|~\* |&\*)/m)
    expect(conf).toContain('appendonly yes')
    expect(conf).toContain('maxmemory-policy noeviction')
  })
})
