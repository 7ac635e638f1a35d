import type { FraudInput, FraudVelocity } from '@flotilla/contracts'
import { electronicFormatIBAN } from 'ibantools'
import { parseEmail } from './email-address.js'
import { parsePhone } from './phone-number.js'

/** What velocity counts. */
export type IdentifierKind = keyof FraudVelocity

/** The normalised values of an application, null where it has none that could identify anybody. */
export type Identifiers = Readonly<Record<IdentifierKind, string | null>>

/** What forms fill in for nothing. */
const placeholder = /^(unknown|undefined|null|none|n\/?a|test|device|[0\-_.:]*)$/i

const deviceKey = (deviceId: string | null | undefined): string | null => {
  const trimmed = deviceId?.trim() ?? ''
  return placeholder.test(trimmed) ? null : trimmed
}

/** An IBAN with wrong check digits identifies as well as a right one, half a dozen characters do not. */
const ibanKey = (iban: string | null | undefined): string | null => {
  const compact = electronicFormatIBAN(iban ?? '') ?? ''
  return compact.length >= 8 ? compact : null
}

/** Invented numbers count as well, for whoever invents one uses it again; a filled-in "000 000 000" does not. */
const phoneKey = (phone: string | null | undefined): string | null => {
  const key = parsePhone(phone ?? '')?.key ?? ''
  return key.length < 7 || /^(\d)\1*$/.test(key) ? null : key
}

/** Normalises what velocity counts, so that another spelling of the same mailbox, number or account is the same. */
export const readIdentifiers = ({ applicant, account }: Pick<FraudInput, 'applicant' | 'account'>): Identifiers => ({
  device: deviceKey(applicant?.deviceId),
  email: parseEmail(applicant?.email ?? '')?.key ?? null,
  phone: phoneKey(applicant?.phone),
  iban: ibanKey(account?.iban),
})
