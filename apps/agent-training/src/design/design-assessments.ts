import { createHash } from 'node:crypto'
import {
  bloomLevels,
  type AssessmentQuestion,
  type LearningObjective,
  type ObligationFact,
  type ObligationSeverity,
  type TrainingAssessmentsOutput,
  type TrainingDesignInput,
} from '@flotilla/contracts'

const weights: Readonly<Record<ObligationSeverity, number>> = { high: 3, medium: 2, low: 1 }

/** How many facts of an objective may be asked about. */
type Room = ReadonlyMap<string, number>

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, each) => total + each, 0)

/** Questions per objective: shares by severity, rounded down, the rest to what is severe first. `each` gives one to all before. */
const allot = (objectives: readonly LearningObjective[], room: Room, max: number, each: boolean): Room => {
  const budget = Math.min(max, sum(room.values()))
  const total = sum(objectives.map(({ severity }) => weights[severity]))
  const capped = (id: string, wanted: number): number => Math.min(wanted, room.get(id) ?? 0)
  const given = new Map(
    objectives.map(({ id, severity }) => [id, capped(id, each ? 1 : Math.floor((budget * weights[severity]) / total))]),
  )
  const bySeverity = objectives.toSorted((a, b) => weights[b.severity] - weights[a.severity])
  for (let left = budget - sum(given.values()), gave = true; left > 0 && gave;) {
    gave = false
    for (const { id } of bySeverity) {
      const has = given.get(id) ?? 0
      if (left === 0 || has >= (room.get(id) ?? 0)) continue
      given.set(id, has + 1)
      left -= 1
      gave = true
    }
  }
  return given
}

/** An order that depends on nothing but the question, so that the right answer is not always the first. */
const shuffled = (id: string, options: readonly string[]): readonly string[] => {
  const key = (option: string): string => createHash('sha256').update(`${id}|${option}`).digest('hex')
  return options.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

const isCase = ({ level }: LearningObjective): boolean => bloomLevels.indexOf(level) >= bloomLevels.indexOf('apply')

const questionOn = (objective: LearningObjective, fact: ObligationFact, plain: boolean): AssessmentQuestion => {
  const id = questionId(fact.id)
  const options = shuffled(id, [fact.answer, ...fact.wrong])
  return {
    id,
    objectiveId: objective.id,
    factId: fact.id,
    stem: isCase(objective) ? fact.case : fact.question,
    options: [...options],
    answer: options.indexOf(fact.answer),
    rationale: plain ? fact.plain : fact.binding,
  }
}

/** The id of the question on a fact. */
export const questionId = (factId: string): string => `q-${factId}`

/**
 * Questions with their key. The first draft divides what is allowed by severity alone and explains in the words of the
 * regulation; gaps make it ask at least once about every objective, issues make it explain in plain words.
 */
export const designAssessments = ({
  obligations,
  objectives,
  constraints,
  feedback,
}: TrainingDesignInput): TrainingAssessmentsOutput => {
  const removed = new Set(feedback.removedQuestions)
  const hard = new Set(feedback.issues.filter(({ rule }) => rule === 'READING_LEVEL').map(({ where }) => where))
  const uncovered = feedback.gaps.some(({ kind }) => kind === 'NO_QUESTION')
  const facts = new Map(
    obligations.map((obligation) => [
      obligation.id,
      obligation.facts.filter((fact) => !removed.has(questionId(fact.id))),
    ]),
  )
  const factsOf = ({ obligationId }: LearningObjective): readonly ObligationFact[] => facts.get(obligationId) ?? []
  const room = new Map(objectives.map((objective) => [objective.id, factsOf(objective).length]))
  const given = allot(objectives, room, constraints.questionsMax, uncovered)
  const questions = objectives.flatMap((objective) =>
    factsOf(objective)
      .slice(0, given.get(objective.id) ?? 0)
      .map((fact) => questionOn(objective, fact, hard.has(questionId(fact.id)))),
  )
  return { questions, rightToPass: Math.ceil((questions.length * constraints.passMark) / 100) }
}
