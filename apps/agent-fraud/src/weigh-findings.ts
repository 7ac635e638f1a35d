import type { FraudFinding, FraudReason, FraudSeverity, FraudVerdict } from '@flotilla/contracts'

/** The probability-like weight of one finding; independent findings add up as 1 - product(1 - weight). */
const weights: Readonly<Record<FraudSeverity, number>> = { info: 0, low: 0.08, medium: 0.3, high: 0.6, critical: 0.92 }
const order: readonly FraudSeverity[] = ['critical', 'high', 'medium', 'low', 'info']

/** Scores at which a verdict is reached by findings that each weigh less: three of medium weight refer, three high block. */
export const verdictScores = { block: 0.92, refer: 0.65, suspicious: 0.25 } as const

/** What the findings come to. `info` never counts, so what is merely absent never refers anybody. */
export const weighFindings = (
  findings: readonly FraudFinding[],
): { verdict: FraudVerdict; score: number; reasons: FraudReason[] } => {
  const has = (severity: FraudSeverity): boolean => findings.some((finding) => finding.severity === severity)
  const exact = 1 - findings.reduce((rest, finding) => rest * (1 - weights[finding.severity]), 1)
  const score = Math.round(exact * 1_000) / 1_000
  const verdict =
    has('critical') || score >= verdictScores.block
      ? 'block'
      : has('high') || score >= verdictScores.refer
        ? 'refer'
        : has('medium') || score >= verdictScores.suspicious
          ? 'suspicious'
          : 'clear'
  const counted = verdict === 'clear' ? [] : findings.filter((finding) => finding.severity !== 'info')
  const reasons = [...counted]
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .map(({ code, text }) => ({ code, text }))
  return { verdict, score, reasons }
}
