import type { EffectKnown, UsageKnown, Json, JsonObject, RunState, Trigger, WorkflowDefinition } from '@flotilla/engine'
import type {
  Erased,
  Appended,
  ApiKeyRow,
  ArtifactRow,
  AuditRow,
  MapItemPage,
  MapItemRow,
  AskedEvent,
  CheckpointRow,
  DeadLetterFilter,
  DeadLetterRow,
  Decided,
  DefinitionRow,
  EffectRow,
  Fork,
  GateFilter,
  GateDecision,
  GateRow,
  ImportedFrom,
  LiveRun,
  LiveRunsPage,
  PublishedSignal,
  QueueDepth,
  RunDetail,
  RunFilter,
  RunStream,
  StreamCursor,
  TenantStreamPage,
  Submission,
  Submitted,
  TriggerRow,
  WaitingRuns,
} from '@flotilla/store'
import type { TicketStore } from './auth/tickets.js'
import type { HookPorts } from './hooks/hook-ports.js'
import type { WebhookPorts } from './webhooks/webhook-ports.js'

/**
 * What the gateway needs of the rooms behind it, as plain functions: `store-ports.ts` and `queue-ports.ts` plug the real
 * ones in, specs plug in small ones. Every function that takes a tenant sees that tenant alone.
 */

/** A definition with its content. */
export type StoredDefinition = DefinitionRow & { readonly definition: WorkflowDefinition }

/** A run with its open gates, in the order in which they opened. */
export interface RunWithGates {
  readonly run: RunDetail
  readonly gates: readonly GateRow[]
}

/** What a person asks of a run, with the audit entry that tells of it. */
export interface AskedCommand {
  readonly runId: string
  readonly event: AskedEvent
  readonly traceparent: string | null
  /** Number or label: must exist, and stands in the event as a number. */
  readonly checkpoint: string | null
  readonly audit: { readonly action: string; readonly detail: JsonObject }
}

/** Whether resuming a failed run would change it. `restored`: its state at the checkpoint that was asked for. */
export type HasEffect = (state: RunState, restored: RunState | null) => boolean

/** What a fork begins with. */
export interface ForkOrigin {
  /** What the other run was submitted with. */
  readonly input: Json
  /** Number of the checkpoint, and the state then; null: from the start. */
  readonly checkpoint: number | null
  readonly restored: RunState | null
  /** Whether that state rests on what the other run has undone since. */
  readonly undone: boolean
}

/** Where a run stands, where it would begin, and what it did and used in between. */
export interface Recovery extends ForkOrigin {
  readonly status: string
  /** Null before the start. */
  readonly now: RunState | null
  readonly effects: readonly EffectKnown[]
  readonly usage: readonly UsageKnown[]
}

/** A fork to make; `checkpoint` is a number or a label. */
export type AskedFork = Omit<Fork, 'input' | 'checkpoint' | 'artifacts' | 'forkedBy'> & {
  readonly checkpoint: string | null
}

/** Who does something that the audit keeps. */
export interface Actor {
  readonly tenantId: string
  readonly principal: string
}

/** What BullMQ knows of a queue. */
export interface QueueCounts {
  readonly name: string
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly failed: number
  readonly completed: number
  readonly workers: number
  readonly ratePerSecond: number | null
}

/** Postgres, through the store. */
export interface StorePorts extends WebhookPorts, HookPorts {
  readonly findKey: (id: string) => Promise<ApiKeyRow | null>
  readonly touchKey: (id: string) => Promise<void>
  readonly tenantExists: (tenant: string) => Promise<boolean>
  readonly submit: (batch: readonly Submission[]) => Promise<readonly Submitted[]>
  /** What waits to be admitted, over all tenants, and what arrived since a reading. */
  readonly readWaitingRuns: (since: string | null) => Promise<WaitingRuns>
  readonly knowsIdempotencyKey: (tenant: string, key: string) => Promise<boolean>
  readonly readDefinition: (tenantId: string, name: string, version: number | null) => Promise<StoredDefinition | null>
  readonly readDefinitionByHash: (tenantId: string, hash: string) => Promise<WorkflowDefinition | null>
  readonly listDefinitions: (tenantId: string) => Promise<readonly DefinitionRow[]>
  readonly registerDefinition: (
    actor: Actor,
    definition: WorkflowDefinition,
    hash: string,
    /** The definition's, with their inputs as the workflow takes them: they become the active ones. */
    triggers?: readonly Trigger[],
  ) => Promise<'created' | 'same' | 'different'>
  /** Gives an event to whoever waits for it, else keeps it; `runId` is one of those that got it. */
  readonly publishSignal: (
    actor: Actor,
    signal: PublishedSignal,
  ) => Promise<{ readonly delivered: number; readonly runId: string | null; readonly kept: boolean }>
  readonly listAudit: (
    tenantId: string,
    page: { readonly afterSeq: number; readonly limit: number },
  ) => Promise<readonly AuditRow[]>
  readonly readAuditHead: (tenantId: string) => Promise<AuditRow | null>
  readonly listTriggers: (tenantId: string) => Promise<readonly TriggerRow[]>
  /** `nextAt` gives a trigger's next moment from Postgres' now. Null: there is no such trigger. */
  readonly switchTrigger: (
    actor: Actor,
    trigger: { readonly workflow: string; readonly name: string; readonly enabled: boolean },
    nextAt: (trigger: TriggerRow, now: Date) => Date | null,
  ) => Promise<TriggerRow | null>
  /** Starts the run that `submission` makes of the trigger; `not-fireable` where that is null. */
  readonly fireTrigger: (
    actor: Actor,
    trigger: { readonly workflow: string; readonly name: string },
    submission: (trigger: TriggerRow, definition: WorkflowDefinition) => Submission | null,
  ) => Promise<'fired' | 'unknown' | 'not-fireable' | 'limited'>
  readonly readRun: (tenantId: string, runId: string) => Promise<RunWithGates | null>
  readonly listRuns: (tenantId: string, filter: RunFilter) => Promise<readonly RunWithGates[]>
  readonly readState: (tenantId: string, runId: string) => Promise<{ readonly state: RunState | null } | null>
  /** Events of a run's stream after a number; null: no such run. */
  readonly readStream: (
    tenantId: string,
    runId: string,
    after: { readonly afterSeq: number; readonly afterPosition?: number; readonly limit: number },
  ) => Promise<RunStream | null>
  readonly readTenantStream: (
    tenantId: string,
    page: { readonly after: StreamCursor; readonly limit: number },
  ) => Promise<TenantStreamPage>
  /** Where the stream over all runs stands now. */
  readonly tenantStreamEnd: (tenantId: string) => Promise<StreamCursor>
  readonly listCheckpoints: (tenantId: string, runId: string) => Promise<readonly CheckpointRow[]>
  /** The run's state at a checkpoint (number or label); null when it has no such checkpoint. */
  readonly stateAt: (
    tenantId: string,
    runId: string,
    checkpoint: string,
  ) => Promise<{ readonly number: number; readonly checkpoint: CheckpointRow; readonly state: RunState } | null>
  readonly listItems: (tenantId: string, runId: string, page: MapItemPage) => Promise<readonly MapItemRow[]>
  readonly listEffects: (tenantId: string, runId: string) => Promise<readonly EffectRow[]>
  readonly listArtifacts: (tenantId: string, runId: string) => Promise<readonly ArtifactRow[]>
  readonly readArtifact: (
    tenantId: string,
    runId: string,
    artifactId: string,
  ) => Promise<(ArtifactRow & { readonly content: Json }) | null>
  readonly listGates: (tenantId: string, filter: GateFilter) => Promise<readonly GateRow[]>
  /** Also counts a vote. `not-accepted`: `accepts` said no to the gate that was about to be decided; nothing has changed. */
  readonly decideGate: (
    decision: GateDecision,
    accepts: (state: RunState, decided: { readonly gateId: string; readonly at: number }) => boolean,
  ) => Promise<Decided | { readonly outcome: 'not-accepted' }>
  /** `no-effect`: `hasEffect` said no to a failed run's resume; nothing has changed. */
  readonly appendCommand: (
    actor: Actor,
    command: AskedCommand,
    hasEffect?: HasEffect,
  ) => Promise<Appended | { readonly outcome: 'no-checkpoint' | 'no-effect' }>
  /** Destroys what a run that has ended, its children and its forks are about; audited. */
  readonly eraseRun: (actor: Actor, runId: string) => Promise<Erased>
  /** What a plan is made of; `no-checkpoint`: the run has none of that number or label. Null: no such run. */
  readonly readRecovery: (
    tenantId: string,
    runId: string,
    checkpoint: string | null,
  ) => Promise<Recovery | 'no-checkpoint' | null>
  readonly listLiveRuns: (tenantId: string, page: LiveRunsPage) => Promise<readonly LiveRun[]>
  /** Asks a run to go on under another version; what `judge` throws of its state undoes it. */
  readonly migrateRun: (
    actor: Actor,
    command: {
      readonly runId: string
      readonly event: Extract<AskedEvent, { readonly type: 'RunMigrated' }>
      readonly traceparent: string | null
    },
    judge: (state: RunState | null) => void,
  ) => Promise<Appended>
  /** Makes a forked run with the input that `inputOf` gives; what it throws undoes all of it. */
  readonly forkRun: (
    actor: Actor,
    fork: AskedFork,
    inputOf: (origin: ForkOrigin) => Json,
  ) => Promise<
    { readonly outcome: 'forked'; readonly priority: 0 | 1 | 2 } | { readonly outcome: 'unknown' | 'no-checkpoint' }
  >
  /** Makes a run that begins with a state from outside; false where the limit of its workflow refuses it. */
  readonly importRun: (actor: Actor, submission: Submission, from: ImportedFrom) => Promise<boolean>
  /** What a run was submitted with. */
  readonly readInput: (tenantId: string, runId: string) => Promise<{ readonly input: Json } | null>
  readonly listDeadLetters: (
    tenantId: string,
    page: DeadLetterFilter & {
      readonly status: DeadLetterRow['status'] | null
      readonly beforeId?: string
      readonly limit: number
    },
  ) => Promise<readonly DeadLetterRow[]>
  readonly countDeadLetters: (tenantId: string, filter: DeadLetterFilter) => Promise<number>
  /**
   * Replays or discards open ones that match and were there when it began, oldest first, at most `limit`; in portions that
   * are each committed with their audit entry. `runIds`: runs that have news, of each portion a few.
   */
  readonly resolveDeadLetters: (
    actor: Actor,
    action: 'replay' | 'discard',
    chosen: { readonly filter: DeadLetterFilter; readonly limit: number | null },
  ) => Promise<{ readonly done: number; readonly runIds: readonly string[] }>
  readonly listQueues: () => Promise<readonly QueueDepth[]>
  readonly setQueuePaused: (actor: Actor, name: string, paused: boolean) => Promise<boolean>
  readonly ping: () => Promise<void>
}

/** Redis, through the queues; every function fails within two seconds. */
export interface QueuePorts {
  readonly nudge: (run: {
    readonly runId: string
    readonly priority: number
    readonly traceparent: string | null
  }) => Promise<unknown>
  /** Calls back when a run (null: any run) has published; returns how to stop. */
  readonly onPublished: (runId: string | null, onHint: () => void) => () => void
  /** Whether hints arrive at this moment. */
  readonly hintsArrive: () => boolean
  readonly counts: (names: readonly string[]) => Promise<readonly QueueCounts[]>
  readonly setPaused: (name: string, paused: boolean) => Promise<void>
  readonly tickets: TicketStore
  readonly ping: () => Promise<unknown>
}
