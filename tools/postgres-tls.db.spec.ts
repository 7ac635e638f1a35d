import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openStore, ping } from '@flotilla/store'
import { openVault } from '@flotilla/vault'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withClient } from './fleet/database.mjs'
import { freePort } from './fleet/ports.mjs'
import { startPostgres } from './fleet/postgres.mjs'
import { anAuthority, type Certified } from './test-certificates.js'

const authority = anAuthority()
const stranger = anAuthority('Strangers')
let dir = ''
let server: Awaited<ReturnType<typeof startPostgres>>

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'flotilla-pg-tls-'))
  // mkdtemp makes it 0700, which Postgres' user cannot enter when root runs the tests.
  chmodSync(dir, 0o755)
  writeFileSync(path.join(dir, 'ca.pem'), authority.certificate)
  const logFile = path.join(dir, 'postgres.log')
  const port = await freePort()
  server = await startPostgres({ stateDir: dir, port, superuserPassword: 'spec', logFile, ephemeral: true })
})
afterAll(async () => {
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** Has the server itself write the files, as they must be its user's, and use them. */
const useCertificate = ({ certificate, key }: Certified): Promise<void> =>
  withClient(server.superuserUrl('postgres'), async (client) => {
    for (const [name, content] of [
      ['server.crt', certificate],
      ['server.key', key],
    ] as const) {
      const lines = content
        .trimEnd()
        .split('\n')
        .map((line) => client.escapeLiteral(line))
        .join(', ')
      await client.query(`copy (select unnest(array[${lines}])) to program 'umask 077; cat > ${name}'`)
    }
    await client.query('alter system set ssl = on')
    await client.query('select pg_reload_conf()')
  })

const urlWith = (settings: Readonly<Record<string, string>>): string => {
  const url = new URL(server.superuserUrl('postgres'))
  for (const [name, value] of Object.entries(settings)) url.searchParams.set(name, value)
  return url.href
}
const verified = () => urlWith({ sslmode: 'verify-full', sslrootcert: path.join(dir, 'ca.pem') })
const storeAt = (url: string) => openStore({ sealing: 'open', url, max: 1, applicationName: 'spec-tls' })
const outcome = async (url: string): Promise<string> => {
  const store = storeAt(url)
  try {
    await ping(store.pool)
    const { rows } = await store.pool.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
    return rows[0].ssl ? 'encrypted' : 'clear'
  } catch (error) {
    return `${(error as { code?: string }).code ?? error}`
  } finally {
    await store.close()
  }
}

test('store, Prisma and vault speak TLS to a server whose certificate descends from sslrootcert and names its host', async () => {
  expect(await outcome(urlWith({}))).toBe('clear')
  await useCertificate(authority.certify(['127.0.0.1']))
  await expect.poll(() => outcome(verified())).toBe('encrypted')
  const store = storeAt(verified())
  const [row] = await store.prisma.$queryRaw<
    { ssl: boolean }[]
  >`select ssl from pg_stat_ssl where pid = pg_backend_pid()`
  expect(row).toEqual({ ssl: true })
  await store.close()
  const vault = openVault(verified(), { sealing: 'open' })
  await vault.ping()
  await vault.close()
})

test('nobody is spoken to whose certificate is another’s, has expired or is of an unknown authority', async () => {
  expect(await outcome(urlWith({ sslmode: 'verify-full' }))).toMatch(/CERT|VERIFY/)
  await useCertificate(authority.certify(['db.example']))
  await expect.poll(() => outcome(verified())).toMatch(/ALTNAME/)
  await useCertificate(authority.certify(['127.0.0.1'], { expired: true }))
  await expect.poll(() => outcome(verified())).toMatch(/EXPIRED/)
  await useCertificate(stranger.certify(['127.0.0.1']))
  await expect.poll(() => outcome(verified())).toMatch(/VERIFY|ISSUER|SIGNATURE|CERT/)
})
