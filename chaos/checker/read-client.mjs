/** Reads what clients asked for and were told, in the compact form that the judges need. */
import { timeOf } from './sources.mjs'

/**
 * @typedef {{ at: number, doneAt: number, call: string, tenant: string, key: string | null, bodyHash: string | null, runId: string | null,
 *   status: number, workflow: string | null, expects: { status: string, result: any } | null, traceId: string | null, seen: any,
 *   decision: string | null, gateId: string | null }} Call
 */

/** @param {any} expects */
const expectsOf = (expects) => {
  if (expects === null || expects === undefined) return null
  if (typeof expects === 'string') return { status: expects, result: null }
  if (Array.isArray(expects)) return { status: expects[0] ?? 'any', result: expects[1] ?? null }
  return { status: expects.status ?? 'any', result: expects.result ?? null }
}

/** @param {any} line @returns {Call} */
const callOf = (line) => {
  const at = timeOf(line.at) ?? 0
  return {
    ...{ at, doneAt: at + (line.tookMs ?? 0), call: line.call, tenant: line.tenant ?? 'default' },
    ...{
      key: line.key ?? null,
      bodyHash: line.bodyHash ?? null,
      runId: line.runId ?? line.subject ?? null,
      status: line.status ?? 0,
    },
    ...{
      workflow: line.workflow ?? null,
      expects: expectsOf(line.expects),
      traceId: line.traceId ?? null,
      seen: line.seen ?? null,
    },
    ...{ decision: line.decision ?? null, gateId: line.gateId ?? line.seen?.gate ?? null },
  }
}

/**
 * All calls of a campaign: submissions, and the others by run.
 * @param {import('./sources.mjs').Source} source
 */
export const readClient = async (source) => {
  /** @type {Call[]} */
  const submits = []
  /** @type {Map<string, Call[]>} */
  const byRun = new Map()
  let count = 0
  let firstAt = Infinity
  for await (const { value } of source.lines('client')) {
    const call = callOf(value)
    count += 1
    firstAt = Math.min(firstAt, call.at)
    if (call.call === 'submit' || call.call === 'reuse') submits.push(call)
    else if (call.runId !== null) {
      const held = byRun.get(call.runId)
      if (held) held.push(call)
      else byRun.set(call.runId, [call])
    }
  }
  return { submits, byRun, count, firstAt }
}

/** @typedef {Awaited<ReturnType<typeof readClient>>} Client */
