/** Orchestrators and gateways beside those of a fleet, as other machines would run them: same build, same roles, same settings. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../tools/fleet/ports.mjs'
import { describeServices } from '../tools/fleet/service-command.mjs'

/** @typedef {{ name: string, pid: number, url: string, stop: () => Promise<void> }} MoreService */

const readyTimeoutMs = 60_000

/**
 * Starts one more process of a service and resolves when it is ready.
 * @param {import('./fleet.mjs').BenchFleet} fleet
 * @param {'gateway' | 'orchestrator'} name
 * @returns {Promise<MoreService>}
 */
export const startMore = async ({ home, databaseUrl, redisUrl }, name) => {
  const secrets = JSON.parse(readFileSync(path.join(home, 'secrets.json'), 'utf8'))
  const { commandOf } = describeServices({ dir: home, env: process.env, databaseUrl, redisUrl, secrets })
  const { command, args, cwd, env } = commandOf(name)
  const port = await freePort()
  const child = spawn(command, args, { cwd, env: { ...env, PORT: `${port}` }, stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  const until = Date.now() + readyTimeoutMs
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    )
  while (!(await isReady())) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop()
      throw new Error(`one more ${name} does not become ready`)
    }
    await sleep(50)
  }
  return { name, pid: child.pid ?? 0, url, stop }
}
