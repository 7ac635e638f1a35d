import type { PolicyReason, RiskFinding, RiskPolicyInput, RiskReason } from '@flotilla/contracts'

/**
 * What a rule asks for. `refer-always`: a person has to see it, whatever else was found. `decline` outweighs `refer`.
 */
export type RuleEffect = 'refer-always' | 'decline' | 'refer'

/** One rule of the policy. */
export interface PolicyRule {
  readonly name: string
  readonly effect: RuleEffect
  /** Why it fires; empty when it does not. */
  readonly fires: (input: RiskPolicyInput) => readonly RiskReason[]
}

/**
 * Cut-offs of the probability of default, chosen on predictions for cases that had no part in their scorecard: below
 * 10 % were 188 of 218 applications with 2 bad ones, from 40 % on 12 with 10 (docs/scorecard.md, calibration).
 */
export const pdReferFrom = 0.1
export const pdDeclineFrom = 0.4

const when = (condition: boolean, code: string, text: string): RiskReason[] => (condition ? [{ code, text }] : [])

const codePattern = /^[A-Z][A-Z0-9_]{1,59}$/

/** Another agent's reasons in our contract: those without a code or a text are dropped. */
const passedOn = (reasons: readonly PolicyReason[] | null | undefined): RiskReason[] =>
  (reasons ?? []).flatMap(({ code, text }) =>
    code && codePattern.test(code) && text ? [{ code, text: text.slice(0, 500) }] : [],
  )

const findingOf = (findings: readonly RiskFinding[] | undefined, code: string): RiskReason[] =>
  (findings ?? []).filter((finding) => finding.code === code).map(({ text }) => ({ code, text }))

/**
 * The rules, in the order in which reasons are given. What an applicant left out (a name, a document, an IBAN) makes an
 * identity unverified, and that is no rule: absence of what is optional never refers or declines by itself.
 */
export const policyRules: readonly PolicyRule[] = [
  {
    name: 'sanctions-hit',
    effect: 'refer-always',
    fires: ({ kyc }) =>
      kyc?.verdict === 'hit'
        ? [
            { code: 'SANCTIONS_MATCH', text: 'The name matches an entry of the sanctions list.' },
            ...passedOn(kyc.reasons),
          ]
        : [],
  },
  {
    name: 'identity-referred',
    effect: 'refer-always',
    fires: ({ kyc }) =>
      kyc?.verdict === 'refer'
        ? [{ code: 'IDENTITY_REFERRED', text: 'The identity check asks for a person.' }, ...passedOn(kyc.reasons)]
        : [],
  },
  {
    name: 'fraud-blocked',
    effect: 'decline',
    fires: ({ fraud }) =>
      fraud?.verdict === 'block'
        ? [{ code: 'FRAUD_BLOCKED', text: 'The fraud check forbids to grant the loan.' }, ...passedOn(fraud.reasons)]
        : [],
  },
  {
    name: 'pd-high',
    effect: 'decline',
    fires: ({ pd }) =>
      pd && pd.evidence !== 'none' && pd.pd >= pdDeclineFrom
        ? [{ code: 'PD_HIGH', text: 'The probability that the loan is not repaid is high.' }, ...pd.reasons]
        : [],
  },
  {
    name: 'payment-beyond-income',
    effect: 'decline',
    fires: ({ affordability }) =>
      affordability?.verdict === 'unaffordable'
        ? when(
            affordability.paymentToIncome === null || affordability.paymentToIncome >= 1,
            'PAYMENT_BEYOND_INCOME',
            'The payment is more than the whole income.',
          )
        : [],
  },
  {
    name: 'unaffordable-and-doubtful',
    effect: 'decline',
    fires: ({ affordability, pd }) =>
      when(
        affordability?.verdict === 'unaffordable' && (pd?.pd ?? 0) >= pdReferFrom,
        'AFFORDABILITY_INSUFFICIENT',
        'What is left of the income each month is less than the payment, and repayment is doubtful.',
      ),
  },
  {
    name: 'fraud-referred',
    effect: 'refer',
    fires: ({ fraud }) =>
      fraud?.verdict === 'refer'
        ? [{ code: 'FRAUD_REFERRED', text: 'The fraud check asks for a person.' }, ...passedOn(fraud.reasons)]
        : [],
  },
  {
    name: 'statement-inconsistent',
    effect: 'refer',
    fires: ({ pd }) => findingOf(pd?.findings, 'STATEMENT_INCONSISTENT'),
  },
  {
    name: 'statement-missing',
    effect: 'refer',
    fires: ({ pd }) => findingOf(pd?.findings, 'STATEMENT_MISSING'),
  },
  { name: 'statement-short', effect: 'refer', fires: ({ pd }) => findingOf(pd?.findings, 'STATEMENT_SHORT') },
  {
    name: 'pd-borderline',
    effect: 'refer',
    fires: ({ pd }) =>
      pd && pd.evidence !== 'none' && pd.pd >= pdReferFrom && pd.pd < pdDeclineFrom
        ? [{ code: 'PD_BORDERLINE', text: 'The probability that the loan is not repaid is raised.' }, ...pd.reasons]
        : [],
  },
  {
    name: 'unaffordable',
    effect: 'refer',
    fires: ({ affordability, pd }) =>
      affordability?.verdict === 'unaffordable' && (pd?.pd ?? 0) < pdReferFrom ? affordability.reasons : [],
  },
  {
    name: 'affordability-unknown',
    effect: 'refer',
    fires: ({ affordability }) => (affordability?.verdict === 'unknown' ? affordability.reasons : []),
  },
  {
    name: 'check-missing',
    effect: 'refer',
    fires: ({ kyc, fraud, income, pd, affordability }) => [
      ...when(!kyc, 'IDENTITY_NOT_CHECKED', 'The identity check gave no answer.'),
      ...when(!fraud, 'FRAUD_NOT_CHECKED', 'The fraud check gave no answer.'),
      ...when(!income, 'INCOME_NOT_CHECKED', 'The income check gave no answer.'),
      ...when(!pd, 'PD_NOT_ASSESSED', 'The probability of default was not assessed.'),
      ...when(!affordability, 'AFFORDABILITY_NOT_ASSESSED', 'Affordability was not assessed.'),
    ],
  },
]
