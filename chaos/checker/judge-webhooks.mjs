/**
 * Judges webhooks (I17): as received they are signed, fresh and the same under one id; what they tell has happened; what an
 * endpoint asked for is owed to it, and what was owed has come.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { timeOf } from './sources.mjs'

/** Seconds by which a timestamp may differ from the clock of who receives it. */
const toleranceS = 300
/** An endpoint is told of what happens from now on; what happens while it is registered may be either. */
const marginMs = 5_000
/** What endpoints are told of; ends of child runs are their parents' affair. */
const ends = new Set(['run.completed', 'run.failed', 'run.cancelled'])
const told = new Set([...ends, 'hitl.requested', 'hitl.reminded', 'hitl.escalated'])

/**
 * @typedef {import('./findings.mjs').Findings} Findings
 * @typedef {{ id: string, tenant_id: string, types: string[], workflows: string[], enabled: boolean, created_at: string }} Endpoint
 * @typedef {{ byRun: Map<string, { seq: number, type: string }[]>, endpoints: Endpoint[], owed: Set<string> }} Webhooks
 */

/** @param {string} secret `whsec_...` */
const keyOf = (secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64')

/**
 * Whether one of the signatures is that of the body under one of the secrets (Standard Webhooks).
 * @param {{ id: string, timestamp: string | number, signature: string | null, body: string }} delivery @param {readonly string[]} secrets
 */
export const isSigned = ({ id, timestamp, signature, body }, secrets) =>
  secrets.some((secret) => {
    const expected = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest()
    return (signature ?? '').split(' ').some((one) => {
      const [version, text = ''] = one.split(',')
      const given = Buffer.from(text, 'base64')
      return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
    })
  })

/** What a body says of itself; null: it is no JSON object. @param {unknown} body @returns {any} */
const bodyOf = (body) => {
  try {
    const parsed = typeof body === 'string' ? JSON.parse(body) : null
    return typeof parsed === 'object' ? parsed : null
  } catch {
    return null
  }
}

/** @param {string} type */
const bareType = (type) => type.replace(/^io\.flotilla\./, '')

/** An event's id ends with its number in the run's stream. @param {string} id */
const eventOf = (id) => {
  const [, runId, seq] = /^evt_([0-9a-f-]{36})_(\d+)$/.exec(id) ?? []
  return runId === undefined ? null : { runId, seq: Number(seq) }
}

/** @param {any} line @param {Findings} findings @param {{ secrets: readonly string[], bodies: Map<string, string> }} known */
const judgeDelivery = (line, findings, { secrets, bodies }) => {
  const { id, timestamp, signature, runId = null, valid, body } = line
  const evidence = () => ({ id, type: line.type, at: line.at })
  const has = typeof signature === 'string' && signature !== ''
  findings.expect('I17', 'a delivery is signed', has, runId, evidence)
  if (typeof valid === 'boolean')
    findings.expect('I17', 'the receiver found the signature right', valid, runId, evidence)
  const isFresh = Math.abs((timeOf(line.at) ?? 0) - Number(timestamp) * 1_000) <= toleranceS * 1_000
  findings.expect('I17', 'a delivery’s timestamp is fresh', isFresh, runId, () => ({ ...evidence(), timestamp }))
  if (typeof body !== 'string') return
  if (secrets.length > 0)
    findings.expect('I17', 'the signature is the body’s', isSigned(line, secrets), runId, evidence)
  const before = bodies.get(id)
  findings.expect(
    'I17',
    'a delivery under one id is the same each time',
    before === undefined || before === body,
    runId,
    evidence,
  )
  bodies.set(id, body)
  const said = bodyOf(body)?.id
  if (said !== undefined)
    findings.expect('I17', 'a body names its id', said === id, runId, () => ({ ...evidence(), said }))
}

/**
 * Reads what was received and what was owed; judges what needs no history.
 * @param {import('./sources.mjs').Source} source @param {Findings} findings @param {readonly string[]} secrets
 * @param {{ dumpedAt: number, livenessMs: number }} times @returns {Promise<Webhooks>}
 */
export const readWebhooks = async (source, findings, secrets, { dumpedAt, livenessMs }) => {
  /** @type {Map<string, string>} */
  const bodies = new Map()
  /** @type {Set<string>} */
  const taken = new Set()
  /** @type {Webhooks['byRun']} */
  const byRun = new Map()
  let received = 0
  for await (const { value } of source.lines('webhooks')) {
    received += 1
    judgeDelivery(value, findings, { secrets, bodies })
    const answered = value.answered ?? 200
    if (answered >= 200 && answered < 300) taken.add(value.id)
    const event = eventOf(value.id)
    if (event === null) continue
    const held = byRun.get(event.runId) ?? []
    byRun.set(event.runId, held)
    held.push({ seq: event.seq, type: bareType(bodyOf(value.body)?.type ?? value.type ?? '') })
  }
  const endpoints = []
  for await (const { value } of source.lines('dump/webhook_endpoint')) endpoints.push(value)
  /** @type {Set<string>} */
  const owed = new Set()
  for await (const { value } of source.lines('dump/webhook_delivery')) {
    const { event_id: id, status, run_id: runId, error } = value
    owed.add(`${value.endpoint_id} ${id}`)
    const evidence = () => ({ id, type: value.type, status, error })
    if (status === 'delivered') {
      // Without a receiver's record nobody can tell.
      if (received > 0) findings.expect('I17', 'what counts as delivered was received', taken.has(id), runId, evidence)
      continue
    }
    const hadTime = dumpedAt - (timeOf(value.created_at) ?? dumpedAt) > livenessMs
    // An endpoint that is gone is owed nothing any more.
    if (status === 'failed' || hadTime)
      findings.expect('I17', 'what was owed is delivered', error === 'GONE', runId, evidence)
  }
  return { byRun, endpoints, owed }
}

/**
 * Judges what was told of one run: it has happened, and everybody who asked for it is told.
 * @param {Findings} findings @param {{ id: string, tenant: string, workflow: string, isRoot: boolean }} run
 * @param {readonly import('./fold-history.mjs').Entry[]} entries @param {Webhooks} webhooks
 */
export const judgeTold = (findings, { id, tenant, workflow, isRoot }, entries, { byRun, endpoints, owed }) => {
  const mine = endpoints.filter(
    (one) =>
      one.tenant_id === tenant && one.enabled && (one.workflows.length === 0 || one.workflows.includes(workflow)),
  )
  const received = byRun.get(id)
  if (mine.length === 0 && received === undefined) return
  /** @type {Map<number, string>} */
  const types = new Map()
  for (const { at, published } of entries)
    for (const { seq, type } of published ?? []) {
      types.set(seq, type)
      if (!told.has(type) || (!isRoot && ends.has(type))) continue
      for (const endpoint of mine) {
        if (endpoint.types.length > 0 && !endpoint.types.includes(type)) continue
        if (Date.parse(at) - Date.parse(endpoint.created_at) < marginMs) continue
        const isOwed = owed.has(`${endpoint.id} evt_${id}_${seq}`)
        findings.expect('I17', 'who asked for an event is owed it', isOwed, id, () => ({
          endpoint: endpoint.id,
          seq,
          type,
        }))
      }
    }
  for (const { seq, type } of received ?? [])
    findings.expect('I17', 'what is told has happened', types.get(seq) === type, id, () => ({
      seq,
      told: type,
      stored: types.get(seq) ?? null,
    }))
}
