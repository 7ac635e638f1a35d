/** `npm run audit`: the audit of the running fleet as a file, and whether such a file is whole, without a fleet. */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { whatHeadsSayAgainst, whatIsWrongWithAudit, writeAuditFile } from './audit-file.mjs'
import { readFleet } from './fleet-file.mjs'
import { localDir } from './paths.mjs'
import { StartError } from './start-error.mjs'

const usage = `npm run audit -- export FILE [--key API-KEY]
npm run audit -- verify FILE [--heads FILE] [--public-key HEX]    also against heads that were kept elsewhere`

/** @param {string} problem */
const refuse = (problem) => new StartError(`${problem}\n${usage}`, 78)

/**
 * What a file system says of a file, in words.
 * @param {string} file
 * @returns {(error: unknown) => never}
 */
const saying = (file) => (error) => {
  const code = /** @type {{ code?: string }} */ (error).code
  if (code === 'EEXIST') throw refuse(`${file} is there already: an audit that was kept is not written over`)
  throw refuse(`${file} cannot be used: ${code ?? error}`)
}

/**
 * Everything up to the head as it is now.
 * @param {{ gatewayUrl: string, key: string }} fleet
 * @returns {Promise<string>} content of the file
 */
export const readAudit = async ({ gatewayUrl, key }) => {
  /** @param {string} path */
  const ask = async (path) => {
    const answer = await fetch(new URL(path, gatewayUrl), { headers: { authorization: `Bearer ${key}` } })
    const body = /** @type {any} */ (await answer.json()) // as the description of the API says
    if (!answer.ok) throw new StartError(`${answer.status} ${body.code}: ${body.detail}`, 1)
    return body
  }
  const head = await ask('/audit/heads')
  const entries = []
  for (let cursor = ''; ;) {
    const page = await ask(`/audit?limit=1000${cursor}`)
    entries.push(...page.items)
    if (page.nextCursor === null || entries.length >= head.seq) break
    cursor = `&cursor=${page.nextCursor}`
  }
  // What was done since the head was signed belongs to the next file.
  return writeAuditFile(head, entries.slice(0, head.seq))
}

/** @param {string[]} args */
export const run = async (args) => {
  const text = /** @type {const} */ ({ type: 'string' })
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { key: text, 'public-key': text, heads: text },
  })
  const [action, file] = positionals
  if (file === undefined || (action !== 'export' && action !== 'verify'))
    throw refuse('what shall be done with which file?')
  if (action === 'verify') {
    const content = await readFile(file).catch(saying(file))
    const expected = values['public-key'] ?? null
    const { heads } = values
    const kept = heads === undefined ? null : await readFile(heads).catch(saying(heads))
    const wrong =
      whatIsWrongWithAudit(content, expected) ?? (kept === null ? null : whatHeadsSayAgainst(content, kept, expected))
    console.log(wrong ?? 'the audit is whole')
    return wrong === null ? 0 : 1
  }
  const fleet = readFleet(localDir)
  if (fleet === null) throw new StartError('no fleet is running: npm start')
  const content = await readAudit({ gatewayUrl: fleet.gatewayUrl, key: values.key ?? fleet.keys.admin })
  await writeFile(file, content, { mode: 0o600, flag: 'wx' }).catch(saying(file))
  return 0
}
