import type { TrainingConstraints, TrainingRequest } from '@flotilla/contracts'

/** A request that can be met, with constraints of one's own. */
export const aRequest = (
  constraints: Partial<TrainingConstraints> = {},
  rest: Partial<Omit<TrainingRequest, 'constraints'>> = {},
): TrainingRequest => ({
  programmeId: 'annual-2027',
  title: 'Annual compliance training',
  requestedOn: '2026-11-21',
  dueOn: '2026-12-15',
  audience: 'sales',
  regulations: ['data-care-act', 'clean-hands-code', 'safe-floor-ordinance'],
  ...rest,
  constraints: {
    minutesMax: 45,
    questionsMax: 8,
    passMark: 80,
    readingGradeMax: 8,
    colours: { text: '#8a8a8a', background: '#ffffff' },
    ...constraints,
  },
})
