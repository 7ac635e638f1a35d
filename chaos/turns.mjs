/**
 * Whose turn it is to be hit: every kind of service as often as every other, whichever of its processes.
 * @param {ReturnType<typeof import('./random.mjs').makeRandom>} random
 */
export const makeTurns = (random) => {
  /** @type {string[]} */
  let kinds = []
  return {
    /** Kinds that are not among the instances keep their turn. @param {readonly any[]} instances @param {number} count @returns {any[]} of different kinds */
    next: (instances, count) => {
      const all = [...new Set(instances.map(({ kind }) => kind))]
      /** @type {any[]} */
      const chosen = []
      while (chosen.length < Math.min(count, all.length)) {
        const at = kinds.findLastIndex((kind) => all.includes(kind) && !chosen.some((one) => one.kind === kind))
        if (at < 0) {
          // Whoever has not had a turn of this round keeps it.
          kinds = [...random.shuffle(all), ...kinds]
          continue
        }
        const [kind] = kinds.splice(at, 1)
        chosen.push(random.pick(instances.filter((one) => one.kind === kind)))
      }
      return chosen
    },
  }
}
