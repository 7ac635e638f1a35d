/** NDJSON files of a campaign, one object a line. */
import fs from 'node:fs'
import path from 'node:path'

const names = ['client', 'streams', 'faults', 'samples', 'webhooks']

/** Opens the files that the harness itself writes in `dir`; the others are written by the bureau and the dump. */
export const openRecords = (/** @type {string} */ dir) => {
  fs.mkdirSync(dir, { recursive: true })
  const files = Object.fromEntries(names.map((name) => [name, fs.createWriteStream(path.join(dir, `${name}.ndjson`))]))
  return {
    /** @param {string} name @param {object} line */
    write: (name, line) => void files[name]?.write(`${JSON.stringify(line)}\n`),
    close: () => Promise.all(Object.values(files).map((file) => new Promise((resolve) => file.end(resolve)))),
  }
}

/** ISO 8601 with milliseconds. */
export const isoNow = () => new Date().toISOString()
