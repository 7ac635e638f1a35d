/**
 * Judges a campaign's directory (`chaos/FORMATS.md`): what was asked, what was seen outside and what is stored, against
 * invariants I1 to I17. Files are read as streams; of a run only what a later judge needs is kept.
 */
import { makeFindings } from './findings.mjs'
import { isEqualJson } from './fold-history.mjs'
import { InputError, timeOf } from './sources.mjs'
import { readClient } from './read-client.mjs'
import { judgeAudit } from './judge-audit.mjs'
import { judgeSeen, readOutside, servedSteps } from './judge-outside.mjs'
import { judgeReads } from './judge-reads.mjs'
import { judgeRun } from './judge-run.mjs'
import { defaultBounds, judgeSamples } from './judge-samples.mjs'
import { judgeSinks } from './judge-sinks.mjs'
import { judgeCaptured, readStreams } from './judge-streams.mjs'
import { judgeTold, readWebhooks } from './judge-webhooks.mjs'
import { judgeDecisions } from './judge-decisions.mjs'
import { judgeSubmissions } from './judge-submissions.mjs'
import { knownEdges } from './transition-tables.mjs'
import { edgesOf, graphOf } from './workflow-graph.mjs'
import { openSealed } from './open-sealed.mjs'
import { unpackPublished } from './unpack-published.mjs'
import { readTables } from './read-tables.mjs'
import { judgeRows } from './judge-rows.mjs'

/** @param {any} meta @param {{ at: number, healedAt: number }[]} faults */
const timesOf = (meta, faults) => {
  const settleMs = meta.settleMs ?? 60_000
  return {
    startedAt: timeOf(meta.startedAt) ?? -Infinity,
    dumpedAt: timeOf(meta.dumpedAt) ?? Infinity,
    livenessMs: meta.livenessMs ?? 60_000,
    lateMs: meta.lateMs ?? 5_000,
    /** From when on a run that was accepted at `at` could go on undisturbed. @param {number} at */
    restFrom: (at) => faults.reduce((latest, { healedAt }) => Math.max(latest, healedAt), at),
    /** Whether nothing was wrong in a time, nor shortly before it. @param {number} from @param {number} to */
    isCalm: (from, to) => faults.every((fault) => to < fault.at || from > fault.healedAt + settleMs),
  }
}

/** @param {import('./sources.mjs').Source} source */
const readFaults = async (source) => {
  const faults = []
  for await (const { value } of source.lines('faults'))
    faults.push({ ...value, at: timeOf(value.at) ?? 0, healedAt: timeOf(value.healedAt) ?? Infinity })
  return faults
}

/**
 * The histories of a dump, run by run.
 * @param {import('./sources.mjs').Source} source @returns {AsyncGenerator<{ runId: string, entries: import('./fold-history.mjs').Entry[] }>}
 */
async function* histories(source) {
  /** @type {Set<string>} */
  const begun = new Set()
  let runId = ''
  /** @type {import('./fold-history.mjs').Entry[]} */
  let entries = []
  for await (const { value } of source.lines('dump/history')) {
    if (runId !== value.run_id) {
      if (entries.length > 0) yield { runId, entries }
      runId = value.run_id
      entries = []
      if (begun.has(runId)) throw new InputError(`dump/history: the rows of run ${runId} do not stand together`)
      begun.add(runId)
    }
    entries.push(unpackPublished(value))
  }
  if (entries.length > 0) yield { runId, entries }
}

/**
 * Judges the campaign in `dir`. Rejects with `InputError` where a file cannot be read as what it should be.
 * @param {import('./sources.mjs').Source} record
 */
export const checkCampaign = async (record) => {
  const source = await openSealed(record)
  const meta = await source.json('meta', {})
  const findings = makeFindings(meta.exempt)
  const faults = await readFaults(source)
  const times = timesOf(meta, faults)
  const client = await readClient(source)
  if (times.startedAt === -Infinity && client.count > 0) times.startedAt = client.firstAt - 1_000
  const tables = await readTables(source)

  /** @type {Map<string, import('./workflow-graph.mjs').Graph>} */
  const graphs = new Map()
  for (const [hash, definition] of tables.definitions) {
    const graph = graphOf(definition)
    graphs.set(hash, graph)
    const known = knownEdges[`${definition.name}@${definition.version}`]
    if (known !== undefined)
      findings.expect(
        'I4',
        'a definition is the one that the checker knows',
        isEqualJson(edgesOf(graph), known),
        null,
        () => ({
          ...{ workflow: definition.name, edges: edgesOf(graph), known },
        }),
      )
  }
  const world = { findings, times, client, tables, graphOf: (/** @type {string} */ hash) => graphs.get(hash) ?? null }

  const streams = await readStreams(source)
  const outside = await readOutside(source, findings, meta.providers)
  const workflowOf = (/** @type {string} */ runId) => tables.runs.get(runId)?.compact.workflow ?? null
  const served = servedSteps(outside, workflowOf)
  const decisions = await judgeAudit(source, findings)
  const webhooks = await readWebhooks(source, findings, [meta.webhookSecret ?? []].flat(), times)

  /** @type {Set<string>} */
  const withHistory = new Set()
  for await (const { runId, entries } of histories(source)) {
    const run = tables.runs.get(runId)
    findings.expect('I2', 'a history is of a run', run !== undefined, runId, () => ({ entries: entries.length }))
    if (run === undefined) continue
    withHistory.add(runId)
    const judged = judgeRun(run.row, entries, {
      findings,
      graphOf: world.graphOf,
      isCalm: times.isCalm,
      lateMs: times.lateMs,
    })
    if (judged === null) continue
    judgeRows(world, run, judged, entries)
    judgeSeen(findings, run.compact, judged, outside.byRun.get(runId), served)
    judgeTold(findings, run.compact, entries, webhooks)
    const captured = streams.get(runId)
    if (captured !== undefined) judgeCaptured(findings, run.compact, captured, judged.stream)
    // What the row held for the fold alone goes.
    run.row.state = null
  }
  for (const [runId, run] of tables.runs)
    if (run.row.position > 0)
      findings.expect('I4', 'a run that began has a history', withHistory.has(runId), runId, () => ({
        position: run.row.position,
      }))
  judgeSubmissions({
    ...{ findings, client, idempotency: tables.idempotency, fired: tables.fired },
    ...{ runs: new Map([...tables.runs].map(([id, { compact }]) => [id, compact])) },
    meta: times,
  })
  for (const runId of [...streams.keys(), ...outside.byRun.keys()])
    findings.expect('I2', 'what was seen outside is of a run', tables.runs.has(runId), runId, () => ({}))
  for (const [runId, gates] of tables.gates)
    for (const { id, status } of gates)
      if (status === 'decided')
        findings.expect('I10', 'a decision is in the audit', decisions.has(id), runId, () => ({ gateId: id }))
  judgeReads(findings, client, {
    endedAt: (runId) => streams.get(runId)?.endedAt ?? null,
    storedStatus: (runId) => tables.runs.get(runId)?.compact.status ?? null,
    isReopened: (runId) => (tables.runs.get(runId)?.compact.openings ?? 0) > 0,
  })
  judgeDecisions(findings, client, tables)
  await judgeSamples(source, findings, { ...defaultBounds, ...meta.bounds })
  const { bytes: bytesSearched } = await judgeSinks(source, findings)
  return {
    ...findings.report(),
    ...{
      dir: source.name,
      seed: meta.seed ?? null,
      runs: tables.runs.size,
      calls: client.count,
      faults: faults.length,
    },
    seen: { effects: outside.keys, doubleExecutions: outside.doubleExecutions, bytesSearched },
  }
}
