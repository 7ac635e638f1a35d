/**
 * Judges the audit (I10): each tenant's entries are numbered without gaps, each is hashed over the one before it, and the
 * stored head is the last. The hash is SHA-256 over the previous hash and the entry as Postgres writes jsonb.
 */
import { createHash } from 'node:crypto'

/** Marks a number as it stood in the text: 1.0 is not 1 to a hash. */
const written = Symbol('written')

/** @param {string} text */
const writtenNumber = (text) => ({ [written]: text })

/** Numbers keep their text where the runtime gives it. @param {string} _key @param {any} value @param {any} [context] */
const keepNumbers = (_key, value, context) =>
  typeof value === 'number' ? writtenNumber(context?.source ?? String(value)) : value

/** Members in jsonb's order: shorter names first, then by bytes. @param {string} a @param {string} b */
const byJsonb = (a, b) => {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length - y.length || Buffer.compare(x, y)
}

/** JSON as Postgres writes a jsonb value as text. @param {any} value @returns {string} */
export const jsonbText = (value) => {
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return `[${value.map(jsonbText).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (value[written] !== undefined) return value[written]
  const members = Object.keys(value).sort(byJsonb)
  return `{${members.map((key) => `${JSON.stringify(key)}: ${jsonbText(value[key])}`).join(', ')}}`
}

/** @param {string} hex `\\x...` */
const bytesOf = (hex) => Buffer.from(hex.slice(2), 'hex')

/**
 * Hash of an entry, as a hex text like the dump's.
 * @param {{ previous_hash: string, tenant_id: string, seq: any, at: string, actor: string, action: string, subject: string, detail: any }} entry
 */
export const hashOfEntry = ({
  previous_hash: previous,
  tenant_id: tenant,
  seq,
  at,
  actor,
  action,
  subject,
  detail,
}) => {
  const text = jsonbText({ tenant, seq, at: Date.parse(at), actor, action, subject, detail })
  return `\\x${createHash('sha256').update(bytesOf(previous)).update(text, 'utf8').digest('hex')}`
}

/**
 * @param {import('./sources.mjs').Source} source @param {import('./findings.mjs').Findings} findings
 * @returns {Promise<Set<string>>} gates whose decision is in the audit
 */
export const judgeAudit = async (source, findings) => {
  /** @type {Map<string, { seq: bigint, hash: string }>} */
  const last = new Map()
  /** @type {Set<string>} */
  const decided = new Set()
  for await (const { text } of source.lines('dump/audit')) {
    const entry = JSON.parse(text, keepNumbers)
    const { tenant_id: tenant, subject } = entry
    const seq = BigInt(entry.seq[written])
    const before = last.get(tenant) ?? { seq: 0n, hash: '\\x' }
    const evidence = () => ({ tenant, seq: `${seq}`, action: entry.action })
    findings.expect('I10', 'numbers have no gap', seq === before.seq + 1n, subject, evidence)
    findings.expect('I10', 'an entry names the hash before it', entry.previous_hash === before.hash, subject, evidence)
    findings.expect('I10', 'an entry’s hash is its own', entry.hash === hashOfEntry(entry), subject, evidence)
    last.set(tenant, { seq, hash: entry.hash })
    if (entry.action === 'gate.decided') decided.add(String(entry.detail?.gateId))
  }
  for await (const { value } of source.lines('dump/audit_head')) {
    const end = last.get(value.tenant_id) ?? { seq: 0n, hash: '\\x' }
    const isEnd = BigInt(value.seq) === end.seq && value.hash === end.hash
    findings.expect('I10', 'the head is the last entry', isEnd, null, () => ({
      tenant: value.tenant_id,
      head: value.seq,
      last: `${end.seq}`,
    }))
    last.delete(value.tenant_id)
  }
  for (const [tenant, { seq }] of last)
    findings.expect('I10', 'a chain has its head', false, null, () => ({ tenant, seq: `${seq}` }))
  return decided
}
