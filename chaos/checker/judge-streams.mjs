/** Judges captured streams (I11): what was told, over all reconnections, is what is stored; nobody is told of another tenant's run. */
import { timeOf } from './sources.mjs'

/**
 * One connection's events of one run, as columns.
 * @typedef {{ after: number | null, isAll: boolean, tenant: string | null, seqs: number[], types: string[], statuses: string[], progress: number[] }} Capture
 * @typedef {{ connections: Map<string, Capture>, traceIds: Set<string>, endedAt: number | null }} Captured
 */

/** Captured events by run. @param {import('./sources.mjs').Source} source @returns {Promise<Map<string, Captured>>} */
export const readStreams = async (source) => {
  /** @type {Map<string, Captured>} */
  const byRun = new Map()
  for await (const { value } of source.lines('streams')) {
    const { runId, connection, seq, type } = value
    let run = byRun.get(runId)
    if (run === undefined) {
      run = { connections: new Map(), traceIds: new Set(), endedAt: null }
      byRun.set(runId, run)
    }
    let capture = run.connections.get(connection)
    if (capture === undefined) {
      const after = typeof value.lastEventId === 'number' ? value.lastEventId : Number(value.lastEventId ?? 0) || 0
      capture = {
        ...{ after: value.all === true ? null : after, isAll: value.all === true, tenant: value.tenant ?? null },
        ...{ seqs: [], types: [], statuses: [], progress: [] },
      }
      run.connections.set(connection, capture)
    }
    capture.seqs.push(seq)
    capture.types.push(type)
    capture.statuses.push(value.status)
    capture.progress.push(value.progress)
    if (value.traceId) run.traceIds.add(value.traceId)
    if (isLast(type)) run.endedAt = timeOf(value.at)
    else if (type === 'run.resumed') run.endedAt = null
  }
  return byRun
}

const last = new Set(['run.completed', 'run.failed', 'run.cancelled'])
/** @param {string} type */
const isLast = (type) => last.has(type)

/**
 * Judges what was captured of one run against its stored stream.
 * @param {import('./findings.mjs').Findings} findings
 * @param {{ id: string, tenant: string, traceId: string }} run @param {Captured} captured
 * @param {readonly { type: string, status: string, progress: number }[]} stored
 */
export const judgeCaptured = (findings, { id, tenant, traceId }, { connections, traceIds }, stored) => {
  const seen = new Set()
  let fromStart = false
  let highest = 0
  for (const [connection, capture] of connections) {
    if (capture.tenant !== null)
      findings.expect('I11', 'nobody is told of another tenant’s run', capture.tenant === tenant, id, () => ({
        connection,
        told: capture.tenant,
        tenant,
      }))
    fromStart ||= capture.after === 0
    let expected = capture.after === null ? (capture.seqs[0] ?? 1) : capture.after + 1
    for (const [index, seq] of capture.seqs.entries()) {
      findings.expect('I11', 'a connection gives the next number', seq === expected, id, () => ({
        connection,
        seq,
        expected,
      }))
      expected = seq + 1
      seen.add(seq)
      highest = Math.max(highest, seq)
      const event = stored[seq - 1]
      const same =
        event !== undefined && event.type === capture.types[index] && event.status === capture.statuses[index]
      const near = event !== undefined && Math.abs(event.progress - (capture.progress[index] ?? -1)) < 1e-9
      findings.expect('I11', 'what was told is what is stored', same && near, id, () => ({
        ...{
          connection,
          seq,
          told: [capture.types[index], capture.statuses[index], capture.progress[index]],
          stored: event ?? null,
        },
      }))
    }
  }
  if (fromStart)
    findings.expect('I11', 'over all connections nothing is missing', seen.size === highest, id, () => ({
      missing: Array.from({ length: highest }, (_, index) => index + 1)
        .filter((seq) => !seen.has(seq))
        .slice(0, 10),
    }))
  for (const told of traceIds)
    findings.expect('I12', 'a stream’s trace is the run’s', told === traceId, id, () => ({ told, stored: traceId }))
}
