/** `npm start`: the whole fleet, in the foreground or behind. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { awaitFleet, readFleet, readSupervisor } from './fleet-file.mjs'
import { installIfNeeded } from './install.mjs'
import { localDir, repoDir } from './paths.mjs'
import { choosePort } from './ports.mjs'
import { ended } from './processes.mjs'
import { StartError } from './start-error.mjs'
import { describeFleet } from './urls.mjs'

const usage = `npm start -- [options]
  --background          return when the fleet is ready and the demonstration runs are accepted
  --no-demo             submit nothing
  --fresh               stop a running fleet and empty the local data first
  --agents kyc=3,...    processes per agent`

/** @param {string[]} args */
const readOptions = (args) => {
  try {
    return parseArgs({
      args,
      options: {
        background: { type: 'boolean', default: false },
        'no-demo': { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        agents: { type: 'string', default: '' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : error}\n${usage}`, 78)
  }
}

/** @param {import('./fleet-file.mjs').Fleet} fleet */
const sayFleet = (fleet) => console.log(describeFleet(fleet, localDir))

/** Everything but the private copy of Redis, which is no data. */
const emptyLocalData = () => {
  const link = path.join(localDir, 'postgres')
  if (fs.existsSync(link)) fs.rmSync(fs.realpathSync(link), { recursive: true, force: true })
  for (const name of fs.existsSync(localDir) ? fs.readdirSync(localDir) : []) {
    if (name !== 'redis-dist') fs.rmSync(path.join(localDir, name), { recursive: true, force: true })
  }
}

/**
 * The same command as a process of its own, which goes on when this one returns.
 * @param {string[]} args
 */
const startBehind = async (args) => {
  const logFile = path.join(localDir, 'logs/supervisor.log')
  fs.mkdirSync(path.dirname(logFile), { recursive: true, mode: 0o755 })
  const log = fs.openSync(logFile, 'a', 0o600)
  const child = spawn(process.execPath, [path.join(repoDir, 'tools/fleet.mjs'), 'start', ...args], {
    cwd: repoDir,
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  })
  fs.closeSync(log)
  const outcome = await new Promise((resolve) => {
    child.on('message', (/** @type {{ said?: string, accepted?: boolean }} */ { said, accepted }) => {
      if (said !== undefined) console.log(said)
      if (accepted !== undefined) resolve({ code: accepted ? 0 : 1 })
    })
    void ended(child).then(resolve)
  })
  if (child.connected) child.disconnect()
  child.unref()
  if (outcome.code !== 0) console.error(`the fleet did not start; more in ${logFile}`)
  return outcome.code ?? 1
}

/** @param {ReturnType<typeof readOptions>} options */
const startHere = async (options) => {
  /** @param {string} text */
  const say = (text) => {
    console.log(text)
    if (process.connected) process.send?.({ said: text })
  }
  if (installIfNeeded()) say('installed')
  // Only now: these modules need installed packages.
  const { startSupervisor } = await import('./supervisor.mjs')
  const { build } = await import('./build.mjs')
  const { prepareDatabase } = await import('./prepare-database.mjs')
  const { describeServices } = await import('./service-command.mjs')
  const { followDemo, submitDemo } = await import('./demo.mjs')

  const interrupted = new AbortController()
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  for (const signal of signals) process.on(signal, () => interrupted.abort())

  const supervisor = await startSupervisor({
    dir: localDir,
    env: process.env,
    chooseGatewayPort: () => choosePort(process.env.PORT, 3000),
    agents: options.agents ?? '',
    prepareDatabase,
    build,
    describeServices,
    mark: 'fleet.mjs',
    signal: interrupted.signal,
    say,
  })
  if (supervisor === null) return showOther()
  supervisor.onStop(() => console.log('stopping'))

  const demo = options['no-demo'] ? [] : await submitDemo(supervisor.fleet).catch((error) => error)
  const failed = demo instanceof Error
  if (failed) say(`the demonstration could not be submitted: ${demo.message}`)
  say(describeFleet(supervisor.fleet, localDir))
  if (process.connected) {
    process.send?.({ accepted: !failed })
    // Whoever asked stays until told so; a fleet whose demonstration was refused is not left running unasked.
    if (failed) void supervisor.stop(1)
  } else if (!failed && demo.length > 0) {
    const { fleet } = supervisor
    void followDemo(fleet, demo, { signal: interrupted.signal }).then(
      () => console.log(`\n${describeFleet(fleet, localDir)}`),
      (/** @type {Error} */ error) => {
        if (!interrupted.signal.aborted) console.log(`the demonstration ended early: ${error.message}`)
      },
    )
  }
  return supervisor.stopped
}

/** Another supervisor has this folder: its fleet is shown as soon as it is ready. */
const showOther = async () => {
  const fleet = await awaitFleet(localDir)
  if (fleet === null) throw new StartError('the fleet that was starting here ended')
  sayFleet(fleet)
  return 0
}

/** @param {string[]} args */
export const run = async (args) => {
  const options = readOptions(args)
  if (options.help) {
    console.log(usage)
    return 0
  }
  if (options.fresh) {
    const { stopFleet } = await import('./stop-fleet.mjs')
    installIfNeeded()
    await stopFleet(localDir)
    emptyLocalData()
  }
  const running = readFleet(localDir)
  if (running !== null) {
    sayFleet(running)
    return 0
  }
  if (readSupervisor(localDir) !== null) return showOther()
  if (options.background) return startBehind(args.filter((arg) => arg !== '--background' && arg !== '--fresh'))
  try {
    return await startHere(options)
  } catch (error) {
    // Whoever asked for the start behind sees why it failed, not only that it did.
    if (process.connected) process.send?.({ said: error instanceof Error ? error.message : `${error}` })
    throw error
  }
}
