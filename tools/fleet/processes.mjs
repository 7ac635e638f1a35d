/** Looking at, waiting for and ending processes, also those of an earlier supervisor. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * @template T
 * @param {() => T | Promise<T>} probe called every `everyMs` until it returns something truthy
 * @param {{ timeoutMs: number, everyMs?: number }} limits
 * @returns {Promise<T | null>} null when the time is up
 */
export const waitFor = async (probe, { timeoutMs, everyMs = 20 }) => {
  const until = Date.now() + timeoutMs
  for (;;) {
    const found = await probe()
    if (found) return found
    if (Date.now() >= until) return null
    await pause(everyMs)
  }
}

/** @param {number} pid */
const isZombie = (pid) => {
  try {
    return /^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/**
 * Does a process with this id run? A zombie does not.
 * @param {number} pid
 */
export const isAlive = (pid) => {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return !isZombie(pid)
}

/**
 * The command line of a process, arguments separated by blanks; '' when there is none. Ids are reused by the system:
 * nothing is signalled before its command line was compared.
 * @param {number} pid
 */
export const commandLine = (pid) => {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return fs.existsSync('/proc/self')
      ? ''
      : spawnSync('ps', ['-o', 'command=', '-p', `${pid}`])
          .stdout?.toString()
          .trim()
  }
}

/** @param {number} pid @param {NodeJS.Signals} signal */
const signalTo = (pid, signal) => {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone in between, which is what was wanted.
  }
}

/**
 * Ends a process: each signal in turn, waiting `graceMs` after each but the last, which is SIGKILL.
 * @param {number} pid
 * @param {{ signals?: NodeJS.Signals[], graceMs?: number }} options
 */
export const endProcess = async (pid, { signals = ['SIGTERM'], graceMs = 10_000 } = {}) => {
  for (const signal of signals) {
    if (!isAlive(pid)) return
    signalTo(pid, signal)
    if (await waitFor(() => !isAlive(pid), { timeoutMs: graceMs })) return
  }
  signalTo(pid, 'SIGKILL')
  await waitFor(() => !isAlive(pid), { timeoutMs: 5_000 })
}

/**
 * How a child ended.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, error: Error | null }>}
 */
export const ended = (child) =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }))
    child.once('exit', (code, signal) => resolve({ code, signal, error: null }))
  })
