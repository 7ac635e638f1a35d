import type { JsonObject } from '@flotilla/engine'
import type { Decision, LawfulWorld, SimulatedAgents } from '@flotilla/engine/testing'
import { briefWorlds } from './brief-worlds.js'
import { complianceWorlds } from './compliance-worlds.js'
import { application, outputsFor } from './credit-desk-world.js'
import { documentWorlds } from './document-worlds.js'
import { signOffWorlds } from './sign-off-worlds.js'
import { trainingWorlds } from './training-worlds.js'

/** Agents that always answer the same, by step path. */
const answering = (outputs: Readonly<Record<string, JsonObject>>): SimulatedAgents =>
  Object.fromEntries(Object.entries(outputs).map(([step, output]) => [step, () => ({ output })]))

const creditWorld = (outcome: string, decision: Decision | null = null): LawfulWorld => {
  const agents = answering(outputsFor(outcome))
  const outputs = (step: string) =>
    (step === 'risk_ensemble.policy' ? ['approve', 'decline', 'refer'] : [outcome]).map(
      (each) => outputsFor(each)[step] ?? {},
    )
  const values = (_: string, given: string) => (given === 'adjust' ? { amount: 5 } : null)
  return {
    agents,
    options: { input: application, decide: () => decision },
    walk: { outputs, values, badDays: { deadlines: false } },
  }
}

/**
 * The worlds in which each shipped workflow is tried, by its name: agents whose outputs fit their contracts, and people. A
 * workflow that ships has at least one here, or `laws.spec.ts` fails.
 */
export const worlds: Readonly<Record<string, Readonly<Record<string, LawfulWorld>>>> = {
  'credit-desk': {
    'approved by policy': creditWorld('approve'),
    'declined by policy': creditWorld('decline'),
    'referred, nobody decides': creditWorld('refer'),
    'referred and adjusted': creditWorld('refer', { decision: 'adjust', values: { amount: 20_000 } }),
  },
  manager_sign_off: signOffWorlds,
  training_state_machine: trainingWorlds,
  weekly_compliance_check: complianceWorlds,
  ...briefWorlds,
  ...documentWorlds,
  'bench-desk': { 'all well': { agents: {}, walk: { badDays: { resume: false } } } },
}
