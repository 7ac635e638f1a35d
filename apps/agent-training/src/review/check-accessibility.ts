import type { AccessibilityIssue, TrainingAccessibilityInput, TrainingAccessibilityOutput } from '@flotilla/contracts'
import { contrastMin, contrastRatio } from './contrast-ratio.js'
import { readingGrade } from './reading-grade.js'

const rounded = (value: number): number => Math.round(value * 100) / 100

/**
 * The rules: texts no harder than allowed (WCAG 2.2, 3.1.5), a text for every picture (1.1.1), captions for every film
 * (1.2.2), contrast of text and background (1.4.3).
 */
export const checkAccessibility = ({
  constraints: { readingGradeMax },
  assessments: { questions },
  activities: { activities, colours },
}: TrainingAccessibilityInput): TrainingAccessibilityOutput => {
  const texts = [
    ...activities.map(({ id, paragraphs }) => ({ where: id, grade: readingGrade(paragraphs.join(' ')) })),
    ...questions.map(({ id, stem, rationale }) => ({
      where: id,
      grade: Math.max(readingGrade(stem), readingGrade(rationale)),
    })),
  ]
  const contrast = contrastRatio(colours.text, colours.background)
  const issues = [
    ...texts
      .filter(({ grade }) => grade > readingGradeMax)
      .map(({ where, grade }): AccessibilityIssue => ({
        rule: 'READING_LEVEL',
        where,
        found: `grade ${grade}`,
        wanted: `at most grade ${readingGradeMax}`,
      })),
    ...activities.flatMap(({ id, media }): AccessibilityIssue[] => {
      if (media?.kind === 'image' && !media.alt?.trim())
        return [{ rule: 'ALT_TEXT', where: id, found: 'none', wanted: 'a text that says what is to be seen' }]
      if (media?.kind === 'video' && !media.captions?.startsWith('WEBVTT'))
        return [{ rule: 'CAPTIONS', where: id, found: 'none', wanted: 'captions in WebVTT' }]
      return []
    }),
    ...(contrast < contrastMin
      ? [
          {
            rule: 'CONTRAST' as const,
            where: null,
            found: `${rounded(contrast)} to 1`,
            wanted: `at least ${contrastMin} to 1`,
          },
        ]
      : []),
  ]
  return {
    outcome: issues.length === 0 ? 'passed' : 'issues_found',
    readingGrade: Math.max(0, ...texts.map(({ grade }) => grade)),
    contrast: rounded(contrast),
    issues,
  }
}
