import type { Logger } from '@flotilla/telemetry'

/** JSON object, as decisions, payloads and snapshots are. */
export type JsonObject = Readonly<Record<string, unknown>>

/** How a tool call is bounded and described. */
export interface ToolOptions {
  /** Longest time of the call in ms (AGENT_TOOL_TIMEOUT_MS unless told); its signal is aborted then and `TOOL_TIMEOUT` thrown. */
  readonly timeoutMs?: number
  /**
   * False for a call that must not be left half done: when the agent is told to stop (cancellation, deadline, shutdown) the
   * call is awaited, up to its own timeout, before that takes effect. Default true.
   */
  readonly interruptible?: boolean
  /** Attributes of its span; names outside telemetry's allow-list are dropped. Never personal data. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}

/** What is known of an effect; kept in the ledger beside it. */
export interface EffectOptions {
  /** Whether it can be undone at all (default false). */
  readonly reversible?: boolean
  /**
   * Whether the provider makes one call of several with the same idempotency key (default true). Where it does not, an
   * effect that was begun and never heard of again is not called again: a person is asked whether it happened.
   */
  readonly honoursKeys?: boolean
  /** Which agent undoes it, and with what: for those who read the ledger. The definition says what the engine undoes. */
  readonly compensate?: { readonly agent: string; readonly input: JsonObject } | null
}

/** Time window of a count, in epoch ms: `since <= at < until`. */
export interface FactWindow {
  readonly since: number
  readonly until: number
  /** A subject that does not count, such as the application under review. */
  readonly excludingSubject?: string
}

/** Facts counted across runs of a tenant ("this phone number was seen before"). Only keyed hashes are ever stored. */
export interface Facts {
  /** Notes that `subject` showed `value` at `at` (epoch ms). Noting it again changes nothing. */
  readonly record: (kind: string, value: string, subject: string, at: number) => Promise<void>
  /** How many different subjects showed `value` within the window. */
  readonly count: (kind: string, value: string, window: FactWindow) => Promise<number>
}

/** What a model call used. */
export interface ModelUsage {
  readonly model: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheHit?: boolean
}

/** Everything that an agent may know and do beside its input. */
export interface AgentContext {
  readonly runId: string
  /** Path of the step that is being carried out. */
  readonly step: string
  /** n-th time that the run entered the step. */
  readonly visit: number
  /** n-th time that this run sent a step out. */
  readonly dispatch: number
  /** n-th execution of this job, from 1. */
  readonly attempt: number
  readonly tenantId: string
  /** `<run>/<step>/<visit>`: the same for every attempt and dispatch of one visit; give it to providers. */
  readonly idempotencyKey: string
  /** Aborted on cancellation, deadline, lost lock and shutdown; `signal.reason` is an error with a code. */
  readonly signal: AbortSignal
  /** JSON lines with trace ids. Never log personal data: fields are redacted by name only. */
  readonly log: Logger
  /** Runs `fn` as a tool: a span `execute_tool <name>`, a bound in time, and a signal that follows the agent's. */
  readonly tool: <T>(name: string, fn: (signal: AbortSignal) => T | Promise<T>, options?: ToolOptions) => Promise<T>
  /**
   * A call with a consequence outside, at most one recorded outcome per `(run, step, visit, name, key)`. The
   * intent is written before, the outcome after; where an outcome stands, it is returned and `fn` is not called.
   * `fn` may run again after a crash in between: it must hand `idempotencyKey` to the provider, or say with
   * `honoursKeys: false` that this is of no use. The outcome is JSON. An error that `fn` throws as `RetryableError` or
   * `TerminalError` says that nothing happened.
   */
  readonly effect: <T>(
    name: string,
    key: string,
    fn: (call: { readonly idempotencyKey: string; readonly signal: AbortSignal }) => Promise<T>,
    options?: EffectOptions,
  ) => Promise<T>
  /** Publishes an event of the agent's own type on the run's stream. Best effort: never fails the step. */
  readonly emit: (type: string, message: string, payload?: JsonObject) => void
  /** Tells how far the step is, 0 to 1. Best effort, and thinned to one in 100 ms. `message` carries no personal data. */
  readonly progress: (fraction: number, message?: string) => void
  /** Keeps `data` for a later attempt or dispatch of this visit and notes a checkpoint in the run. */
  readonly saveCheckpoint: (id: string, label: string, data: unknown) => Promise<void>
  /** What `saveCheckpoint` kept under `id`, or the latest without one; null when there is none. */
  readonly checkpoint: (id?: string) => Promise<unknown>
  /**
   * Asks a person and ends this dispatch: it does not return the first time. The step is sent out again with the
   * decision, and then the same call returns it. What comes before runs twice: put it into effects or checkpoints.
   * Several calls are answered in their order.
   */
  readonly requestHitl: (payload: JsonObject, options?: { readonly deadlineMs?: number }) => Promise<JsonObject>
  /** The decision that this dispatch carries, else null. */
  readonly decision: JsonObject | null
  /** The run's shared state as of the dispatch, or null where the definition does not show it. */
  readonly snapshot: () => JsonObject | null
  /** Adds what a model call used to the step's usage, span and metrics. */
  readonly usage: (usage: ModelUsage) => void
  readonly facts: Facts
}
