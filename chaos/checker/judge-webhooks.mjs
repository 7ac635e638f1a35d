/** Judges webhooks as they were received (I17): signed, fresh, one id per event, and everything that was owed has come. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { timeOf } from './sources.mjs'

/** Seconds by which a timestamp may differ from the clock of who receives it. */
const toleranceS = 300

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

/**
 * @param {import('./sources.mjs').Source} source @param {import('./findings.mjs').Findings} findings @param {readonly string[]} secrets
 */
export const judgeWebhooks = async (source, findings, secrets) => {
  /** @type {Map<string, string>} */
  const events = new Map()
  /** @type {Set<string>} */
  const taken = new Set()
  /** @type {Map<string, string>} */
  const idOfEvent = new Map()
  for await (const { value } of source.lines('webhooks')) {
    const { id, timestamp, signature, type, runId, valid, body } = value
    const evidence = () => ({ id, type, at: value.at })
    const has = typeof signature === 'string' && signature !== ''
    findings.expect('I17', 'a delivery is signed', has, runId, evidence)
    if (typeof valid === 'boolean')
      findings.expect('I17', 'the receiver found the signature right', valid, runId, evidence)
    if (typeof body === 'string' && secrets.length > 0)
      findings.expect('I17', 'the signature is the body’s', isSigned(value, secrets), runId, evidence)
    const sentAt = Number(timestamp) * 1_000
    const isFresh = Math.abs((timeOf(value.at) ?? 0) - sentAt) <= toleranceS * 1_000
    findings.expect('I17', 'a delivery’s timestamp is fresh', isFresh, runId, () => ({ ...evidence(), timestamp }))
    const event = JSON.stringify([type, runId, body === undefined ? null : seqOf(body)])
    const known = events.get(id)
    findings.expect('I17', 'an id is one event’s', known === undefined || known === event, runId, () => ({
      ...evidence(),
      events: [known, event],
    }))
    events.set(id, event)
    if (body !== undefined && seqOf(body) !== null) {
      const other = idOfEvent.get(event)
      findings.expect('I17', 'an event has one id', other === undefined || other === id, runId, () => ({
        ...evidence(),
        ids: [other, id],
      }))
      idOfEvent.set(event, id)
    }
    const answered = value.answered ?? 200
    if (answered >= 200 && answered < 300) taken.add(id)
  }
  for await (const { value } of source.lines('dump/webhook_delivery')) {
    const { event_id: id, status, type, run_id: runId } = value
    if (status === 'delivered')
      findings.expect('I17', 'what counts as delivered was received', taken.has(id), runId, () => ({ id, type }))
    else
      findings.expect(
        'I17',
        'what was owed is delivered',
        taken.has(id) || value.type === 'webhook.test',
        runId,
        () => ({ id, type, status, error: value.error }),
      )
  }
}

/** The event's number in the run's stream, where the body has it. @param {string} body */
const seqOf = (body) => {
  try {
    return JSON.parse(body)?.data?.seq ?? null
  } catch {
    return null
  }
}
