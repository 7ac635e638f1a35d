import type { Json, WorkflowDefinition } from '@flotilla/engine'

/**
 * Every Monday at 8: who is overdue with which training?
 *
 * - The register comes with the schedule: roles and ids, no names. A tenant registers a version with a register of its own.
 * - The day is that on which the run began, so that a run that waited for its agent judges as of Monday all the same.
 */

const weeklyRegister: Json = {
  rules: [
    { role: 'sales', training: 'clean-hands', everyDays: 365, graceDays: 30 },
    { role: 'warehouse', training: 'safe-floor', everyDays: 180, graceDays: 7 },
  ],
  people: [
    { id: 'P-001', role: 'sales', inRoleSince: '2024-03-01' },
    { id: 'P-002', role: 'sales', inRoleSince: '2025-09-15' },
    { id: 'P-003', role: 'warehouse', inRoleSince: '2023-01-09' },
    { id: 'P-004', role: 'warehouse', inRoleSince: '2026-11-16' },
  ],
  completions: [
    { person: 'P-001', training: 'clean-hands', passedOn: '2026-04-20' },
    { person: 'P-002', training: 'clean-hands', passedOn: '2025-10-01' },
    { person: 'P-003', training: 'safe-floor', passedOn: '2026-09-07' },
  ],
}

const found = {
  asOf: 'data.check.asOf',
  overdueTotal: 'data.check.overdueTotal',
  rate: 'data.check.rate',
  standings: 'data.check.standings',
  findings: 'data.check.findings',
  reportArtifactId: 'artifacts.compliance_report.id',
}

const keep = [
  {
    to: 'check',
    from:
      '{"asOf": output.asOf, "overdueTotal": output.overdueTotal, "rate": output.rate, ' +
      '"standings": output.standings, "findings": output.findings}',
  },
]

/** `weekly_compliance_check` version 1. */
export const weeklyComplianceCheck: WorkflowDefinition = {
  name: 'weekly_compliance_check',
  version: 1,
  title: 'Weekly compliance check',
  description: 'Finds who is overdue with which training, every Monday at 8.',
  semantics: 1,
  input: 'weekly_compliance_check.input.v1',
  deadlineMs: null,
  checkpoint: 'after',
  retry: { attempts: 5, backoff: { delayMs: 500, multiplier: 2, maxMs: 60_000, jitter: 0.2 }, dispatches: 3 },
  triggers: [
    {
      kind: 'schedule',
      name: 'monday-morning',
      cron: '0 8 * * MON',
      input: { register: weeklyRegister, noticeDays: 30, asOf: null },
      missed: 'once',
    },
  ],
  initial: 'checking',
  states: [
    {
      kind: 'agent',
      name: 'checking',
      title: 'Compliance check',
      weight: 100,
      path: 'happy',
      agent: 'training.compliance',
      input: {
        register: 'input.register',
        noticeDays: 'input.noticeDays',
        asOf: 'input.asOf',
        startedAtMs: 'run.startedAt',
      },
      inputContract: 'training.compliance.input.v1',
      outputContract: 'training.compliance.output.v1',
      outcome: 'output.outcome',
      deadlineMs: 60_000,
      artifacts: [
        {
          name: 'compliance_report',
          type: 'compliance-report',
          mediaType: 'text/markdown',
          content: 'output.report',
        },
      ],
      transitions: [
        { on: 'compliant', to: 'compliant', assign: keep },
        {
          on: 'overdue_found',
          to: 'overdue_reported',
          assign: keep,
          actions: [{ do: 'notify', channel: 'compliance', message: 'People are overdue with their training' }],
        },
      ],
    },
    {
      kind: 'end',
      name: 'compliant',
      title: 'Compliant',
      status: 'completed',
      path: 'happy',
      result: { outcome: '"compliant"', ...found },
    },
    {
      kind: 'end',
      name: 'overdue_reported',
      title: 'Overdue reported',
      status: 'completed',
      path: 'edge',
      result: { outcome: '"overdue_reported"', ...found },
    },
  ],
}
