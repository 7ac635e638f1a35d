import type { ContractRef, RetryPolicy } from './definition.js'
import type { RunError, Usage } from './event.js'
import type { Json, JsonObject } from './json.js'

/** How a gate ends. */
export type GateClosing = 'decided' | 'expired' | 'cancelled' | 'changed'

/** What the shell carries out after it has saved the state, in this order. All data, no closures. */
export type Command =
  /** Owe a job: the outbox row lives until a `Settle` or `CancelJob` of the same step and dispatch. */
  | {
      readonly type: 'Dispatch'
      readonly step: string
      readonly visit: number
      readonly dispatch: number
      readonly agent: string
      readonly queue: string
      readonly input: Json
      readonly inputContract: ContractRef
      readonly outputContract: ContractRef
      readonly retry: RetryPolicy
      readonly deadlineMs: number
      /** Whether the definition says how to undo it: its pick-up is then told at once, so that a stop meanwhile knows of it. */
      readonly undoable: boolean
      /** The decision that the agent asked for with requestHitl, else null. */
      readonly decision: JsonObject | null
    }
  /** The debt of a dispatch is paid. */
  | { readonly type: 'Settle'; readonly step: string; readonly dispatch: number }
  /** What a visit of a step did is undone: the ledger of effects says so. */
  | { readonly type: 'MarkUndone'; readonly step: string; readonly visit: number }
  /** The debt is void: forget it and tell the agent to stop. */
  | { readonly type: 'CancelJob'; readonly step: string; readonly dispatch: number; readonly queue: string }
  /** Keep the items of a map, by index from 0. */
  | { readonly type: 'OpenMap'; readonly step: string; readonly visit: number; readonly items: readonly Json[] }
  /** Keep what became of an item. */
  | {
      readonly type: 'SaveItem'
      readonly step: string
      readonly visit: number
      readonly index: number
      readonly status: 'done' | 'failed'
      readonly output: Json
      readonly error: RunError | null
    }
  /** Give the run `ItemsRead`. */
  | {
      readonly type: 'ReadItems'
      readonly step: string
      readonly visit: number
      readonly from: number
      readonly count: number
    }
  /** Give the run `ItemsCollected`. */
  | { readonly type: 'CollectItems'; readonly step: string; readonly visit: number }
  /** Start a run of another workflow, which gives this one `ChildFinished` at its end. */
  | {
      readonly type: 'StartChild'
      readonly step: string
      readonly visit: number
      readonly dispatch: number
      readonly workflow: string
      readonly version: number
      readonly input: JsonObject
    }
  /** Cancel a child run: its end no longer counts. */
  | { readonly type: 'CancelChild'; readonly step: string; readonly dispatch: number }
  | {
      readonly type: 'OpenGate'
      readonly gateId: string
      /** The state's name (last part of the path). */
      readonly gate: string
      readonly step: string
      readonly visit: number
      readonly shown: JsonObject
      /** approve, reject, adjust and what the state declares. */
      readonly outcomes: readonly string[]
      readonly openedAt: number
      readonly dueAt: number | null
      /** How many persons must give the same decision; absent: one. */
      readonly needed?: number
      /** The scope that a decider's key must hold beside that for deciding at all. */
      readonly scope?: string
    }
  /** `changed`: it showed what is no longer so; another gate opens in its place. */
  | { readonly type: 'CloseGate'; readonly gateId: string; readonly status: GateClosing }
  | {
      readonly type: 'SaveCheckpoint'
      readonly number: number
      readonly label: string
      readonly step: string | null
      /** The agent's own data for `saveCheckpoint`, else null: a checkpoint is a position in the history. */
      readonly data: Json
    }
  | {
      readonly type: 'SaveArtifact'
      readonly artifactId: string
      readonly name: string
      readonly version: number
      readonly artifactType: string
      readonly mediaType: string
      readonly content: Json
      readonly step: string
      readonly parentId: string | null
    }
  /** Everything that the run has saved so far is marked as incomplete, or no longer. */
  | { readonly type: 'MarkArtifacts'; readonly incomplete: boolean }
  | {
      readonly type: 'DeadLetter'
      readonly step: string
      readonly visit: number
      readonly dispatch: number
      readonly agent: string
      readonly queue: string
      readonly error: RunError & { readonly stack?: string }
      readonly attempts: number
    }
  | { readonly type: 'Publish'; readonly seq: number; readonly event: StreamedEvent }
  /** A span of the run itself has ended (or, for `instant`, happened). Ids derive from run id and key. */
  | {
      readonly type: 'EndSpan'
      readonly span: 'run' | 'step' | 'branch' | 'join' | 'gate' | 'checkpoint'
      readonly key: string
      readonly parentKey: string | null
      readonly name: string
      readonly startedAt: number
      readonly endedAt: number
      readonly error: RunError | null
      readonly attributes: Readonly<Record<string, string | number | boolean>>
      readonly usage?: Usage | null
    }
  /** A step waits for a correlated event: the shell sends the first of this name and key, also one that is kept. */
  | {
      readonly type: 'Subscribe'
      readonly step: string
      readonly visit: number
      readonly name: string
      readonly key: string
    }
  | { readonly type: 'Unsubscribe'; readonly step: string; readonly visit: number }
  | { readonly type: 'Notify'; readonly channel: string; readonly message: string; readonly step: string }
  | { readonly type: 'Log'; readonly message: string; readonly step: string }
  | {
      readonly type: 'Finish'
      readonly status: 'completed' | 'failed' | 'cancelled'
      readonly result: Json
      readonly error: RunError | null
    }

/** One event of a run's stream, before the shell adds run id, time and trace. Names as in the public interface. */
export interface StreamedEvent {
  readonly type: string
  /** The top-level state. */
  readonly phase: string | null
  readonly status: 'running' | 'waiting' | 'done' | 'error'
  readonly message: string
  /** High-water mark of the weighted sum, 0 to 1. */
  readonly progress: number
  /** Progress inside the phase, 0 to 1; null where there is no phase. */
  readonly stepProgress: number | null
  /** Path of the step that it is about, else null. */
  readonly step: string | null
  /** Key of the span that the event belongs to (see `EndSpan`), unless `spanId` names one. */
  readonly spanKey: string
  readonly spanId: string | null
  readonly meta: JsonObject
}
