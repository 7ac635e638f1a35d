import { ContractError, type DecideGate, type GateDecision, type GatePage } from '@flotilla/contracts'
import { acceptsDecision, type JsonObject } from '@flotilla/engine'
import type { GateCursor } from '@flotilla/store'
import type { Gateway } from '../gateway.js'
import { isUuid, readCursor, writeCursor } from '../http/cursor.js'
import { GatewayError } from '../http/gateway-error.js'
import { integerParam, textParam, type Query } from '../http/query-params.js'
import type { RunRequest } from '../runs/ask-run.js'
import { findRun } from '../runs/find-run.js'

/**
 * Decides a gate. The store's row is the arbiter; this only says what its answer means. A decision that the engine would
 * not take, and only open the gate again for, is refused: whoever is answered 200 has decided.
 */
export const decide = async (gateway: Gateway, request: RunRequest, body: DecideGate): Promise<GateDecision> => {
  const { principal, runId, traceparent } = request
  if (body.decision === 'adjust' && (body.values === undefined || body.values === null))
    throw new ContractError('http.decide-gate.v1', [
      { pointer: '/values', code: 'IS_DEFINED', detail: 'must say what is adjusted' },
    ])
  const { tenantId } = principal
  const { run } = await findRun(gateway, tenantId, runId)
  const definition = await gateway.catalogue.byHash(tenantId, run.definitionHash)
  const asked = {
    decision: body.decision,
    values: (body.values ?? null) as JsonObject | null, // parsed JSON
    comment: body.comment ?? null,
    decidedBy: principal.principal,
  }
  const decided = await gateway.store.decideGate(
    { ...asked, tenant: tenantId, runId, gate: body.gate ?? null, shownHash: body.shownHash ?? null, traceparent },
    (state, about) => acceptsDecision(definition, state, { ...asked, ...about }),
  )
  switch (decided.outcome) {
    case 'unknown':
      throw new GatewayError('RUN_UNKNOWN')
    case 'not-open':
      throw new GatewayError('GATE_NOT_OPEN')
    case 'ambiguous':
      throw new GatewayError('GATE_AMBIGUOUS', `Open are: ${decided.gateIds.join(', ')}.`)
    case 'submitter':
      throw new GatewayError('GATE_DECIDER_IS_SUBMITTER')
    case 'changed':
      throw new GatewayError('GATE_CHANGED')
    case 'no-such-outcome':
      throw new GatewayError('DECISION_UNKNOWN', `The gate takes: ${decided.outcomes.join(', ')}.`, {}, [
        { pointer: '/decision', code: 'IS_IN', detail: `must be one of ${decided.outcomes.join(', ')}` },
      ])
    case 'not-accepted':
      throw new GatewayError(
        'DECISION_NOT_ACCEPTED',
        'No transition of the gate takes this decision with these values; the gate is still open.',
        {},
        [{ pointer: '/values', code: 'NOT_ACCEPTED', detail: 'must be what the gate asks for with this decision' }],
      )
    case 'decided':
      void gateway.queues.nudge({ runId, priority: 0, traceparent }).catch(() => undefined)
      return {
        runId,
        gate: decided.gate,
        decision: body.decision,
        decidedBy: principal.principal,
        decidedAt: decided.decidedAt.toISOString(),
      }
  }
}

const cursorOf = ([at, runId, gateId]: readonly unknown[]): GateCursor | null =>
  typeof at === 'number' && Number.isSafeInteger(at) && isUuid(runId) && typeof gateId === 'string'
    ? { openedAt: new Date(at), runId, gateId }
    : null

/** The inbox: open gates of the tenant, longest waiting first. */
export const listGateViews = async (gateway: Gateway, tenantId: string, query: Query): Promise<GatePage> => {
  const limit = integerParam(query, 'limit', { min: 1, max: 100, fallback: 50 })
  const cursor = textParam(query, 'cursor', 1_024)
  const after = cursor === null ? null : readCursor('gates', cursor, cursorOf)
  const found = await gateway.store.listGates(tenantId, { ...(after === null ? {} : { after }), limit: limit + 1 })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map((gate) => ({
      runId: gate.runId,
      workflow: gate.workflow,
      gate: gate.gate,
      gateId: gate.gateId,
      since: gate.openedAt.toISOString(),
      dueAt: gate.dueAt?.toISOString() ?? null,
      shown: gate.shown,
      shownHash: gate.shownHash,
      outcomes: [...gate.outcomes],
    })),
    nextCursor:
      found.length > limit && last ? writeCursor('gates', [last.openedAt.getTime(), last.runId, last.gateId]) : null,
  }
}
