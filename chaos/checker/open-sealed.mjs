/**
 * Opens sealed columns of a dump, by the checker's own reading of how they are sealed, so that a history can be judged:
 * AES-256-GCM under the run's data key, which the tenant's key wraps (HKDF-SHA256 of the ring's). The ring of the campaign's
 * own fleet is in `sealing-keys.json`; what is not sealed stays as it is.
 */
import { createDecipheriv, hkdfSync } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { InputError } from './sources.mjs'

const prefix = '~sealed.1.'
const member = '~sealed'
const nonceBytes = 12
const tagBytes = 16

/** @param {Buffer} key @param {string} associated @param {Buffer} data nonce, ciphertext, tag */
const decrypt = (key, associated, data) => {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, nonceBytes), { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(associated)).setAuthTag(data.subarray(-tagBytes))
    return Buffer.concat([decipher.update(data.subarray(nonceBytes, -tagBytes)), decipher.final()])
  } catch {
    throw new InputError(`what is sealed at ${associated} does not open`)
  }
}

/** @param {unknown} value @returns {value is string} */
export const isSealed = (value) => typeof value === 'string' && value.startsWith(prefix)

/** @param {any} row */
const hasSealed = ({ state, result, event, patch }) =>
  [state?.[member], result, event?.[member], patch].some((value) => value !== undefined && isSealed(value))

/** @param {string} key hex or base64 */
const bytesOf = (key) => (/^[0-9a-f]{64}$/i.test(key) ? Buffer.from(key, 'hex') : Buffer.from(key, 'base64'))

/**
 * A source whose runs and histories are open. Rejects with `InputError` on a value that is sealed and no key opens.
 * @param {import('./sources.mjs').Source} source @returns {Promise<import('./sources.mjs').Source>}
 */
export const openSealed = async (source) => {
  /** @type {{ current: string, keys: Record<string, string> } | null} */
  const ring = await source.json('sealing-keys', null)
  /** @type {Map<string, { head: string, tenant: string }>} */
  const families = new Map()
  /** @type {Map<string, { key_id: string, wrapped: string }>} */
  const wrapped = new Map()
  if (ring !== null) {
    for await (const { value } of source.lines('dump/run'))
      families.set(value.id, { head: value.key_run_id ?? value.id, tenant: value.tenant_id })
    for await (const { value } of source.lines('dump/run_key')) wrapped.set(value.run_id, value)
  }
  /** @type {Map<string, Buffer>} */
  const keys = new Map()

  /** @param {string} runId */
  const keyOf = (runId) => {
    const family = families.get(runId)
    const stored = family && wrapped.get(family.head)
    if (!ring || !family || !stored)
      throw new InputError(`run ${runId} is sealed, and sealing-keys.json does not open it`)
    const known = keys.get(family.head)
    if (known) return known
    const { tenant, head } = family
    const master = bytesOf(ring.keys[stored.key_id] ?? '')
    const outer = Buffer.from(hkdfSync('sha256', master, tenant, 'flotilla/kek/v1', 32))
    const associated = JSON.stringify(['run_key', tenant, head, stored.key_id])
    const key = decrypt(outer, associated, Buffer.from(stored.wrapped.slice(2), 'hex'))
    keys.set(head, key)
    return key
  }

  /** @param {string} runId @param {readonly (string | number)[]} place table, column @param {any} value @param {readonly (string | number)[]} [row] */
  const open = (runId, place, value, row = []) => {
    if (!isSealed(value)) return value
    const data = Buffer.from(value.slice(prefix.length), 'base64')
    const opened = decrypt(keyOf(runId), JSON.stringify([...place, runId, ...row]), data)
    const body = opened.subarray(1)
    return JSON.parse((opened[0] === 1 ? inflateRawSync(body) : body).toString('utf8'))
  }
  /** @param {any} held @param {(sealed: any) => any} openOne */
  const openMembers = (held, openOne) => {
    if (typeof held !== 'object' || held === null || held[member] === undefined) return held
    const { [member]: sealed, ...readable } = held
    return { ...readable, ...openOne(sealed) }
  }

  /** @param {any} row */
  const openRun = (row) => ({
    ...row,
    state: openMembers(row.state, (sealed) => open(row.id, ['run', 'state'], sealed)),
    result: open(row.id, ['run', 'result'], row.result),
  })
  /** @param {any} row */
  const openEntry = (row) => {
    const at = [row.position]
    const patch = open(row.run_id, ['history', 'patch'], row.patch, at)
    // Sealed as one, where both are there.
    if (row.event?.[member] === 'patch')
      return { ...row, event: openMembers(row.event, () => patch['~event']), patch: patch['~patch'] }
    return {
      ...row,
      event: openMembers(row.event, (sealed) => open(row.run_id, ['history', 'event'], sealed, at)),
      patch,
    }
  }
  /** @type {Record<string, (row: any) => any>} */
  const openers = { 'dump/run': openRun, 'dump/history': openEntry }

  /** @param {string} name */
  async function* openLines(name) {
    for await (const { value, text } of source.lines(name))
      yield { value: hasSealed(value) ? openers[name]?.(value) : value, text }
  }
  return { ...source, lines: (name) => (openers[name] === undefined ? source.lines(name) : openLines(name)) }
}
