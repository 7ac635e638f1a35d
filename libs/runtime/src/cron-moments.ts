import { CronExpressionParser, type CronExpression } from 'cron-parser'

/**
 * Moments of a cron schedule: five fields (minute, hour, day of month, month, day of week) on the wall clock of an IANA
 * time zone. As cron does it, a day fits when the day of the month or the day of the week fits, where both are given. A
 * wall-clock time that the change to summer time skips comes one hour later; one that the change back repeats comes once.
 */

/** A schedule's text. `timeZone`: default UTC. */
export interface CronSchedule {
  readonly cron: string
  readonly timeZone?: string
}

const fieldCount = 5
/** Digits, lists, ranges, steps, names of months and days: what every cron knows. `L`, `#`, `?` and `H` are not for sure. */
const field = /^(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/[0-9]+)?(,(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/[0-9]+)?)*$/
const nameAllowed = [false, false, false, true, true]
const zoneName = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/

const isTimeZone = (name: string): boolean => {
  if (!zoneName.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const parse = ({ cron, timeZone }: CronSchedule, after: Date): CronExpression =>
  CronExpressionParser.parse(cron.trim().replaceAll(/\s+/g, ' '), { currentDate: after, tz: timeZone ?? 'UTC' })

/** What is wrong with a schedule, in words; null when it has a next moment. */
export const whyNotCron = (schedule: CronSchedule, after: Date): string | null => {
  const { cron, timeZone = 'UTC' } = schedule
  if (!isTimeZone(timeZone)) return `${timeZone} is not the name of an IANA time zone`
  const fields = cron.trim().split(/\s+/)
  if (fields.length !== fieldCount)
    return `a cron expression has ${fieldCount} fields (minute, hour, day, month, weekday), this one ${fields.length}`
  const odd = fields.find((text, index) => !field.test(text) || (!nameAllowed[index] && /[A-Za-z]/.test(text)))
  if (odd !== undefined) return `${odd} is not a cron field`
  try {
    parse(schedule, after).next()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : 'it does not parse'
  }
}

/** The first moment after `after`. Throws where `whyNotCron` says why. */
export const nextMoment = (schedule: CronSchedule, after: Date): Date => parse(schedule, after).next().toDate()

/** The last moment at or before `at`. Throws where `whyNotCron` says why. */
export const lastMoment = (schedule: CronSchedule, at: Date): Date =>
  // One second on: a moment itself counts, and moments are whole minutes.
  parse(schedule, new Date(at.getTime() + 1000 - (at.getTime() % 1000)))
    .prev()
    .toDate()
