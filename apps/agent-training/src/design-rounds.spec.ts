import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { knownRegulations } from './catalogue/catalogue.js'
import { confirmConstraints } from './design/confirm-constraints.js'
import { aRequest } from './testing/a-request.js'
import { designUntilDone } from './testing/design-until-done.js'

const seed = Number(process.env['SEED'] ?? 20_261_121)

test('gaps are closed first, then what is hard to read, unseen, unheard or pale, and nothing is undone', () => {
  const { outcomes, alignment, accessibility, assessments, activities } = designUntilDone(aRequest())
  expect(outcomes).toEqual(['gaps_found', 'issues_found', 'passed'])
  expect(alignment.matrix.every(({ covered }) => covered)).toBe(true)
  expect(accessibility).toMatchObject({ issues: [], outcome: 'passed' })
  expect(accessibility.contrast).toBeGreaterThanOrEqual(4.5)
  expect(assessments.questions).toHaveLength(8)
  expect(assessments.rightToPass).toBe(7)
  expect(activities.minutesTotal).toBeLessThanOrEqual(45)
})

test('whatever is asked for within the constraints is designed in at most three rounds', () => {
  const requests = fc
    .record({
      audience: fc.constantFrom('sales', 'buying', 'warehouse', 'office'),
      regulations: fc.subarray([...knownRegulations], { minLength: 1 }),
      minutesMax: fc.integer({ min: 5, max: 90 }),
      questionsMax: fc.integer({ min: 1, max: 30 }),
      text: fc.constantFrom('#000000', '#777777', '#ffffff', '#ff8800'),
      background: fc.constantFrom('#ffffff', '#000000', '#888888', '#003366'),
    })
    .map(({ audience, regulations, text, background, ...limits }) =>
      aRequest({ ...limits, colours: { text, background } }, { audience, regulations }),
    )
    .filter((request) => confirmConstraints(request).outcome === 'constraints_confirmed')
  fc.assert(
    fc.property(requests, (request) => {
      const { outcomes } = designUntilDone(request)
      expect(outcomes.at(-1)).toBe('passed')
      expect(outcomes.length).toBeLessThanOrEqual(3)
    }),
    { seed, numRuns: 200 },
  )
})

test('a reading grade that no words can keep to is never passed', () => {
  const { outcomes, accessibility } = designUntilDone(aRequest({ readingGradeMax: 1 }))
  expect(outcomes).toHaveLength(7)
  expect(outcomes.at(-1)).toBe('issues_found')
  expect(new Set(accessibility.issues.map(({ rule }) => rule))).toEqual(new Set(['READING_LEVEL']))
})
