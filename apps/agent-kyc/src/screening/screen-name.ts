import { findNames } from './find-names.js'
import type { NameComparison } from './find-names.js'
import { compareBirth } from './listed-births.js'
import type { BirthAgreement } from './listed-births.js'
import type { NameIndex } from './name-index.js'

/** Who is screened; the birth date is ISO or unknown. */
export interface ScreenedPerson {
  readonly fullName: string
  readonly birthDate: string | null
}

/**
 * What screening says. `match`: the name agrees and the very day of birth does; `possible`: the name agrees and the
 * birth date is unknown, near, or agrees with a listed year; `none`: no listed person, or namesakes only.
 */
export interface ScreeningResult {
  readonly outcome: 'match' | 'possible' | 'none'
  /** Agreement of the best name that counts, 0..1; null when there is none. */
  readonly score: number | null
  /** The entry's uid; null when there is none. */
  readonly listed: string | null
  /** Entries whose name agrees but whose listed births are all clearly different. */
  readonly namesakes: readonly string[]
}

/**
 * Least agreement by evidence: at 5 bits or fewer (a common name) it must be almost complete, at 24 bits (several rare
 * words) two thirds do, linear in between. Fitted on half of the entries and rules; see docs/screening.md.
 */
const STRICT = { evidence: 5, agreement: 0.94 }
const LENIENT = { evidence: 24, agreement: 0.66 }
/** A listed day of birth that is the applicant's own outweighs a poorer name. */
const SAME_DAY_RELIEF = 0.14

/** The least agreement (0..1) that a name needs, given the bits of evidence in what agrees. */
export const agreementNeeded = (evidence: number): number => {
  const share = (evidence - STRICT.evidence) / (LENIENT.evidence - STRICT.evidence)
  return STRICT.agreement + (LENIENT.agreement - STRICT.agreement) * Math.min(1, Math.max(0, share))
}

interface Judged {
  readonly comparison: NameComparison
  readonly uid: string
  readonly verdict: 'match' | 'possible' | 'namesake'
}

const judge = (index: NameIndex, person: ScreenedPerson, comparison: NameComparison): Judged | null => {
  const entry = index.entries[index.names[comparison.name]?.entry ?? -1]
  if (entry === undefined) return null
  const needed = agreementNeeded(comparison.evidence)
  if (comparison.agreement < needed - SAME_DAY_RELIEF) return null
  const birth: BirthAgreement = compareBirth(person.birthDate, entry.births)
  const sameDay = birth === 'same' && entry.births.some(({ from, to }) => from === to && from === person.birthDate)
  if (comparison.agreement < (sameDay ? needed - SAME_DAY_RELIEF : needed)) return null
  const { uid } = entry
  if (birth === 'different') return { comparison, uid, verdict: 'namesake' }
  // A name that suffices by itself, of two words or more, and the very day: one in 20,000 namesakes shares that.
  const certain = sameDay && comparison.agreement >= needed && comparison.wordsAgreed >= 2
  return { comparison, uid, verdict: certain ? 'match' : 'possible' }
}

/** Screens one person against an indexed list. Pure; an unreadable or empty name gives `none`. */
export const screenName = (index: NameIndex, person: ScreenedPerson): ScreeningResult => {
  const judged = findNames(index, person.fullName).flatMap((comparison) => judge(index, person, comparison) ?? [])
  const best = judged.find(({ verdict }) => verdict === 'match') ?? judged.find(({ verdict }) => verdict === 'possible')
  const namesakes = [...new Set(judged.flatMap(({ uid, verdict }) => (verdict === 'namesake' ? [uid] : [])))]
  if (best === undefined) return { outcome: 'none', score: null, listed: null, namesakes }
  const score = Math.round(best.comparison.agreement * 1000) / 1000
  return { outcome: best.verdict === 'match' ? 'match' : 'possible', score, listed: best.uid, namesakes }
}
