/** Faults of the fleet's own processes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../../tools/fleet/processes.mjs'

/** Signals a process and gives its id. @param {any} instance @param {NodeJS.Signals} what */
const signal = ({ service }, what) => {
  const pid = service.pid()
  if (pid !== null) process.kill(pid, what)
  return pid
}

/** Resolves when the supervisor has started another process in the place of `pid`. @param {any} instance @param {number | null} pid */
const replaced = (instance, pid) =>
  waitFor(() => instance.service.pid() !== null && instance.service.pid() !== pid, { timeoutMs: 60_000, everyMs: 20 })

/** @param {any} context @param {number} count @returns {any[]} */
const targets = ({ fleet, turns }, count = 1) => turns.next(fleet.instances, count)

/** Whoever has only just begun is spared where many are killed: it would never do anything. */
const settledMs = 2_500
/** @param {any} context @param {number} count @returns {any[]} */
const settledTargets = ({ fleet, turns }, count) => {
  const settled = fleet.instances.filter(
    (/** @type {any} */ { service, since }) => service.pid() !== null && Date.now() - since() > settledMs,
  )
  return turns.next(settled.length > 0 ? settled : fleet.instances, count)
}

/** Kills each, one that is just being started again as soon as it is there. @param {any[]} chosen */
const kill = (chosen) =>
  Promise.all(
    chosen.map(async (instance) => {
      await waitFor(() => instance.service.pid() !== null, { timeoutMs: 30_000, everyMs: 20 })
      await replaced(instance, signal(instance, 'SIGKILL'))
    }),
  )
/** Whoever serves poison may be dead again at any moment: nobody waits for it. @param {any[]} chosen */
const up = (chosen) => async () => {
  const awaited = chosen.filter(({ kind }) => kind !== 'agent-poison')
  return (await Promise.all(awaited.map(({ service }) => service.isReady()))).every(Boolean)
}
/** @param {any[]} chosen */
const named = (chosen) => chosen.map(({ name }) => name).join('+')

/** A fault gives what it hit, when it is healed, and what must be up again. @type {Record<string, import('./index.mjs').Fault>} */
export const processFaults = {
  'kill-9': (context) => {
    const chosen = targets(context)
    return { target: named(chosen), kills: chosen, healed: kill(chosen), isUp: up(chosen) }
  },
  'kill-two': (context) => {
    const chosen = targets(context, 2)
    return { target: named(chosen), kills: chosen, healed: kill(chosen), isUp: up(chosen) }
  },
  'kill-many': (context) => {
    const chosen = settledTargets(context, context.random.integer(5, 8))
    return { target: named(chosen), kills: chosen, healed: kill(chosen), isUp: up(chosen) }
  },
  'kill-all': (context) => {
    const chosen = context.fleet.instances.filter((/** @type {any} */ { service }) => service.pid() !== null)
    return { target: 'all', kills: chosen, healed: kill(chosen), isUp: up(chosen) }
  },
  sigterm: (context) => {
    const chosen = targets(context)
    const pids = chosen.map((instance) => signal(instance, 'SIGTERM'))
    const healed = Promise.all(chosen.map((instance, index) => replaced(instance, pids[index])))
    return { target: named(chosen), healed, isUp: up(chosen) }
  },
  sigstop: (context) => {
    const chosen = targets(context)
    const pid = signal(chosen[0], 'SIGSTOP')
    const goOn = async () => {
      await sleep(context.random.integer(1_000, 18_000))
      // Its process may have been killed by another fault meanwhile.
      if (pid !== null && chosen[0].service.pid() === pid) process.kill(pid, 'SIGCONT')
    }
    const healed = goOn()
    return { target: named(chosen), healed, isUp: up(chosen) }
  },
  clock: (context) => {
    const chosen = targets(context)
    const ms = context.random.pick([-3_600_000, -300_000, -30_000, 30_000, 300_000, 3_600_000])
    chosen[0].skew(ms)
    const healed = sleep(context.random.integer(2_000, 10_000)).then(() => chosen[0].skew(0))
    return { target: `${named(chosen)} ${ms} ms`, healed, isUp: up(chosen) }
  },
}
