import type { Json, JsonObject } from './json.js'

/**
 * Workflow definitions: plain JSON, validated and linted when registered, pinned by each run by content hash.
 * Lists, never maps, wherever order matters: jsonb and canonical JSON do not keep the order of members.
 */

/** A CEL expression over `input`, `data`, `output`, `event`, `steps`, `artifacts` and `run` (see `expression.ts`). */
export type Expression = string

/** Target member -> CEL expression. A member whose expression meets an absent value becomes null. */
export type Mapping = Readonly<Record<string, Expression>>

/** A registered contract id (`kyc.input.v1`) or an inline JSON Schema. */
export type ContractRef = string | JsonObject

/** How a value joins what a key of the shared state holds already. */
export type Reducer = 'replace' | 'append' | 'merge' | 'sum'

/** Writes the value of `from` to `data.<to>` through a reducer (default `replace`). */
export interface Assignment {
  readonly to: string
  readonly from: Expression
  readonly reducer?: Reducer
}

/** What happens on entry, exit or transition, beside assignments. `log` and `notify` go to outboxes of the shell. */
export type Action =
  | { readonly do: 'log'; readonly message: string }
  | { readonly do: 'notify'; readonly channel: string; readonly message: string }
  | { readonly do: 'assign'; readonly assign: readonly Assignment[] }

/** One guarded edge. Transitions of a state are tried in order; the first whose `on` and `when` hold is taken. */
export interface Transition {
  /**
   * `done`, `failed`, `timeout`, a gate's decision (`approve`, `reject`, `adjust`, or an outcome it declares), the
   * outcome that an agent step computes, or a signal's name. A missed deadline is `timeout` where that is answered, else
   * a failure. Absent on a choice.
   */
  readonly on?: string
  readonly when?: Expression
  readonly to: string
  readonly assign?: readonly Assignment[]
  readonly actions?: readonly Action[]
}

/** Attempts are BullMQ's, within one dispatch; dispatches are the engine's, when a deadline passes without a reply. */
export interface RetryPolicy {
  readonly attempts: number
  readonly backoff: {
    readonly delayMs: number
    readonly multiplier: number
    readonly maxMs: number
    readonly jitter: number
  }
  /** How often the step may be sent out in one visit before a missed deadline fails it. At least 1. */
  readonly dispatches: number
}

/**
 * When a state saves checkpoints: never, when it is done, whenever the number that `of` gives has passed a further
 * multiple of `every` (`steps.research.items.done`, every 5), or by time while it goes on.
 */
export type CheckpointPolicy =
  false | 'after' | { readonly every: number; readonly of: Expression } | { readonly everyMs: number }

/** Keeps a step's output, or a part of it, as a new version of a named artifact. */
export interface ArtifactRule {
  readonly name: string
  readonly type: string
  readonly mediaType: string
  readonly content: Expression
}

interface StateBase {
  readonly name: string
  readonly title?: string
  /** Share of the run's progress, in per cent of the run; absent: nothing. Substates share their parent's weight by their own. */
  readonly weight?: number
  readonly transitions?: readonly Transition[]
  readonly entry?: readonly Action[]
  readonly exit?: readonly Action[]
  readonly checkpoint?: CheckpointPolicy
  readonly artifacts?: readonly ArtifactRule[]
  /** Loops: how often the state may be entered in one run. Required of every state on a cycle. */
  readonly maxVisits?: number
  /** Marks happy path, error and edge states for the diagram. */
  readonly path?: 'happy' | 'error' | 'edge'
}

export interface AgentState extends StateBase {
  readonly kind: 'agent'
  /** The agent's name (`kyc`, `risk.pd`); several agents may serve one queue. */
  readonly agent: string
  /** Default `agent.<first part of the agent's name>`. */
  readonly queue?: string
  readonly input: Mapping
  readonly inputContract: ContractRef
  readonly outputContract: ContractRef
  /** Event name computed from `output`; default `done`. */
  readonly outcome?: Expression
  readonly retry?: RetryPolicy
  /** From pick-up to reply. */
  readonly deadlineMs: number
  /** From dispatch to pick-up; null or absent: may wait in line for ever. */
  readonly queueDeadlineMs?: number | null
  /** Whether the agent has consequences outside, and whether they can be undone. */
  readonly effects?: 'none' | 'reversible' | 'irreversible'
  /** The agent that undoes it. */
  readonly compensate?: { readonly agent: string; readonly queue?: string; readonly input: Mapping }
}

/** Local and pure: assigns and moves on. */
export interface SetState extends StateBase {
  readonly kind: 'set'
  readonly assign: readonly Assignment[]
}

export interface ChoiceState extends StateBase {
  readonly kind: 'choice'
}

/** A machine of its own: where it starts, what it holds. */
export interface Region {
  readonly initial: string
  readonly states: readonly StateDefinition[]
}

export interface Branch extends Region {
  readonly name: string
  /**
   * `required`, `optional`, or degraded: on failure the join sees this output instead. Absent: required under `all`; one
   * vote like any other under the counting policies, where only `required` in so many words is indispensable.
   */
  readonly requirement?: 'required' | 'optional' | { readonly degraded: Json }
}

export type Join =
  | { readonly policy: 'all' }
  | { readonly policy: 'any' }
  | { readonly policy: 'k-of-n'; readonly k: number }
  | { readonly policy: 'quorum' }
  | { readonly policy: 'until'; readonly deadlineMs: number; readonly min: number }

/**
 * Branches run side by side and share the scope's data. The expected set is fixed when the fan-out opens; the join
 * closes once, with `done` or `failed`. Branches still open when it closes are cancelled.
 */
export interface ParallelState extends StateBase {
  readonly kind: 'parallel'
  readonly branches: readonly Branch[]
  readonly join: Join
  /** `by-environment`: as the orchestrator's FAN_OUT_FAILURE said when the run began; that is kept in the run. */
  readonly onBranchFailure: 'fail-fast' | 'best-effort' | 'by-environment'
  /** For all branches together; a join `until` has its own. */
  readonly deadlineMs?: number
}

/**
 * One region per item of a list computed at run time, at most `concurrency` at once. An item has a shared state of its
 * own, whose `input` is `{ item, index }` and what `input` maps; its result is that of the end it comes to. `done` carries
 * the results in the order of the items as `output`, null for an item that failed.
 */
export interface MapState extends StateBase, Region {
  readonly kind: 'map'
  readonly items: Expression
  readonly input?: Mapping
  readonly concurrency: number
  /** A longer list fails the step. */
  readonly itemsMax: number
  readonly onItemFailure: 'fail-fast' | 'best-effort'
  /** For all items together. */
  readonly deadlineMs?: number
}

export interface HumanState extends StateBase {
  readonly kind: 'human'
  /** What the decider is shown; the decision binds to its hash. */
  readonly shows: Mapping
  /** Outcomes beside approve, reject and adjust. */
  readonly outcomes?: readonly string[]
  readonly deadlineMs: number
  /**
   * How many people must give the same decision (default 1), each of them once; one rejection is enough. Only keys with
   * `scope` may decide.
   */
  readonly deciders?: { readonly needed: number; readonly scope?: string }
  readonly remindEveryMs?: number
  /** After so long somebody else is told as well. */
  readonly escalate?: { readonly afterMs: number; readonly channel: string }
}

export interface WaitState extends StateBase {
  readonly kind: 'wait'
  /** A number of milliseconds, or an epoch in milliseconds. */
  readonly forMs?: Expression
  readonly until?: Expression
  /**
   * A correlated event's name; the deadline then gives `timeout`. Other events that its transitions name are waited for
   * too. One that no guard accepts is ignored, and the wait goes on.
   */
  readonly signal?: string
  /** The key under which the event is published for any run that waits for it; absent: only signals to this very run. */
  readonly correlate?: Expression
  readonly deadlineMs?: number
}

/**
 * Another workflow as a compound state with a namespace and a shared state of its own; `body` is inlined at
 * registration. Detached, it is a child run with a history of its own, whose end this state waits for: `done` with its
 * result as `output`, or `failed`.
 */
export interface SubWorkflowState extends StateBase {
  readonly kind: 'workflow'
  readonly workflow: string
  readonly version: number
  readonly input: Mapping
  readonly body?: Region & { readonly deadlineMs?: number | null }
  readonly detached?: boolean
  /** Of a detached one. */
  readonly deadlineMs?: number
}

export interface EndState extends StateBase {
  readonly kind: 'end'
  readonly status: 'completed' | 'failed'
  readonly result?: Mapping
  readonly error?: { readonly code: string; readonly message: string }
}

export type StateDefinition =
  AgentState | SetState | ChoiceState | ParallelState | MapState | HumanState | WaitState | SubWorkflowState | EndState

/**
 * What starts runs of a workflow by itself. The triggers of a workflow's newest version are the active ones. `name` is
 * unique in the workflow. A trigger fires at most once for the same moment or the same run.
 */
export type Trigger =
  | {
      readonly kind: 'schedule'
      readonly name: string
      /** Five fields: minute, hour, day of month, month, day of week. */
      readonly cron: string
      /** IANA name; default UTC. */
      readonly timeZone?: string
      readonly input: Json
      /** Moments missed while nobody looked: the last of them is made up for, or none. Default once. */
      readonly missed?: 'once' | 'skip'
    }
  /** The end of a run of another workflow. `input` sees `previous`: `{ runId, workflow, version, input, outputs }`. */
  | {
      readonly kind: 'completion'
      readonly name: string
      readonly workflow: string
      readonly status: 'completed' | 'failed' | 'cancelled'
      readonly when?: Expression
      readonly input: Mapping
    }

export interface WorkflowDefinition extends Region {
  readonly name: string
  readonly version: number
  readonly title: string
  readonly description?: string
  /** Engine semantics that the definition was written for. */
  readonly semantics: 1
  /** `service.name` of the run's own spans; default the workflow's name. */
  readonly service?: string
  readonly input: ContractRef
  readonly output?: ContractRef
  readonly deadlineMs: number | null
  /** Default for states that name none. */
  readonly checkpoint?: CheckpointPolicy
  readonly retry?: RetryPolicy
  /** Runs of the workflow at once, per tenant and per value of `key` (over `input`); `max: 1` makes it a singleton. */
  readonly concurrency?: { readonly max: number; readonly behaviour: 'queue' | 'reject'; readonly key?: Expression }
  /**
   * Whether the compensations of what was done run, in reverse order, when the run fails or is cancelled, or when an
   * operator asks. Default on-failure.
   */
  readonly compensation?: 'on-failure' | 'on-request'
  readonly triggers?: readonly Trigger[]
  /** What happens beside the stream's `run.cancelled` once a cancelled run has cleaned up. */
  readonly onCancel?: readonly Exclude<Action, { readonly do: 'assign' }>[]
  /** How long cancellation waits for agents at work to clean up. Default 30 s. */
  readonly cleanUpMs?: number
}
