/**
 * Judges one run by its history alone: I4 (gapless, legal, ended once), I5 (one accepted reply per dispatch), I6 (joins,
 * cancellation), I8 (deadlines), I9 (every dispatch has one fate), I11 (progress).
 */
import { foldHistory, isActive, isEqualJson, isFinished, owesReply } from './fold-history.mjs'
import { judgeDeadline } from './judge-deadline.mjs'
import { judgeJoins } from './judge-join.mjs'
import { judgeSteps } from './judge-steps.mjs'
import { judgePublished, makeStream } from './judge-published.mjs'
import { reopening, runMoves, transplanting } from './transition-tables.mjs'

/**
 * @typedef {import('./fold-history.mjs').Entry} Entry
 * @typedef {import('./fold-history.mjs').State} State
 * @typedef {import('./findings.mjs').Findings} Findings
 * @typedef {{ id: string, tenant_id: string, workflow: string, status: string, state: any, position: number, published: number,
 *   progress: number, result: any, submitted_by: string, definition_hash: string, trace_id: string, finished_at: string | null }} RunRow
 * @typedef {{ step: string, dispatch: number, fate: 'accepted' | 'timed out' | 'cancelled' | 'open', failed: boolean, succeeded: boolean,
 *   letter: 'due' | 'none' | 'unknown', isChild: boolean }} Dispatched
 * @typedef {{ dispatched: Map<string, Dispatched>, ignored: Map<string, string>, terminals: number, stream: { type: string, status: string, progress: number }[],
 *   state: State, gates: Map<string, { openedAt: string, step: string, decided: number, expired: number, closed: boolean }>, replayed: Set<string>,
 *   cancelledAt: string | null, finishedAt: string | null }} JudgedRun
 */

const lastWords = new Set(['StepSucceeded', 'StepFailed', 'StepAskedHuman', 'ChildFinished'])

/** @param {{ step: string, dispatch: number }} one */
export const dispatchKey = ({ step, dispatch }) => `${dispatch} ${step}`

/** Steps that owe a reply, by path, among those given. @param {State} state @param {readonly string[]} paths */
const owedAmong = (state, paths) =>
  paths.flatMap((path) => {
    const step = state.steps[path]
    return step !== undefined && owesReply(step) ? [{ step: path, dispatch: step.dispatch }] : []
  })

/**
 * Notes what one entry did to the run's dispatches: which are new, and what became of those that no longer wait (I5, I9).
 * @param {JudgedRun} judged @param {Findings} findings @param {string} runId
 * @param {{ entry: Entry, before: State, after: State, touched: string[] }} turn @param {import('./workflow-graph.mjs').Graph} graph
 */
const followDispatches = (judged, findings, runId, { entry, before, after, touched }, graph) => {
  const { event, position, ignored } = entry
  const isWord = lastWords.has(event.type)
  const word = isWord ? dispatchKey(event) : ''
  if (isWord) {
    const known = judged.dispatched.get(word)
    findings.expect('I9', 'what replied was dispatched', known !== undefined, runId, () => ({ position, event }))
    if (ignored !== null) judged.ignored.set(word, ignored)
    else {
      const step = before.steps[event.step]
      const fits =
        step !== undefined && step.dispatch === event.dispatch && (owesReply(step) || step.mayBeDone === true)
      findings.expect('I5', 'an accepted reply is of the dispatch that is owed', fits, runId, () => ({
        ...{ position, type: event.type, step: event.step, dispatch: event.dispatch, owed: step?.dispatch ?? null },
      }))
      const first = known?.fate !== 'accepted'
      findings.expect('I5', 'a dispatch is accepted once', first, runId, () => ({
        position,
        step: event.step,
        dispatch: event.dispatch,
      }))
    }
  }
  const was = owedAmong(before, touched)
  const is = new Set(owedAmong(after, touched).map(dispatchKey))
  const isLate =
    event.type === 'DeadlineReached' && ignored === null && (event.deadline === 'step' || event.deadline === 'queue')
  for (const one of was) {
    const known = judged.dispatched.get(dispatchKey(one))
    if (is.has(dispatchKey(one)) || known === undefined) continue
    if (dispatchKey(one) === word) known.fate = 'accepted'
    else if (isLate && event.step === one.step) known.fate = 'timed out'
    else known.fate = 'cancelled'
    const isOwn = known.fate === 'accepted' || known.fate === 'timed out'
    const now = after.steps[one.step]
    known.failed = isOwn && (event.type === 'StepFailed' || isLate)
    // The dead letter's rule: a job that failed for good and that nothing in the definition deals with.
    if (known.failed && now !== undefined && now.dispatch === one.dispatch)
      known.letter = now.status !== 'failed' || !now.stopped || before.cancel !== null ? 'none' : 'due'
    if (known.failed && now === undefined) known.letter = 'unknown'
  }
  if (word !== '' && ignored === null) {
    const known = judged.dispatched.get(word)
    if (known) {
      known.fate = 'accepted'
      known.succeeded = event.type === 'StepSucceeded'
    }
  }
  const old = new Set(was.map(dispatchKey))
  const began = owedAmong(after, touched).filter((one) => !old.has(dispatchKey(one)))
  for (const one of began) {
    const key = dispatchKey(one)
    // A gate of an agent's closes: what was dispatched before it is not dispatched again under the same number.
    const again = judged.dispatched.get(key)
    const number = one.dispatch
    const isNew = again === undefined || (again.fate === 'accepted' && transplanting.has(event.type))
    findings.expect('I9', 'dispatch numbers are given once', isNew, runId, () => ({ position, ...one }))
    const inRange = number > before.dispatchCount || entry.event.type === 'RunForked'
    findings.expect('I9', 'dispatch numbers rise', inRange && number <= after.dispatchCount, runId, () => ({
      ...{ position, ...one, before: before.dispatchCount, after: after.dispatchCount },
    }))
    const mayBegin = before.cancel === null || one.step.startsWith('undo!')
    findings.expect('I6', 'nothing is dispatched after a cancellation', mayBegin, runId, () => ({ position, ...one }))
    const isChild = graph.nodes.get(one.step)?.kind === 'workflow'
    judged.dispatched.set(key, { ...one, fate: 'open', failed: false, succeeded: false, letter: 'none', isChild })
  }
  if (event.type !== 'RunForked')
    findings.expect(
      'I9',
      'every number is a dispatch',
      after.dispatchCount - before.dispatchCount === began.length,
      runId,
      () => ({
        ...{ position, event: event.type, before: before.dispatchCount, after: after.dispatchCount, began },
      }),
    )
}

/** @param {JudgedRun} judged @param {Findings} findings @param {string} runId @param {{ entry: Entry, before: State, after: State }} turn */
const followGates = (judged, findings, runId, { entry, before, after }) => {
  const { event, position, ignored } = entry
  if (before.gates !== after.gates) {
    for (const [id, gate] of Object.entries(after.gates)) {
      if (before.gates[id] !== undefined) continue
      const isNew = !judged.gates.has(id) || event.type === 'ResumeRequested'
      findings.expect('I8', 'a gate opens once', isNew, runId, () => ({ position, gateId: id }))
      judged.gates.set(id, { openedAt: entry.at, step: gate.step, decided: 0, expired: 0, closed: false })
    }
    for (const id of Object.keys(before.gates)) {
      const gate = judged.gates.get(id)
      if (gate !== undefined && after.gates[id] === undefined) gate.closed = true
    }
  }
  const isDecision = event.type === 'GateDecided'
  const isTimeout = event.type === 'DeadlineReached' && event.deadline === 'gate'
  if (ignored !== null || (!isDecision && !isTimeout)) return
  const gate = judged.gates.get(event.gateId)
  const open = before.gates[event.gateId] !== undefined
  findings.expect('I8', 'only an open gate is resolved', open, runId, () => ({
    position,
    event: event.type,
    gateId: event.gateId,
  }))
  if (gate === undefined) return
  if (isDecision) gate.decided += 1
  else gate.expired += 1
  findings.expect('I8', 'a gate is resolved once', gate.decided + gate.expired === 1, runId, () => ({
    ...{ position, gateId: event.gateId, decided: gate.decided, expired: gate.expired },
  }))
}

/** @param {Findings} findings @param {string} runId @param {{ entry: Entry, before: State, after: State }} turn */
const judgeStatus = (findings, runId, { entry, before, after }) => {
  const { event, position, ignored, patch, published } = entry
  if (ignored !== null) {
    const nothing = patch === null && (published ?? []).length === 0
    findings.expect('I4', 'an ignored event changes nothing', nothing, runId, () => ({
      position,
      ignored,
      event: event.type,
    }))
    return
  }
  const moves = /** @type {Record<string, readonly string[]>} */ (runMoves)[before.status] ?? []
  // A failed run is reopened, or given up.
  const reopened = before.status === 'failed' && reopening.has(event.type) && after.status !== 'created'
  const listens =
    isFinished(before.status) && after.status === before.status && event.type === 'StepSucceeded' && patch === null
  const legal = moves.includes(after.status) || reopened || listens
  findings.expect('I4', 'the run’s status moves legally', legal, runId, () => ({
    ...{ position, event: event.type, from: before.status, to: after.status },
  }))
}

/** @param {Findings} findings @param {RunRow} run @param {State} state @param {readonly Entry[]} entries */
const judgeEnd = (findings, run, state, entries) => {
  const { id, status } = run
  findings.expect('I4', 'the history is as long as the run says', entries.length === run.position, id, () => ({
    ...{ entries: entries.length, position: run.position },
  }))
  if (run.state === null) return
  findings.expect('I4', 'the stored state is the fold of the history', isEqualJson(state, run.state), id, () => ({
    members: Object.keys({ ...state, ...run.state }).filter(
      (key) => !isEqualJson(/** @type {any} */ (state)[key], run.state[key]),
    ),
  }))
  const same = status === state.status || status === 'parked'
  findings.expect('I4', 'the stored status is the state’s', same, id, () => ({ row: status, state: state.status }))
  findings.expect('I4', 'the stored result is the state’s', isEqualJson(run.result, state.result), id, () => ({}))
  if (!isFinished(state.status)) return
  const going = Object.keys(state.steps).filter((path) => isActive(state.steps[path]))
  findings.expect('I4', 'nothing goes on after the end', going.length === 0, id, () => ({ going }))
  findings.expect('I8', 'no gate is open after the end', Object.keys(state.gates).length === 0, id, () => ({
    gates: Object.keys(state.gates),
  }))
}

/**
 * Judges a run by its history and gives what other judges need of it. `graphOf` gives the graph of a definition by hash.
 * @param {RunRow} run @param {readonly Entry[]} entries
 * @param {{ findings: Findings, graphOf: (hash: string) => import('./workflow-graph.mjs').Graph | null, isCalm: (from: number, to: number) => boolean, lateMs: number }} world
 * @returns {JudgedRun | null} null: its definition is not in the dump
 */
export const judgeRun = (run, entries, { findings, graphOf, isCalm, lateMs }) => {
  const { id } = run
  let graph = graphOf(
    entries[0]?.event?.type === 'RunMigrated' ? entries[0].event.from.hash : firstHashOf(run, entries),
  )
  if (graph === null) return null
  /** @type {JudgedRun} */
  const judged = {
    ...{ dispatched: new Map(), ignored: new Map(), terminals: 0, stream: [], gates: new Map(), replayed: new Set() },
    ...{ state: /** @type {any} */ (null), cancelledAt: null, finishedAt: null },
  }
  const stream = makeStream()
  /** @type {Map<string, { visits: number, completed: number }>} */
  const visits = new Map()
  let expected = 0
  const turns = foldHistory(id, run.submitted_by, entries)
  for (let turn = turns.next(); ; turn = turns.next()) {
    if (turn.done) {
      judged.state = turn.value
      break
    }
    const { entry, before, after } = turn.value
    expected += 1
    findings.expect('I4', 'positions have no gap and no repetition', entry.position === expected, id, () => ({
      ...{ position: entry.position, expected },
    }))
    expected = entry.position
    findings.expect('I2', 'an entry is its run’s tenant’s', entry.tenant_id === run.tenant_id, id, () => ({
      tenant: entry.tenant_id,
    }))
    judgeStatus(findings, id, turn.value)
    if (entry.ignored === null && entry.event.type === 'RunMigrated') graph = graphOf(entry.event.to.hash) ?? graph
    followDispatches(judged, findings, id, turn.value, graph)
    followGates(judged, findings, id, turn.value)
    // Also one that is ignored was given.
    if (entry.event.type === 'DeadLetterReplayed') judged.replayed.add(dispatchKey(entry.event))
    if (entry.ignored === null) {
      judgeSteps({ findings, runId: id, graph, visits }, turn.value)
      judgeJoins({ findings, runId: id, graph }, turn.value)
      if (entry.event.type === 'DeadlineReached') judgeDeadline({ findings, runId: id, isCalm, lateMs }, turn.value)
      if (before.cancel === null && after.cancel !== null) judged.cancelledAt = entry.at
      if (isFinished(after.status)) judged.finishedAt = entry.at
    }
    judgePublished({ findings, runId: id, stream, visits }, turn.value)
  }
  judged.stream = stream.events
  judged.terminals = stream.terminals
  judgeEnd(findings, run, judged.state, entries)
  findings.expect('I4', 'the stream is as long as the run says', stream.seq === run.published, id, () => ({
    ...{ seq: stream.seq, published: run.published },
  }))
  return judged
}

/** Hash of the definition that a run began with: of the first migration's origin, else its own. @param {RunRow} run @param {readonly Entry[]} entries */
const firstHashOf = (run, entries) =>
  entries.find(({ event, ignored }) => event.type === 'RunMigrated' && ignored === null)?.event.from.hash ??
  run.definition_hash
