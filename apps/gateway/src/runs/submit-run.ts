import { ContractError, type RunAccepted, type SubmitRun } from '@flotilla/contracts'
import type { Submission, Submitted } from '@flotilla/store'
import { metrics } from '@flotilla/telemetry'
import { v7 as uuidv7 } from 'uuid'
import type { Principal } from '../auth/principal.js'
import { concurrencyLimited, GatewayError } from '../http/gateway-error.js'
import type { Admission } from './admission.js'
import { fingerprintOf } from './idempotency.js'
import { limitFor } from './limit-for.js'
import { runLinks } from './run-links.js'
import { validateInput } from './validate-input.js'
import type { QueuePorts } from '../ports.js'
import type { WorkflowCatalogue } from './workflow-catalogue.js'

/**
 * Accepts a run.
 *
 * D1 Nothing is answered before the run is durable in Postgres.
 * D2 Redis is told afterwards and not waited for: a run is accepted while it is away, and the orchestrator finds it.
 * D4 What may not wait is refused before it is stored; who tries an accepted submission again is answered all the same.
 * D3 The same key and body give the same run, whoever comes first; the store's row of the key is the arbiter.
 */
export interface SubmitDeps {
  readonly catalogue: WorkflowCatalogue
  readonly submit: (submission: Submission) => Promise<Submitted>
  readonly admission: Admission
  readonly knowsKey: (tenant: string, key: string) => Promise<boolean>
  /** Wakes the orchestrator; may fail. */
  readonly nudge: QueuePorts['nudge']
}

export interface SubmitRequest {
  readonly principal: Principal
  readonly body: SubmitRun
  /** The body as it was parsed, before anything was dropped: what the fingerprint is of. */
  readonly parsedBody: unknown
  readonly idempotencyKey: string | null
  readonly traceId: string
  readonly traceparent: string
}

/** Order of the runs queue and of admissions. */
export const priorityNumbers = { urgent: 0, normal: 1, batch: 2 } as const

const toSubmission = async (deps: SubmitDeps, request: SubmitRequest): Promise<Submission> => {
  const { principal, body } = request
  const { tenantId } = principal
  const found = await deps.catalogue.find(tenantId, body.workflow, body.version ?? null)
  const input = validateInput(found.definition, body.input)
  return {
    runId: uuidv7(),
    tenant: tenantId,
    workflow: found.name,
    version: found.version,
    definitionHash: found.hash,
    priority: priorityNumbers[body.priority ?? 'normal'],
    input,
    limit: limitFor(found.definition, input),
    tags: [...new Set(body.tags ?? [])],
    submittedBy: principal.principal,
    traceId: request.traceId,
    traceparent: request.traceparent,
    idempotencyKey: request.idempotencyKey,
    fingerprint: request.idempotencyKey === null ? null : fingerprintOf(request.parsedBody),
  }
}

/** D4. Before the input is looked at: a refusal must cost less than what it refuses. */
const admit = async ({ admission, knowsKey }: SubmitDeps, request: SubmitRequest): Promise<void> => {
  const { principal, body, idempotencyKey } = request
  try {
    await admission.admit(principal.tenantId, priorityNumbers[body.priority ?? 'normal'])
  } catch (error) {
    if (idempotencyKey !== null && (await knowsKey(principal.tenantId, idempotencyKey))) return
    throw error
  }
}

/** Accepts a run or gives the one that the key stands for. Throws coded errors; nothing is stored then. */
export const submitRun = async (
  deps: SubmitDeps,
  request: SubmitRequest,
): Promise<{ readonly accepted: RunAccepted; readonly replayed: boolean }> => {
  await admit(deps, request)
  const submission = await toSubmission(deps, request)
  const submitted = await deps.submit(submission)
  metrics.submissions.inc({ workflow: submission.workflow, outcome: submitted.outcome })
  if (submitted.outcome === 'conflict') throw new GatewayError('IDEMPOTENCY_KEY_REUSED')
  if (submitted.outcome === 'limited') throw concurrencyLimited()
  if (submitted.outcome === 'refused')
    throw new ContractError('submission', [
      { pointer: '/input', code: 'NOT_STORABLE', detail: 'holds a value that cannot be stored' },
    ])
  const { runId, traceId } = submitted
  if (submitted.outcome === 'accepted')
    // D2: lost, it costs a poll.
    void deps
      .nudge({ runId, priority: submission.priority, traceparent: submission.traceparent })
      .catch(() => undefined)
  return { accepted: { runId, traceId, links: runLinks(runId) }, replayed: submitted.outcome === 'replayed' }
}
