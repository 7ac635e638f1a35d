import type { GateClosing, Json, JsonObject, RunEvent, RunState, StreamedEvent } from '@flotilla/engine'
import type { OwedEvent } from './webhook-debts.js'

/** An event of the stream as it is kept: with its number and its span's hex id; rows of old have the span's key beside it. */
export type PublishedEvent = Omit<StreamedEvent, 'spanKey'> & { readonly seq: number; readonly spanKey?: string }

/** One applied event. Times in epoch milliseconds by Postgres' clock. */
export interface HistoryEntry {
  /** Rises by one per entry of the run, from 1. */
  readonly position: number
  readonly at: number
  readonly event: RunEvent
  /** Why it changed nothing, else null. */
  readonly ignored: string | null
  /** What it changed in the state, as the engine's differ says it; null: nothing. */
  readonly patch: Json
  /** What it published, numbers without gaps; [] is kept as null. */
  readonly published: readonly PublishedEvent[]
}

/** A debt to an agent: a row until the reply or deadline of this dispatch is applied. */
export interface OwedJob {
  readonly step: string
  readonly dispatch: number
  readonly visit: number
  readonly queue: string
  readonly agent: string
  /** Input, contracts, decision: what the relay needs to make the job. `input` is what the vault may read. */
  readonly payload: JsonObject & { readonly input: Json }
  readonly retry: JsonObject
  readonly deadlineMs: number
  readonly traceparent: string | null
}

export interface OpenedGate {
  readonly id: string
  readonly gate: string
  readonly step: string
  readonly visit: number
  readonly shown: JsonObject
  readonly shownHash: string
  readonly outcomes: readonly string[]
  readonly openedAt: number
  readonly dueAt: number | null
  /** How many persons must give the same decision; absent: one. */
  readonly needed?: number
  /** The scope that a decider's key must hold. */
  readonly scope?: string
}

export interface SavedCheckpoint {
  readonly number: number
  readonly label: string
  readonly step: string | null
  /** Position in the history: the state after that event. */
  readonly position: number
  readonly data: Json
  readonly snapshot: RunState | null
}

export interface SavedArtifact {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly type: string
  readonly mediaType: string
  readonly content: Json
  readonly sha256: string
  readonly step: string
  readonly parentId: string | null
  readonly metadata: JsonObject | null
}

export interface NewDeadLetter {
  /** UUIDv7: the list goes by it. */
  readonly id: string
  readonly queue: string
  readonly agent: string
  readonly step: string
  readonly visit: number
  readonly dispatch: number
  readonly code: string
  readonly message: string
  readonly stack: string | null
  readonly attempts: number
  readonly inputRef: string
}

/** What one tick did to one run; every list may be empty. */
export interface AppliedRun {
  readonly runId: string
  readonly tenantId: string
  readonly workflow: string
  readonly submittedBy: string
  readonly traceId: string
  readonly priority: 0 | 1 | 2
  readonly orderKey: number
  readonly state: RunState
  /** Last position in the history. */
  readonly position: number
  /** `nextDeadlineAt(state)`, epoch milliseconds. */
  readonly nextDeadlineAt: number | null
  /** Inbox rows whose events are applied. */
  readonly inboxIds: readonly number[]
  readonly history: readonly HistoryEntry[]
  readonly owed: readonly OwedJob[]
  /** Debts paid or void. */
  readonly paid: readonly { readonly step: string; readonly dispatch: number }[]
  /** Steps whose visit is undone: their effects are. */
  readonly undone?: readonly { readonly step: string; readonly visit: number }[]
  readonly openedGates: readonly OpenedGate[]
  readonly closedGates: readonly { readonly id: string; readonly status: GateClosing }[]
  readonly checkpoints: readonly SavedCheckpoint[]
  readonly artifacts: readonly SavedArtifact[]
  /** Whether what the run saved before is incomplete now; absent: as it was. */
  readonly artifactsIncomplete?: boolean
  readonly deadLetters: readonly NewDeadLetter[]
  /** What endpoints outside are told of. */
  readonly told?: readonly OwedEvent[]
  readonly notifications: readonly { readonly channel: string; readonly message: string; readonly step: string }[]
}
