import type { ForkRun, RecoveryPlanned, RunAccepted } from '@flotilla/contracts'
import { advance, carryOver, initialState, planMigration, type Json, type WorkflowDefinition } from '@flotilla/engine'
import { metrics } from '@flotilla/telemetry'
import { v7 as uuidv7 } from 'uuid'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import type { ForkOrigin } from '../ports.js'
import type { RunRequest } from './ask-run.js'
import { mappingOf, notMigratable } from '../workflows/migrate-runs.js'
import { findRun } from './find-run.js'
import { planRun } from './plan-recovery.js'
import { runLinks } from './run-links.js'
import { validateInput } from './validate-input.js'

/** The event with which the orchestrator will begin the fork. */
const eventOf = (input: Json, { runId, by, origin }: { runId: string; by: string; origin: ForkOrigin }) =>
  ({
    type: 'RunForked',
    at: 0,
    by,
    from: { runId, checkpoint: origin.checkpoint },
    input,
    ...(origin.restored === null ? {} : { restored: origin.restored }),
  }) as const

const isForkable = (definition: WorkflowDefinition, event: ReturnType<typeof eventOf>): boolean =>
  advance(definition, initialState({ runId: event.from.runId, submittedBy: event.by }), event).ignored === undefined

/** What was undone must not be taken for done. */
const refuseUndone = ({ undone }: ForkOrigin): void => {
  if (undone)
    throw new GatewayError(
      'RUN_NOT_FORKABLE',
      'What the run had done by this checkpoint is undone. Name one from before it.',
    )
}

/**
 * Makes a new run that begins with the state which a run, finished or not, had at a checkpoint, with the same input or
 * another one, under the same version or another one; without a checkpoint it begins at the start. Who gave the input
 * counts as its submitter: the other run's unless it is changed. 409 where nothing of the run could go on; the engine itself is asked.
 */
export const forkRun = async (
  gateway: Gateway,
  { principal, runId, traceparent, traceId }: RunRequest & { readonly traceId: string },
  body: ForkRun,
): Promise<RunAccepted | RecoveryPlanned> => {
  const { run } = await findRun(gateway, principal.tenantId, runId)
  const { tenantId, principal: by } = principal
  const pinned = await gateway.catalogue.byHash(tenantId, run.definitionHash)
  const mapping = mappingOf(body.mapping)
  const asked = body.version ?? null
  const other = asked === null ? null : await gateway.catalogue.find(tenantId, run.workflow, asked)
  const definition = other?.definition ?? pinned
  /** The fork begins in its own version. */
  const inOwnVersion = <T extends ForkOrigin>(origin: T): T => {
    if (origin.restored === null || other === null || other.hash === run.definitionHash) return origin
    const restored = carryOver(origin.restored, [{ from: pinned, to: definition, mapping }])
    if (restored === null) throw notMigratable(planMigration([pinned, definition], origin.restored, mapping))
    return { ...origin, restored }
  }
  const input = body.input === undefined || body.input === null ? null : validateInput(definition, body.input)
  const checkpoint = body.checkpoint === undefined || body.checkpoint === null ? null : String(body.checkpoint)
  if (body.plan === true)
    return planRun(gateway, { tenantId, runId, checkpoint, definition }, (origin) => {
      refuseUndone(origin)
      return eventOf(input ?? origin.input, { runId, by, origin: inOwnVersion(origin) })
    })
  const forkId = uuidv7()
  const forked = await gateway.store.forkRun(
    principal,
    {
      runId: forkId,
      from: runId,
      version: other?.version ?? run.version,
      definitionHash: other?.hash ?? run.definitionHash,
      semantics: definition.semantics,
      submittedBy: input === null ? run.submittedBy : by,
      mapping: other === null ? null : { ...mapping },
      traceId,
      traceparent,
      checkpoint,
    },
    (origin) => {
      refuseUndone(origin)
      // What was valid for the other version need not be for this one.
      const given = input ?? (other === null ? origin.input : validateInput(definition, origin.input))
      if (!isForkable(definition, eventOf(given, { runId, by, origin: inOwnVersion(origin) })))
        throw new GatewayError(
          'RUN_NOT_FORKABLE',
          'The run had already ended at this checkpoint. Name one from before its end.',
        )
      return given
    },
  )
  if (forked.outcome !== 'forked')
    throw new GatewayError(forked.outcome === 'unknown' ? 'RUN_UNKNOWN' : 'CHECKPOINT_UNKNOWN')
  metrics.submissions.inc({ workflow: run.workflow, outcome: 'forked' })
  void gateway.queues.nudge({ runId: forkId, priority: forked.priority, traceparent }).catch(() => undefined)
  return { runId: forkId, traceId, links: runLinks(forkId) }
}
