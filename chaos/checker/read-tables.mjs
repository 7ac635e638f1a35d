/** Reads the tables of a dump, all but the histories, in the compact form that the judges need. */
import { timeOf } from './sources.mjs'

/** @param {any} row @returns {import('./judge-submissions.mjs').Run} */
const compactOf = (row) => {
  const steps = Object.values(row.state?.steps ?? {})
  const waits = steps.find((/** @type {any} */ step) => step.status === 'waiting')
  return {
    ...{ id: row.id, tenant: row.tenant_id, workflow: row.workflow, status: row.status, result: row.result },
    ...{ createdAt: timeOf(row.created_at) ?? 0, finishedAt: timeOf(row.finished_at), traceId: row.trace_id },
    isRoot: row.parent_run_id === null && (row.root_run_id === null || row.root_run_id === row.id),
    errorCode: row.error?.code ?? null,
    openings: row.state?.openings ?? 0,
    isForked: row.forked_from !== null && row.forked_from !== undefined,
    waitsFor:
      Object.keys(row.state?.gates ?? {})[0] ??
      /** @type {any} */ (waits)?.due ??
      (waits === undefined ? null : 'an event'),
  }
}

/**
 * @template T
 * @param {Map<string, T[]>} map @param {string} key @param {T} value
 */
const push = (map, key, value) => {
  const held = map.get(key)
  if (held) held.push(value)
  else map.set(key, [value])
}

/** @param {import('./sources.mjs').Source} source */
export const readTables = async (source) => {
  /** @param {string} name */
  const rows = (name) => source.lines(`dump/${name}`)
  /** @type {Map<string, { row: import('./judge-run.mjs').RunRow, compact: import('./judge-submissions.mjs').Run }>} */
  const runs = new Map()
  for await (const { value } of rows('run')) {
    const { input: _input, ...row } = value
    runs.set(row.id, { row, compact: compactOf(row) })
  }
  /** @type {Map<string, any>} */
  const definitions = new Map()
  for await (const { value } of rows('definition_content')) definitions.set(value.hash, value.definition)
  /** @type {Map<string, string>} */
  const idempotency = new Map()
  for await (const { value } of rows('idempotency'))
    idempotency.set(`${value.tenant_id}\u0000${value.key}`, value.run_id)
  /** @type {Set<string>} */
  const fired = new Set()
  for await (const { value } of rows('trigger_firing')) if (value.run_id !== null) fired.add(value.run_id)

  /** @type {Map<string, { step: string, dispatch: number, traceparent: string | null }[]>} */
  const outbox = new Map()
  for await (const { value } of rows('outbox'))
    push(outbox, value.run_id, { step: value.step, dispatch: value.dispatch, traceparent: value.traceparent })
  /** @type {Map<string, { runId: string, step: string, dispatch: number }[]>} */
  const children = new Map()
  for await (const { value } of rows('child_run'))
    push(children, value.parent_run_id, { runId: value.run_id, step: value.step, dispatch: value.dispatch })
  /** @type {Map<string, any[]>} */
  const gates = new Map()
  for await (const { value } of rows('gate')) {
    const { shown: _shown, values: _values, comment: _comment, ...gate } = value
    push(gates, value.run_id, gate)
  }
  /** @type {Map<string, any[]>} */
  const letters = new Map()
  for await (const { value } of rows('dead_letter')) {
    const { stack: _stack, message: _message, ...letter } = value
    push(letters, value.run_id, letter)
  }
  /** @type {Map<string, any[]>} */
  const inbox = new Map()
  for await (const { value } of rows('inbox'))
    push(inbox, value.run_id, { event: value.event, held: value.held, at: value.at })
  return { runs, definitions, idempotency, fired, outbox, children, gates, letters, inbox }
}

/** @typedef {Awaited<ReturnType<typeof readTables>>} Tables */
