/**
 * The simulated outside provider, a process of its own.
 *
 * B1  An effect is on disk (fsync) before it is answered.
 * B2  A key is performed once; asked again, the same receipt is given and nothing is done.
 * B3  It is as unreliable as providers are: it refuses before, forgets to answer after, and is slow, by seed.
 *
 * BUREAU_DIR, BUREAU_SEED; tells its port over IPC. Writes `provider.ndjson` and `executions.ndjson`.
 */
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { chanceOf } from './random.mjs'
import { isoNow } from './record.mjs'

const dir = process.env.BUREAU_DIR ?? '.'
const seed = Number(process.env.BUREAU_SEED ?? 1)
const ledger = fs.openSync(path.join(dir, 'provider.ndjson'), 'a')
const executions = fs.createWriteStream(path.join(dir, 'executions.ndjson'), { flags: 'a' })

/** @type {{ line: string, done: () => void }[]} */
let unsaved = []
let saving = false
const save = () => {
  if (saving || unsaved.length === 0) return
  saving = true
  const batch = unsaved
  unsaved = []
  fs.writeSync(ledger, batch.map(({ line }) => line).join(''))
  fs.fdatasync(ledger, () => {
    saving = false
    for (const { done } of batch) done()
    save()
  })
}
/** Resolves when the line is on disk (B1). @param {object} line */
const append = (line) =>
  new Promise((resolve) => {
    unsaved.push({ line: `${JSON.stringify(line)}\n`, done: () => resolve(null) })
    save()
  })

/** Requests by key. @type {Map<string, number>} */
const requests = new Map()
/** @type {Map<string, Promise<unknown>>} */
const performing = new Map()

/** @param {any} asked */
const perform = async ({ effectKey, runId, step, dispatch }) => {
  const request = (requests.get(effectKey) ?? 0) + 1
  requests.set(effectKey, request)
  /** @param {string} what */
  const chance = (what) => chanceOf(seed, effectKey, request, what)
  if (chance('refuse') < 0.02) return { status: 503 } // B3
  const known = performing.get(effectKey)
  const saved = append({ at: isoNow(), effectKey, runId, step, dispatch, performed: known === undefined, request })
  if (known === undefined) performing.set(effectKey, saved) // B2
  await Promise.all([saved, known])
  if (chance('slow') < 0.02) await new Promise((resolve) => setTimeout(resolve, 500 + 2_500 * chance('how slow')))
  return { status: chance('lose') < 0.03 ? 0 : 200 }
}

const server = http.createServer(async (request, response) => {
  let text = ''
  for await (const bytes of request) text += bytes
  const asked = JSON.parse(text)
  if (request.url === '/executions') {
    executions.write(`${JSON.stringify({ at: isoNow(), ...asked })}\n`)
    return response.writeHead(204).end()
  }
  const { status } = await perform(asked)
  if (status === 0) return request.socket.destroy()
  response.writeHead(status).end(JSON.stringify({ receipt: `receipt of ${asked.effectKey}` }))
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 })
})
process.on('disconnect', () => process.exit(0))
