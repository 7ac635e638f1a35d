import type { AlignmentGap, TrainingAlignmentInput, TrainingAlignmentOutput } from '@flotilla/contracts'

/** Which questions and activities serve which objective, and what is missing, wrong or too much. */
export const checkAlignment = ({
  obligations,
  objectives,
  constraints,
  assessments: { questions },
  activities: { activities, minutesTotal },
}: TrainingAlignmentInput): TrainingAlignmentOutput => {
  const facts = new Map(obligations.flatMap((obligation) => obligation.facts.map((fact) => [fact.id, fact] as const)))
  const known = new Set(objectives.map(({ id }) => id))
  const matrix = objectives.map(({ id }) => {
    const questionIds = questions.filter(({ objectiveId }) => objectiveId === id).map((question) => question.id)
    const activityIds = activities
      .filter(({ objectiveIds }) => objectiveIds.includes(id))
      .map((activity) => activity.id)
    return { objectiveId: id, questionIds, activityIds, covered: questionIds.length > 0 && activityIds.length > 0 }
  })
  const gap = (kind: AlignmentGap['kind'], objectiveId: string | null, text: string): AlignmentGap => ({
    kind,
    objectiveId,
    text,
  })
  const gaps = [
    ...matrix.flatMap(({ objectiveId, questionIds, activityIds }) => [
      ...(questionIds.length === 0 ? [gap('NO_QUESTION', objectiveId, `no question tests ${objectiveId}`)] : []),
      ...(activityIds.length === 0 ? [gap('NO_ACTIVITY', objectiveId, `no activity teaches ${objectiveId}`)] : []),
    ]),
    ...questions
      .filter(({ objectiveId }) => !known.has(objectiveId))
      .map(({ id, objectiveId }) => gap('UNKNOWN_OBJECTIVE', objectiveId, `${id} tests what is no objective`)),
    ...questions
      .filter(({ factId, options, answer }) => facts.get(factId)?.answer !== options[answer])
      .map(({ id, objectiveId }) => gap('WRONG_KEY', objectiveId, `the key of ${id} is not what its fact says`)),
    ...(questions.length > constraints.questionsMax
      ? [gap('TOO_MANY_QUESTIONS', null, `${questions.length} questions, ${constraints.questionsMax} are allowed`)]
      : []),
    ...(minutesTotal > constraints.minutesMax
      ? [gap('TOO_LONG', null, `${minutesTotal} minutes, ${constraints.minutesMax} are allowed`)]
      : []),
  ]
  return { outcome: gaps.length === 0 ? 'aligned' : 'gaps_found', matrix, gaps }
}
