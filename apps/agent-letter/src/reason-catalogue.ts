/** What a letter says for a reason code. */
export interface CatalogueEntry {
  /** The code that the letter names; differs from the given one where that one would give something away. */
  readonly code: string
  /** One sentence in plain language that says what was decisive. */
  readonly text: string
}

const identity = 'We could not confirm your identity to the standard that we have to apply.'

/**
 * Words by code. A hit on a sanctions list gets exactly the words of any other identity that could not be confirmed: whoever is
 * under investigation must not learn it from a letter ("tipping off": Directive (EU) 2015/849, article 39).
 */
const exact: Readonly<Record<string, string>> = {
  PD_HIGH: 'The way your account was used suggests too high a risk that the loan could not be repaid.',
  PD_BORDERLINE: 'The way your account was used left it open whether the loan could be repaid.',
  SCORE_LOW: 'The way your account was used suggests too high a risk that the loan could not be repaid.',
  AFFORDABILITY_INSUFFICIENT: 'After your regular expenses too little income is left for the monthly payment.',
  AFFORDABILITY_TIGHT: 'After your regular expenses little more income is left than the monthly payment.',
  AFFORDABILITY_UNKNOWN: 'The account statement does not show what income is left after your regular expenses.',
  INCOME_INSUFFICIENT: 'The income that the account statement shows is too low for this loan.',
  INCOME_IRREGULAR: 'The income that the account statement shows is not regular enough for this loan.',
  INCOME_UNVERIFIED: 'We could not confirm a regular income from the account statement.',
  OBLIGATIONS_HIGH: 'Your regular obligations are high in relation to your income.',
  DEBT_TO_INCOME_HIGH: 'Your regular obligations are high in relation to your income.',
  OVERDRAWN: 'The account was overdrawn in the period that the statement covers.',
  BALANCE_NEGATIVE: 'The account was overdrawn in the period that the statement covers.',
  HISTORY_SHORT: 'The account statement covers too short a time to judge.',
  STATEMENT_ABSENT: 'The account statement that we need was not provided.',
  STATEMENT_STALE: 'The account statement ends too long before the application.',
  STATEMENT_GAP: 'The account statement has a gap.',
  STATEMENT_INCONSISTENT: 'The balances and the entries of the account statement do not agree.',
  LOAN_TERMS_INCONSISTENT: 'The amount, the duration and the monthly payment of the loan do not agree.',
  AMOUNT_TOO_HIGH: 'The amount is higher than we lend under these conditions.',
  UNDERAGE: 'We lend only to persons who are of age.',
  UNDER_AGE: 'We lend only to persons who are of age.',
  OVER_AGE: 'The loan would end after the age until which it is granted.',
  STATEMENT_EMPTY: 'The account statement that we need was not provided.',
  STATEMENT_SHORT: 'The account statement covers too short a time to judge.',
  INCOME_ABSENT: 'The account statement shows no regular income.',
  INCOME_UNKNOWN: 'We could not confirm a regular income from the account statement.',
  INCOME_TIGHT: 'After your regular expenses little more income is left than the monthly payment.',
  LOAN_NOT_REPAID: 'The payments of the loan do not add up to its amount.',
  DOCUMENT_EXPIRED: 'The identity document that you gave has expired.',
  DOCUMENT_ABSENT: 'We need a valid identity document, and none was given.',
  IBAN_INVALID: 'The account number that was given does not exist.',
  EMAIL_DISPOSABLE: 'The e-mail address that was given is not a lasting one.',
  INFLOW_UNUSUAL: 'Payments shortly before the application differ strongly from the earlier use of the account.',
  MONEY_PASSED_THROUGH: 'Payments shortly before the application differ strongly from the earlier use of the account.',
  ACCOUNT_RECENT: 'The account has not existed for long enough.',
  BALANCE_LOW: 'The balance of the account was too low in relation to the monthly payment.',
  BALANCE_VOLATILE: 'The balance of the account changed too much for this loan.',
  NEGATIVE_BALANCE: 'The account was overdrawn in the period that the statement covers.',
  NET_FLOW_LOW: 'Too little of what comes into the account stays there, in relation to the monthly payment.',
  LOAN_LARGE_FOR_BALANCE: 'The amount is too high in relation to the balance of the account.',
  PAYMENT_BEYOND_INCOME: 'The monthly payment is higher than the income that the account statement shows.',
  PAYMENT_LARGE_FOR_INCOME: 'The monthly payment is too high in relation to your income.',
  PAYMENT_TO_INCOME_HIGH: 'The monthly payment is too high in relation to your income.',
  PD_NOT_ASSESSED: 'The account statement does not suffice to judge whether the loan could be repaid.',
  AFFORDABILITY_NOT_ASSESSED: 'The account statement does not show what income is left after your regular expenses.',
  INCOME_NOT_CHECKED: 'We could not confirm a regular income from the account statement.',
  INCOME_IN_CASH: 'Most of the income that the account statement shows was paid in as cash.',
  STATEMENT_MISSING: 'The account statement that we need was not provided.',
  BALANCE_GAP: 'The balances and the entries of the account statement do not agree.',
  DAY_INCONSISTENT: 'The balances and the entries of the account statement do not agree.',
  FIGURES_UNNATURAL: 'We could not confirm that the account statement is complete and unchanged.',
  BALANCE_DRESSED: 'Payments shortly before the application differ strongly from the earlier use of the account.',
  ACCOUNT_YOUNG: 'The account has not existed for long enough.',
  EMAIL_INVALID: 'The e-mail address that was given is not one.',
  PHONE_IMPLAUSIBLE: 'The telephone number that was given is not one.',
  REVIEW_TIMED_OUT: 'A review by a member of our staff could not be finished in time.',
}

/** Words by the beginning of the code, where the code itself is not above. */
const byPrefix: readonly (readonly [prefix: string, code: string | null, text: string])[] = [
  ['SANCTIONS', 'IDENTITY_NOT_CONFIRMED', identity],
  ['WATCHLIST', 'IDENTITY_NOT_CONFIRMED', identity],
  ['SCREENING', 'IDENTITY_NOT_CONFIRMED', identity],
  ['PEP_', 'IDENTITY_NOT_CONFIRMED', identity],
  ['AML_', 'IDENTITY_NOT_CONFIRMED', identity],
  ['IDENTITY_', null, identity],
  ['KYC_', null, identity],
  ['BIRTH_DATE_', null, identity],
  ['AGE_', null, identity],
  ['ACCOUNT_', null, 'What was said about the account could not be confirmed.'],
  ['DOCUMENT_', null, 'The identity document that was given could not be verified.'],
  ['MRZ_', null, 'The identity document that was given could not be verified.'],
  ['STATEMENT_', null, 'We could not confirm that the account statement is complete and unchanged.'],
  ['VELOCITY_', null, 'We received several applications with the same contact or account details in a short time.'],
  ['AFFORDABILITY_', null, 'After your regular expenses too little income is left for the monthly payment.'],
  ['INCOME_', null, 'The income that the account statement shows is not sufficient for this loan.'],
  ['FRAUD', null, 'We could not confirm some of the information in the application.'],
  ['PD_', null, 'The way your account was used suggests too high a risk that the loan could not be repaid.'],
]

/** Whether a text of somebody else's names what no letter may name, whatever its code. */
export const tipsOff = (text: string): boolean =>
  /sanction|watch ?list|embargo|terroris|launder|\bOFAC\b|\bPEP\b/i.test(text)

/** What is said instead. */
export const neutralEntry: CatalogueEntry = { code: 'IDENTITY_NOT_CONFIRMED', text: identity }

/** Findings that speak for an applicant: never a reason to refuse, whatever list they come in. */
const favourable: ReadonlySet<string> = new Set([
  'SANCTIONS_NAMESAKE_CLEARED',
  'IDENTITY_VERIFIED',
  'INCOME_SUFFICIENT',
  'AFFORDABILITY_SUFFICIENT',
  'PD_LOW',
  'SCORE_HIGH',
])

/** Whether a code speaks for the applicant. Case does not matter. */
export const isFavourable = (code: string): boolean => favourable.has(code.trim().toUpperCase())

/** What a letter says for a code, or null for one that it does not know. Case does not matter. */
export const findReason = (code: string): CatalogueEntry | null => {
  const given = code.trim().toUpperCase()
  const words = Object.hasOwn(exact, given) ? exact[given] : undefined
  if (words !== undefined) return { code: given, text: words }
  const found = byPrefix.find(([prefix]) => given.startsWith(prefix))
  return found ? { code: found[1] ?? given, text: found[2] } : null
}
