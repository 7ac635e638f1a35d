import type { PolicyOutcome, RiskPolicyInput, RiskPolicyOutput, RiskReason } from '@flotilla/contracts'
import { policyRules, type RuleEffect } from './policy-rules.js'

/** The version of rules and cut-offs: it changes whenever a decision may. */
export const policyVersion = 'credit-policy@1'

const reasonsMax = 50

/** The first effect that any rule asks for decides. */
const outcomeOf: readonly (readonly [RuleEffect, PolicyOutcome])[] = [
  ['refer-always', 'refer'],
  ['decline', 'decline'],
  ['refer', 'refer'],
]

const withoutRepeats = (reasons: readonly RiskReason[]): RiskReason[] =>
  [...new Map(reasons.toReversed().map((reason) => [reason.code, reason])).values()].toReversed()

const approval = ({ affordability, income }: RiskPolicyInput): RiskReason[] => [
  { code: 'PD_LOW', text: 'The probability that the loan is not repaid is low.' },
  ...(affordability?.reasons ?? []),
  ...(income?.regularity === 'irregular'
    ? [{ code: 'INCOME_IRREGULAR', text: 'The income differs much from month to month.' }]
    : []),
]

/**
 * Proposes a decision. Every rule is asked; a sanctions match or a doubtful identity always goes to a person, a reason
 * to decline outweighs a reason to refer, and without any the loan is approved. Reasons stand in the order of their
 * weight: those that carried the outcome first, the others after them.
 */
export const decidePolicy = (input: RiskPolicyInput): RiskPolicyOutput => {
  const fired = policyRules
    .map(({ name, effect, fires }) => ({ name, effect, reasons: fires(input) }))
    .filter(({ reasons }) => reasons.length > 0)
  const [effect, outcome]: readonly [RuleEffect | null, PolicyOutcome] = outcomeOf.find(([wanted]) =>
    fired.some((rule) => rule.effect === wanted),
  ) ?? [null, 'approve']
  const carried = fired.filter((rule) => rule.effect === effect)
  const others = fired.filter((rule) => rule.effect !== effect)
  const reasons = fired.length === 0 ? approval(input) : [...carried, ...others].flatMap((rule) => rule.reasons)
  return {
    outcome,
    reasons: withoutRepeats(reasons).slice(0, reasonsMax),
    pd: input.pd?.pd ?? null,
    score: input.pd?.score ?? null,
    model: input.pd?.model ?? null,
    rules: fired.map(({ name }) => name),
    policy: policyVersion,
  }
}
