/**
 * What a woven call does. Armed by `FAILPOINT=name:action@n,...` when the process begins, or later by a message
 * `{ failPoint: 'name:action@n' }` of the parent.
 *
 * P1 An armed point goes off once, the n-th time that it is passed (the first unless told).
 * P2 With `FAILPOINT_DIR` it goes off once over all processes and restarts: the file that it leaves there is its mark.
 */
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseFailPoints } from './actions.mjs'

/** @typedef {import('./actions.mjs').Action} Action */
/** @typedef {import('./actions.mjs').Armed} Armed */

/** What a failed call fails with: any error of a driver will do. */
export class FailPointError extends Error {
  /** @override */
  name = 'FailPointError'
  code = 'FAIL_POINT'
}

const env = process.env
const markDir = env['FAILPOINT_DIR']
const delayMs = Number(env['FAILPOINT_DELAY_MS'] ?? 300)
const freezeMs = Number(env['FAILPOINT_FREEZE_MS'] ?? 2_500)

/** @type {Armed[]} */
let armed = parseFailPoints(env['FAILPOINT'] ?? '')

/** @param {string} text as in `FAILPOINT`; replaces what was armed */
export const arm = (text) => {
  armed = parseFailPoints(text)
}

if (process.channel) {
  process.on('message', (message) => {
    if (typeof message === 'object' && message !== null && 'failPoint' in message) arm(String(message.failPoint))
    process.send?.({ armed: armed.length })
  })
  // Listening must not keep a process that is done.
  process.channel.unref()
}

/** P2 @param {Armed} point @returns {boolean} false where it has gone off before */
const mark = ({ name, action, nth }) => {
  if (markDir === undefined) return true
  try {
    fs.writeFileSync(path.join(markDir, `${name}.${action}.${nth}`), `${process.pid}`, { flag: 'wx' })
    return true
  } catch {
    return false
  }
}

/** @param {string} name @returns {Action | null} what is to happen at this passing (P1) */
const passing = (name) => {
  for (const point of armed) {
    if (point.name !== name) continue
    point.passed += 1
    if (point.passed === point.nth && mark(point)) return point.action
  }
  return null
}

const kill = () => {
  process.kill(process.pid, 'SIGKILL')
  // The signal comes within microseconds; nothing of this process may happen until then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

/**
 * Makes a call, or does what is armed for it. The call is made at once where nothing is.
 * @template T
 * @param {string} name
 * @param {() => T | Promise<T>} call
 * @returns {Promise<T>}
 */
export const failPoint = async (name, call) => {
  const action = armed.length === 0 ? null : passing(name)
  if (action === null) return call()
  if (action === 'crash') kill()
  if (action === 'throw') throw new FailPointError(name)
  if (action === 'delay') await pause(delayMs)
  if (action === 'freeze') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, freezeMs)
  const result = await call()
  if (action === 'crash-after') kill()
  if (action === 'lost') throw new FailPointError(name)
  return result
}
