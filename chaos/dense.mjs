/**
 * The dense mode: faults of every room at once, each room in a lane of its own with its own dice, so that a campaign counts as
 * many as it can. What recovery takes is not to be read from it; `--single` measures that.
 */

/** Storms with a lull after each: in a storm hardly anything is done, in a lull it is seen whether all of it is. */
export const stormMs = 14_000
export const lullMs = 18_000

/**
 * @typedef {object} Lane
 * @property {Record<string, number>} faults names with their weight
 * @property {number} everyMs from one to the next, on average
 * @property {boolean} waits whether the next waits for this one to heal
 */
/** @type {Record<string, Lane>} */
export const lanes = {
  process: {
    faults: { 'kill-many': 12, 'kill-all': 0.15, sigstop: 2, sigterm: 1, clock: 1 },
    ...{ everyMs: 4_500, waits: false },
  },
  redis: {
    faults: {
      ...{ 'redis-kill': 4, 'redis-empty': 2, 'redis-flush': 1, 'redis-restore': 8, 'redis-pause': 5 },
      ...{ 'redis-oom': 5, 'redis-failover': 6, 'redis-clients': 0.5 },
    },
    ...{ everyMs: 600, waits: true },
  },
  postgres: {
    faults: { 'pg-crash': 5, 'pg-terminate': 1, 'pg-pause': 0.5, 'pg-connections': 0.5, 'pg-lock': 0.5 },
    ...{ everyMs: 4_000, waits: true },
  },
  network: {
    faults: Object.fromEntries(
      ['redis', 'pg'].flatMap((server) =>
        ['reset', 'latency', 'throttle', 'partition', 'half-open', 'one-way-up', 'one-way-down'].map((kind) => [
          `net-${server}-${kind}`,
          1,
        ]),
      ),
    ),
    ...{ everyMs: 7_000, waits: false },
  },
  replies: {
    faults: { 'replies-duplicate': 2, 'replies-reorder': 2, 'replies-late': 1, 'replies-garbage': 1 },
    ...{ everyMs: 5_000, waits: true },
  },
  poison: { faults: { 'poison-many': 1 }, everyMs: 6_000, waits: false },
}

/** Of the runs submitted: mostly short ones, each with an effect. @type {Record<string, number>} */
export const shares = {
  ...{ 'chaos-leaf': 60, 'chaos-fan': 8, 'chaos-loop': 3, 'chaos-map': 3, 'chaos-gate': 8, 'chaos-undo': 6 },
  ...{ 'chaos-family': 4, 'bench-desk': 10 },
}

/** Of every reply that an agent writes, so many are written again, late and out of order. */
export const echoed = 0.8
