import type { FraudFinding, FraudSeverity } from '@flotilla/contracts'

/** One finding; `text` holds counts, dates and amounts, never the personal data that it is about. */
export const finding = (code: string, severity: FraudSeverity, text: string): FraudFinding => ({ code, severity, text })

/** The finding in a list, or nothing: for checks that read as one expression. */
export const findingIf = (condition: boolean, code: string, severity: FraudSeverity, text: string): FraudFinding[] =>
  condition ? [finding(code, severity, text)] : []
