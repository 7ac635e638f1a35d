/**
 * Makes synthetic campaigns: records of a fleet that made no mistake, by seed, in the formats of `chaos/FORMATS.md`, and in
 * memory, so that they can be falsified before they are written.
 */
import { createHmac } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { hashOfEntry } from './judge-audit.mjs'
import { definitions, hashOf } from './synthesis/definitions.mjs'
import { makeRandom } from './synthesis/random.mjs'
import { shapes } from './synthesis/shapes.mjs'

/**
 * `files`: lines of NDJSON files by name (`dump/run`); `meta`, `canaries`; `sinks`: text by file name.
 * @typedef {{ files: Record<string, any[]>, meta: any, canaries: any[], sinks: Record<string, string>, random: import('./synthesis/random.mjs').Random }} Campaign
 */

const secret = `whsec_${Buffer.from('a secret of synthetic webhooks').toString('base64')}`
const begins = Date.UTC(2026, 10, 21, 8)
const iso = (/** @type {number} */ at) => new Date(at).toISOString()

/** Signature of a delivery. @param {string} id @param {string} timestamp @param {string} body */
export const signatureOf = (id, timestamp, body) => {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

/** @typedef {import('./synthesis/run-builder.mjs').Run} Run */

/** @param {Run} run */
const rowOf = (run) => {
  const state = run.state()
  return {
    ...{
      id: run.id,
      tenant_id: run.tenant,
      workflow: run.workflow,
      version: 1,
      definition_hash: run.hash,
      status: state.status,
    },
    ...{ input: {}, state, position: run.entries.length, published: state.published, progress: state.progress },
    ...{ submitted_by: 'submitter', trace_id: run.traceId, created_at: iso(run.createdAt), result: state.result },
    finished_at: state.finishedAt === null ? null : iso(state.finishedAt),
    ...{ error: state.error, root_run_id: run.rootId, parent_run_id: run.parentId, forked_from: null },
  }
}

/** What is owed when the dump is made. @param {Run} run */
const debtsOf = (run) =>
  Object.entries(run.state().steps).flatMap(([step, { status, dispatch, gateId }]) =>
    (status === 'running' || status === 'waiting') && dispatch > 0 && gateId === null
      ? [
          {
            run_id: run.id,
            step,
            dispatch,
            tenant_id: run.tenant,
            queue: 'agent.synthetic',
            traceparent: `00-${run.traceId}-00000000000000aa-01`,
          },
        ]
      : [],
  )

/** @param {Run} run @param {string | null} key @param {import('./synthesis/random.mjs').Random} random */
const callsOf = (run, key, random) => {
  const common = {
    tenant: run.tenant,
    key: null,
    bodyHash: null,
    runId: run.id,
    code: null,
    workflow: null,
    expects: null,
  }
  const submit = {
    ...common,
    ...{
      at: iso(run.createdAt - 6),
      tookMs: 8,
      call: 'submit',
      key,
      bodyHash: `body of ${key ?? run.id}`,
      status: 202,
    },
    ...{ workflow: run.workflow, expects: run.expects, traceId: run.traceId },
  }
  /** @param {number} at */
  const get = (at) => {
    const known = run.entries.findLast((entry) => Date.parse(entry.at) <= at)
    const upTo = known?.position ?? 0
    const told = run.entries.slice(0, upTo).flatMap(({ published }) => published ?? [])
    const last = told.at(-1)
    const ended = { 'run.completed': 'completed', 'run.failed': 'failed', 'run.cancelled': 'cancelled' }
    const status = /** @type {Record<string, string>} */ (ended)[last?.type] ?? (upTo === 0 ? 'created' : 'running')
    const seen = { status, progress: last?.progress ?? 0 }
    return { ...common, at: iso(at), tookMs: 2, call: 'get', status: 200, seen }
  }
  const end = run.now() + 500
  const times = Array.from({ length: random.within(0, 3) }, () => random.within(run.createdAt + 4, end)).sort(
    (a, b) => a - b,
  )
  const repeated = key !== null && random.happens(0.3) ? [{ ...submit, at: iso(end), replayed: true }] : []
  const reused =
    key !== null && random.happens(0.2)
      ? [{ ...submit, at: iso(end), status: 422, runId: null, traceId: null, bodyHash: 'another body', code: 'REUSED' }]
      : []
  const decided = run.decisions.flatMap(({ gateId, decision, at }) => [
    { ...common, at: iso(at - 4), tookMs: 3, call: 'decide', status: 200, decision, gateId },
    ...(random.happens(0.5)
      ? [
          {
            ...common,
            at: iso(at + 4),
            tookMs: 3,
            call: 'decide',
            status: 409,
            decision,
            gateId,
            code: 'GATE_NOT_OPEN',
          },
        ]
      : []),
  ])
  const others = run.calls.map(({ call, at }) => ({
    ...common,
    at: iso(at),
    tookMs: 2,
    call,
    runId: call === 'replay' ? null : run.id,
    status: 202,
  }))
  return [submit, ...[...times, end + 400].map(get), ...repeated, ...reused, ...decided, ...others]
}

/** A stream, read with reconnections, also backwards by a few events. @param {Run} run @param {import('./synthesis/random.mjs').Random} random */
const streamOf = (run, random) => {
  const all = run.entries.flatMap(({ at, published }) =>
    (published ?? []).map((/** @type {any} */ event) => ({ at, ...event })),
  )
  /** @type {any[]} */
  const lines = []
  for (let from = 0, number = 1; from < all.length; number += 1) {
    const upTo = Math.min(all.length, from + random.within(1, 12))
    for (const { at, seq, type, status, progress } of all.slice(from, upTo)) {
      const connection = `${run.id.slice(0, 8)}-${number}`
      const closed = seq === upTo && upTo === all.length
      lines.push({
        at,
        tenant: run.tenant,
        runId: run.id,
        connection,
        lastEventId: from,
        seq,
        type,
        status,
        progress,
        traceId: run.traceId,
        closed,
      })
    }
    from = upTo === all.length ? upTo : Math.max(0, upTo - (random.happens(0.2) ? random.within(0, 2) : 0))
  }
  return lines
}

/** @param {readonly Run[]} runs */
const auditOf = (runs) => {
  /** @type {Map<string, any>} */
  const heads = new Map()
  const entries = runs
    .flatMap((run) => [
      {
        run,
        at: run.createdAt,
        action: 'run.submitted',
        detail: { note: 'a "quoted" word, ünïcode \\ and \n', z: [1, null, { b: 1.5, aa: false }] },
      },
      ...run.decisions.map(({ gateId, decision, at }) => ({
        run,
        at,
        action: 'gate.decided',
        detail: { gate: 'review', gateId, decision },
      })),
    ])
    .sort((a, b) => a.at - b.at)
    .map(({ run, at, action, detail }) => {
      const head = heads.get(run.tenant) ?? { tenant_id: run.tenant, seq: 0, hash: '\\x' }
      const entry = {
        ...{
          tenant_id: run.tenant,
          seq: head.seq + 1,
          at: iso(at),
          actor: 'somebody',
          action,
          subject: run.id,
          detail,
        },
        ...{ previous_hash: head.hash, hash: '' },
      }
      entry.hash = hashOfEntry(entry)
      heads.set(run.tenant, { tenant_id: run.tenant, seq: entry.seq, hash: entry.hash })
      return entry
    })
  return {
    entries: entries.sort((a, b) => (a.tenant_id < b.tenant_id ? -1 : a.tenant_id > b.tenant_id ? 1 : a.seq - b.seq)),
    heads: [...heads.values()],
  }
}

const told = new Set(['run.completed', 'run.failed', 'run.cancelled', 'hitl.requested'])

/** @param {readonly Run[]} runs @param {import('./synthesis/random.mjs').Random} random */
const webhooksOf = (runs, random) =>
  runs.flatMap((run) =>
    run.entries.flatMap(({ at, published }) =>
      (published ?? [])
        .filter((/** @type {any} */ { type }) => told.has(type) && (run.parentId === null || type === 'hitl.requested'))
        .flatMap((/** @type {any} */ { seq, type }) => {
          const [id, timestamp] = [`evt_${run.id}_${seq}`, String(Math.floor(Date.parse(at) / 1_000))]
          const body = JSON.stringify({ id, type: `io.flotilla.${type}`, data: { runId: run.id } })
          const delivery = {
            ...{ at: iso(Date.parse(at) + 300), id, timestamp, signature: signatureOf(id, timestamp, body), body },
            ...{ type, runId: run.id, valid: true },
          }
          return random.happens(0.2) ? [{ ...delivery, answered: 500 }, delivery] : [delivery]
        }),
    ),
  )

/** @param {readonly any[]} webhooks @param {readonly Run[]} runs */
const deliveriesOf = (webhooks, runs) => {
  const tenantOf = new Map(runs.map(({ id, tenant }) => [id, tenant]))
  const once = new Map(webhooks.map((delivery) => [delivery.id, delivery]))
  return [...once.values()].map(({ id, at, type, runId }) => ({
    ...{ endpoint_id: `endpoint of ${tenantOf.get(runId)}`, event_id: id, type, run_id: runId, created_at: at },
    ...{ status: 'delivered', error: null },
  }))
}

/** @param {import('./synthesis/random.mjs').Random} random @param {number} from */
const samplesOf = (random, from) =>
  Array.from({ length: 30 }, (_, n) => 3 * n).flatMap((minute) => {
    const at = iso(from + minute * 60_000)
    const warm = Math.min(1, minute / 20)
    return [
      {
        at,
        source: 'gateway:1',
        values: {
          rssBytes: Math.round(1e8 + 3e7 * warm + random.within(-20_000, 20_000)),
          fds: 40 + random.within(0, 5),
        },
      },
      { at, source: 'redis', values: { redisKeys: 200 + random.within(0, 50) } },
      { at, source: 'postgres', values: { connections: 20 + random.within(0, 6), outboxLagMs: random.within(0, 900) } },
    ]
  })

/** A valid campaign of some runs of every shape. @param {number} seed @returns {Campaign} */
export const synthesise = (seed) => {
  const random = makeRandom(seed)
  const tenants = ['north', 'south']
  const names = Object.keys(shapes)
  /** @type {Run[]} */
  const runs = []
  let at = begins
  for (const name of random.shuffled(['bench', ...names, ...Array.from({ length: 2 }, () => random.pick(names))])) {
    at += random.within(20, 400)
    runs.push(...(shapes[name]?.({ random, at, tenant: random.pick(tenants) }) ?? []))
  }
  const dumpedAt = Math.max(...runs.map((run) => run.now())) + 10_000
  runs.sort((a, b) => (a.id < b.id ? -1 : 1))
  const roots = runs.filter(({ parentId }) => parentId === null)
  const keyOf = new Map(roots.map((run) => [run, random.happens(0.7) ? `key-${run.id}` : null]))
  const audit = auditOf(runs)
  const webhooks = webhooksOf(runs, random)
  const canaries = Array.from({ length: 3 }, (_, n) => ({
    token: `ZZPII-${random.uuid()}`,
    tenant: tenants[n % 2],
    field: 'fullName',
  }))
  return {
    random,
    files: {
      client: roots
        .flatMap((run) => callsOf(run, keyOf.get(run) ?? null, random))
        .sort((a, b) => (a.at < b.at ? -1 : 1)),
      provider: runs.flatMap(({ effects }) => effects).sort((a, b) => (a.at < b.at ? -1 : 1)),
      executions: runs.flatMap(({ executions }) => executions),
      streams: runs.filter(() => random.happens(0.6)).flatMap((run) => streamOf(run, random)),
      faults: [],
      webhooks,
      samples: samplesOf(random, begins),
      'dump/run': runs.map(rowOf),
      'dump/history': runs.flatMap(({ entries }) => entries),
      'dump/definition_content': Object.keys(definitions).map((name) => ({
        hash: hashOf(name),
        definition: definitions[name],
      })),
      'dump/idempotency': roots.flatMap((run) => {
        const key = keyOf.get(run)
        return key ? [{ tenant_id: run.tenant, key, run_id: run.id, trace_id: run.traceId }] : []
      }),
      'dump/outbox': runs.flatMap(debtsOf).filter(({ step }) => step !== 'sub'),
      'dump/child_run': runs.flatMap(({ children }) => children),
      'dump/gate': runs.flatMap(({ gates }) => gates),
      'dump/dead_letter': runs.flatMap(({ letters }) => letters),
      'dump/inbox': [],
      'dump/trigger_firing': [],
      'dump/audit': audit.entries,
      'dump/audit_head': audit.heads,
      'dump/webhook_endpoint': tenants.map((tenant) => ({
        ...{ id: `endpoint of ${tenant}`, tenant_id: tenant, types: [], workflows: [], enabled: true },
        created_at: iso(begins - 60_000),
      })),
      'dump/webhook_delivery': deliveriesOf(webhooks, runs),
    },
    meta: {
      ...{ seed, startedAt: iso(begins - 1_000), dumpedAt: iso(dumpedAt), webhookSecret: secret },
      providers: { bureau: { concurrency: 4, perSecond: 40 } },
    },
    canaries,
    sinks: {
      'logs/gateway.log': 'a line\n'.repeat(50),
      'redis.txt': `bull:agent.kyc:1 {"sealed":"${random.hex(200)}"}\n`,
      [`tenant-${tenants[0]}/own.txt`]: canaries[0]?.token ?? '',
    },
  }
}

/** Writes a campaign into a directory. @param {Campaign} campaign @param {string} dir */
export const writeCampaign = async ({ files, meta, canaries, sinks }, dir) => {
  await mkdir(path.join(dir, 'dump'), { recursive: true })
  for (const [name, lines] of Object.entries(files))
    await writeFile(path.join(dir, `${name}.ndjson`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  await writeFile(path.join(dir, 'meta.json'), JSON.stringify(meta))
  await writeFile(path.join(dir, 'canaries.json'), JSON.stringify(canaries))
  for (const [name, text] of Object.entries(sinks)) {
    const file = path.join(dir, 'sinks', name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}
