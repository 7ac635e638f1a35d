import type { TrainingFinding, TrainingIntakeOutput, TrainingPriority, TrainingRequest } from '@flotilla/contracts'
import { knownRegulations, obligationsOf } from '../catalogue/catalogue.js'

const dayMs = 24 * 60 * 60 * 1_000
/** Below this nobody can take in what an obligation asks for. */
const minutesPerObligation = 2

const priorityOf = (daysLeft: number): TrainingPriority => {
  if (daysLeft < 30) return 'urgent'
  return daysLeft < 90 ? 'normal' : 'batch'
}

/** Whether the training that is asked for can be made at all, and from what. Every conflict is told at once. */
export const confirmConstraints = (request: TrainingRequest): TrainingIntakeOutput => {
  const { audience, constraints, regulations } = request
  const daysLeft = Math.round((Date.parse(request.dueOn) - Date.parse(request.requestedOn)) / dayMs)
  const unknown = regulations.filter((name) => !knownRegulations.includes(name))
  const obligations = regulations.flatMap((name) => obligationsOf(name, audience) ?? [])
  const needed = obligations.length
  const conflict = (holds: boolean, code: string, text: string): TrainingFinding[] => (holds ? [{ code, text }] : [])
  const findings = [
    ...unknown.map((name) => ({ code: 'REGULATION_UNKNOWN', text: `there is no material on ${name}` })),
    ...conflict(needed === 0, 'NOTHING_APPLIES', `no obligation of these regulations binds ${audience}`),
    ...conflict(daysLeft < 0, 'DUE_IN_THE_PAST', 'the training is due before it was asked for'),
    ...conflict(
      constraints.questionsMax < needed,
      'TOO_FEW_QUESTIONS',
      `${needed} obligations need a question each, ${constraints.questionsMax} are allowed`,
    ),
    ...conflict(
      constraints.minutesMax < needed * minutesPerObligation,
      'TOO_LITTLE_TIME',
      `${needed} obligations need ${needed * minutesPerObligation} minutes, ${constraints.minutesMax} are allowed`,
    ),
  ]
  return {
    outcome: findings.length === 0 ? 'constraints_confirmed' : 'constraints_conflict',
    priority: priorityOf(daysLeft),
    daysLeft,
    obligations,
    findings,
  }
}
