import type {
  CreditApplication,
  IntakeFinding,
  IntakeParseOutput,
  IntakeSeverity,
  StatementCheck,
} from '@flotilla/contracts'
import { daysBetween } from './normalise/calendar-day.js'
import { normaliseApplication } from './normalise/normalise-application.js'
import { checkStatement } from './statement/check-statement.js'

/** A statement that reaches back less than this many days says little about a month. */
export const statementDaysMin = 90

type Note = readonly [holds: boolean, code: string, severity: IntakeSeverity, text: string]

const identityNotes = (received: CreditApplication, { applicant, account }: CreditApplication): Note[] => {
  const given = received.applicant
  return [
    [
      !applicant?.fullName || !applicant.document?.mrz,
      'IDENTITY_NOT_EVIDENCED',
      'info',
      'The application does not evidence an identity: a name, a document or both are missing.',
    ],
    [!applicant?.birthDate && !given?.birthDate?.trim(), 'BIRTH_DATE_ABSENT', 'info', 'No date of birth is given.'],
    [
      !applicant?.birthDate && Boolean(given?.birthDate?.trim()),
      'BIRTH_DATE_UNREADABLE',
      'low',
      'The date of birth is not a day, or could be two different days.',
    ],
    [
      !applicant?.nationality && Boolean(given?.nationality?.trim()),
      'NATIONALITY_UNREADABLE',
      'low',
      'The nationality names no country.',
    ],
    [!applicant?.email && !applicant?.phone, 'CONTACT_ABSENT', 'info', 'Neither e-mail nor telephone is given.'],
    [
      Boolean(applicant?.phone) && !applicant?.phone?.startsWith('+'),
      'PHONE_WITHOUT_COUNTRY',
      'info',
      'The telephone number does not name its country.',
    ],
    [!account?.iban, 'IBAN_ABSENT', 'info', 'No IBAN is given.'],
  ]
}

const statementNotes = (received: CreditApplication, application: CreditApplication, check: StatementCheck): Note[] => {
  const { statement, submittedOn, account } = application
  const first = statement[0]
  const days = first === undefined ? 0 : Math.max(0, daysBetween(first.date, submittedOn))
  const late = statement.filter(({ date }) => date >= submittedOn).length
  const unordered = received.statement.some(({ date }, index) => {
    const before = received.statement[index - 1]
    return before !== undefined && date.slice(0, 10) < before.date.slice(0, 10)
  })
  return [
    [first === undefined, 'STATEMENT_EMPTY', 'medium', 'The statement has no entries.'],
    [
      first !== undefined && days < statementDaysMin,
      'STATEMENT_SHORT',
      'low',
      `The statement reaches back ${days} days, less than ${statementDaysMin}.`,
    ],
    [unordered, 'STATEMENT_UNORDERED', 'info', 'The statement is not ordered by day; it was put into order.'],
    [
      late > 0,
      'STATEMENT_ENTRIES_LATE',
      'low',
      `${late} entries are dated on or after the application and do not count.`,
    ],
    [
      !check.ok,
      'STATEMENT_INCONSISTENT',
      'high',
      `On ${check.breaksTotal} of ${check.daysChecked} days the balances do not follow from the entries.`,
    ],
    [
      first !== undefined && Boolean(account?.openedOn) && (account?.openedOn ?? '') > first.date,
      'ACCOUNT_OPENED_AFTER_STATEMENT',
      'medium',
      'The statement begins before the account was opened.',
    ],
  ]
}

const loanNotes = ({ loan }: CreditApplication): Note[] => [
  [
    loan.monthlyPayment * loan.durationMonths < loan.amount * 0.99,
    'LOAN_NOT_REPAID',
    'medium',
    'The payments over the whole duration do not repay the amount.',
  ],
]

/**
 * Reads an application: one spelling, what is missing or does not fit as findings, and the arithmetic of the statement.
 * Nothing that is missing is an error.
 */
export const parseApplication = (received: CreditApplication): IntakeParseOutput => {
  const application = normaliseApplication(received)
  const { check } = checkStatement(application.statement)
  const notes = [
    ...identityNotes(received, application),
    ...statementNotes(received, application, check),
    ...loanNotes(application),
  ]
  const findings: IntakeFinding[] = notes
    .filter(([holds]) => holds)
    .map(([, code, severity, text]) => ({ code, severity, text }))
  return { application, findings, statementCheck: check }
}
