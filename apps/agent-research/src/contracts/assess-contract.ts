import type { ContractFinding, ContractsRiskAssessInput, ContractsRiskAssessOutput } from '@flotilla/contracts'
import { clausesOn } from './extract-facts.js'

/** The rules of "Fair Procurement" (2022-06-21), and two of good practice. */
export const noticeDaysMax = 90
export const renewalMonthsMax = 12
export const paymentDaysMax = 60
/** Above this value liability, notice and law must be named, in marks. */
export const valueWithRules = 100_000
const law = 'Lindmere'

/** Compares the facts of a contract with the rules of procurement; the level is that of the worst finding. */
export const assessContract = ({ clauses, facts }: ContractsRiskAssessInput): ContractsRiskAssessOutput => {
  const findings: ContractFinding[] = []
  const find = (code: ContractFinding['code'], severity: ContractFinding['severity'], text: string, on?: RegExp) => {
    const clause = on ? (clausesOn(clauses, on)[0]?.number ?? null) : null
    findings.push({ code, severity, clause, text })
  }
  const value = facts.value ?? 0
  const large = value > valueWithRules
  if (facts.liability === null || facts.liability === undefined) {
    if (large) find('LIABILITY_MISSING', 'high', 'No sum is named up to which the contractor is liable.')
  } else if (large && facts.liability < value)
    find(
      'LIABILITY_TOO_LOW',
      'high',
      `Liability of ${facts.liability} marks is below the value of ${value} marks.`,
      /\bliab/i,
    )
  if (facts.noticeDays === null || facts.noticeDays === undefined) {
    if (large) find('NOTICE_MISSING', 'medium', 'No period of notice is named.')
  } else if (facts.noticeDays > noticeDaysMax)
    find(
      'NOTICE_TOO_LONG',
      'medium',
      `${facts.noticeDays} days of notice are more than ${noticeDaysMax}.`,
      /\bnotice\b|\bterminat/i,
    )
  if ((facts.renewalMonths ?? 0) > renewalMonthsMax)
    find(
      'RENEWS_ITSELF',
      'high',
      `It renews itself for ${facts.renewalMonths} months, more than ${renewalMonthsMax}.`,
      /\brenew/i,
    )
  if (!facts.law) {
    if (large) find('LAW_MISSING', 'medium', 'It does not say which law applies.')
  } else if (!facts.law.includes(law)) find('LAW_FOREIGN', 'low', `The law of ${facts.law} applies.`, /\blaw\b/i)
  if ((facts.paymentDays ?? 0) > paymentDaysMax)
    find('PAYMENT_TOO_SLOW', 'low', `Invoices are due after ${facts.paymentDays} days.`, /\binvoices?\b|\bpayment\b/i)
  if (facts.personalData && clausesOn(clauses, /\b(?:confidential|encrypt|data protection)/i).length === 0)
    find(
      'PERSONAL_DATA_UNPROTECTED',
      'high',
      'Personal data are handled, and nothing protects them.',
      /\bpersonal data\b/i,
    )
  const severities = findings.map(({ severity }) => severity)
  const level = severities.includes('high') ? 'high' : severities.includes('medium') ? 'medium' : 'low'
  return { findings, level }
}
