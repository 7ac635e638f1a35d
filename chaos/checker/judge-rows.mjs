/**
 * Judges the rows that follow from a run against its history: I9 (debts, children, dead letters), I8 (gates), I12 (traces).
 */
import { isFinished } from './fold-history.mjs'
import { dispatchKey } from './judge-run.mjs'

/**
 * @typedef {{ findings: import('./findings.mjs').Findings, tables: import('./read-tables.mjs').Tables }} World
 * @typedef {{ row: import('./judge-run.mjs').RunRow, compact: import('./judge-submissions.mjs').Run }} Run
 * @typedef {import('./judge-run.mjs').JudgedRun} Judged
 */

/** Every open dispatch is a row of the outbox or a child run, and no other is. @param {World} world @param {Run} run @param {Judged} judged */
const judgeDebts = ({ findings, tables }, { row: { id } }, { dispatched, state }) => {
  const owed = tables.outbox.get(id) ?? []
  const open = new Set(
    [...dispatched].filter(([, { fate, isChild }]) => fate === 'open' && !isChild).map(([key]) => key),
  )
  for (const debt of owed) {
    const known = dispatched.get(dispatchKey(debt))
    findings.expect('I9', 'a debt is an open dispatch', known?.fate === 'open', id, () => ({
      ...debt,
      fate: known?.fate ?? 'never dispatched',
    }))
  }
  const rows = new Set(owed.map(dispatchKey))
  for (const key of open) {
    // A job that was told to stop is no longer owed, though its step waits for the agent's last word.
    if (state.cancel !== null) continue
    findings.expect('I9', 'an open dispatch is a debt', rows.has(key), id, () => ({ dispatch: key }))
  }
  for (const child of tables.children.get(id) ?? []) {
    const known = dispatched.get(dispatchKey(child))
    findings.expect('I9', 'a child run was started', known?.isChild === true, id, () => child)
  }
}

/** @param {World} world @param {Run} run @param {Judged} judged */
const judgeLetters = ({ findings, tables }, { row: { id } }, { dispatched, replayed }) => {
  const letters = new Map((tables.letters.get(id) ?? []).map((letter) => [dispatchKey(letter), letter]))
  for (const [key, letter] of letters) {
    const known = dispatched.get(key)
    findings.expect('I9', 'a dead letter is a dispatch that failed', known?.failed === true, id, () => ({
      ...{ step: letter.step, dispatch: letter.dispatch, fate: known?.fate ?? 'never dispatched' },
    }))
    const replays = letter.status === 'replayed'
    const told =
      replayed.has(key) || (tables.inbox.get(id) ?? []).some(({ event }) => event.type === 'DeadLetterReplayed')
    if (replays) findings.expect('I9', 'a replayed letter was given to its run', told, id, () => ({ key }))
    else
      findings.expect('I9', 'only a replayed letter is given to its run', !replayed.has(key), id, () => ({
        key,
        status: letter.status,
      }))
  }
  for (const [key, { letter }] of dispatched)
    if (letter === 'due')
      findings.expect('I9', 'what failed for good is a dead letter', letters.has(key), id, () => ({ dispatch: key }))
}

/** @param {World} world @param {Run} run @param {Judged} judged */
const judgeGates = ({ findings, tables }, { row: { id } }, { gates }) => {
  const rows = new Map((tables.gates.get(id) ?? []).map((gate) => [gate.id, gate]))
  for (const [gateId, gate] of gates) {
    const row = rows.get(gateId)
    findings.expect('I8', 'a gate that opened has its row', row !== undefined, id, () => ({ gateId }))
    if (row === undefined) continue
    const evidence = () => ({ gateId, status: row.status, ...gate })
    if (gate.decided > 0) findings.expect('I8', 'a decision is the gate’s', row.status === 'decided', id, evidence)
    else if (gate.expired > 0) findings.expect('I8', 'a timeout is the gate’s', row.status === 'expired', id, evidence)
    else if (gate.closed) findings.expect('I8', 'a gate that closed is closed', row.status !== 'open', id, evidence)
    // A decision may still stand in the inbox.
    else
      findings.expect(
        'I8',
        'a gate that waits is open',
        row.status === 'open' || row.status === 'decided',
        id,
        evidence,
      )
    if (row.status === 'expired' && row.due_at !== null)
      findings.expect(
        'I8',
        'a gate expires when it is due',
        Date.parse(row.decided_at) >= Date.parse(row.due_at),
        id,
        evidence,
      )
    if (row.status === 'decided')
      findings.expect('I8', 'who submitted does not decide', row.decided_by !== row.submitted_by, id, evidence)
  }
  for (const gateId of rows.keys())
    findings.expect('I8', 'a gate’s row is of a gate that opened', gates.has(gateId), id, () => ({ gateId }))
}

/** @param {World} world @param {Run} run @param {readonly import('./fold-history.mjs').Entry[]} entries */
const judgeTraces = ({ findings, tables }, { row, compact }, entries) => {
  const { id } = row
  findings.expect('I12', 'a run has a trace', /^(?!0{32})[0-9a-f]{32}$/.test(compact.traceId), id, () => ({
    traceId: compact.traceId,
  }))
  const traces = [
    ...(tables.outbox.get(id) ?? []).flatMap(({ traceparent }) =>
      traceparent === null ? [] : [traceparent.split('-')[1]],
    ),
    ...(tables.letters.get(id) ?? []).map((letter) => letter.trace_id),
    ...(tables.children.get(id) ?? []).map(({ runId }) => tables.runs.get(runId)?.compact.traceId ?? compact.traceId),
  ]
  for (const trace of traces)
    findings.expect('I12', 'what a run causes is of its trace', trace === compact.traceId, id, () => ({
      trace,
      run: compact.traceId,
    }))
  for (const { position, published } of entries)
    for (const { seq, spanId } of published ?? [])
      findings.expect('I12', 'an event names its span', /^(?!0{16})[0-9a-f]{16}$/.test(spanId ?? ''), id, () => ({
        position,
        seq,
        spanId,
      }))
}

/** @param {World} world @param {Run} run @param {Judged} judged @param {readonly import('./fold-history.mjs').Entry[]} entries */
export const judgeRows = (world, run, judged, entries) => {
  judgeDebts(world, run, judged)
  judgeLetters(world, run, judged)
  judgeGates(world, run, judged)
  judgeTraces(world, run, entries)
  const { findings } = world
  const { row } = run
  if (isFinished(row.status))
    findings.expect(
      'I9',
      'nothing is owed to a run that has ended',
      (world.tables.outbox.get(row.id) ?? []).length === 0,
      row.id,
      () => ({
        owed: world.tables.outbox.get(row.id),
      }),
    )
}
