/** Faults of the ways between a process and its servers, by the proxies. */
import { setTimeout as sleep } from 'node:timers/promises'

/** What each does to a way. @type {Record<string, (way: any, random: any) => void>} */
const weathers = {
  latency: (way, random) => way.set({ latencyMs: random.integer(50, 800), jitterMs: random.integer(0, 400) }),
  throttle: (way, random) => way.set({ bytesPerSecond: random.integer(2_000, 50_000) }),
  partition: (way) => way.set({ holdUp: true, holdDown: true, refuse: true }),
  'half-open': (way) => way.set({ holdUp: true, holdDown: true }),
  'one-way-up': (way) => way.set({ holdUp: true }),
  'one-way-down': (way) => way.set({ holdDown: true }),
}

/** @param {string} server @param {any} context */
const chooseWays = (server, { fleet, random, turns }) => {
  // Now and then the server is far from everybody.
  const chosen = random.next() < 0.2 ? fleet.instances : turns.next(fleet.instances, 1)
  return { chosen, ways: chosen.map((/** @type {any} */ { ways }) => ways[server]) }
}
/** @param {any[]} chosen @param {string} server */
const edge = (chosen, server) => `${chosen.length === 1 ? chosen[0].name : 'all'}>${server}`

/** @param {string} server @param {string} kind @returns {import('./index.mjs').Fault} */
const weather = (server, kind) => (context) => {
  const { random } = context
  const { chosen, ways } = chooseWays(server, context)
  for (const way of ways) weathers[kind]?.(way, random)
  const clear = async () => {
    await sleep(random.integer(1_000, 15_000))
    // What was half open has forgotten its peer.
    for (const way of ways) way.heal({ resetHeld: kind === 'half-open' })
  }
  return { target: edge(chosen, server), healed: clear() }
}
/** @param {string} server @returns {import('./index.mjs').Fault} */
const reset = (server) => (context) => {
  const { chosen, ways } = chooseWays(server, context)
  for (const way of ways) way.reset()
  return { target: edge(chosen, server), healed: Promise.resolve() }
}

/** @type {Record<string, import('./index.mjs').Fault>} */
export const networkFaults = Object.fromEntries(
  ['redis', 'postgres'].flatMap((server) => {
    const short = server === 'redis' ? 'redis' : 'pg'
    return [
      [`net-${short}-reset`, reset(server)],
      ...Object.keys(weathers).map((kind) => /** @type {const} */ ([`net-${short}-${kind}`, weather(server, kind)])),
    ]
  }),
)
