import type {
  ComplianceFinding,
  ComplianceInput,
  ComplianceOutput,
  RoleStanding,
  TrainedPerson,
  TrainingRegister,
  TrainingRule,
} from '@flotilla/contracts'
import { writeReport } from './write-report.js'

const dayMs = 24 * 60 * 60 * 1_000
const dayOf = (date: string): number => Math.floor(Date.parse(date) / dayMs)

/** The last day on which each person passed each training. What is noted for a later day than `today` does not count. */
const lastPassed = ({ completions }: TrainingRegister, today: number): ReadonlyMap<string, number> => {
  const last = new Map<string, number>()
  for (const { person, training, passedOn } of completions) {
    const key = `${person}|${training}`
    const day = dayOf(passedOn)
    if (day <= today) last.set(key, Math.max(day, last.get(key) ?? day))
  }
  return last
}

/** Days from today until somebody must pass a training (again); negative: so long overdue. */
const daysLeft = (rule: TrainingRule, person: TrainedPerson, passed: number | undefined, today: number): number =>
  (passed === undefined ? dayOf(person.inRoleSince) + rule.graceDays : passed + rule.everyDays) - today

const standingOf = (input: ComplianceInput, rule: TrainingRule, today: number): RoleStanding => {
  const { register, noticeDays } = input
  const last = lastPassed(register, today)
  const people = register.people.filter(({ role }) => role === rule.role)
  const left = people.map((person) => ({
    id: person.id,
    days: daysLeft(rule, person, last.get(`${person.id}|${rule.training}`), today),
  }))
  const idsOf = (wanted: (days: number) => boolean): string[] =>
    left
      .filter(({ days }) => wanted(days))
      .map(({ id }) => id)
      .sort()
  return {
    role: rule.role,
    training: rule.training,
    people: people.length,
    overdue: idsOf((days) => days < 0),
    dueSoon: idsOf((days) => days >= 0 && days <= noticeDays),
  }
}

const findingsOn = ({ rules, people, completions }: TrainingRegister, today: number): readonly ComplianceFinding[] => {
  const ids = people.map(({ id }) => id)
  const known = new Set(ids)
  const ruled = new Set(rules.map(({ role }) => role))
  const many = (count: number, code: string, text: string): ComplianceFinding[] =>
    count === 0 ? [] : [{ code, text: `${count} ${text}` }]
  return [
    ...many(ids.length - known.size, 'PERSON_TWICE', 'people stand in the register twice'),
    ...many(
      completions.filter(({ person }) => !known.has(person)).length,
      'PERSON_UNKNOWN',
      'completions are of nobody in the register',
    ),
    ...many(
      completions.filter(({ passedOn }) => dayOf(passedOn) > today).length,
      'PASSED_IN_FUTURE',
      'completions lie in the future and do not count',
    ),
    ...[...new Set(people.map(({ role }) => role))]
      .filter((role) => !ruled.has(role))
      .map((role) => ({ code: 'ROLE_WITHOUT_RULE', text: `no training is asked of the role ${role}` })),
  ]
}

/**
 * Who is overdue, by role and training. A training counts for `everyDays` from the day on which it was passed; somebody new
 * to a role has `graceDays`. Days are UTC.
 */
export const checkCompliance = (input: ComplianceInput): ComplianceOutput => {
  const { register, startedAtMs } = input
  const today = input.asOf ? dayOf(input.asOf) : Math.floor(startedAtMs / dayMs)
  const standings = register.rules.map((rule) => standingOf(input, rule, today))
  const duties = standings.reduce((count, { people }) => count + people, 0)
  const overdueTotal = standings.reduce((count, { overdue }) => count + overdue.length, 0)
  const found = {
    outcome: overdueTotal === 0 ? ('compliant' as const) : ('overdue_found' as const),
    asOf: new Date(today * dayMs).toISOString().slice(0, 10),
    overdueTotal,
    rate: duties === 0 ? 1 : Math.round((1 - overdueTotal / duties) * 10_000) / 10_000,
    standings,
    findings: [...findingsOn(register, today)],
  }
  return { ...found, report: writeReport(found) }
}
