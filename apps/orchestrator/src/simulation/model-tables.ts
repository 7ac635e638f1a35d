import type { Json, JsonObject, RunEvent, RunState } from '@flotilla/engine'

/** The tables of the store as the simulation keeps them: rows by key, times in epoch ms. Committed data only. */

export interface RunRow {
  readonly id: string
  readonly tenantId: string
  readonly workflow: string
  readonly version: number
  readonly definitionHash: string
  readonly priority: 0 | 1 | 2
  readonly orderKey: number
  readonly input: Json
  readonly submittedBy: string
  readonly createdAt: number
  readonly rootRunId: string | null
  readonly childOf: { readonly runId: string; readonly step: string; readonly dispatch: number } | null
  status: string
  state: RunState | null
  position: number
  nextDeadlineAt: number | null
  crashes: number
  parkedReason: string | null
}

export interface InboxRow {
  readonly id: number
  readonly runId: string
  readonly event: JsonObject
  readonly bytes: number
  readonly dedupKey: string | null
  readonly at: number
  held: boolean
}

export interface HistoryRow {
  readonly position: number
  readonly at: number
  readonly event: RunEvent
  readonly ignored: string | null
  readonly patch: Json
  readonly published: readonly { readonly seq: number; readonly type: string; readonly progress: number }[] | null
}

export interface OutboxRow {
  readonly runId: string
  readonly step: string
  readonly dispatch: number
  readonly tenantId: string
  readonly queue: string
  readonly agent: string
  readonly visit: number
  readonly payload: JsonObject
  readonly retry: JsonObject
  readonly deadlineMs: number
  readonly priority: 0 | 1 | 2
  readonly orderKey: number
  readonly traceparent: string | null
  readonly owedAt: number
  sentAt: number | null
  beat: number | null
}

export interface GateTableRow {
  readonly runId: string
  readonly id: string
  readonly gate: string
  readonly shownHash: string
  readonly outcomes: readonly string[]
  readonly submittedBy: string
  readonly openedAt: number
  readonly needed: number
  status: string
  decidedBy: string | null
}

export interface VoteRow {
  readonly principal: string
  readonly decision: string
  readonly values: string | null
  readonly comment: string | null
  readonly at: number
}

export interface CheckpointTableRow {
  readonly number: number
  readonly label: string
  readonly step: string | null
  readonly position: number
  readonly data: Json
}

export interface DeadLetterTableRow {
  readonly id: string
  readonly runId: string
  readonly step: string
  readonly dispatch: number
  readonly queue: string
  status: string
  mirrored: boolean
}

export interface ClaimTableRow {
  readonly runIds: readonly string[]
  readonly positions: readonly number[]
}

export interface MapItemRow {
  readonly item: Json
  status: 'open' | 'done' | 'failed'
  output: Json
}

export interface Tables {
  readonly run: Map<string, RunRow>
  /** In order of id. */
  readonly inbox: Map<number, InboxRow>
  readonly inboxKeys: Set<string>
  readonly history: Map<string, HistoryRow[]>
  readonly outbox: Map<string, OutboxRow>
  readonly queue: Set<string>
  readonly gate: Map<string, GateTableRow>
  /** Votes by gate. */
  readonly vote: Map<string, readonly VoteRow[]>
  readonly checkpoint: Map<string, CheckpointTableRow[]>
  readonly artifact: Set<string>
  /** By run, step and visit; items by index. */
  readonly mapItem: Map<string, MapItemRow[]>
  /** Hashes of registered definitions by name and version. */
  readonly definition: Map<string, string>
  readonly deadLetter: Map<string, DeadLetterTableRow>
  readonly idempotency: Map<string, { readonly runId: string; readonly fingerprint: string }>
  readonly claim: Map<string, ClaimTableRow>
  lastBeat: number
  /** Beats given out, whatever became of them (R5). */
  beatsGiven: number
  inboxIds: number
}

export const emptyTables = (): Tables => ({
  run: new Map(),
  inbox: new Map(),
  inboxKeys: new Set(),
  history: new Map(),
  outbox: new Map(),
  queue: new Set(),
  gate: new Map(),
  vote: new Map(),
  checkpoint: new Map(),
  artifact: new Set(),
  mapItem: new Map(),
  definition: new Map(),
  deadLetter: new Map(),
  idempotency: new Map(),
  claim: new Map(),
  lastBeat: 0,
  beatsGiven: 0,
  inboxIds: 0,
})

export const debtKey = (row: { readonly runId: string; readonly step: string; readonly dispatch: number }): string =>
  `${row.runId} ${row.dispatch} ${row.step}`
export const gateKey = (runId: string, gateId: string): string => `${runId} ${gateId}`
export const visitKey = (runId: string, step: string, visit: number): string => `${runId} ${visit} ${step}`
