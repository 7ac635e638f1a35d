export { owesReply } from './step-at.js'
export { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
export { aRun, type Given, type TestRun } from './testing/a-run.js'
export { checkInvariants, freeze, InvariantBroken } from './testing/check-invariants.js'
export { crashPoints, exploreCrashes, type CrashPoint, type CrashStory } from './testing/crash-points.js'
export { equalJson } from './equal-json.js'
export { explore, type Explored, type ExploreOptions } from './testing/explore.js'
export { lawsOf, type Law, type LawfulWorld } from './testing/laws.js'
export { seeded, type Chance } from './testing/seeded.js'
export {
  simulate,
  type AgentReply,
  type Decision,
  type Dispatched,
  type Simulated,
  type SimulatedAgents,
  type SimulateOptions,
} from './testing/simulate.js'
