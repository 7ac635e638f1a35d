/** Every fault by its name. */
import { networkFaults } from './network.mjs'
import { postgresFaults } from './postgres.mjs'
import { processFaults } from './processes.mjs'
import { redisFaults } from './redis.mjs'
import { replyFaults } from './replies.mjs'

/**
 * @typedef {object} Injected a fault that has begun
 * @property {string} target what it hit
 * @property {Promise<unknown>} healed when nothing hinders any more
 * @property {() => Promise<boolean>} [isUp] whether what it took down is there again
 * @property {string} [alone] faults with the same word never overlap
 * @property {any[]} [kills] processes that it killed
 * @property {number} [count] how many of a thing it injected
 */
/** @typedef {(context: any) => Injected} Fault */

/** @type {Record<string, Fault>} */
export const faults = {
  ...processFaults,
  ...redisFaults,
  ...postgresFaults,
  ...networkFaults,
  ...replyFaults,
  poison: ({ load, random }) => {
    const count = random.integer(3, 8)
    for (let n = 0; n < count; n += 1) load.poison()
    return { target: 'poison', count, healed: Promise.resolve() }
  },
}

/** How often each is drawn, where it is not 1. @type {Record<string, number>} */
const weights = { 'kill-9': 14, 'kill-two': 5, sigterm: 3, sigstop: 4, poison: 4, 'kill-all': 0.3, 'pg-crash': 3 }
for (const name of Object.keys(redisFaults)) weights[name] = 2

/** Groups that `--faults` takes beside single names. */
export const groups = /** @type {Record<string, string[]>} */ ({
  process: Object.keys(processFaults),
  redis: Object.keys(redisFaults),
  postgres: Object.keys(postgresFaults),
  network: Object.keys(networkFaults),
  replies: Object.keys(replyFaults),
  all: Object.keys(faults),
})

/** @param {readonly string[]} names @param {{ next: () => number }} random @returns {string} */
export const drawFault = (names, random) => {
  const total = names.reduce((sum, name) => sum + (weights[name] ?? 1), 0)
  let rest = random.next() * total
  for (const name of names) {
    rest -= weights[name] ?? 1
    if (rest < 0) return name
  }
  return names.at(-1) ?? 'kill-9'
}
