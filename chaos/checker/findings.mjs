/** What the checker has looked at and what it has found, by invariant. */

/** Names of the invariants, as the reports show them. */
export const invariants = /** @type {const} */ ({
  I1: 'accepted runs exist and come to rest',
  I2: 'every run has its submission',
  I3: 'one run per idempotency key',
  I4: 'gapless events, legal paths, one end',
  I5: 'one accepted reply per dispatch, one effect per key',
  I6: 'joins once, nothing dispatched after a cancellation',
  I7: 'results are what was expected',
  I8: 'gates resolved once, deadlines when due',
  I9: 'dispatches and dead letters are conserved',
  I10: 'the audit chain verifies',
  I11: 'streams are the stored history, progress rises',
  I12: 'one trace per run',
  I13: 'no personal token in any sink',
  I14: 'providers see no more than allowed',
  I15: 'nothing grows without bound',
  I16: 'reads are never stale',
  I17: 'webhooks delivered, signed, ids unique',
})

/** @typedef {keyof typeof invariants} Invariant */
/** @typedef {{ invariant: Invariant, rule: string, run: string | null, evidence: unknown }} Violation */

/** Violations of one rule kept with their evidence; further ones are counted. */
const keptPerRule = 50

/**
 * Collects facts and violations. A fact is one comparison that could have failed.
 * @param {readonly { runId: string, invariant: string, why: string }[]} [exemptions]
 */
export const makeFindings = (exemptions = []) => {
  /** @type {Map<string, { facts: number, violations: number }>} */
  const rules = new Map()
  /** @type {Violation[]} */
  const kept = []
  /** @type {Map<string, number>} */
  const exempted = new Map()
  const exempt = new Map(exemptions.map(({ runId, invariant, why }) => [`${invariant} ${runId}`, why]))

  /** @param {Invariant} invariant @param {string} rule */
  const counted = (invariant, rule) => {
    const key = `${invariant} ${rule}`
    const found = rules.get(key)
    if (found) return found
    const made = { facts: 0, violations: 0 }
    rules.set(key, made)
    return made
  }

  /**
   * Notes that a rule was looked at and, unless `holds`, that it is broken. `evidence` is only worked out then.
   * @param {Invariant} invariant @param {string} rule @param {boolean} holds
   * @param {string | null} run @param {() => unknown} evidence
   */
  const expect = (invariant, rule, holds, run, evidence) => {
    const count = counted(invariant, rule)
    count.facts += 1
    if (holds) return
    const why = exempt.get(`${invariant} ${run}`)
    if (why !== undefined) {
      exempted.set(why, (exempted.get(why) ?? 0) + 1)
      return
    }
    count.violations += 1
    if (count.violations <= keptPerRule) kept.push({ invariant, rule, run, evidence: evidence() })
  }

  const report = () => ({
    invariants: Object.fromEntries(
      Object.entries(invariants).map(([id, title]) => {
        const own = [...rules].filter(([key]) => key.startsWith(`${id} `))
        const facts = own.reduce((sum, [, count]) => sum + count.facts, 0)
        const violations = own.reduce((sum, [, count]) => sum + count.violations, 0)
        const verdict = facts === 0 ? 'not checked' : violations > 0 ? 'broken' : 'holds'
        const byRule = Object.fromEntries(own.map(([key, count]) => [key.slice(id.length + 1), count]))
        return [id, { title, verdict, facts, violations, rules: byRule }]
      }),
    ),
    exempted: Object.fromEntries(exempted),
    violations: kept,
  })

  return { expect, report }
}

/** @typedef {ReturnType<typeof makeFindings>} Findings */
