export type { Json, JsonObject } from './json.js'
export type {
  Action,
  AgentState,
  ArtifactRule,
  Assignment,
  Branch,
  CheckpointPolicy,
  ChoiceState,
  ContractRef,
  EndState,
  Expression,
  HumanState,
  Join,
  MapState,
  Mapping,
  ParallelState,
  Reducer,
  Region,
  RetryPolicy,
  SetState,
  StateDefinition,
  SubWorkflowState,
  Transition,
  Trigger,
  WaitState,
  WorkflowDefinition,
} from './definition.js'
export type { Command, GateClosing, StreamedEvent } from './command.js'
export type { GateVoter, RunError, RunEvent, RunPolicies, Usage } from './event.js'
export type { OpenGate, RunState, RunStatus, Scope, StepState, StepStatus } from './state.js'
export { advance, type Advanced } from './advance.js'
export { checkDefinition, type CheckOptions } from './check-definition.js'
export { restsOnUndone } from './compensations.js'
export { dueDeadlines, nextDeadlineAt } from './deadline-events.js'
export { gateDueAt } from './due-moments.js'
export { defaultRetry, queueOf, titleOf } from './definition-index.js'
export { applyPatch, diffState, type Patch } from './diff-state.js'
export { replayEvents, type Divergence, type PutBack, type StoredEvent, type StoredHistory } from './replay-events.js'
export {
  chainDepthMax,
  evaluateTrigger,
  limitOf,
  type CompletionTrigger,
  type PreviousRun,
  type RunLimit,
} from './evaluate-trigger.js'
export { evaluateHook, hookExpressionsOf, type HookSpec, type HookOutcome } from './evaluate-hook.js'
export { ExpressionError } from './expression.js'
export { acceptsDecision } from './gate-events.js'
export { initialState } from './initial-state.js'
export { InlineError, inlineWorkflows, type ResolveWorkflow } from './inline-workflows.js'
export type { Finding } from './lint/finding.js'
export type { ResolveContract } from './lint/expression-rules.js'
export type { SchemaOf } from './lint/scope-shapes.js'
export type { WhyNotSchedule } from './lint/trigger-rules.js'
export {
  planRecovery,
  type EffectKnown,
  type RecoveryAsked,
  type RecoveryPlan,
  type UsageKnown,
} from './plan-recovery.js'
export { carryOver, type Migration } from './versions/migrate-run.js'
export {
  planMigration,
  type MigrationFinding,
  type MigrationPlan,
  type MigrationVerdict,
} from './versions/plan-migration.js'
export type { StepMapping } from './versions/rename-steps.js'
export { stepAt } from './step-at.js'
export { stepsOf, type StepListed } from './steps-of.js'
export { waitingFor, type WaitingFor } from './waiting-for.js'
export { toDot } from './graph/to-dot.js'
export { toFallbackSvg } from './graph/to-fallback-svg.js'
