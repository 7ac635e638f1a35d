/**
 * One process of a service, kept alive.
 *
 * S1  One that ends without being told to is started again after half a second, later after longer pauses up to five.
 * S2  Exit code 78 means wrong configuration: starting it again would not help, the fleet stops.
 * S4  One with a listening socket is ready when it has said so itself: its port answers also while another serves it.
 * S3  It runs in a process group of its own: Ctrl-C reaches the supervisor alone.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { ended, endProcess, waitFor } from './processes.mjs'

/**
 * @typedef {object} ServiceOptions
 * @property {string} name
 * @property {string} command
 * @property {string[]} args
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 * @property {string} healthUrl base on which `/livez` and `/readyz` answer
 * @property {string} logFile
 * @property {number} [listenFd] a bound socket that it is to listen on, handed over as LISTEN_FD
 * @property {() => void} onChange called when the process id changed
 * @property {(service: Service) => void} onWrongConfiguration
 * @property {(text: string) => void} log
 */
/**
 * @typedef {object} Service
 * @property {string} name
 * @property {string} healthUrl
 * @property {string} mark part of the command line that tells it from others
 * @property {() => number | null} pid
 * @property {() => number} endings how often it ended without being told to
 * @property {() => Promise<boolean>} isReady
 * @property {() => boolean} isMisconfigured whether it ended because of its configuration, for good
 * @property {() => string} lastLines of its log
 * @property {(how?: { hurried?: boolean }) => Promise<void>} stop hurried: nobody takes over, nobody is waited for
 */

/** First pause is the documented half second. */
const pausesMs = [500, 1_000, 2_000, 5_000]
/** One that lived this long starts over with the first pause. */
const steadyMs = 30_000
/** Longer than an agent's own bound for ending its work (AGENT_DRAIN_MS). */
const drainMs = 30_000
export const configExitCode = 78

/** @param {string} healthUrl */
const answersReady = async (healthUrl) => {
  try {
    const response = await fetch(`${healthUrl}/readyz`, { signal: AbortSignal.timeout(2_000) })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

/** @param {string} file */
export const lastLinesOf = (file, count = 20) => {
  try {
    return fs.readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
  } catch {
    return ''
  }
}

/**
 * Starts the process.
 * @param {ServiceOptions} options
 * @returns {Service}
 */
export const startService = (options) => {
  const { name, command, args, cwd, env, healthUrl, logFile, listenFd, onChange, log } = options
  /** @type {import('node:child_process').ChildProcess | null} */
  let child = null
  let stopping = false
  let saidReady = listenFd === undefined
  let misconfigured = false
  let endings = 0
  let quick = 0
  /** @type {NodeJS.Timeout | undefined} */
  let restart

  /** @type {Service} */
  const service = {
    name,
    healthUrl,
    mark: args.at(-1) ?? command,
    pid: () => child?.pid ?? null,
    endings: () => endings,
    isMisconfigured: () => misconfigured,
    isReady: async () => child !== null && saidReady && answersReady(healthUrl),
    lastLines: () => lastLinesOf(logFile),
    stop: async ({ hurried = false } = {}) => {
      stopping = true
      clearTimeout(restart)
      const signals = /** @type {NodeJS.Signals[]} */ ([hurried ? 'SIGINT' : 'SIGTERM'])
      if (child?.pid !== undefined) await endProcess(child.pid, { signals, graceMs: drainMs })
      await waitFor(() => child === null, { timeoutMs: 5_000, everyMs: 5 })
    },
  }

  const start = () => {
    const output = fs.openSync(logFile, 'a', 0o600)
    const startedAt = Date.now()
    const started =
      listenFd === undefined
        ? spawn(command, args, { cwd, env, stdio: ['ignore', output, output], detached: true })
        : spawn(command, args, {
            cwd,
            env: { ...env, LISTEN_FD: '3' },
            stdio: ['ignore', output, output, listenFd, 'ipc'],
            detached: true,
          })
    fs.closeSync(output)
    if (listenFd !== undefined) {
      saidReady = false
      started.once('message', () => (saidReady = child === started)) // S4
      started.channel?.unref()
    }
    child = started
    onChange()
    void ended(started).then(({ code, signal, error }) => {
      child = null
      if (stopping) return
      endings += 1
      if (code === configExitCode) {
        stopping = true
        misconfigured = true
        options.onWrongConfiguration(service)
        return
      }
      quick = Date.now() - startedAt < steadyMs ? quick + 1 : 1
      const pauseMs = pausesMs[Math.min(quick, pausesMs.length) - 1] ?? 0
      log(`${name} ended (${error?.message ?? signal ?? `exit code ${code}`}), starting again in ${pauseMs / 1000} s`)
      restart = setTimeout(start, pauseMs)
    })
  }
  start()
  return service
}
