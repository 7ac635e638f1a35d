import type { ReplyKind, ReplyUsage, StepJob, StepJobBody, StepReplyBodies } from '@flotilla/contracts'
import { attribute, metrics, type Logger } from '@flotilla/telemetry'
import type { Span } from '@opentelemetry/api'
import type { Checkpoints, Effects, FactStore } from '@flotilla/vault'
import type { AgentContext, JsonObject, ModelUsage } from './agent-context.js'
import { makeRunEffect } from './run-effect.js'
import { allEnded, type CallsToAwait, makeRunTool, type ToolDefaults } from './run-tool.js'
import { AskHuman } from './stop-error.js'

/** What a context stands on: the vault and Redis in a process, memory in unit tests. */
export interface ContextServices {
  readonly effects: Effects
  readonly facts: FactStore
  readonly checkpoints: Checkpoints
  /** Keyed hash of a text. */
  readonly hash: (purpose: string, text: string) => string
  readonly reply: <K extends ReplyKind>(kind: K, body: StepReplyBodies[K]) => Promise<void>
  readonly log: Logger
  readonly tools?: ToolDefaults
}

/** One execution of one job. */
export interface Execution {
  readonly job: StepJob
  readonly body: StepJobBody
  readonly attempt: number
  readonly signal: AbortSignal
  readonly span: Span
}

/** A context, and what it gathered. */
export interface MadeContext {
  readonly context: AgentContext
  readonly usage: () => ReplyUsage | null
  /** Resolves when no call goes on that may not be interrupted. */
  readonly uninterrupted: () => Promise<void>
}

/** Ids of checkpoints that the SDK keeps for itself. */
const decisionPrefix = 'hitl.'
const progressEveryMs = 100

const addUsage = (sum: ReplyUsage | null, { model, inputTokens, outputTokens, cacheHit }: ModelUsage): ReplyUsage => ({
  model,
  inputTokens: (sum?.inputTokens ?? 0) + inputTokens,
  outputTokens: (sum?.outputTokens ?? 0) + outputTokens,
  cacheHit: (sum?.cacheHit ?? false) || (cacheHit ?? false),
})

const showUsage = (span: Span, agent: string, sum: ReplyUsage, added: ModelUsage): void => {
  span.setAttributes({
    [attribute.genAiRequestModel]: added.model,
    [attribute.genAiResponseModel]: added.model,
    [attribute.aliasModel]: added.model,
    [attribute.genAiInputTokens]: sum.inputTokens,
    [attribute.genAiOutputTokens]: sum.outputTokens,
    [attribute.aliasPromptTokens]: sum.inputTokens,
    [attribute.aliasCompletionTokens]: sum.outputTokens,
    [attribute.aliasCacheHit]: sum.cacheHit ?? false,
  })
  metrics.genAiTokens.inc({ agent, model: added.model, type: 'input' }, added.inputTokens)
  metrics.genAiTokens.inc({ agent, model: added.model, type: 'output' }, added.outputTokens)
  if (added.cacheHit) metrics.genAiCacheHits.inc({ agent, model: added.model })
}

/** Builds what an agent gets beside its input. */
export const makeContext = (
  services: ContextServices,
  { job, body, attempt, signal, span }: Execution,
): MadeContext => {
  const { runId, step, visit, dispatch, tenantId, agent } = job
  const scope = { runId, step, visit }
  const uninterrupted: CallsToAwait = new Set()
  let usage: ReplyUsage | null = null
  let asked = 0
  let decisionTaken = false
  const takenId = `${decisionPrefix}taken.${dispatch}`
  let progressedAt = Number.NEGATIVE_INFINITY

  const tell = (fraction: number | null, message: string, emitted: string | null, payload: unknown): void => {
    // Best effort: a lost sign of life is no reason to fail the step.
    services.reply('progressed', { fraction, message, emitted, payload }).catch(() => undefined)
  }
  const hashOf = (kind: string, value: string): Uint8Array =>
    Buffer.from(services.hash('fact', JSON.stringify([tenantId, kind, value])), 'base64url')

  // An application's number is the client's own word, and outlives the erasure of its run here.
  const subjectOf = (subject: string): string => services.hash('fact.subject', JSON.stringify([tenantId, subject]))

  const ask = async (id: string, payload: JsonObject, deadlineMs: number | null): Promise<JsonObject> => {
    const before = await services.checkpoints.read(scope, `${decisionPrefix}${id}`, '')
    if (before !== null) return before as JsonObject // kept below
    // A dispatch carries one decision; an earlier attempt of it may have taken that for its own question.
    const taken = decisionTaken || (await services.checkpoints.read(scope, takenId, '')) !== null
    if (body.decision === null || taken) throw new AskHuman(payload, deadlineMs)
    decisionTaken = true
    await services.checkpoints.save(scope, { id: `${decisionPrefix}${id}`, label: 'decision', data: body.decision })
    await services.checkpoints.save(scope, { id: takenId, label: 'decision', data: { id } })
    return body.decision
  }
  const requestHitl: AgentContext['requestHitl'] = (payload, options = {}) => {
    asked += 1
    return ask(String(asked), payload, options.deadlineMs ?? null)
  }

  const context: AgentContext = {
    runId,
    step,
    visit,
    dispatch,
    attempt,
    tenantId,
    // A child run's own id: two children of one root have steps of the same name.
    idempotencyKey: `${runId}/${step}/${visit}`,
    signal,
    get log() {
      return services.log
    },
    tool: makeRunTool({ agent, signal, uninterrupted }, services.tools),
    effect: makeRunEffect(
      { ledger: services.effects, ask: (id, payload) => ask(id, payload, null) },
      { agent, runId, tenantId, step, visit, dispatch, attempt },
      signal,
    ),
    emit: (type, message, payload = {}) => tell(null, message, type, payload),
    progress: (fraction, message = '') => {
      const now = performance.now()
      const bounded = Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0))
      if (bounded < 1 && now - progressedAt < progressEveryMs) return
      progressedAt = now
      tell(bounded, message, null, null)
    },
    saveCheckpoint: async (id, label, data) => {
      await services.checkpoints.save(scope, { id, label, data })
      await services.reply('checkpointed', { id, label, data })
    },
    checkpoint: (id) => services.checkpoints.read(scope, id ?? null, decisionPrefix),
    requestHitl,
    decision: body.decision,
    snapshot: () => body.snapshot ?? null,
    usage: (added) => {
      usage = addUsage(usage, added)
      showUsage(span, agent, usage, added)
    },
    facts: {
      record: (kind, value, subject, at) =>
        services.facts.record({ tenantId, kind, hash: hashOf(kind, value), subject: subjectOf(subject), at }),
      count: (kind, value, { since, until, excludingSubject }) =>
        services.facts.count({
          tenantId,
          kind,
          hash: hashOf(kind, value),
          since,
          until,
          excludingSubject: excludingSubject === undefined ? null : subjectOf(excludingSubject),
        }),
    },
  }
  return { context, usage: () => usage, uninterrupted: () => allEnded(uninterrupted) }
}
