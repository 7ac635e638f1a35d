/**
 * Judges what was seen outside: effects once per key, of dispatches that there were (I5), and no more at once than a
 * provider allows (I14).
 */
import { timeOf } from './sources.mjs'
import { withoutItems } from './workflow-graph.mjs'

/**
 * @typedef {{ dispatches: Set<string>, effectSteps: Set<string>, executions: Map<string, number> }} SeenOfRun
 * @typedef {import('./findings.mjs').Findings} Findings
 */

/** @param {Map<string, SeenOfRun>} byRun @param {string} runId */
const seenOf = (byRun, runId) => {
  const held = byRun.get(runId)
  if (held) return held
  /** @type {SeenOfRun} */
  const made = { dispatches: new Set(), effectSteps: new Set(), executions: new Map() }
  byRun.set(runId, made)
  return made
}

/** Most requests in hand at once, and most begun within a second. @param {readonly { from: number, to: number }[]} spans */
const peaksOf = (spans) => {
  const edges = spans
    .flatMap(({ from, to }) => [
      { at: from, by: 1 },
      { at: to, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by)
  let now = 0
  let most = 0
  for (const { by } of edges) {
    now += by
    most = Math.max(most, now)
  }
  return most
}

/** @param {number[]} times */
const mostPerSecond = (times) => {
  const sorted = times.sort((a, b) => a - b)
  let from = 0
  let most = 0
  for (const [index, at] of sorted.entries()) {
    while (at - (sorted[from] ?? at) >= 1_000) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}

/**
 * Reads the provider's ledger and the executions; judges what needs nothing else.
 * @param {import('./sources.mjs').Source} source @param {Findings} findings @param {Record<string, { concurrency?: number, perSecond?: number }>} limits
 */
export const readOutside = async (source, findings, limits = {}) => {
  /** @type {Map<string, SeenOfRun>} */
  const byRun = new Map()
  /** @type {Map<string, { performed: number, dispatches: Set<string> }>} */
  const keys = new Map()
  /** @type {Map<string, { spans: { from: number, to: number }[], times: number[], inHand: number }>} */
  const providers = new Map()
  let doubleExecutions = 0
  let requests = 0
  for await (const { value } of source.lines('provider')) {
    const { effectKey, runId, step, dispatch, performed } = value
    requests += 1
    const seen = seenOf(byRun, runId)
    seen.dispatches.add(`${dispatch} ${step}`)
    seen.effectSteps.add(step)
    const key = keys.get(effectKey) ?? { performed: 0, dispatches: new Set() }
    keys.set(effectKey, key)
    if (performed) key.performed += 1
    findings.expect('I5', 'an effect is performed once per key', key.performed <= 1, runId, () => ({
      effectKey,
      step,
      dispatch,
      performed: key.performed,
    }))
    findings.expect('I5', 'a key is its run’s', key.dispatches.size === 0 || key.dispatches.has(runId), runId, () => ({
      effectKey,
      runs: [...key.dispatches, runId],
    }))
    key.dispatches.add(runId)
    const name = value.provider ?? 'bureau'
    if (limits[name] === undefined) continue
    const at = timeOf(value.at) ?? 0
    const provider = providers.get(name) ?? { spans: [], times: [], inHand: 0 }
    providers.set(name, provider)
    provider.spans.push({ from: timeOf(value.beganAt) ?? at, to: at + (value.beganAt ? 0 : 1) })
    provider.times.push(timeOf(value.beganAt) ?? at)
    provider.inHand = Math.max(provider.inHand, value.inHand ?? 0)
  }
  for await (const { value } of source.lines('executions')) {
    const seen = seenOf(byRun, value.runId)
    const key = `${value.dispatch} ${value.step}`
    const count = (seen.executions.get(key) ?? 0) + 1
    seen.executions.set(key, count)
    if (count === 2) doubleExecutions += 1
  }
  for (const [provider, { spans, times, inHand }] of providers) {
    const { concurrency, perSecond } = limits[provider] ?? {}
    const most = Math.max(inHand, peaksOf(spans))
    if (concurrency !== undefined)
      findings.expect('I14', 'no more at once than allowed', most <= concurrency, null, () => ({
        provider,
        most,
        concurrency,
      }))
    const rate = mostPerSecond(times)
    if (perSecond !== undefined)
      findings.expect('I14', 'no more a second than allowed', rate <= perSecond + 1, null, () => ({
        provider,
        rate,
        perSecond,
      }))
  }
  return { byRun, requests, keys: keys.size, doubleExecutions }
}

/** @typedef {Awaited<ReturnType<typeof readOutside>>} Outside */

/**
 * Steps of workflows that work through the provider, and those whose executions it sees.
 * @param {Outside} outside @param {(runId: string) => string | null} workflowOf
 */
export const servedSteps = (outside, workflowOf) => {
  /** @type {Set<string>} */
  const withEffect = new Set()
  /** @type {Set<string>} */
  const executed = new Set()
  for (const [runId, { effectSteps, executions }] of outside.byRun) {
    const workflow = workflowOf(runId)
    if (workflow === null) continue
    for (const step of effectSteps) withEffect.add(`${workflow} ${withoutItems(step)}`)
    for (const key of executions.keys()) executed.add(`${workflow} ${withoutItems(key.slice(key.indexOf(' ') + 1))}`)
  }
  return { withEffect, executed }
}

/**
 * Judges what was seen outside of one run against its dispatches.
 * @param {Findings} findings @param {{ id: string, workflow: string }} run @param {import('./judge-run.mjs').JudgedRun} judged
 * @param {SeenOfRun | undefined} seen @param {ReturnType<typeof servedSteps>} served
 */
export const judgeSeen = (findings, { id, workflow }, { dispatched }, seen, served) => {
  for (const key of seen?.dispatches ?? [])
    findings.expect('I5', 'what asked the provider was dispatched', dispatched.has(key), id, () => ({ dispatch: key }))
  for (const key of seen?.executions.keys() ?? [])
    findings.expect('I5', 'what was executed was dispatched', dispatched.has(key), id, () => ({ dispatch: key }))
  for (const [key, { step, fate, succeeded }] of dispatched) {
    if (fate !== 'accepted' || !succeeded) continue
    const name = `${workflow} ${withoutItems(step)}`
    if (served.executed.has(name))
      findings.expect('I5', 'what was accepted was executed', seen?.executions.has(key) === true, id, () => ({
        dispatch: key,
      }))
    if (served.withEffect.has(name))
      findings.expect(
        'I5',
        'what was accepted is in the provider’s ledger',
        seen?.effectSteps.has(step) === true,
        id,
        () => ({ dispatch: key }),
      )
  }
}
