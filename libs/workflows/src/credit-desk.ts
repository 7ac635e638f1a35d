import type {
  Assignment,
  Branch,
  Mapping,
  StateDefinition,
  SubWorkflowState,
  WorkflowDefinition,
} from '@flotilla/engine'

/**
 * The credit desk: an application goes in, a decision with its letter comes out.
 *
 * - The three checks are all required and run best-effort: where one fails for good the others still finish, their
 *   results stay with the run, and a replay of the dead letter repeats only what failed.
 * - Nothing in line has a deadline, and the run has none: with an agent scaled to 0 the run waits, however long. The
 *   gate has 48 hours.
 * - Who decides what is missing or contradictory is the risk agent's policy; the definition only routes its outcome.
 * - An adjustment needs a positive `values.amount`. Without one no transition accepts it and the gate opens again.
 */

const agentDeadlineMs = 30_000
const gateDeadlineMs = 48 * 60 * 60 * 1_000

/** The run's result so far; what is not known yet is null. */
const resultWith = (decision: string, decidedBy: string, approvedAmount: string): string =>
  `{"decision": ${decision}, "reasons": data.risk.reasons, "pd": data.risk.pd, "score": data.risk.score, ` +
  `"checks": {"kyc": data.kyc, "fraud": data.fraud, "income": data.income, "risk": data.risk}, ` +
  `"decidedBy": ${decidedBy}, "letterArtifactId": null, "approvedAmount": ${approvedAmount}}`

const decide = (decision: string, decidedBy: string, approvedAmount = 'null'): readonly Assignment[] => [
  { to: 'result', from: resultWith(`"${decision}"`, decidedBy, approvedAmount) },
]

interface Check {
  readonly name: string
  readonly title: string
  readonly weight: number
  readonly input: Mapping
}

const checkBranch = ({ name, title, weight, input }: Check): Branch => ({
  name,
  initial: name,
  states: [
    {
      kind: 'agent',
      name,
      title,
      weight,
      agent: name,
      input,
      inputContract: `${name}.input.v1`,
      outputContract: `${name}.output.v1`,
      deadlineMs: agentDeadlineMs,
      transitions: [{ on: 'done', to: `${name}_checked`, assign: [{ to: name, from: 'output' }] }],
    },
    { kind: 'end', name: `${name}_checked`, status: 'completed' },
  ],
})

interface RiskStep {
  readonly name: string
  readonly title: string
  readonly input: Mapping
  readonly next: string
}

const riskStep = ({ name, title, input, next }: RiskStep): StateDefinition => ({
  kind: 'agent',
  name,
  title,
  weight: 1,
  agent: `risk.${name}`,
  input,
  inputContract: `risk.${name}.input.v1`,
  outputContract: `risk.${name}.output.v1`,
  deadlineMs: agentDeadlineMs,
  transitions: [{ on: 'done', to: next, assign: [{ to: name, from: 'output' }] }],
})

/** The risk ensemble: probability of default, affordability, and the policy that weighs everything. */
const riskEnsemble: SubWorkflowState = {
  kind: 'workflow',
  name: 'risk_ensemble',
  title: 'Risk ensemble',
  weight: 22,
  workflow: 'risk-ensemble',
  version: 1,
  input: {
    features: 'data.features',
    loan: 'data.application.loan',
    kyc: 'data.kyc',
    fraud: 'data.fraud',
    income: 'data.income',
  },
  body: {
    initial: 'pd',
    states: [
      riskStep({ name: 'pd', title: 'Risk PD model', input: { features: 'input.features' }, next: 'affordability' }),
      riskStep({
        name: 'affordability',
        title: 'Affordability',
        input: { income: 'input.income', loan: 'input.loan' },
        next: 'policy',
      }),
      riskStep({
        name: 'policy',
        title: 'Risk policy',
        input: {
          kyc: 'input.kyc',
          fraud: 'input.fraud',
          income: 'input.income',
          pd: 'data.pd',
          affordability: 'data.affordability',
          loan: 'input.loan',
        },
        next: 'assessed',
      }),
      {
        kind: 'end',
        name: 'assessed',
        status: 'completed',
        result: {
          outcome: 'data.policy.outcome',
          reasons: 'data.policy.reasons',
          pd: 'data.policy.pd',
          score: 'data.policy.score',
          model: 'data.pd',
          affordability: 'data.affordability',
          policy: 'data.policy',
        },
      },
    ],
  },
  transitions: [{ on: 'done', to: 'decision', assign: [{ to: 'risk', from: 'output' }] }],
}

/** `credit-desk` version 1. */
export const creditDesk: WorkflowDefinition = {
  name: 'credit-desk',
  version: 1,
  title: 'Credit desk',
  description: 'Takes a loan application to a decision and its letter; a person decides borderline cases.',
  semantics: 1,
  service: 'credit-desk-lite',
  input: 'credit-desk.input.v1',
  deadlineMs: null,
  checkpoint: 'after',
  retry: {
    attempts: 5,
    backoff: { delayMs: 500, multiplier: 2, maxMs: 60_000, jitter: 0.2 },
    dispatches: 3,
  },
  initial: 'intake',
  states: [
    {
      kind: 'agent',
      name: 'intake',
      title: 'Document intake',
      weight: 6,
      path: 'happy',
      agent: 'intake.parse',
      input: {
        applicationId: 'input.applicationId',
        submittedOn: 'input.submittedOn',
        applicant: 'input.applicant',
        account: 'input.account',
        loan: 'input.loan',
        statement: 'input.statement',
      },
      inputContract: 'intake.parse.input.v1',
      outputContract: 'intake.parse.output.v1',
      deadlineMs: agentDeadlineMs,
      transitions: [
        {
          on: 'done',
          to: 'extract',
          assign: [
            { to: 'application', from: 'output.application' },
            { to: 'findings', from: 'output.findings' },
            { to: 'statementCheck', from: 'output.statementCheck' },
          ],
        },
      ],
    },
    {
      kind: 'agent',
      name: 'extract',
      title: 'Feature extraction',
      weight: 4,
      path: 'happy',
      agent: 'intake.extract',
      input: { application: 'data.application' },
      inputContract: 'intake.extract.input.v1',
      outputContract: 'intake.extract.output.v1',
      deadlineMs: agentDeadlineMs,
      transitions: [{ on: 'done', to: 'checks', assign: [{ to: 'features', from: 'output.features' }] }],
    },
    {
      kind: 'parallel',
      name: 'checks',
      title: 'Checks',
      weight: 32,
      path: 'happy',
      join: { policy: 'all' },
      onBranchFailure: 'best-effort',
      branches: [
        checkBranch({
          name: 'kyc',
          title: 'Identity check',
          weight: 12,
          input: { submittedOn: 'data.application.submittedOn', applicant: 'data.application.applicant' },
        }),
        checkBranch({
          name: 'fraud',
          title: 'Fraud check',
          weight: 10,
          input: {
            applicationId: 'data.application.applicationId',
            submittedOn: 'data.application.submittedOn',
            applicant: 'data.application.applicant',
            account: 'data.application.account',
            loan: 'data.application.loan',
            statement: 'data.application.statement',
            statementCheck: 'data.statementCheck',
          },
        }),
        checkBranch({
          name: 'income',
          title: 'Income check',
          weight: 10,
          input: {
            submittedOn: 'data.application.submittedOn',
            loan: 'data.application.loan',
            statement: 'data.application.statement',
          },
        }),
      ],
      transitions: [{ on: 'done', to: 'features' }],
    },
    {
      kind: 'set',
      name: 'features',
      title: 'Feature build',
      weight: 5,
      path: 'happy',
      assign: [
        {
          to: 'summary',
          from: '{"kyc": data.kyc.verdict, "fraud": data.fraud.verdict, "income": data.income.verdict}',
        },
      ],
      transitions: [{ on: 'done', to: 'risk_ensemble' }],
    },
    riskEnsemble,
    {
      kind: 'choice',
      name: 'decision',
      title: 'Policy decision',
      weight: 5,
      path: 'happy',
      transitions: [
        {
          when: 'data.risk.outcome == "approve"',
          to: 'letter',
          assign: decide('approve', '"policy"', 'data.application.loan.amount'),
        },
        { when: 'data.risk.outcome == "decline"', to: 'letter', assign: decide('decline', '"policy"') },
        { to: 'review', assign: decide('refer', '"policy"') },
      ],
    },
    {
      kind: 'human',
      name: 'review',
      title: 'Credit officer review',
      weight: 10,
      path: 'edge',
      shows: {
        applicationId: 'data.application.applicationId',
        loan: 'data.application.loan',
        proposed: 'data.result',
        findings: 'data.findings',
      },
      deadlineMs: gateDeadlineMs,
      transitions: [
        {
          on: 'approve',
          to: 'letter',
          assign: decide('approve', 'event.decidedBy', 'data.application.loan.amount'),
        },
        { on: 'reject', to: 'letter', assign: decide('decline', 'event.decidedBy') },
        {
          on: 'adjust',
          when: 'type(event.values.amount) == double && event.values.amount > 0 && event.values.amount <= 1000000000000',
          to: 'letter',
          assign: [
            ...decide('approve', 'event.decidedBy', 'event.values.amount'),
            { to: 'adjustedAmount', from: 'event.values.amount' },
          ],
        },
        { on: 'timeout', to: 'letter', assign: decide('decline', '"timeout"') },
      ],
    },
    {
      kind: 'agent',
      name: 'letter',
      title: 'Decision letter',
      weight: 16,
      path: 'happy',
      agent: 'letter.write',
      input: {
        applicationId: 'data.application.applicationId',
        submittedOn: 'data.application.submittedOn',
        decision: 'data.result.decision',
        reasons: 'data.result.reasons',
        pd: 'data.result.pd',
        score: 'data.result.score',
        decidedBy: 'data.result.decidedBy',
        loan: 'data.application.loan',
        adjustedAmount: 'data.adjustedAmount',
        applicant: '{"fullName": data.application.applicant.fullName}',
      },
      inputContract: 'letter.write.input.v1',
      outputContract: 'letter.write.output.v1',
      deadlineMs: agentDeadlineMs,
      artifacts: [
        { name: 'letter', type: 'decision-letter', mediaType: 'text/markdown', content: 'output.letter.body' },
      ],
      transitions: [
        { on: 'done', to: 'decided', assign: [{ to: 'result.letterArtifactId', from: 'artifacts.letter.id' }] },
      ],
    },
    {
      kind: 'end',
      name: 'decided',
      title: 'Decided',
      status: 'completed',
      result: {
        decision: 'data.result.decision',
        reasons: 'data.result.reasons',
        pd: 'data.result.pd',
        score: 'data.result.score',
        checks: 'data.result.checks',
        decidedBy: 'data.result.decidedBy',
        letterArtifactId: 'data.result.letterArtifactId',
        approvedAmount: 'data.result.approvedAmount',
      },
    },
  ],
}
