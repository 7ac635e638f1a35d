import { CheckpointDocument, checkpointFormat, type RunAccepted } from '@flotilla/contracts'
import {
  advance,
  initialState,
  type Json,
  type JsonObject,
  type RunState,
  type WorkflowDefinition,
} from '@flotilla/engine'
import { metrics } from '@flotilla/telemetry'
import { v7 as uuidv7 } from 'uuid'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { concurrencyLimited, GatewayError } from '../http/gateway-error.js'
import { findPersonalRun, type RunReading } from '../runs/require-personal.js'
import { fingerprintOf } from '../runs/idempotency.js'
import { limitFor } from '../runs/limit-for.js'
import { runLinks } from '../runs/run-links.js'
import { validateInput } from '../runs/validate-input.js'

/** Steps that stand so; of a loop, the last visit. */
const stepsThat = (state: RunState, ...statuses: readonly string[]): string[] =>
  Object.entries(state.steps)
    .filter(([, { status }]) => statuses.includes(status))
    .map(([path]) => path)
    .sort()

/** A map's items stand in rows of their own, which no document carries. */
const isRecoverable = ({ status, steps, cancel }: RunState): boolean =>
  !['created', 'completed', 'cancelled'].includes(status) &&
  cancel === null &&
  !Object.values(steps).some((step) => step.items && (step.status === 'running' || step.status === 'waiting'))

/** A checkpoint (number or label) of a run as a document that stands for itself. */
export const exportCheckpoint = async (
  gateway: Gateway,
  { principal, runId }: RunReading,
  checkpoint: string,
): Promise<CheckpointDocument> => {
  const { run } = await findPersonalRun(gateway, { principal, runId })
  const { tenantId } = principal
  const [at, submitted] = await Promise.all([
    gateway.store.stateAt(tenantId, runId, checkpoint),
    gateway.store.readInput(tenantId, runId),
  ])
  if (at === null) throw new GatewayError('CHECKPOINT_UNKNOWN')
  const { state } = at
  const document = {
    format: checkpointFormat,
    runId,
    workflow: { name: run.workflow, version: run.version, definitionHash: run.definitionHash },
    number: at.number,
    label: at.checkpoint.label,
    step: at.checkpoint.step,
    timestamp: at.checkpoint.createdAt.toISOString(),
    state: {
      status: state.status,
      progress: state.progress,
      currentSteps: stepsThat(state, 'running', 'waiting'),
      completedSteps: stepsThat(state, 'done'),
      data: { ...state.scopes['']?.data },
    },
    context: { userId: state.submittedBy, request: state.scopes['']?.input ?? submitted?.input ?? null },
    recoverable: isRecoverable(state),
    engine: state as unknown as Record<string, unknown>, // JSON by definition of the state
  }
  return { ...document, hash: fingerprintOf(document) }
}

const refused = (why: string): GatewayError => new GatewayError('CHECKPOINT_REFUSED', why)

/** The engine is asked whether anything could go on; a state that it cannot even read is no checkpoint. */
const canBegin = (definition: WorkflowDefinition, document: CheckpointDocument, input: Json): boolean => {
  const restored = document.engine as unknown as RunState // judged by what the engine makes of it
  const from = { runId: document.runId, checkpoint: document.number }
  try {
    const start = initialState({ runId: document.runId, submittedBy: document.context.userId })
    const event = { type: 'RunForked', at: 0, by: '', from, input, restored } as const
    return advance(definition, start, event).ignored === undefined
  } catch {
    return false
  }
}

/**
 * Makes a new run that begins where the document's run stood, under the very same definition. Whoever imports counts as
 * its submitter. Artifacts and recorded effects do not travel: what is in flight at the checkpoint is done again.
 */
export const importCheckpoint = async (
  gateway: Gateway,
  caller: { readonly principal: Principal; readonly traceId: string; readonly traceparent: string },
  { document, parsed }: { readonly document: CheckpointDocument; readonly parsed: unknown },
): Promise<RunAccepted> => {
  const { principal, traceId, traceparent } = caller
  const { hash, ...rest } = parsed as JsonObject // an object: its contract holds
  if (fingerprintOf(rest) !== hash)
    throw refused('The document was changed after it was written: its hash does not fit.')
  if (!document.recoverable) throw refused('The run had ended at this checkpoint, or a map was going on.')
  const found = await gateway.catalogue.find(principal.tenantId, document.workflow.name, document.workflow.version)
  if (found.hash !== document.workflow.definitionHash) throw new GatewayError('CHECKPOINT_OTHER_DEFINITION')
  const input = validateInput(found.definition, document.context.request)
  if (!canBegin(found.definition, document, input)) throw refused('Its state is none that this workflow can be in.')
  const runId = uuidv7()
  const submission = {
    runId,
    tenant: principal.tenantId,
    workflow: found.name,
    version: found.version,
    definitionHash: found.hash,
    priority: 1,
    input,
    tags: [],
    submittedBy: principal.principal,
    traceId,
    traceparent,
    idempotencyKey: null,
    fingerprint: null,
    limit: limitFor(found.definition, input),
  } as const
  const restored = document.engine as unknown as RunState // the engine has taken it above
  const accepted = await gateway.store.importRun(principal, submission, {
    runId: document.runId,
    checkpoint: document.number,
    input,
    restored,
  })
  if (!accepted) throw concurrencyLimited()
  metrics.submissions.inc({ workflow: found.name, outcome: 'imported' })
  void gateway.queues.nudge({ runId, priority: 1, traceparent }).catch(() => undefined)
  return { runId, traceId, links: runLinks(runId) }
}
