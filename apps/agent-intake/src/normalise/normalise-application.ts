import type { Account, Applicant, CreditApplication, StatementEntry } from '@flotilla/contracts'
import { toIsoDay } from './calendar-day.js'
import { toCountryCode } from './country-code.js'
import { toDocumentType, toEmail, toIban, toMrz, toPhone, toText } from './spelling.js'

const normaliseApplicant = (applicant: Applicant | null | undefined): Applicant => {
  const type = toDocumentType(applicant?.document?.type)
  const mrz = toMrz(applicant?.document?.mrz)
  return {
    fullName: toText(applicant?.fullName),
    birthDate: toIsoDay(applicant?.birthDate),
    email: toEmail(applicant?.email),
    phone: toPhone(applicant?.phone),
    address: toText(applicant?.address),
    nationality: toCountryCode(applicant?.nationality),
    document: type === null && mrz === null ? null : { type, mrz },
    deviceId: toText(applicant?.deviceId),
    ip: toText(applicant?.ip)?.toLowerCase() ?? null,
  }
}

const normaliseAccount = (account: Account | null | undefined): Account => ({
  openedOn: toIsoDay(account?.openedOn),
  iban: toIban(account?.iban),
})

const normaliseEntry = ({ date, amount, balance, operation, purpose }: StatementEntry): StatementEntry => ({
  date: date.slice(0, 10),
  amount,
  balance,
  operation: toText(operation),
  purpose: toText(purpose),
})

/**
 * An application in one spelling. What is absent or cannot be read is null; nobody is guessed. The statement is ordered
 * by day, oldest first, and keeps the bank's order within a day.
 */
export const normaliseApplication = (application: CreditApplication): CreditApplication => ({
  applicationId: application.applicationId.normalize('NFC').trim() || application.applicationId,
  submittedOn: application.submittedOn.slice(0, 10),
  applicant: normaliseApplicant(application.applicant),
  account: normaliseAccount(application.account),
  loan: { ...application.loan, currency: application.loan.currency.trim().toUpperCase() },
  statement: application.statement.map(normaliseEntry).sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0)),
})
