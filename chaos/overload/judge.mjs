/** What an overload must not do to a fleet. */

/** Goodput under the flood, of the most without it. */
const goodputLeast = 0.8
/** Of another tenant's p95 beside the flood, of its p95 alone. */
const fairnessMost = 2
/** A warm process may still take so much more in the last third than in the middle one: MiB, or a share of what it has. */
const growthMost = { MiB: 24, share: 0.15 }

/**
 * @param {{ refusedWithoutProblemOrRetryAfter: number, answers: Record<string, number>, accepted: number, completed: number,
 * goodputOfPeak: number, latencyMs: Record<string, { p95: number }>, memory: Record<string, { MiB: number, grewBy: number }> }} result
 * @returns {string[]} what is wrong, in words
 */
export const judge = (result) => {
  const { answers, accepted, completed, goodputOfPeak, latencyMs, memory } = result
  const foreign = Object.keys(answers).filter((status) => !['202', '429', '503'].includes(status))
  const p95 = (/** @type {string} */ who) => latencyMs[who]?.p95 ?? Number.NaN
  const beside = p95('quietBesideTheFlood') / p95('quietAlone')
  const grown = Object.entries(memory).filter(
    ([, { MiB, grewBy }]) => grewBy > growthMost.MiB && grewBy > growthMost.share * MiB,
  )
  return [
    ...(completed === accepted ? [] : [`${accepted - completed} of ${accepted} accepted runs did not complete`]),
    ...foreign.map((status) => `${answers[status]} submissions were answered ${status}`),
    ...(result.refusedWithoutProblemOrRetryAfter === 0
      ? []
      : [`${result.refusedWithoutProblemOrRetryAfter} refusals lack a problem document or Retry-After`]),
    ...(goodputOfPeak >= goodputLeast ? [] : [`goodput fell to ${goodputOfPeak} of its peak`]),
    ...(beside <= fairnessMost ? [] : [`another tenant's p95 rose to ${beside.toFixed(1)} times its quiet value`]),
    ...(p95('urgent') < p95('flood') / 2 ? [] : ['urgent runs do not pass the backlog']),
    ...grown.map(([name, { grewBy }]) => `${name} grew by ${grewBy} MiB in the last third`),
  ]
}
