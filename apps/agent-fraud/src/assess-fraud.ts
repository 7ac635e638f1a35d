import type { FraudInput, FraudOutput, FraudVelocity } from '@flotilla/contracts'
import { checkAccount, checkIban } from './check-account.js'
import { checkContact } from './check-contact.js'
import { checkDigits } from './check-digits.js'
import { checkInflows, readInflow } from './check-inflows.js'
import { checkTampering } from './check-tampering.js'
import { checkVelocity } from './velocity.js'
import { weighFindings } from './weigh-findings.js'

/** Every check on one application, and what they come to. Pure: `velocity` was counted before. */
export const assessFraud = (input: FraudInput, velocity: FraudVelocity): FraudOutput => {
  const iban = checkIban(input.account?.iban)
  const inflow = readInflow(input)
  const findings = [
    ...checkVelocity(velocity),
    ...checkContact(input.applicant),
    ...checkAccount(input, iban),
    ...checkTampering(input),
    ...checkInflows(input, inflow),
    ...checkDigits(input.statement),
  ]
  return { ...weighFindings(findings), findings, velocity, iban, inflow }
}
