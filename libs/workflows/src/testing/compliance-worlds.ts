import type { JsonObject } from '@flotilla/engine'
import type { LawfulWorld } from '@flotilla/engine/testing'
import { weeklyComplianceCheck } from '../weekly-compliance-check.js'

/** What the schedule starts a run with. */
export const weeklyInput = (weeklyComplianceCheck.triggers ?? []).flatMap((trigger) =>
  trigger.kind === 'schedule' ? [trigger.input] : [],
)[0]

/** What `training.compliance` answers when so many are overdue. */
export const complianceOutput = (overdueTotal: number): JsonObject => ({
  outcome: overdueTotal === 0 ? 'compliant' : 'overdue_found',
  asOf: '2026-11-23',
  overdueTotal,
  rate: overdueTotal === 0 ? 1 : 0.5,
  standings: [],
  findings: [],
  report: '# Training compliance on 2026-11-23\n',
})

const complianceWorld = (overdueTotal: number): LawfulWorld => ({
  agents: { checking: () => ({ output: complianceOutput(overdueTotal) }) },
  options: { input: weeklyInput ?? null },
  walk: { outputs: () => [complianceOutput(0), complianceOutput(1)] },
})

/** Worlds of `weekly_compliance_check`. */
export const complianceWorlds: Readonly<Record<string, LawfulWorld>> = {
  'all have done theirs': complianceWorld(0),
  'somebody is overdue': complianceWorld(1),
}
