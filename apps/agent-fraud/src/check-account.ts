import type { FraudFinding, FraudIban, FraudInput } from '@flotilla/contracts'
import { electronicFormatIBAN, isValidIBAN } from 'ibantools'
import { dayOf } from './calendar-day.js'
import { finding, findingIf } from './finding.js'

/** Country, length and check digits (ISO 13616, modulo 97) of the IBAN, spaces ignored. */
export const checkIban = (iban: string | null | undefined): FraudIban => {
  const compact = electronicFormatIBAN(iban ?? '') ?? ''
  return compact === '' ? { checked: false, valid: null } : { checked: true, valid: isValidIBAN(compact) }
}

const checkOpening = ({ account, submittedOn, statement }: FraudInput): FraudFinding[] => {
  const openedOn = account?.openedOn ?? null
  if (openedOn === null) return [finding('ACCOUNT_AGE_UNKNOWN', 'info', 'It is not known when the account was opened.')]
  const opened = dayOf(openedOn)
  if (Number.isNaN(opened)) return [finding('ACCOUNT_DATE_INVALID', 'low', 'The day of the opening is not a date.')]
  const age = dayOf(submittedOn) - opened
  const early = statement.filter((entry) => dayOf(entry.date) < opened).length
  const earlyText = `${early} entries of the statement are older than the account.`
  if (age < 0) return [finding('ACCOUNT_OPENED_AFTER', 'high', 'The account was opened after the application.')]
  return [
    ...findingIf(early > 0, 'STATEMENT_BEFORE_ACCOUNT', 'high', earlyText),
    ...findingIf(age < 30, 'ACCOUNT_RECENT', 'medium', `The account was opened ${age} days before the application.`),
    ...findingIf(
      age >= 30 && age < 90,
      'ACCOUNT_YOUNG',
      'low',
      `The account was opened ${age} days before the application.`,
    ),
  ]
}

/** Checks the account: the IBAN, and its opening against the application and the statement. */
export const checkAccount = (input: FraudInput, iban: FraudIban): FraudFinding[] => [
  ...findingIf(!iban.checked, 'IBAN_ABSENT', 'info', 'No IBAN was given.'),
  ...findingIf(
    iban.valid === false,
    'IBAN_INVALID',
    'medium',
    'The IBAN does not exist: country, length or check digits are wrong.',
  ),
  ...checkOpening(input),
]
