import fs from 'node:fs'
import path from 'node:path'

/**
 * Writes JSON for the owner's eyes only (0600), whole or not at all: readers see the old or the new file.
 * @param {string} file
 * @param {unknown} value
 */
export const writePrivate = (file, value) => {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 })
  const fresh = `${file}.${process.pid}`
  fs.writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  fs.renameSync(fresh, file)
}

/**
 * @param {string} file
 * @returns {any} null when it is missing or no JSON
 */
export const readJson = (file) => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
