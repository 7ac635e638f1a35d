import { defineAgent } from '@flotilla/agent-sdk'
import type { Agent } from '@flotilla/agent-sdk'
import { KycInput, KycOutput } from '@flotilla/contracts'
import type { KycApplicant, KycScreening, KycVerdict } from '@flotilla/contracts'
import { ageOn, parseDay } from './calendar-day.js'
import { checkDocument } from './document/check-document.js'
import type { Declared } from './document/check-document.js'
import { note, object } from './finding.js'
import type { Noticed } from './finding.js'
import { findDocument } from './registry/identity-registry.js'
import type { DocumentStatus, IdentityRegistry } from './registry/identity-registry.js'
import type { NameIndex } from './screening/name-index.js'
import { screenName } from './screening/screen-name.js'
import type { ScreeningResult } from './screening/screen-name.js'

/** What the agent needs from outside, and its limits. */
export interface KycDependencies {
  readonly sanctions: NameIndex
  readonly registry: IdentityRegistry
  /** Youngest and oldest age in full years that need no look; 18 and 75 unless told. */
  readonly ageMin?: number
  readonly ageMax?: number
}

const given = (text: string | null | undefined): string | null => {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' ? null : trimmed
}

const declaredBy = (applicant: KycApplicant | null | undefined): Declared => ({
  fullName: given(applicant?.fullName),
  birthDate: parseDay(applicant?.birthDate ?? ''),
  nationality: given(applicant?.nationality),
  document: applicant?.document ?? null,
})

const UNSCREENED: KycScreening = { screened: false, score: null, listed: null, clearedNamesakes: 0 }

const judgeScreening = (result: ScreeningResult | null): { screening: KycScreening; noticed: Noticed[] } => {
  if (result === null)
    return { screening: UNSCREENED, noticed: [note('IDENTITY_NOT_EVIDENCED', 'info', 'No name was given to screen.')] }
  const noticed: Noticed[] = []
  if (result.outcome === 'match')
    noticed.push(object('SANCTIONS_MATCH', 'block', 'Name and date of birth are those of a listed person.'))
  if (result.outcome === 'possible')
    noticed.push(object('SANCTIONS_POSSIBLE_MATCH', 'warn', 'The name resembles that of a listed person.'))
  const clearedNamesakes = result.namesakes.length
  if (clearedNamesakes > 0) {
    const text = `Listed people of a like name were cleared by their dates of birth: ${clearedNamesakes}.`
    noticed.push(note('SANCTIONS_NAMESAKE_CLEARED', 'info', text))
  }
  return { screening: { screened: true, score: result.score, listed: result.listed, clearedNamesakes }, noticed }
}

const judgeStatus = (status: DocumentStatus): Noticed[] => {
  if (status === 'revoked')
    return [object('DOCUMENT_REVOKED', 'block', 'The registry says that the document was revoked.')]
  if (status === 'unknown')
    return [note('DOCUMENT_NOT_IN_REGISTRY', 'info', 'The registry does not know the document.')]
  return []
}

const judgeAge = (age: number | null, ageMin: number, ageMax: number): Noticed[] => {
  if (age === null) return [note('AGE_UNKNOWN', 'info', 'No usable date of birth is known.')]
  if (age < ageMin) return [object('UNDER_AGE', 'block', `The applicant is younger than ${ageMin}.`)]
  return age > ageMax ? [object('OVER_AGE', 'warn', `The applicant is older than ${ageMax}.`)] : []
}

const verdictOf = (noticed: readonly Noticed[], evidenced: boolean): KycVerdict => {
  if (noticed.some(({ finding }) => finding.code === 'SANCTIONS_MATCH')) return 'hit'
  if (noticed.some(({ reason }) => reason !== null)) return 'refer'
  return evidenced ? 'clear' : 'unverified'
}

/**
 * The agent that says whether an applicant is who they claim to be and may be dealt with: document, registry, age,
 * sanctions. What is missing is a finding. Throws `RetryableError('REGISTRY_BUSY')` and
 * `TerminalError('REGISTRY_ANSWER_INVALID')`; everything else is an answer.
 */
export const makeKycAgent = ({
  sanctions,
  registry,
  ageMin = 18,
  ageMax = 75,
}: KycDependencies): Agent<KycInput, KycOutput> =>
  defineAgent('kyc', {
    input: KycInput,
    output: KycOutput,
    run: async ({ submittedOn, applicant }, { attempt, idempotencyKey, tool, progress }): Promise<KycOutput> => {
      const declared = declaredBy(applicant)
      const document = await tool('document.check', () => checkDocument(declared, submittedOn))
      progress(0.3, 'Document checked')
      const noticed: Noticed[] = [...document.noticed]
      if (given(applicant?.birthDate) !== null && declared.birthDate === null)
        noticed.push(note('BIRTH_DATE_INVALID', 'warn', 'The declared birth date is no calendar day.'))

      const { number } = document
      if (number !== null) {
        const status = await tool('registry.find', (signal) =>
          findDocument(registry, number, { attempt, idempotencyKey, signal }),
        )
        noticed.push(...judgeStatus(status))
      }
      progress(0.6, 'Registry asked')

      // A disputed birth date may not clear a namesake.
      const birthDate = document.birthDateDisputed ? null : (declared.birthDate ?? document.birthDate)
      const fullName = declared.fullName ?? document.fullName
      const result =
        fullName === null ? null : await tool('sanctions.screen', () => screenName(sanctions, { fullName, birthDate }))
      const judged = judgeScreening(result)
      noticed.push(...judged.noticed)
      progress(1, 'Name screened')

      const known = declared.birthDate ?? document.birthDate
      const ageYears = known === null ? null : ageOn(known, submittedOn)
      noticed.push(...judgeAge(ageYears, ageMin, ageMax))
      return {
        verdict: verdictOf(noticed, judged.screening.screened && document.outcome.valid === true),
        reasons: noticed.flatMap(({ reason }) => reason ?? []),
        findings: noticed.map(({ finding }) => finding),
        screening: judged.screening,
        document: document.outcome,
        ageYears,
      }
    },
  })
