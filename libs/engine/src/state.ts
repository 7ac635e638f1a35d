import type { RunError, RunPolicies } from './event.js'
import type { Json, JsonObject } from './json.js'

/** `parked` is not the engine's to say: the shell parks a run whose events it cannot apply. */
export type RunStatus = 'created' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled'
export type StepStatus = 'pending' | 'running' | 'waiting' | 'done' | 'failed' | 'skipped' | 'cancelled'

/** One state of the definition in one run; of a loop, its last visit. Times are epoch milliseconds. */
export interface StepState {
  readonly status: StepStatus
  readonly visits: number
  /** Attempts of the last visit, over its dispatches. */
  readonly attempts: number
  /** The dispatch now owed, else the last one, else 0. */
  readonly dispatch: number
  /** Dispatches of this visit. */
  readonly dispatches: number
  readonly enteredAt: number | null
  /** Pick-up by an agent; for local states, entry. */
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly dueAt: number | null
  /** Which deadline `dueAt` is. */
  readonly due: 'step' | 'queue' | 'gate' | 'wait' | 'join' | null
  /** Progress inside the step, 0 to 1. */
  readonly fraction: number
  readonly gateId: string | null
  readonly error: RunError | null
  /** A parallel's expected branches with what became of them; fixed when it opens. */
  readonly branches?: Readonly<Record<string, 'open' | 'done' | 'failed' | 'degraded' | 'cancelled'>>
  /** A map's items. `next`: the first that is not started; `ahead`: read ahead from there on; `asked`: of the shell. */
  readonly items?: {
    readonly total: number
    readonly done: number
    readonly failed: number
    readonly next: number
    readonly open: readonly number[]
    readonly ahead: readonly Json[]
    readonly asked: 'items' | 'results' | null
  }
  /** Of a wait for correlated events: which, under which key. Personal, as the key is made of the run's data. */
  readonly awaits?: { readonly names: readonly string[]; readonly key: string }
  /** The decision that the agent asked for; every later dispatch of the visit carries it. */
  readonly decision?: JsonObject | null
  /** Attempts of this visit's earlier dispatches. */
  readonly attemptsBefore?: number
  /** A parallel's results so far, by branch, until it closes. */
  readonly outputs?: JsonObject
  /** Stopped because the run failed (or failed it): taken up again when the run is resumed. */
  readonly stopped?: boolean
  /** Stopped while its agent was at work on something that can be undone: its last word still counts for that. */
  readonly mayBeDone?: boolean
  /** Checkpoints by count: which multiple was passed last. */
  readonly checkpointMark?: number
  /** Checkpoints by time: when the next is due. */
  readonly checkpointAt?: number
}

/** An open gate, as `waitingFor` shows it. */
export interface OpenGate {
  readonly gateId: string
  readonly gate: string
  readonly step: string
  readonly since: number
  readonly dueAt: number | null
  readonly shown: JsonObject
  readonly outcomes: readonly string[]
  /** It decides how a failed run goes on. */
  readonly recovers?: boolean
  /** How many persons must give the same decision; absent: one. */
  readonly needed?: number
  /** Votes that have not decided it, in their order. */
  readonly votes?: readonly GateVote[]
  /** When its deciders are reminded next, and how often they were. */
  readonly remindAt?: number
  readonly reminders?: number
  /** When somebody else is told; absent: never, or done. */
  readonly escalateAt?: number
}

/** A vote that did not decide its gate. What it gives and says stands in the history alone. */
export interface GateVote {
  readonly by: string
  readonly decision: string
  readonly at: number
}

/** Shared state of one namespace: the root (key '') or a sub-workflow's path. */
export interface Scope {
  readonly input: Json
  readonly data: JsonObject
}

/** Something that was done and can be undone. */
export interface Compensation {
  /** Rises by one in a run, and is never given again. */
  readonly number: number
  readonly step: string
  readonly visit: number
  readonly agent: string
  readonly queue: string
  /** Worked out when the step was done. */
  readonly input: JsonObject
  /** Done after the checkpoint that the run went back to: to be done again, or undone with the rest. */
  readonly carried?: boolean
}

/** The undoing of what was done, the last first. */
export interface Compensating {
  /** `failed`: what is last in `left` could not be undone. */
  readonly status: 'running' | 'done' | 'failed'
  /** What the run comes to when all is undone. */
  readonly ending: 'failed' | 'cancelled' | 'rolled-back'
  /** Why the run failed. */
  readonly error: RunError | null
  /** Numbers of what is still to be undone, rising. */
  readonly left: readonly number[]
  /** Until when steps at work may still answer; null: they have. */
  readonly waitUntil: number | null
  /** Where the run is rolled back to. */
  readonly back: { readonly checkpoint: number | null; readonly restored: RunState } | null
}

/** The whole state of a run: JSON, structurally shared between versions. */
export interface RunState {
  readonly semantics: 1
  readonly runId: string
  readonly submittedBy: string
  readonly status: RunStatus
  readonly startedAt: number | null
  readonly finishedAt: number | null
  /** What the environment said when the run began; absent: fail fast. */
  readonly policies?: RunPolicies
  /** The run's own deadline. */
  readonly dueAt: number | null
  /** Dispatch numbers only rise, per run; a rollback never restores them. The same holds for the counters below. */
  readonly dispatchCount: number
  readonly gateCount: number
  readonly checkpointCount: number
  /** `seq` of the last event published. */
  readonly published: number
  /** High-water mark, 0 to 1. */
  readonly progress: number
  readonly scopes: Readonly<Record<string, Scope>>
  readonly steps: Readonly<Record<string, StepState>>
  readonly gates: Readonly<Record<string, OpenGate>>
  /** Signals that came before anything waited for them. */
  readonly signals: Readonly<Record<string, readonly Json[]>>
  readonly artifacts: Readonly<Record<string, { readonly id: string; readonly version: number }>>
  readonly cancel: {
    readonly at: number
    readonly by: string
    readonly reason: string | null
    readonly waitUntil: number
    /** Whether what was done is undone also where that is only done on request. */
    readonly compensate?: boolean
  } | null
  readonly result: Json
  readonly error: RunError | null
  /** How often it was reopened by resume or replay. */
  readonly openings: number
  /** What was done and can be undone, in the order in which it was done. */
  readonly compensations?: readonly Compensation[]
  readonly compensationCount?: number
  /** Numbers of what was undone. */
  readonly undone?: readonly number[]
  /** The last undoing; null where the run went on from a checkpoint before it. */
  readonly compensation?: Compensating | null
}
