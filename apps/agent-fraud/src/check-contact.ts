import type { Applicant, FraudFinding } from '@flotilla/contracts'
import { parseEmail } from './email-address.js'
import { finding, findingIf } from './finding.js'
import { classifyIp } from './ip-address.js'
import { parsePhone } from './phone-number.js'

const given = (text: string | null | undefined): string | null => {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' ? null : trimmed
}

const checkEmail = (text: string | null): FraudFinding[] => {
  if (text === null) return [finding('EMAIL_ABSENT', 'info', 'No e-mail address was given.')]
  const email = parseEmail(text)
  if (email === null) return [finding('EMAIL_INVALID', 'low', 'The e-mail address is not one.')]
  const text2 = 'The e-mail address belongs to a service that hands out mailboxes for minutes.'
  return findingIf(email.disposable, 'EMAIL_DISPOSABLE', 'medium', text2)
}

const checkPhone = (text: string | null): FraudFinding[] =>
  text === null
    ? [finding('PHONE_ABSENT', 'info', 'No telephone number was given.')]
    : findingIf(
        parsePhone(text)?.plausible !== true,
        'PHONE_IMPLAUSIBLE',
        'low',
        'The telephone number cannot be a real one.',
      )

const checkIp = (text: string | null): FraudFinding[] => {
  if (text === null) return [finding('IP_ABSENT', 'info', 'The address of the connection is not known.')]
  const kind = classifyIp(text)
  if (kind === 'invalid') return [finding('IP_INVALID', 'low', 'The address of the connection is not an IP address.')]
  const reserved = 'The address of the connection is private or reserved: no customer connects from there.'
  return findingIf(kind === 'reserved', 'IP_RESERVED', 'low', reserved)
}

/** Checks e-mail address, telephone number, connection and device by themselves. What is absent is `info` only. */
export const checkContact = (applicant: Applicant | null | undefined): FraudFinding[] => [
  ...checkEmail(given(applicant?.email)),
  ...checkPhone(given(applicant?.phone)),
  ...checkIp(given(applicant?.ip)),
  ...findingIf(given(applicant?.deviceId) === null, 'DEVICE_ABSENT', 'info', 'The device is not known.'),
]
