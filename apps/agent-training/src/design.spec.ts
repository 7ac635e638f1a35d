import { describe, expect, test } from 'vitest'
import { confirmConstraints } from './design/confirm-constraints.js'
import { designActivities } from './design/design-activities.js'
import { designAssessments } from './design/design-assessments.js'
import { designObjectives } from './design/design-objectives.js'
import { toCaptions } from './design/to-captions.js'
import { aRequest } from './testing/a-request.js'
import { designOnce, noFeedback } from './testing/design-until-done.js'

const codesOf = (...given: Parameters<typeof aRequest>): readonly string[] =>
  confirmConstraints(aRequest(...given)).findings.map(({ code }) => code)

describe('intake', () => {
  test('confirms what can be kept, with what binds the audience', () => {
    const { outcome, obligations } = confirmConstraints(aRequest())
    expect(outcome).toBe('constraints_confirmed')
    const ids = obligations.map(({ id }) => id)
    expect(ids).toContain('gifts')
    expect(ids).not.toContain('lifting')
    expect(confirmConstraints(aRequest({}, { audience: 'warehouse' })).obligations.map(({ id }) => id)).toContain(
      'lifting',
    )
  })

  test.each([
    ['2026-12-20', 'urgent'],
    ['2026-12-21', 'normal'],
    ['2027-02-18', 'normal'],
    ['2027-02-19', 'batch'],
  ] as const)('a training that is due on %s is %s', (dueOn, priority) => {
    expect(confirmConstraints(aRequest({}, { dueOn })).priority).toBe(priority)
  })

  test('tells every conflict at once', () => {
    expect(codesOf({ questionsMax: 1, minutesMax: 5 }, { dueOn: '2026-11-20' })).toEqual([
      'DUE_IN_THE_PAST',
      'TOO_FEW_QUESTIONS',
      'TOO_LITTLE_TIME',
    ])
    expect(codesOf({}, { regulations: ['no-such-act'] })).toEqual(['REGULATION_UNKNOWN', 'NOTHING_APPLIES'])
  })
})

describe('objectives', () => {
  const { obligations } = confirmConstraints(aRequest())
  const levelsOf = (feedback: Parameters<typeof designObjectives>[0]['feedback']) =>
    Object.fromEntries(
      designObjectives({ obligations, feedback: feedback ?? null }).objectives.map(({ obligationId, level }) => [
        obligationId,
        level,
      ]),
    )

  test('the worse a breach, the higher the level', () => {
    expect(levelsOf([])).toMatchObject({
      gifts: 'apply',
      'conflict-of-interest': 'understand',
      'near-misses': 'remember',
    })
  })

  test('a rejection takes out, sets the level, or raises what is severe', () => {
    expect(levelsOf([{ exclude: ['gifts'] }])).not.toHaveProperty('gifts')
    expect(levelsOf([{ level: 'evaluate' }])['near-misses']).toBe('evaluate')
    expect(levelsOf([{}])).toMatchObject({ gifts: 'analyse', 'near-misses': 'remember' })
    expect(levelsOf([{}, {}, {}, {}])['gifts']).toBe('evaluate')
  })

  test('without anything left there are none', () => {
    const exclude = obligations.map(({ id }) => id)
    expect(designObjectives({ obligations, feedback: [{ exclude }] })).toEqual({
      outcome: 'nothing_left',
      objectives: [],
    })
  })
})

describe('assessments', () => {
  const { obligations, objectives, assessments } = designOnce(aRequest(), noFeedback)
  const given = { obligations, objectives, constraints: aRequest().constraints, feedback: noFeedback }

  test('every key is the answer of its fact, and not always the first option', () => {
    const facts = new Map(obligations.flatMap(({ facts: all }) => all.map((fact) => [fact.id, fact] as const)))
    for (const { factId, options, answer } of assessments.questions)
      expect(options[answer]).toBe(facts.get(factId)?.answer)
    expect(new Set(assessments.questions.map(({ answer }) => answer)).size).toBeGreaterThan(1)
  })

  test('the first draft asks most about what is severe, and leaves out what is not', () => {
    const asked = new Set(assessments.questions.map(({ objectiveId }) => objectiveId))
    expect(assessments.questions).toHaveLength(8)
    expect(asked.has('o-near-misses')).toBe(false)
    expect(assessments.questions.filter(({ objectiveId }) => objectiveId === 'o-gifts').length).toBeGreaterThan(1)
  })

  test('a gap makes it ask about every objective', () => {
    const gaps = [{ kind: 'NO_QUESTION' as const, objectiveId: 'o-near-misses', text: 'none' }]
    const { questions } = designAssessments({ ...given, feedback: { ...noFeedback, gaps } })
    expect(new Set(questions.map(({ objectiveId }) => objectiveId)).size).toBe(objectives.length)
    expect(questions).toHaveLength(8)
  })

  test('a question that a person removed does not come back', () => {
    const [first] = assessments.questions
    const removedQuestions = [first?.id ?? '']
    const again = designAssessments({ ...given, feedback: { ...noFeedback, removedQuestions } })
    expect(again.questions.map(({ id }) => id)).not.toContain(first?.id)
    expect(again.questions).toHaveLength(8)
  })
})

describe('activities', () => {
  const { obligations, objectives } = designOnce(aRequest(), noFeedback)
  const design = (minutesMax: number) =>
    designActivities({
      obligations,
      objectives,
      constraints: aRequest({ minutesMax }).constraints,
      feedback: noFeedback,
    })

  test('keep to the minutes by turning the less severe into readings first', () => {
    const ample = design(60)
    const tight = design(ample.minutesTotal - 1)
    expect(ample.findings).toEqual([])
    expect(tight.minutesTotal).toBeLessThan(ample.minutesTotal)
    expect(tight.findings.map(({ code }) => code)).toEqual(['SHORTENED'])
    expect(new Set(tight.activities.flatMap(({ objectiveIds }) => objectiveIds)).size).toBe(objectives.length)
  })

  test('captions are WebVTT, a cue a sentence, without a gap in time', () => {
    expect(toCaptions('One two three. Four & five!')).toBe(
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.200\nOne two three.\n\n00:00:01.200 --> 00:00:02.400\nFour &amp; five!\n',
    )
  })
})
