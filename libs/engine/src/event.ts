import type { WorkflowDefinition } from './definition.js'
import type { Json, JsonObject } from './json.js'
import type { RunState } from './state.js'

/**
 * Everything that can happen to a run. `at` is epoch milliseconds by Postgres' clock. `step` is the path of a state:
 * its name, with the names of enclosing sub-workflows before it (`risk_ensemble.pd`).
 */

/** A failure as the run keeps it: coded, without personal data in the message. */
export interface RunError {
  readonly code: string
  readonly message: string
  readonly step?: string
  /** What had failed before this did. */
  readonly cause?: { readonly code: string; readonly message: string; readonly step?: string }
}

/** What a step used, summed over its attempts where the agent reports it. */
export interface Usage {
  readonly model: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheHit?: boolean
}

/** What a definition may leave to the environment that a run begins in. It holds for the run's whole life. */
export interface RunPolicies {
  readonly branchFailure: 'fail-fast' | 'best-effort'
}

/** Who voted for a decision, and when by Postgres' clock. */
export interface GateVoter {
  readonly by: string
  readonly at: number
  readonly comment: string | null
}

interface At {
  readonly at: number
}
interface FromAgent extends At {
  readonly step: string
  readonly dispatch: number
  readonly attempt: number
  /** Of a last word that tells of its attempt's pick-up as well: how long before it that was, in ms. */
  readonly ranMs?: number
  /** Hex span id of the agent's span, for the stream. */
  readonly spanId?: string | null
}

export type RunEvent =
  | (At & { readonly type: 'RunStarted'; readonly input: Json; readonly policies?: RunPolicies })
  | (FromAgent & { readonly type: 'StepStarted' })
  | (FromAgent & {
      readonly type: 'StepProgressed'
      readonly fraction: number | null
      readonly message: string
      /** The agent's own event type for `emit`, else null. */
      readonly emitted: string | null
      readonly payload: Json
    })
  | (FromAgent & { readonly type: 'StepRetrying'; readonly error: RunError; readonly afterMs: number })
  | (FromAgent & {
      readonly type: 'StepCheckpointed'
      readonly id: string
      readonly label: string
      readonly data: Json
    })
  | (FromAgent & { readonly type: 'StepSucceeded'; readonly output: Json; readonly usage: Usage | null })
  | (FromAgent & {
      readonly type: 'StepFailed'
      readonly error: RunError & { readonly stack?: string }
      /** Attempts made in this dispatch. */
      readonly attempts: number
      readonly usage?: Usage | null
    })
  /** The agent asks a person and ends its dispatch; the step is dispatched again with the decision. */
  | (FromAgent & { readonly type: 'StepAskedHuman'; readonly payload: JsonObject; readonly deadlineMs: number | null })
  | (At & {
      readonly type: 'DeadlineReached'
      readonly deadline:
        'run' | 'step' | 'queue' | 'gate' | 'remind' | 'escalate' | 'wait' | 'join' | 'checkpoint' | 'clean-up'
      /** The path of the step or state; null for the run's own. */
      readonly step: string | null
      readonly dispatch: number | null
      readonly gateId: string | null
    })
  | (At & {
      readonly type: 'GateDecided'
      readonly gateId: string
      readonly decision: string
      readonly values: JsonObject | null
      readonly comment: string | null
      /** The principal; of a gate that several decide, all whose vote this is, in the order of their votes. */
      readonly decidedBy: string
      /** Those whose vote this is, where the gate needs several. */
      readonly deciders?: readonly GateVoter[]
    })
  /** A vote that does not decide yet. */
  | (At & {
      readonly type: 'GateVoted'
      readonly gateId: string
      readonly decision: string
      readonly values: JsonObject | null
      readonly comment: string | null
      readonly votedBy: string
    })
  | (At & {
      readonly type: 'SignalReceived'
      readonly name: string
      readonly payload: Json
      readonly by: string
      /** Of a correlated event: for steps that wait under this key alone, and never kept by the run. */
      readonly key?: string
    })
  /** What a map asked for: its next items, or the results of all, in order. The shell puts the lists in. */
  | (At & {
      readonly type: 'ItemsRead'
      readonly step: string
      readonly visit: number
      readonly from: number
      readonly count: number
      readonly items?: readonly Json[]
    })
  | (At & {
      readonly type: 'ItemsCollected'
      readonly step: string
      readonly visit: number
      readonly outputs?: readonly Json[]
    })
  /** A child run has come to its end. */
  | (At & {
      readonly type: 'ChildFinished'
      readonly step: string
      readonly dispatch: number
      readonly runId: string | null
      readonly status: 'completed' | 'failed' | 'cancelled'
      readonly output: Json
      readonly error: RunError | null
    })
  | (At & {
      readonly type: 'CancelRequested'
      readonly by: string
      readonly reason: string | null
      /** Undoes what was done also where the definition says on request. */
      readonly compensate?: boolean
    })
  /**
   * The first event of a run that was forked off another: it takes over the state that the other had at a checkpoint
   * (`restored`, which the shell puts in), with `input` in place of the other's; without one it begins at the start.
   */
  | (At & {
      readonly type: 'RunForked'
      readonly by: string
      readonly from: { readonly runId: string; readonly checkpoint: number | null }
      readonly input: Json
      readonly policies?: RunPolicies
      readonly restored?: RunState
    })
  /** The run goes on under another version of its definition, which the shell puts in. */
  | (At & {
      readonly type: 'RunMigrated'
      readonly by: string
      readonly from: { readonly version: number; readonly hash: string }
      readonly to: { readonly version: number; readonly hash: string }
      /** Steps by the names that they have in the new version. */
      readonly mapping: Readonly<Record<string, string>>
      readonly definition?: WorkflowDefinition
    })
  /** A failed or parked run goes on: from where it failed, or from a checkpoint whose state the shell restores into `restored`. */
  | (At & {
      readonly type: 'ResumeRequested'
      readonly by: string
      readonly checkpoint: number | null
      /** `rollback` undoes first what was done since the checkpoint; `compensate` undoes all and goes on with nothing; `abandon` gives a failed run up; `escalate` asks a person which. */
      readonly mode?: 'resume' | 'rollback' | 'compensate' | 'abandon' | 'escalate'
      readonly restored?: RunState
    })
  /** An operator sends a dead letter again: the run is reopened at that step with a new dispatch. */
  | (At & {
      readonly type: 'DeadLetterReplayed'
      readonly step: string
      readonly dispatch: number
      readonly by: string
    })
