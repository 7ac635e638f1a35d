import type { JsonObject } from '@flotilla/engine'
import type { Decision, LawfulWorld, SimulatedAgents } from '@flotilla/engine/testing'

/** A training that is asked for. */
export const trainingRequest: JsonObject = {
  programmeId: 'annual-2027',
  title: 'Annual compliance training',
  requestedOn: '2026-11-21',
  dueOn: '2026-12-15',
  audience: 'sales',
  regulations: ['clean-hands-code'],
  constraints: {
    minutesMax: 45,
    questionsMax: 8,
    passMark: 80,
    readingGradeMax: 8,
    colours: { text: '#000000', background: '#ffffff' },
  },
}

const fact = {
  id: 'gift-limit',
  binding: 'Gifts above forty crowns are prohibited.',
  plain: 'Take no gift above 40 crowns.',
  question: 'Up to what worth may you take gifts?',
  case: 'Somebody gives you a watch. What do you do?',
  answer: '40 crowns',
  wrong: ['50 crowns', '60 crowns'],
}

const gap: JsonObject = { kind: 'NO_QUESTION', objectiveId: 'o-gifts', text: 'no question tests o-gifts' }
const issue: JsonObject = { rule: 'CONTRAST', where: null, found: '2 to 1', wanted: 'at least 4.5 to 1' }

/** What each agent answers, in the shape of its output contract, where all is well at once. */
export const trainingOutputs: Readonly<Record<string, JsonObject>> = {
  intake: {
    outcome: 'constraints_confirmed',
    priority: 'urgent',
    daysLeft: 24,
    obligations: [
      { id: 'gifts', regulation: 'clean-hands-code', title: 'Gifts', severity: 'high', facts: [fact], media: null },
    ],
    findings: [],
  },
  designing_objectives: {
    outcome: 'objectives_ready',
    objectives: [
      {
        id: 'o-gifts',
        obligationId: 'gifts',
        level: 'apply',
        verb: 'carry out',
        text: 'Can carry out what the code asks for: Gifts',
        severity: 'high',
        factIds: ['gift-limit'],
      },
    ],
  },
  assessment_designer: {
    questions: [
      {
        id: 'q-gift-limit',
        objectiveId: 'o-gifts',
        factId: 'gift-limit',
        stem: fact.case,
        options: ['40 crowns', '50 crowns', '60 crowns'],
        answer: 0,
        rationale: fact.plain,
      },
    ],
    rightToPass: 1,
  },
  activity_designer: {
    activities: [
      {
        id: 'a-gifts',
        objectiveIds: ['o-gifts'],
        kind: 'scenario',
        title: 'Gifts',
        paragraphs: [fact.plain],
        minutes: 3,
        media: null,
      },
    ],
    minutesTotal: 3,
    colours: { text: '#000000', background: '#ffffff' },
    findings: [],
  },
  alignment_check: {
    outcome: 'aligned',
    matrix: [{ objectiveId: 'o-gifts', questionIds: ['q-gift-limit'], activityIds: ['a-gifts'], covered: true }],
    gaps: [],
  },
  accessibility_check: { outcome: 'passed', readingGrade: 3, contrast: 21, issues: [] },
  exporting: { manifest: '<manifest/>', sha256: '0'.repeat(64), files: [] },
}

/** A review that finds something, and an intake that finds the constraints in conflict. */
export const trainingTroubles: Readonly<Record<string, JsonObject>> = {
  intake: {
    outcome: 'constraints_conflict',
    priority: 'urgent',
    daysLeft: 24,
    obligations: [],
    findings: [{ code: 'TOO_LITTLE_TIME', text: '7 obligations need 14 minutes, 5 are allowed' }],
  },
  alignment_check: { outcome: 'gaps_found', matrix: [], gaps: [gap] },
  accessibility_check: { outcome: 'issues_found', readingGrade: 3, contrast: 2, issues: [issue] },
}

/** Agents of which some find trouble on their first visits, so many of them; the rest find all well. */
export const trainingAgentsWith = (troubles: Readonly<Record<string, number>> = {}): SimulatedAgents =>
  Object.fromEntries(
    Object.entries(trainingOutputs).map(([step, output]) => [
      step,
      ({ visit }) => ({ output: (visit <= (troubles[step] ?? 0) ? trainingTroubles[step] : output) ?? output }),
    ]),
  )

type Decide = (gate: string) => Decision | null

const trainingWorld = (
  troubles: Readonly<Record<string, number>>,
  decide: Decide = () => ({ decision: 'approve' }),
): LawfulWorld => ({
  agents: trainingAgentsWith(troubles),
  options: { input: trainingRequest, decide: ({ gate }) => decide(gate) },
  walk: {
    outputs: (step) => [trainingOutputs[step], trainingTroubles[step]].flatMap((output) => output ?? []),
    statesMax: 2_000,
  },
})

/** Worlds of `training_state_machine`. */
export const trainingWorlds: Readonly<Record<string, LawfulWorld>> = {
  'all well': trainingWorld({}),
  'gaps, then issues': trainingWorld({ alignment_check: 1, accessibility_check: 1 }),
  'constraints in conflict': trainingWorld({ intake: 1 }),
  'nobody answers': trainingWorld({}, () => null),
  'objectives refused for ever': trainingWorld({}, (gate) =>
    gate === 'awaiting_objectives_approval' ? { decision: 'reject' } : { decision: 'approve' },
  ),
  'issues for ever, then abandoned': trainingWorld({ accessibility_check: 99 }, (gate) => ({
    decision: gate === 'escalated' ? 'reject' : 'approve',
  })),
}
