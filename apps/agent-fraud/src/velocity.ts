import type { FraudFinding, FraudSeverity, FraudVelocity } from '@flotilla/contracts'
import type { AgentContext } from '@flotilla/agent-sdk'
import { dayToMs } from './calendar-day.js'
import { finding } from './finding.js'
import type { IdentifierKind, Identifiers } from './identifiers.js'

/**
 * Counts how many OTHER applications showed the same device, mailbox, telephone number or account.
 *
 * V1. The subject of a fact is the application's id, so a retry, a second dispatch or the same application submitted again
 *     neither adds a subject nor counts against itself.
 * V2. Recorded first, counted second: of two applications at work at the same time at least one sees the other.
 * V3. Two clocks. By the day of the application, 30 days to either side, because files arrive late and in any order; and
 *     by the time of arrival, seven days back, because the day of the application is whatever the sender says.
 */
export const velocityWindowDays = 30
/** See V3. */
export const arrivalWindowDays = 7

type Thresholds = Readonly<Record<'low' | 'medium' | 'high' | 'critical', number>>

/** A household shares a device, and a branch its tablet: more is tolerated there than for what belongs to one person. */
const thresholds: Readonly<Record<IdentifierKind, Thresholds>> = {
  device: { low: 1, medium: 2, high: 4, critical: 10 },
  email: { low: 1, medium: 2, high: 3, critical: 8 },
  phone: { low: 1, medium: 2, high: 3, critical: 8 },
  iban: { low: 1, medium: 2, high: 3, critical: 8 },
}

const kinds = ['device', 'email', 'phone', 'iban'] as const
const nouns: Readonly<Record<IdentifierKind, string>> = {
  device: 'device',
  email: 'e-mail address',
  phone: 'telephone number',
  iban: 'account',
}

export interface VelocityQuestion {
  readonly applicationId: string
  /** Day of the application, days since 1970-01-01. */
  readonly submittedDay: number
  /** Time of arrival, epoch ms. */
  readonly arrivedAt: number
  readonly identifiers: Identifiers
}

const countKind = async (
  facts: AgentContext['facts'],
  kind: IdentifierKind,
  { applicationId, submittedDay, arrivedAt, identifiers }: VelocityQuestion,
): Promise<number | null> => {
  const value = identifiers[kind]
  if (value === null) return null
  const [byDay, byArrival] = [`credit.${kind}.day`, `credit.${kind}.arrival`]
  await facts.record(byDay, value, applicationId, dayToMs(submittedDay)) // V1, V2
  await facts.record(byArrival, value, applicationId, arrivedAt)
  const around = {
    since: dayToMs(submittedDay - velocityWindowDays),
    until: dayToMs(submittedDay + velocityWindowDays + 1),
    excludingSubject: applicationId,
  }
  const recent = {
    since: arrivedAt - dayToMs(arrivalWindowDays),
    // Clocks of several machines differ: what arrived "later" than now has arrived.
    until: arrivedAt + dayToMs(1),
    excludingSubject: applicationId,
  }
  return Math.max(await facts.count(byDay, value, around), await facts.count(byArrival, value, recent)) // V3
}

/** Records this application's identifiers and counts the others that showed the same; null for what it does not have. */
export const countVelocity = async (
  facts: AgentContext['facts'],
  question: VelocityQuestion,
): Promise<FraudVelocity> => {
  const counts = await Promise.all(kinds.map((kind) => countKind(facts, kind, question)))
  const [device = null, email = null, phone = null, iban = null] = counts
  return { device, email, phone, iban }
}

const severityOf = (count: number, limits: Thresholds): FraudSeverity | null =>
  (['critical', 'high', 'medium', 'low'] as const).find((severity) => count >= limits[severity]) ?? null

/** Findings from the counts: one application more is a note, several are a reason to look, many to stop. */
export const checkVelocity = (velocity: FraudVelocity): FraudFinding[] =>
  kinds.flatMap((kind) => {
    const count = velocity[kind]
    const severity = count === null ? null : severityOf(count, thresholds[kind])
    if (severity === null) return []
    const text = `${count} other application${count === 1 ? '' : 's'} came with the same ${nouns[kind]}.`
    return [finding(`VELOCITY_${kind.toUpperCase()}`, severity, text)]
  })
