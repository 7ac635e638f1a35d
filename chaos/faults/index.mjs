/** Every fault by its name. */
import { deadlyPoisons, mildPoisons } from '../load.mjs'
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
  /** Mostly of the kinds that leave their process alive: how often one can die a minute is bounded. */
  'poison-many': ({ load, random, leftMs }) => {
    const count = random.integer(8, 16)
    for (let n = 0; n < count; n += 1) load.poison(random.pick(mildPoisons))
    const deadly = leftMs() > 90_000 && random.next() < 0.3
    if (deadly) load.poison(random.pick(deadlyPoisons))
    return { target: 'poison', count: count + (deadly ? 1 : 0), healed: Promise.resolve() }
  },
}

/** How often each is drawn, where it is not 1. @type {Record<string, number>} */
const ordinary = { 'kill-9': 14, 'kill-two': 5, sigterm: 3, sigstop: 4, poison: 4, 'kill-all': 0.3, 'pg-crash': 3 }
for (const name of Object.keys(redisFaults)) ordinary[name] = 2

/** Groups that `--faults` takes beside single names. */
export const groups = /** @type {Record<string, string[]>} */ ({
  process: Object.keys(processFaults),
  redis: Object.keys(redisFaults),
  postgres: Object.keys(postgresFaults),
  network: Object.keys(networkFaults),
  replies: Object.keys(replyFaults),
  // What is made for the dense mode comes in numbers that leave no room for others.
  all: Object.keys(faults).filter((name) => !name.endsWith('-many')),
})

/**
 * @param {readonly string[]} names @param {{ next: () => number }} random
 * @param {Record<string, number>} [weights] @returns {string}
 */
export const drawFault = (names, random, weights = ordinary) => {
  const total = names.reduce((sum, name) => sum + (weights[name] ?? 1), 0)
  let rest = random.next() * total
  for (const name of names) {
    rest -= weights[name] ?? 1
    if (rest < 0) return name
  }
  return names.at(-1) ?? 'kill-9'
}
