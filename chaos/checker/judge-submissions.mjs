/**
 * Judges what was accepted against what there is: I1 (every accepted run exists and comes to rest), I2 (no phantom), I3
 * (one run per key), I7 (what the client expected), I12 (the trace that the client was told).
 */
import { isFinished, isWithin } from './fold-history.mjs'

/**
 * @typedef {import('./read-client.mjs').Call} Call
 * @typedef {{ id: string, tenant: string, workflow: string, status: string, createdAt: number, finishedAt: number | null, result: any,
 *   traceId: string, isRoot: boolean, isForked: boolean, errorCode: string | null, openings: number, waitsFor: string | null }} Run
 * @typedef {{ findings: import('./findings.mjs').Findings, runs: Map<string, Run>, client: import('./read-client.mjs').Client,
 *   idempotency: Map<string, string>, fired: Set<string>, meta: { startedAt: number, dumpedAt: number, livenessMs: number, restFrom: (at: number) => number } }} World
 */

/** @param {{ tenant: string, key: string | null }} one */
const keyOf = ({ tenant, key }) => `${tenant}\u0000${key}`

/** @param {Call} submit */
const isAccepted = ({ status, runId }) => status === 202 && runId !== null

/** I1, I7, I12 of one accepted run. @param {World} world @param {Call} submit */
const judgeAccepted = ({ findings, runs, meta }, submit) => {
  const { runId, expects, at } = submit
  const run = runs.get(runId ?? '')
  findings.expect('I1', 'an accepted run exists', run !== undefined, runId, () => ({
    submittedAt: new Date(at),
    key: submit.key,
  }))
  if (run === undefined) return
  const sameTenant = run.tenant === submit.tenant && (submit.workflow === null || submit.workflow === run.workflow)
  findings.expect('I2', 'a run is of the tenant and workflow that it was submitted for', sameTenant, runId, () => ({
    ...{ tenant: run.tenant, workflow: run.workflow, submitted: [submit.tenant, submit.workflow] },
  }))
  const hadTime = meta.dumpedAt - meta.restFrom(submit.doneAt) >= meta.livenessMs
  if (isFinished(run.status) || hadTime) {
    const rests = isFinished(run.status) || (run.status === 'waiting' && run.waitsFor !== null)
    findings.expect('I1', 'an accepted run comes to rest', rests, runId, () => ({
      status: run.status,
      submittedAt: new Date(at),
    }))
  }
  if (submit.traceId !== null)
    findings.expect(
      'I12',
      'the trace that the client was told is the run’s',
      submit.traceId === run.traceId,
      runId,
      () => ({
        ...{ told: submit.traceId, stored: run.traceId },
      }),
    )
  if (expects === null || expects.status === 'any' || !isFinished(run.status)) return
  findings.expect('I7', 'a run ends as expected', run.status === expects.status, runId, () => ({
    expected: expects.status,
    is: run.status,
    error: run.errorCode,
    workflow: run.workflow,
  }))
  if (expects.result !== null && run.status === 'completed')
    findings.expect('I7', 'a result is as expected', isWithin(expects.result, run.result), runId, () => ({
      ...{ expected: expects.result, is: run.result },
    }))
}

/** I3. @param {World} world @param {readonly Call[]} calls of one tenant and key */
const judgeKey = ({ findings, idempotency, runs }, calls) => {
  const [first] = calls
  if (first === undefined) return
  const accepted = calls.filter(isAccepted)
  const ids = new Set(accepted.map(({ runId }) => runId))
  const one = ids.size <= 1
  const run = [...ids][0] ?? null
  findings.expect('I3', 'a key gives one run', one, run, () => ({ key: first.key, runs: [...ids] }))
  const bodies = new Set(accepted.map(({ bodyHash }) => bodyHash))
  findings.expect('I3', 'a key is accepted with one body', bodies.size <= 1, run, () => ({
    key: first.key,
    bodies: [...bodies],
  }))
  if (accepted.length > 0) {
    const stored = idempotency.get(keyOf(first))
    findings.expect('I3', 'the stored key names the run that was told', stored === run, run, () => ({
      key: first.key,
      stored: stored ?? null,
      told: run,
    }))
  }
  // A refusal as reuse is only right where another body came first.
  for (const call of calls)
    if (call.status === 422 && call.bodyHash !== null && accepted.length > 0)
      findings.expect('I3', 'only another body is refused as reuse', !bodies.has(call.bodyHash), run, () => ({
        key: first.key,
        bodyHash: call.bodyHash,
      }))
  const stored = idempotency.get(keyOf(first))
  if (stored !== undefined)
    findings.expect('I3', 'a stored key names a run that exists', runs.has(stored), stored, () => ({ key: first.key }))
}

/** I2. @param {World} world */
const judgeOrigins = ({ findings, runs, client, idempotency, fired, meta }) => {
  const told = new Set(client.submits.filter(isAccepted).map(({ runId }) => runId))
  /** Submissions without an answer: each may have made a run. @type {Map<string, number>} */
  const unanswered = new Map()
  /** @type {Set<string>} */
  const keysTried = new Set()
  for (const submit of client.submits) {
    if (submit.key !== null) keysTried.add(keyOf(submit))
    else if (submit.status === 0 || submit.status >= 500) {
      const place = `${submit.tenant} ${submit.workflow}`
      unanswered.set(place, (unanswered.get(place) ?? 0) + 1)
    }
  }
  /** @type {Map<string, string>} */
  const keyOfRun = new Map()
  for (const [key, runId] of idempotency) keyOfRun.set(runId, key)
  for (const run of runs.values()) {
    if (!run.isRoot || run.createdAt < meta.startedAt || fired.has(run.id) || run.isForked) continue
    const key = keyOfRun.get(run.id)
    let isKnown = told.has(run.id) || (key !== undefined && keysTried.has(key))
    if (!isKnown) {
      const place = `${run.tenant} ${run.workflow}`
      const left = unanswered.get(place) ?? 0
      isKnown = left > 0
      if (isKnown) unanswered.set(place, left - 1)
    }
    findings.expect('I2', 'a run has its submission', isKnown, run.id, () => ({
      workflow: run.workflow,
      tenant: run.tenant,
      createdAt: new Date(run.createdAt),
    }))
  }
}

/** @param {World} world */
export const judgeSubmissions = (world) => {
  const { client } = world
  /** @type {Map<string, Call[]>} */
  const byKey = new Map()
  /** @type {Set<string>} */
  const seen = new Set()
  for (const submit of client.submits) {
    if (isAccepted(submit) && !seen.has(submit.runId ?? '')) {
      seen.add(submit.runId ?? '')
      judgeAccepted(world, submit)
    }
    if (submit.key === null) continue
    const held = byKey.get(keyOf(submit))
    if (held) held.push(submit)
    else byKey.set(keyOf(submit), [submit])
  }
  for (const calls of byKey.values()) judgeKey(world, calls)
  if (client.count > 0) judgeOrigins(world)
}
