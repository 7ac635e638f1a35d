/** Where a campaign's record is read from: a directory, or lines that stand in memory. */
import { createReadStream, existsSync } from 'node:fs'
import { open, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** An input that cannot be judged: not the product's fault. */
export class InputError extends Error {
  /** @override */
  name = 'InputError'
}

/**
 * `lines`: of `<name>.ndjson`, none where there is no such file; a torn last line, as a killed writer leaves it, is left
 * out, any other that is no JSON is an `InputError`. `json`: of `<name>.json`. `sinks`: files with their bytes.
 * @typedef {{
 *   name: string,
 *   lines: (name: string) => AsyncIterable<{ value: any, text: string }> | Iterable<{ value: any, text: string }>,
 *   json: (name: string, otherwise: any) => Promise<any>,
 *   sinks: () => Promise<{ name: string, chunks: AsyncIterable<Buffer> | Iterable<Buffer> }[]>,
 * }} Source
 */

/** @param {string} file @returns {AsyncGenerator<{ value: any, text: string }>} */
async function* readLines(file) {
  if (!existsSync(file)) return
  const handle = await open(file)
  let number = 0
  let torn = 0
  for await (const text of handle.readLines({ encoding: 'utf8' })) {
    number += 1
    if (text === '') continue
    if (torn > 0) throw new InputError(`${file}:${torn} is not JSON`)
    let value
    try {
      value = JSON.parse(text)
    } catch {
      torn = number
      continue
    }
    yield { value, text }
  }
}

/** @param {string} dir */
const filesBelow = async (dir) =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))

/** A campaign's directory. Throws `InputError` where it is not there. @param {string} dir @returns {Source} */
export const directorySource = (dir) => {
  if (!existsSync(dir)) throw new InputError(`${dir} is not there`)
  const sinks = path.join(dir, 'sinks')
  return {
    name: dir,
    lines: (name) => readLines(path.join(dir, `${name}.ndjson`)),
    json: async (name, otherwise) => {
      const file = path.join(dir, `${name}.json`)
      return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : otherwise
    },
    sinks: async () =>
      existsSync(sinks)
        ? (await filesBelow(sinks)).map((file) => ({
            name: path.relative(sinks, file),
            chunks: createReadStream(file, { highWaterMark: 1 << 20 }),
          }))
        : [],
  }
}

/** A campaign in memory. @param {import('./synthesise.mjs').Campaign} campaign @returns {Source} */
export const memorySource = ({ files, meta, canaries, sinks }) => {
  const jsons = /** @type {Record<string, any>} */ ({ meta, canaries })
  return {
    name: 'memory',
    lines: (name) =>
      (files[name] ?? []).map((line) => {
        const text = JSON.stringify(line)
        return { value: JSON.parse(text), text }
      }),
    json: async (name, otherwise) => jsons[name] ?? otherwise,
    sinks: async () => Object.entries(sinks).map(([name, text]) => ({ name, chunks: [Buffer.from(text)] })),
  }
}

/** Epoch milliseconds of a time as text; null for null. @param {string | null | undefined} text */
export const timeOf = (text) => (text === null || text === undefined ? null : Date.parse(text))
