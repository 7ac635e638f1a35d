import type { LetterInput, LetterOutput } from '@flotilla/contracts'
import { escapeMarkdown } from './escape-markdown.js'
import { formatDay, formatMoney } from './format-terms.js'
import { selectReasons } from './select-reasons.js'
import type { CatalogueEntry } from './reason-catalogue.js'

const listOf = (reasons: readonly CatalogueEntry[]): string => reasons.map(({ text }) => `- ${text}`).join('\n')

/** The terms; a changed amount keeps the duration, and the monthly payment changes in proportion. */
const terms = ({ loan, adjustedAmount }: LetterInput): string => {
  const amount = adjustedAmount ?? loan.amount
  const monthly = Math.round(loan.monthlyPayment * (amount / loan.amount) * 100) / 100
  const rows = [
    ['Amount', formatMoney(amount, loan.currency)],
    ['Duration', `${loan.durationMonths} month${loan.durationMonths === 1 ? '' : 's'}`],
    ['Monthly payment', formatMoney(monthly, loan.currency)],
    ['Sum of all payments', formatMoney(monthly * loan.durationMonths, loan.currency)],
  ]
  return ['| Term | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n')
}

const approval = (input: LetterInput): string[] => {
  const { loan, adjustedAmount } = input
  const changed = typeof adjustedAmount === 'number' && adjustedAmount !== loan.amount
  const asked = formatMoney(loan.amount, loan.currency)
  return [
    'We are pleased to tell you that your application for a loan has been **approved**.',
    ...(changed
      ? [`You asked for ${asked}. After a review we can offer you the amount below; you are free to refuse it.`]
      : []),
    terms(input),
    'The loan is granted once you have signed the contract that we send you. Until then nothing is owed.',
  ]
}

const timedOut = (reasons: readonly CatalogueEntry[]): string[] => [
  'We are sorry to tell you that your application for a loan has been **declined**.',
  'Your application was to be reviewed by a member of our staff. The review was not finished within the time that we ' +
    'set ourselves, and so the application ended without a loan. This says nothing about you: you may apply again.',
  ...(reasons.length === 0 ? [] : ['A review was needed for the following reasons:', listOf(reasons)]),
]

const refusal = (reasons: readonly CatalogueEntry[]): string[] => [
  'We are sorry to tell you that your application for a loan has been **declined**.',
  ...(reasons.length === 0
    ? ['The information in your application, taken together, does not meet the conditions under which we lend.']
    : [`The principal reason${reasons.length === 1 ? ' is' : 's are'}:`, listOf(reasons)]),
]

const referral: readonly string[] = [
  'Thank you for your application for a loan. It **has not been decided yet**: a member of our staff will look at it.',
  'You need not do anything now. We write to you as soon as there is a decision, or if we need anything from you.',
]

const howDecided = ({ decision, decidedBy }: LetterInput): string[] => {
  if (decision === 'refer' || decidedBy === 'timeout') return []
  return decidedBy === 'policy'
    ? ['This decision was made automatically, by rules that are the same for every applicant.']
    : ['This decision was made by a member of our staff.']
}

/** Rights under Regulation (EU) 2016/679, articles 15, 16 and 22, and Directive (EU) 2023/2225, article 18. */
const rights = ({ decision, decidedBy }: LetterInput): string[] => {
  if (decision === 'approve') return []
  const review =
    decidedBy === 'policy' || decidedBy === 'timeout'
      ? 'You may ask that a member of our staff reviews the decision, tell us your point of view, and contest it.'
      : 'You may ask that another member of our staff reviews the decision, tell us your point of view, and contest it.'
  const data =
    'You may ask which data about you we used and where they came from, receive a copy, and have what is wrong corrected.'
  return [
    '## Your rights',
    ...(decision === 'decline' ? [`- ${review}\n- ${data}`] : [`- ${data}`]),
    'Each is free of charge. Answer this letter, and give the reference above.',
  ]
}

const contentOf = (input: LetterInput, reasons: readonly CatalogueEntry[]): readonly string[] => {
  if (input.decision === 'approve') return approval(input)
  if (input.decision === 'refer') return referral
  return input.decidedBy === 'timeout' ? timedOut(reasons) : refusal(reasons)
}

/**
 * Writes the decision letter. Pure: the same input gives the same bytes; there is no date of today in it. Only a refusal
 * names reasons. Neither the score nor who decided is printed.
 */
export const writeLetter = (input: LetterInput): LetterOutput => {
  const reasons = input.decision === 'decline' ? selectReasons(input.reasons) : []
  const name = escapeMarkdown(input.applicant?.fullName ?? '')
  const blocks = [
    '# Your application for a loan',
    `Reference: ${escapeMarkdown(input.applicationId)}  \nApplication of ${formatDay(input.submittedOn)}`,
    name === '' ? 'Dear applicant,' : `Dear ${name},`,
    ...contentOf(input, reasons),
    ...howDecided(input),
    ...rights(input),
    'With kind regards  \nThe credit desk',
  ]
  return {
    letter: { mediaType: 'text/markdown', body: `${blocks.join('\n\n')}\n` },
    decision: input.decision,
    reasonCodes: reasons.map(({ code }) => code),
  }
}
