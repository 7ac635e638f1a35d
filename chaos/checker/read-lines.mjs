/** Reads NDJSON files of any size line by line. */
import { existsSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'

/** An input that cannot be judged: not the product's fault. */
export class InputError extends Error {
  /** @override */
  name = 'InputError'
}

/**
 * Lines of a file with their text; none where there is no such file. A torn last line, as a killed writer leaves it, is
 * left out. Throws `InputError` on any other line that is no JSON.
 * @param {string} file
 * @returns {AsyncGenerator<{ value: any, text: string }>}
 */
export async function* readLines(file) {
  if (!existsSync(file)) return
  const handle = await open(file)
  let number = 0
  /** @type {{ at: number } | null} */
  let torn = null
  for await (const text of handle.readLines({ encoding: 'utf8' })) {
    number += 1
    if (text === '') continue
    if (torn !== null) throw new InputError(`${file}:${torn.at} is not JSON`)
    let value
    try {
      value = JSON.parse(text)
    } catch {
      torn = { at: number }
      continue
    }
    yield { value, text }
  }
}

/**
 * A JSON file, or the given value where there is none.
 * @param {string} file @param {any} otherwise
 */
export const readJson = async (file, otherwise) =>
  existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : otherwise

/** Epoch milliseconds of a time as text; null for null. @param {string | null | undefined} text */
export const timeOf = (text) => (text === null || text === undefined ? null : Date.parse(text))
