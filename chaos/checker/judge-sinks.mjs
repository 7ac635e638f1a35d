/** Judges sinks (I13): planted tokens stand in none of them, in no spelling. */
import { makeSearch } from './search-tokens.mjs'

/** Spellings in which a token may leak: plain, base64 at each of its three offsets, hexadecimal, percent and JSON escapes. @param {string} token */
export const spellings = (token) => {
  const bytes = Buffer.from(token)
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // The characters at both ends depend on what stands beside the token.
    const from = offset === 0 ? 0 : offset + 1
    return text.slice(from, text.length - ((offset + bytes.length) % 3 === 0 ? 0 : 1))
  })
  const escaped = JSON.stringify(token).slice(1, -1)
  const ascii = escaped.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const all = [token, bytes.toString('hex'), encodeURIComponent(token), escaped, ascii, ...base64]
  const urlSafe = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([...all, ...urlSafe])].filter((text) => text.length >= 6)
}

/** Tenant whose own tokens may stand in a file: `tenant-<id>/...`. @param {string} file below `sinks/` */
const tenantOf = (file) => /^tenant-([^/\\]+)[/\\]/.exec(file)?.[1] ?? null

/** @param {import('./sources.mjs').Source} source @param {import('./findings.mjs').Findings} findings */
export const judgeSinks = async (source, findings) => {
  const planted = await source.json('canaries', [])
  if (planted.length === 0) return { bytes: 0, tokens: 0 }
  /** @type {{ token: string, tenant: string | null, field: string | null }[]} */
  const tokens = planted.map((/** @type {any} */ one) =>
    typeof one === 'string'
      ? { token: one, tenant: null, field: null }
      : { token: one.token, tenant: one.tenant ?? null, field: one.field ?? null },
  )
  /** @type {Map<string, number>} */
  const owners = new Map()
  for (const [index, { token }] of tokens.entries()) for (const text of spellings(token)) owners.set(text, index)
  const search = makeSearch([...owners.keys()])
  let bytes = 0
  for (const { name, chunks } of await source.sinks()) {
    /** @type {Map<number, string>} */
    const hits = new Map()
    const scan = search()
    for await (const chunk of chunks) {
      bytes += chunk.length
      scan(chunk, (text) => hits.set(owners.get(text) ?? -1, text))
    }
    const tenant = tenantOf(name)
    for (const [index, { token, tenant: owner, field }] of tokens.entries()) {
      const found = hits.has(index) && !(tenant !== null && tenant === owner)
      findings.expect('I13', 'no planted token stands in a sink', !found, null, () => ({
        file: name,
        token,
        field,
        spelling: hits.get(index),
      }))
    }
  }
  return { bytes, tokens: tokens.length }
}
