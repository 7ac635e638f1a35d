import { describe, expect, test } from 'vitest'
import { readableColours } from './design/readable-colours.js'
import { exportPackage } from './package/export-package.js'
import { checkAccessibility } from './review/check-accessibility.js'
import { checkAlignment } from './review/check-alignment.js'
import { contrastRatio } from './review/contrast-ratio.js'
import { readingGrade } from './review/reading-grade.js'
import { aRequest } from './testing/a-request.js'
import { designUntilDone } from './testing/design-until-done.js'

const { constraints } = aRequest()
const { obligations, objectives, assessments, activities } = designUntilDone(aRequest())

describe('alignment', () => {
  const kinds = (change: Partial<Parameters<typeof checkAlignment>[0]>) =>
    checkAlignment({ obligations, objectives, constraints, assessments, activities, ...change }).gaps.map(
      ({ kind, objectiveId }) => [kind, objectiveId],
    )

  test('a design in which all is taught and tested has no gap', () => {
    expect(kinds({})).toEqual([])
  })

  test('names what nothing tests and what nothing teaches', () => {
    const without = (id: string) => ({
      assessments: { ...assessments, questions: assessments.questions.filter((each) => each.objectiveId !== id) },
      activities: {
        ...activities,
        activities: activities.activities.filter(({ objectiveIds }) => !objectiveIds.includes(id)),
      },
    })
    expect(kinds(without('o-gifts'))).toEqual([
      ['NO_QUESTION', 'o-gifts'],
      ['NO_ACTIVITY', 'o-gifts'],
    ])
  })

  test('names a wrong key, a question on what is no objective, too many questions and too many minutes', () => {
    const [first, ...others] = assessments.questions
    if (!first) throw new Error('no question')
    const wrong = { ...first, answer: (first.answer + 1) % first.options.length }
    expect(kinds({ assessments: { ...assessments, questions: [wrong, ...others] } })).toEqual([
      ['WRONG_KEY', first.objectiveId],
    ])
    const stray = { ...first, id: 'q-stray', objectiveId: 'o-stray' }
    expect(kinds({ assessments: { ...assessments, questions: [...assessments.questions, stray] } })).toEqual([
      ['UNKNOWN_OBJECTIVE', 'o-stray'],
      ['TOO_MANY_QUESTIONS', null],
    ])
    expect(kinds({ activities: { ...activities, minutesTotal: 46 } })).toEqual([['TOO_LONG', null]])
  })
})

describe('accessibility', () => {
  test('reading grades follow the Automated Readability Index', () => {
    // 15 characters, 4 words, 1 sentence: 4.71 * 3.75 + 0.5 * 4 - 21.43 = -1.8, which is below 0.
    expect(readingGrade('Keep ways free now.')).toBe(0)
    // 63 characters, 8 words, 1 sentence: 4.71 * 7.875 + 0.5 * 8 - 21.43 = 19.66
    expect(readingGrade('Circulation areas shall be maintained continuously unobstructed always.')).toBe(19.7)
    expect(readingGrade('')).toBe(0)
  })

  test.each([
    ['#000000', '#ffffff', 21],
    ['#ffffff', '#000000', 21],
    ['#777777', '#ffffff', 4.48],
    ['#767676', '#ffffff', 4.54],
    ['#123456', '#123456', 1],
  ])('the contrast of %s on %s is %d', (text, background, ratio) => {
    expect(contrastRatio(text, background)).toBeCloseTo(ratio, 2)
  })

  test.each(['#ffffff', '#000000', '#808080', '#ff0000', '#7f7fff'])(
    'on %s a readable colour is found',
    (background) => {
      const { text } = readableColours({ text: background, background })
      expect(contrastRatio(text, background)).toBeGreaterThanOrEqual(4.5)
    },
  )

  test('each rule is broken by what it forbids, and by nothing else', () => {
    const rules = (change: Partial<typeof activities>) =>
      checkAccessibility({ constraints, assessments, activities: { ...activities, ...change } }).issues.map(
        ({ rule, where }) => [rule, where],
      )
    const withMedia = (kind: string, media: object) => ({
      activities: activities.activities.map((each) =>
        each.media?.kind === kind ? { ...each, media: { ...each.media, ...media } } : each,
      ),
    })
    expect(rules({})).toEqual([])
    expect(rules(withMedia('image', { alt: ' ' }))).toEqual([
      ['ALT_TEXT', 'a-gifts'],
      ['ALT_TEXT', 'a-evacuation'],
    ])
    expect(rules(withMedia('video', { captions: null }))).toEqual([['CAPTIONS', 'a-data-loss-report']])
    expect(rules({ colours: { text: '#999999', background: '#ffffff' } })).toEqual([['CONTRAST', null]])
    const hard = activities.activities.map((each) =>
      each.id === 'a-basics' ? { ...each, paragraphs: ['Notwithstanding aforementioned considerations.'] } : each,
    )
    expect(rules({ activities: hard })).toEqual([['READING_LEVEL', 'a-basics']])
  })
})

describe('the package', () => {
  const request = { programmeId: 'annual-2027', title: 'Rules & "duties" <2027>', objectives, assessments, activities }
  const made = exportPackage(request)

  test('is the same for the same design', () => {
    expect(exportPackage(request)).toEqual(made)
  })

  test('lists every file with the checksum of its bytes in the manifest, whose text is escaped', async () => {
    const { createHash } = await import('node:crypto')
    expect(made.files.length).toBeGreaterThan(activities.activities.length)
    for (const { path, content, sha256, bytes } of made.files) {
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256)
      expect(made.manifest).toContain(
        `<file href="${path}"><metadata><fl:checksum algorithm="SHA-256" bytes="${bytes}">${sha256}</fl:checksum>`,
      )
    }
    expect(made.manifest).toContain('<title>Rules &amp; &quot;duties&quot; &lt;2027&gt;</title>')
    expect(createHash('sha256').update(made.manifest).digest('hex')).toBe(made.sha256)
  })

  test('every item refers to a resource that there is', () => {
    const referred = [...made.manifest.matchAll(/identifierref="([^"]+)"/g)].map(([, id]) => id)
    const defined = [...made.manifest.matchAll(/<resource identifier="([^"]+)"/g)].map(([, id]) => id)
    expect(referred).toEqual(defined)
  })

  test('names what a person accepted although it was open', () => {
    const { manifest } = exportPackage({
      ...request,
      openGaps: [{ kind: 'NO_QUESTION', objectiveId: 'o-gifts', text: 'none' }],
      openIssues: [{ rule: 'CONTRAST', where: null, found: '2', wanted: '4.5' }],
    })
    expect(manifest).toContain('<fl:accepted>NO_QUESTION o-gifts</fl:accepted>')
    expect(manifest).toContain('<fl:accepted>CONTRAST</fl:accepted>')
  })
})
