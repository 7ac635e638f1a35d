import { ContractError, type DecideGate, type GateDecision, type GatePage } from '@flotilla/contracts'
import { acceptsDecision, type JsonObject } from '@flotilla/engine'
import type { GateCursor } from '@flotilla/store'
import { holdsOneOf } from '../auth/principal.js'
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
    {
      ...asked,
      holds: (scope) => holdsOneOf(principal, [scope]),
      tenant: tenantId,
      runId,
      gate: body.gate ?? null,
      shownHash: body.shownHash ?? null,
      traceparent,
    },
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
    case 'scope':
      throw new GatewayError('GATE_SCOPE_MISSING', `This gate asks its deciders for the scope: ${decided.scope}.`)
    case 'voted-before':
      throw new GatewayError('GATE_VOTED_BEFORE')
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
    case 'voted':
      nudge(gateway, request)
      return {
        runId,
        gate: decided.gate,
        decision: body.decision,
        decidedBy: null,
        decidedAt: null,
        deciders: [],
        pending: { needed: decided.needed, given: decided.given },
      }
    case 'decided':
      nudge(gateway, request)
      return {
        runId,
        gate: decided.gate,
        decision: body.decision,
        decidedBy: decided.deciders.join(', '),
        decidedAt: decided.decidedAt.toISOString(),
        deciders: [...decided.deciders],
        pending: null,
      }
  }
}

const nudge = (gateway: Gateway, { runId, traceparent }: RunRequest): void =>
  void gateway.queues.nudge({ runId, priority: 0, traceparent }).catch(() => undefined)

const cursorOf = ([at, runId, gateId]: readonly unknown[]): GateCursor | null =>
  (at === 'never' || (typeof at === 'number' && Number.isSafeInteger(at))) &&
  isUuid(runId) &&
  typeof gateId === 'string'
    ? { dueAt: at === 'never' ? null : new Date(at), runId, gateId }
    : null

/** The inbox: open gates of the tenant, what is due first comes first. */
export const listGateViews = async (gateway: Gateway, tenantId: string, query: Query): Promise<GatePage> => {
  const limit = integerParam(query, 'limit', { min: 1, max: 100, fallback: 50 })
  const cursor = textParam(query, 'cursor', 1_024)
  const after = cursor === null ? null : readCursor('gates', cursor, cursorOf)
  const workflow = textParam(query, 'workflow', 64)
  const found = await gateway.store.listGates(tenantId, {
    ...(after === null ? {} : { after }),
    ...(workflow === null ? {} : { workflow }),
    limit: limit + 1,
  })
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
      overdue: gate.overdue,
      votes: { needed: gate.needed, given: gate.votes },
      scope: gate.scope,
    })),
    nextCursor:
      found.length > limit && last
        ? writeCursor('gates', [last.dueAt?.getTime() ?? 'never', last.runId, last.gateId])
        : null,
  }
}
