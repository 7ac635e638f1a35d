export { cancelChildren, startChildren, type NewChild } from './sql/child-runs.js'
export {
  collectItems,
  listItems,
  readItems,
  saveItems,
  type MapItemPage,
  type MapItemRow,
  type OpenedMap,
  type SavedItem,
} from './sql/map-items.js'
export { leaveOpen } from './sealing/connection-sealing.js'
export { keysForSaving, type RunKeys } from './sealing/run-keys.js'
export { askAsTenant, asTenant, inTransaction, type Closing } from './transaction.js'
export { jsonText, plainText } from './json-text.js'
export { now, openStore, ping, type Db, type Store, type StoreOptions, type Tx } from './open-store.js'

export { listAuditHeads, type AuditHead, listAudit, readAuditHead, type AuditRow } from './sql/list-audit.js'
export { createApiKey, findApiKey, tenantExists, touchApiKey, type ApiKeyRow } from './sql/api-keys.js'
export { appendAudit, findBrokenAudit, type AuditEntry } from './sql/audit.js'
export { appendCommand, type Appended, type AskedEvent } from './sql/append-command.js'
export {
  countDeadLetters,
  discardDeadLetters,
  listDeadLetters,
  listUnmirrored,
  markMirrored,
  replayDeadLetters,
  type DeadLetterFilter,
  type DeadLetterRow,
  type Resolved,
  type ResolveOrder,
} from './sql/dead-letters.js'
export {
  listDefinitions,
  readDefinition,
  readDefinitionsByHash,
  registerDefinition,
  shippedTenant,
  type DefinitionRow,
} from './sql/definitions.js'
export { listKnownEffects, listUsageSince } from './sql/known-effects.js'
export { importRun, type ImportedFrom } from './sql/import-run.js'
export {
  listLiveRuns,
  listMigrations,
  repinRuns,
  type LiveRun,
  type LiveRunsPage,
  type MigrationRow,
  type Repinned,
} from './sql/versions.js'
export { forkRun, readInput, type Fork } from './sql/fork-run.js'
export { decideGate, type Decided, type GateDecision } from './sql/decide-gate.js'
export {
  countOpenGates,
  listGates,
  listRunGates,
  lockOpenGates,
  type GateCursor,
  type GateFilter,
  type GateRow,
} from './sql/gates.js'
export { listEffects, type EffectRow } from './sql/effects.js'
export { listArtifacts, readArtifact, type ArtifactRow } from './sql/artifacts.js'
export {
  listCheckpoints,
  readCheckpoint,
  readHistory,
  readStateParts,
  type CheckpointRow,
  type HistoryRow,
  type StateParts,
} from './sql/checkpoints.js'
export {
  listRuns,
  readRun,
  readState,
  type RunDetail,
  type RunFilter,
  type RunSummary,
  type RunView,
} from './sql/read-runs.js'
export {
  isStreamCursor,
  readAllStream,
  readStream,
  readStreamEnd,
  type AllStreamItem,
  type RunStream,
  type StreamCursor,
  type StreamItem,
  type TenantStreamPage,
} from './sql/read-stream.js'
export { grantSlots, limitRun, type SlotCursor } from './sql/run-slots.js'
export {
  publishSignal,
  purgeSignals,
  saveSubscriptions,
  type NewSubscription,
  type PublishedSignal,
} from './sql/signals.js'
export { listReplayable } from './sql/list-replayable.js'
export { knowsIdempotencyKey, readWaitingRuns, type TenantWaiting, type WaitingRuns } from './sql/waiting-runs.js'
export { submitRuns, submitRunsIn, type Submission, type Submitted } from './sql/submit-runs.js'
export {
  activateTriggers,
  advanceTriggers,
  claimDueTriggers,
  insertFirings,
  listTriggers,
  matchTriggers,
  readTrigger,
  switchTrigger,
  type DueTrigger,
  type Firing,
  type MatchedTrigger,
  type TriggerRow,
} from './sql/triggers.js'

export type {
  AppliedRun,
  HistoryEntry,
  NewDeadLetter,
  OpenedGate,
  OwedJob,
  PublishedEvent,
  SavedArtifact,
  SavedCheckpoint,
} from './sql/applied-run.js'
export { unpackEvents } from './sql/published-events.js'
export {
  blameDeadOrchestrators,
  clearClaim,
  holdName,
  markClaim,
  type Blamed,
  type ClaimedPosition,
  type HeldName,
} from './sql/claim-marker.js'
export { claimRuns, claimSuspect, type Claimed, type ClaimLimits } from './sql/claim-runs.js'
export { insertInbox, type InboxEntry, type UndatedEvent } from './sql/insert-inbox.js'
export { listParked, parkRun, settleStrayEvents, unparkRuns, type ParkedRun } from './sql/parking.js'
export { readClaimedRuns, readEvents, type ClaimedRun, type KnownState, type WaitingEvent } from './sql/read-claimed.js'
export { saveApplied } from './sql/save-applied.js'

export { listOwedNotifications, markNotified, type NotificationRow } from './sql/notifications.js'
export { ensureQueues, listQueueDepths, setQueuePaused, type QueueDepth } from './sql/queues.js'
export { eraseAged, purgePayloads, retentionActor } from './sql/erase-aged.js'
export { eraseRun, type Erased } from './sql/erase-run.js'
export { listUnderOtherKeys, rewrapDataKeys, rewrapWaiting, type Rewrapped } from './sql/rewrap-keys.js'
export { keepCouriers } from './sql/couriers.js'
export {
  listDebts,
  lockCourier,
  loseBeats,
  markSent,
  takeOwed,
  type DebtKey,
  type OwedRow,
  type Shard,
} from './sql/relay.js'
export { ensureHistoryPartitions, purgeFirings, purgeCheckpoints, purgeIdempotency } from './sql/retention.js'
export { readPayloads } from './sql/payloads.js'
export {
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  insertWebhook,
  listWebhooks,
  rotateWebhook,
  type NewWebhook,
  type WebhookRow,
} from './sql/webhooks.js'
export {
  claimDeliveries,
  countDeliveriesDue,
  listDeliveries,
  markAttempt,
  oweWebhooks,
  oweWebhookTo,
  purgeDeliveries,
  redeliver,
  type AttemptOutcome,
  type ClaimedDelivery,
  type ClaimDeliveries,
  type DeliveryRow,
  type OwedEvent,
} from './sql/webhook-debts.js'
export {
  answerOnce,
  deleteHook,
  findHook,
  insertHook,
  listHooks,
  purgeCalls,
  rotateHook,
  type FoundHook,
  type HookRow,
} from './sql/incoming-hooks.js'
