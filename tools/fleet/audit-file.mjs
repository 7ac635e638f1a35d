/**
 * An audit as a file, and whether it is whole. The first line is the signed head, each line after it an entry; every line
 * is JSON as `JSON.stringify` writes it, so that no byte can change without being seen.
 *
 * U1 Each entry follows from the one before it: number, previous hash, hash, tenant.
 * U2 The last entry is the one that the head names, so that nothing is cut off at the end.
 * U3 The head's signature is by the key that is expected.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'

/**
 * @typedef {{ tenant: string, seq: number, hash: string, signedAt: string, signature: string | null, publicKey: string | null }} Head
 * @typedef {{ seq: number, content: string, previousHash: string, hash: string }} Entry
 */

const hex = /^([0-9a-f]{2})*$/
const headMembers = ['tenant', 'seq', 'hash', 'signedAt', 'signature', 'publicKey']
const entryMembers = ['seq', 'content', 'previousHash', 'hash']

/** @param {Head} head @param {readonly Entry[]} entries */
export const writeAuditFile = (head, entries) => {
  /** @param {object} value @param {readonly string[]} members */
  const line = (value, members) =>
    `${JSON.stringify(Object.fromEntries(members.map((name) => [name, /** @type {any} */ (value)[name]])))}\n`
  return line(head, headMembers) + entries.map((entry) => line(entry, entryMembers)).join('')
}

/** @param {string} line @param {readonly string[]} members @returns {any} null: not a line of the file */
const readLine = (line, members) => {
  try {
    const value = JSON.parse(line)
    const same = JSON.stringify(value) === line && Object.keys(value).join() === members.join()
    return same ? value : null
  } catch {
    return null
  }
}

/** U3 @param {Head} head @param {string | null} expectedKey SPKI in hex */
const isSigned = (head, expectedKey) => {
  const { tenant, seq, hash, signedAt, signature, publicKey } = head
  if (typeof signature !== 'string' || typeof publicKey !== 'string') return false
  if (!hex.test(signature) || !hex.test(publicKey) || (expectedKey !== null && publicKey !== expectedKey)) return false
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'hex'), format: 'der', type: 'spki' })
    // One form only: a key that parses although a byte of it was changed is another file.
    if (key.export({ format: 'der', type: 'spki' }).toString('hex') !== publicKey) return false
    const text = ['flotilla.audit-head.v1', tenant, seq, hash, signedAt].join('\n')
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'hex'))
  } catch {
    return false
  }
}

/** U1 @param {Entry} entry @param {Entry | null} before @param {string} tenant */
const follows = ({ seq, content, previousHash, hash }, before, tenant) => {
  if (seq !== (before?.seq ?? 0) + 1 || previousHash !== (before?.hash ?? '') || typeof content !== 'string')
    return false
  const told = readContent(content)
  if (told === null || told.seq !== seq || told.tenant !== tenant) return false
  return createHash('sha256').update(Buffer.from(previousHash, 'hex')).update(content).digest('hex') === hash
}

/** @param {string} content */
const readContent = (content) => {
  try {
    return JSON.parse(content)
  } catch {
    return null
  }
}

/**
 * What heads that were kept elsewhere say against a file that is whole, or null: it holds what each of them names. They tell
 * of a history that was made anew by who holds both database and signing key. A last line that was cut off while it was
 * written is passed over, and so are heads of other tenants.
 * @param {string | Buffer} file
 * @param {string | Buffer} kept a head a line
 * @param {string | null} expectedKey public key, SPKI in hex; null: the one that the file names
 * @returns {string | null}
 */
export const whatHeadsSayAgainst = (file, kept, expectedKey) => {
  const [first = '', ...lines] = file.toString('utf8').split('\n').slice(0, -1)
  const { tenant, publicKey } = /** @type {Head} */ (readLine(first, headMembers))
  for (const [index, line] of kept.toString('utf8').split('\n').slice(0, -1).entries()) {
    const head = /** @type {Head | null} */ (readLine(line, headMembers))
    if (head === null) return `line ${index + 1} of the heads is no head of an audit`
    if (head.tenant !== tenant || head.seq === 0) continue
    if (!isSigned(head, expectedKey ?? publicKey))
      return `line ${index + 1} of the heads is not signed by the key that is expected`
    const named = lines[head.seq - 1]
    if (named === undefined) return `a head that was kept names entry ${head.seq}, the file ends before it`
    if (JSON.parse(named).hash !== head.hash) return `entry ${head.seq} is not the one that a kept head names`
  }
  return null
}

/**
 * What is wrong with a file, or null: it is whole and as it was signed.
 * @param {string | Buffer} file
 * @param {string | null} expectedKey public key, SPKI in hex; null: whichever the file names, which proves that it is whole and not whose it is
 * @returns {string | null}
 */
export const whatIsWrongWithAudit = (file, expectedKey) => {
  const text = file.toString('utf8')
  if (Buffer.compare(Buffer.from(text), Buffer.from(file)) !== 0) return 'the file is not UTF-8'
  const lines = text.split('\n')
  if (lines.pop() !== '') return 'the file does not end with its last line'
  const head = /** @type {Head | null} */ (readLine(lines[0] ?? '', headMembers))
  if (head === null) return 'line 1 is no head of an audit'
  if (!isSigned(head, expectedKey)) return 'the head is not signed by the key that is expected'
  let before = /** @type {Entry | null} */ (null)
  for (const [index, line] of lines.slice(1).entries()) {
    const entry = /** @type {Entry | null} */ (readLine(line, entryMembers))
    if (entry === null) return `line ${index + 2} is no entry`
    if (!follows(entry, before, head.tenant)) return `entry ${index + 1} does not follow from the one before it`
    before = entry
  }
  const whole = (before?.seq ?? 0) === head.seq && (before?.hash ?? '') === head.hash
  return whole ? null : `the head names entry ${head.seq}, the last one is ${before?.seq ?? 0}`
}
