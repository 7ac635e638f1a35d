import type { KycFinding, KycReason, KycReasonCode } from '@flotilla/contracts'

/** A finding, and whether it is a reason for a person to look. */
export interface Noticed {
  readonly finding: KycFinding
  readonly reason: KycReason | null
}

/** Something worth noting that by itself changes nothing. */
export const note = (code: string, severity: KycFinding['severity'], text: string): Noticed => ({
  finding: { code, severity, text },
  reason: null,
})

/** Something for which a person has to look: a finding and a reason under one code. */
export const object = (code: KycReasonCode, severity: KycFinding['severity'], text: string): Noticed => ({
  finding: { code, severity, text },
  reason: { code, text },
})
