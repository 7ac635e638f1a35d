import { createHash } from 'node:crypto'
import { attribute, formatTraceparent, parseTraceparent, spanIdOf, type EndedSpan } from '@flotilla/telemetry'
import canonicalize from 'canonicalize'
import type { Command, GateClosing, Json, JsonObject, Usage } from '@flotilla/engine'
import type {
  AppliedRun,
  ClaimedRun,
  NewDeadLetter,
  OpenedGate,
  OwedJob,
  SavedArtifact,
  SavedCheckpoint,
} from '@flotilla/store'
import { v7 as uuidv7 } from 'uuid'
import type { FoldedRun } from './fold-run.js'
import { toldOf } from './told-of.js'

/** SHA-256 in hex over canonical JSON (RFC 8785): a decision binds to it, so the hash must not depend on member order. */
export const hashOf = (value: Json): string =>
  createHash('sha256')
    .update(canonicalize(value) ?? 'null')
    .digest('hex')

/** Trace context under which a step's agent works: the run's trace, with the step's own span as parent. */
const stepTraceparent = (run: ClaimedRun, step: string, visit: number): string =>
  formatTraceparent({
    traceId: run.traceId,
    spanId: spanIdOf(run.runId, `step:${step}:${visit}`),
    traceFlags: parseTraceparent(run.traceparent)?.traceFlags ?? 0,
  })

const contractIdOf = (contract: Extract<Command, { type: 'Dispatch' }>['inputContract']): string | null =>
  typeof contract === 'string' ? contract : null

const owedOf = (run: ClaimedRun, command: Extract<Command, { type: 'Dispatch' }>): OwedJob => ({
  step: command.step,
  dispatch: command.dispatch,
  visit: command.visit,
  queue: command.queue,
  agent: command.agent,
  payload: {
    input: command.input,
    decision: command.decision,
    inputContract: contractIdOf(command.inputContract),
    outputContract: contractIdOf(command.outputContract),
    workflow: run.workflow,
    version: run.version,
    rootRunId: run.rootRunId ?? run.runId,
    ...(command.undoable ? { undoable: true } : {}),
  },
  retry: command.retry as unknown as JsonObject, // a retry policy is JSON by its type
  deadlineMs: command.deadlineMs,
  traceparent: stepTraceparent(run, command.step, command.visit),
})

/** Shapes a folded run for the store: the engine's commands as rows. */
export const toAppliedRun = (run: ClaimedRun, folded: FoldedRun, inboxIds: readonly number[]): AppliedRun => {
  const owed: OwedJob[] = []
  const paid: { step: string; dispatch: number }[] = []
  const undone: { step: string; visit: number }[] = []
  const openedGates: OpenedGate[] = []
  const closedGates: { id: string; status: GateClosing }[] = []
  const checkpoints: SavedCheckpoint[] = []
  const artifacts: SavedArtifact[] = []
  const deadLetters: NewDeadLetter[] = []
  let incomplete: boolean | undefined
  const notifications: { channel: string; message: string; step: string }[] = []
  for (const { command, position } of folded.commands) {
    switch (command.type) {
      case 'Dispatch':
        owed.push(owedOf(run, command))
        break
      case 'Settle':
      case 'CancelJob':
        paid.push({ step: command.step, dispatch: command.dispatch })
        break
      case 'MarkUndone':
        undone.push({ step: command.step, visit: command.visit })
        break
      case 'OpenGate':
        openedGates.push({
          id: command.gateId,
          gate: command.gate,
          step: command.step,
          visit: command.visit,
          shown: command.shown,
          shownHash: hashOf(command.shown),
          outcomes: command.outcomes,
          openedAt: command.openedAt,
          dueAt: command.dueAt,
          ...(command.needed === undefined ? {} : { needed: command.needed }),
          ...(command.scope === undefined ? {} : { scope: command.scope }),
        })
        break
      case 'CloseGate':
        closedGates.push({ id: command.gateId, status: command.status })
        break
      case 'SaveCheckpoint':
        checkpoints.push({
          number: command.number,
          label: command.label,
          step: command.step,
          position,
          data: command.data,
          snapshot: null,
        })
        break
      case 'SaveArtifact':
        artifacts.push({
          id: command.artifactId,
          name: command.name,
          version: command.version,
          type: command.artifactType,
          mediaType: command.mediaType,
          content: command.content,
          sha256: createHash('sha256')
            .update(typeof command.content === 'string' ? command.content : (canonicalize(command.content) ?? 'null'))
            .digest('hex'),
          step: command.step,
          parentId: command.parentId,
          metadata: { workflow: run.workflow, version: run.version, createdBy: command.step },
        })
        break
      case 'MarkArtifacts':
        incomplete = command.incomplete
        break
      case 'DeadLetter':
        deadLetters.push({
          id: uuidv7(),
          queue: command.queue,
          agent: command.agent,
          step: command.step,
          visit: command.visit,
          dispatch: command.dispatch,
          code: command.error.code,
          message: command.error.message,
          stack: command.error.stack ?? null,
          attempts: command.attempts,
          inputRef: `/runs/${run.runId}/state#${command.step}`,
        })
        break
      case 'Notify':
        notifications.push({ channel: command.channel, message: command.message, step: command.step })
        break
      // See follow-ups.ts.
      case 'OpenMap':
      case 'SaveItem':
      case 'ReadItems':
      case 'CollectItems':
      case 'StartChild':
      case 'CancelChild':
      case 'Subscribe':
      case 'Unsubscribe':
      case 'Publish':
      case 'EndSpan':
      case 'Log':
      case 'Finish':
        break
    }
  }
  return {
    runId: run.runId,
    tenantId: run.tenantId,
    workflow: run.workflow,
    submittedBy: run.submittedBy,
    traceId: run.traceId,
    priority: run.priority,
    orderKey: run.orderKey,
    state: folded.state,
    position: folded.position,
    nextDeadlineAt: folded.nextDeadlineAt,
    inboxIds,
    history: folded.history,
    owed,
    paid,
    undone,
    openedGates,
    closedGates,
    checkpoints,
    artifacts: artifacts.map((artifact) =>
      incomplete ? { ...artifact, metadata: { ...artifact.metadata, incomplete } } : artifact,
    ),
    ...(incomplete === undefined ? {} : { artifactsIncomplete: incomplete }),
    deadLetters,
    notifications,
    told: toldOf(run, folded),
  }
}

/** What a step used, in the current names of GenAI telemetry and the older ones beside them. */
const usageAttributes = (usage: Usage | null): Record<string, string | number | boolean> =>
  usage === null
    ? {}
    : {
        [attribute.genAiInputTokens]: usage.inputTokens,
        [attribute.genAiOutputTokens]: usage.outputTokens,
        [attribute.aliasPromptTokens]: usage.inputTokens,
        [attribute.aliasCompletionTokens]: usage.outputTokens,
        ...(usage.model === null
          ? {}
          : { [attribute.genAiRequestModel]: usage.model, [attribute.aliasModel]: usage.model }),
      }

/** The spans that a run's commands end. Ids derive from run id and key, so any process may end what another began. */
export const spansOf = (run: ClaimedRun, folded: FoldedRun): EndedSpan[] => {
  const root = parseTraceparent(run.traceparent)
  return folded.commands.flatMap(({ command }) =>
    command.type !== 'EndSpan'
      ? []
      : [
          {
            traceId: run.traceId,
            spanId: spanIdOf(run.runId, command.key),
            parentSpanId: command.parentKey === null ? (root?.spanId ?? null) : spanIdOf(run.runId, command.parentKey),
            name: command.name,
            startedAt: command.startedAt,
            endedAt: command.endedAt,
            attributes: { ...command.attributes, ...usageAttributes(command.usage ?? null) },
            errorCode: command.error?.code ?? null,
            ...(root === null ? {} : { traceFlags: root.traceFlags }),
          },
        ],
  )
}
