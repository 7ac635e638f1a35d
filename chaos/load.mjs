/**
 * The load of a campaign: submits runs of every shape for every tenant at a bounded rate, decides their gates, and tries
 * what clients do: the same key again, at once and later, and the same key with another body.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { demoApplications } from '../tools/fleet/demo-applications.mjs'
import { isApproved, shapes } from './workflows.mjs'

/** @typedef {{ name: string, submitter: string, reviewer: string }} Tenant keys of it */

/** A token that stands in one applicant's address. @param {number} seed @param {number} n */
export const canaryOf = (seed, n) => `zzpii${seed}x${n}zz`

/** Kinds of poison that leave their process alive, and those that end or hold it. */
export const mildPoisons = ['text', 'nothing', 'shape', 'nul', 'surrogate', 'prototype']
export const deadlyPoisons = ['kill', 'loop', 'large', 'reject']

const retryMs = 400
/** A client gives up asking for an answer to one submission after so long; by then every outage is over. */
const patienceMs = 120_000

/**
 * @param {{ client: ReturnType<typeof import('./client.mjs').makeClient>, tenants: readonly Tenant[], random: ReturnType<typeof import('./random.mjs').makeRandom>, seed: number, rate: number, openRuns: () => number, openMax: number, onRun: (run: { runId: string, tenant: Tenant, workflow: string }) => void, shares?: Record<string, number> }} options
 * `rate`: runs a second; `shares`: of the shapes, where they are not the shapes' own
 */
export const startLoad = ({ client, tenants, random, seed, rate, openRuns, openMax, onRun, shares = {} }) => {
  let submitting = true
  let deciding = true
  let n = 0
  const totals = { submitted: 0, accepted: 0, unanswered: 0, refused: 0, duplicates: 0, decided: 0 }
  const lottery = Object.entries(shapes).flatMap(([name, { share }]) =>
    Array.from({ length: shares[name] ?? share }, () => name),
  )
  const tenantOf = (/** @type {number} */ number) => /** @type {Tenant} */ (tenants[number % tenants.length])
  /** One person each, with a token in the address that must turn up nowhere. @param {number} number */
  const deskInput = (number) => {
    const input = demoApplications(number)[number % 6]?.input ?? {}
    const applicant = /** @type {object} */ (input.applicant)
    return { ...input, applicant: { ...applicant, address: `Ulice ${canaryOf(seed, number)} 1, Praha` } }
  }

  /** @param {Tenant} tenant @param {string} workflow @param {number} number @param {object} [givenInput] */
  const submit = async (tenant, workflow, number, givenInput) => {
    const shape = shapes[workflow]
    const input = givenInput ?? shape?.input(number)
    const key = `chaos-${seed}-${number}`
    const body = { workflow, input }
    const expects =
      shape === undefined ? { status: 'any', result: null } : { status: shape.status, result: shape.result(number) }
    const more = { workflow, expects }
    const asked = { call: 'submit', method: 'POST', where: '/runs', key, secret: tenant.submitter, tenant: tenant.name }
    const once = () => client.request({ ...asked, body, more })
    totals.submitted += 1
    const until = Date.now() + patienceMs
    for (;;) {
      const answers = await Promise.all(random.next() < 0.03 ? [once(), once(), once()] : [once()])
      if (answers.length > 1) totals.duplicates += 1
      const accepted = answers.find(({ status }) => status === 202)
      if (accepted !== undefined) {
        totals.accepted += 1
        onRun({ runId: accepted.body.runId, tenant, workflow })
        if (random.next() < 0.02) await once()
        if (random.next() < 0.01)
          await client.request({
            ...asked,
            call: 'reuse',
            body: { workflow, input: { ...input, other: 1 } },
            more: { workflow },
          })
        if (random.next() < 0.1) await look(tenant, accepted.body.runId)
        return
      }
      const final = answers.find(({ status }) => status >= 400 && status < 500 && status !== 429 && status !== 409)
      if (final !== undefined || Date.now() > until) {
        totals[final === undefined ? 'unanswered' : 'refused'] += 1
        return
      }
      await sleep(retryMs * (0.5 + random.next()))
    }
  }

  /** Reads a run: what was answered 202 must be there. @param {Tenant} tenant @param {string} runId */
  const look = (tenant, runId) =>
    client.request({
      ...{ call: 'get', where: `/runs/${runId}`, secret: tenant.submitter, tenant: tenant.name },
      seen: ({ status, progress, result }) => ({ status, progress, result }),
      more: { subject: runId },
    })

  /** @type {Set<Promise<unknown>>} */
  const under = new Set()
  /** @param {Promise<unknown>} work */
  const track = (work) => {
    under.add(work)
    void work.finally(() => under.delete(work))
  }
  const poisonKinds = [...mildPoisons, ...deadlyPoisons]

  const submitter = (async () => {
    const startedAt = performance.now()
    let due = 0
    while (submitting) {
      const now = performance.now() - startedAt
      if (now < due) {
        await sleep(due - now)
        continue
      }
      // After a stall nothing is made up for: the load is bounded.
      due = Math.max(due + 1_000 / rate, now - 500)
      if (openRuns() > openMax || under.size > 200) continue
      n += 1
      const tenant = tenantOf(n)
      const isDesk = n % 25 === 0
      const workflow = isDesk ? 'credit-desk' : random.pick(lottery)
      track(submit(tenant, workflow, n, isDesk ? deskInput(n) : undefined))
    }
    await Promise.all(under)
  })()

  /** @param {Tenant} tenant */
  const decideOf = async (tenant) => {
    const asked = { secret: tenant.reviewer, tenant: tenant.name }
    while (deciding) {
      const { status, body } = await client.request({ call: 'gates', where: '/gates?limit=50', ...asked })
      const items = status === 200 ? body.items : []
      await Promise.all(
        items.map(async (/** @type {any} */ { runId, gate, gateId, shown }) => {
          const decision = shown?.n === undefined || isApproved(shown.n) ? 'approve' : 'reject'
          const decide = () =>
            client.request({
              ...{ call: 'decide', method: 'POST', where: `/runs/${runId}/hitl`, body: { gate, decision } },
              ...{ ...asked, more: { subject: runId, gateId, decision } },
              seen: ({ decidedBy, gate: decided }) => ({ decidedBy, gate: decided }),
            })
          const answers = await Promise.all(random.next() < 0.1 ? [decide(), decide()] : [decide()])
          totals.decided += answers.filter((answer) => answer.status === 200).length
        }),
      )
      await sleep(700)
    }
  }
  const deciders = Promise.all(tenants.map(decideOf))

  return {
    totals,
    /** Submits one poison job of a kind that chance chooses. */
    poison: (kind = random.pick(poisonKinds)) => {
      n += 1
      track(submit(tenantOf(n), 'chaos-poison', n, { kind }))
    },
    stopSubmitting: async () => {
      submitting = false
      await submitter
      await Promise.all(under)
    },
    stopDeciding: async () => {
      deciding = false
      await deciders
    },
  }
}
