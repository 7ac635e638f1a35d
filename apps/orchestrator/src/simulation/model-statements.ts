import type { Json, JsonObject } from '@flotilla/engine'
import { debtKey, type OutboxRow, type RunRow } from './model-tables.js'
import { insertOne } from './model-inbox.js'
import { gateStatements } from './model-gates.js'
import { followUpStatements } from './model-follow-ups.js'
import { saveApplied } from './model-save-applied.js'
import type { Statement } from './transactions.js'

/**
 * What each named statement of libs/store/src/sql does, on the model's tables. The invariants are those of the files named:
 * claim-runs (C1 to C5), claim-marker (M1 to M3), save-applied (S1, S2), relay (R1 to R4), gates (the row is the arbiter).
 */
type Rows = readonly object[]
type Model = (statement: Statement, values: readonly unknown[]) => Rows

const parse = (text: unknown): unknown => JSON.parse(String(text))
const date = (at: number): Date => new Date(at)
const claimable = (run: RunRow): boolean => run.status !== 'parked' && run.crashes === 0

/** C1, C3, C4, C5. */
const claimRuns: Model = ({ tables, now, tryLock }, values) => {
  const [going, runsMax, admissionsMax, inFlightMax, withDeadlines] = values as [
    string[],
    number,
    number,
    number,
    boolean,
  ] // as the statement's parameters
  const candidates = new Set<string>()
  let seen = 0
  for (const row of tables.inbox.values()) {
    if (row.held) continue
    if ((seen += 1) > runsMax * 4) break
    candidates.add(row.runId)
  }
  for (const id of going) candidates.add(id)
  if (withDeadlines) {
    const due = [...tables.run.values()].filter((run) => run.nextDeadlineAt !== null && run.nextDeadlineAt <= now)
    due.sort((a, b) => (a.nextDeadlineAt ?? 0) - (b.nextDeadlineAt ?? 0))
    for (const run of due.slice(0, runsMax)) candidates.add(run.id)
  }
  const taken: { id: string; lane: string; position: number }[] = []
  for (const id of candidates) {
    const run = tables.run.get(id)
    if (taken.length < runsMax && run && claimable(run) && tryLock(`run ${id}`))
      taken.push({ id, lane: 'going', position: run.position })
  }
  const waiting = [...tables.run.values()].filter((run) => run.status === 'created' && run.crashes === 0)
  if (admissionsMax === 0 || waiting.length === 0) return taken
  const inFlight = [...tables.run.values()].filter((run) => run.status === 'running').length
  let room = Math.max(0, Math.min(admissionsMax, runsMax - taken.length, inFlightMax - inFlight))
  waiting.sort((a, b) => a.orderKey - b.orderKey || (a.id < b.id ? -1 : 1))
  for (const { id, position } of waiting)
    if (room > 0 && !taken.some((one) => one.id === id) && tryLock(`run ${id}`)) {
      room -= 1
      taken.push({ id, lane: 'admitted', position })
    }
  return taken
}

const claimSuspect: Model = ({ tables, now, tryLock }, [going]) => {
  const waits = new Set([...tables.inbox.values()].filter((row) => !row.held).map((row) => row.runId))
  const suspects = [...tables.run.values()].filter(
    (run) =>
      run.crashes > 0 &&
      run.status !== 'parked' &&
      (run.status === 'created' ||
        (going as string[]).includes(run.id) ||
        (run.nextDeadlineAt !== null && run.nextDeadlineAt <= now) ||
        waits.has(run.id)),
  )
  suspects.sort((a, b) => a.crashes - b.crashes || (a.id < b.id ? -1 : 1))
  const suspect = suspects.find((run) => tryLock(`run ${run.id}`))
  return suspect === undefined ? [] : [{ id: suspect.id }]
}

const readClaimedRuns: Model = ({ tables }, [ids, known]) =>
  (ids as string[])
    .flatMap((id) => tables.run.get(id) ?? [])
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((run) => ({
      runId: run.id,
      tenantId: run.tenantId,
      workflow: run.workflow,
      version: run.version,
      definitionHash: run.definitionHash,
      semantics: 1,
      status: run.status,
      priority: run.priority,
      orderKey: run.orderKey,
      state: (known as string[]).includes(run.id) ? null : run.state,
      input: run.state === null ? run.input : null,
      position: run.position,
      submittedBy: run.submittedBy,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      traceparent: null,
      createdAt: date(run.createdAt),
      crashes: run.crashes,
      rootRunId: run.rootRunId,
      childOf: run.childOf,
      chainDepth: 0,
      forkedFrom: null,
      forkedCheckpoint: null,
      forkedBy: null,
      forkedMapping: null,
      limited: false,
    }))

const readEvents: Model = ({ tables }, [ids, eventsMax, bytesMax]) => {
  const rows: object[] = []
  let bytes = 0
  for (const row of tables.inbox.values()) {
    if (row.held || !(ids as string[]).includes(row.runId)) continue
    bytes += row.bytes
    const number = rows.length + 1
    const fits = number <= Number(eventsMax) && (bytes <= Number(bytesMax) || number === 1)
    rows.push({ id: row.id, run_id: row.runId, event: row.event, at: date(row.at), traceparent: null, fits })
    if (number > Number(eventsMax)) break
  }
  return rows
}

const insertInbox: Model = (statement, [text]) => {
  const { tables } = statement
  const entries = parse(text) as { runId: string; event: JsonObject; dedupKey: string | null }[]
  for (const entry of entries) {
    const run = tables.run.get(entry.runId)
    if (run) insertOne(statement, { ...entry, held: run.status === 'parked' })
  }
  return entries.filter(({ runId }) => !tables.run.has(runId)).map(({ runId }) => ({ runId }))
}

const setHeld = ({ tables, tx, lock, write }: Statement, runId: string, held: boolean): void => {
  for (const row of tables.inbox.values())
    if (row.runId === runId && row.held !== held) {
      lock(`inbox ${row.id}`)
      write(() => void (row.held = held))
    }
  for (const row of tx.ownInbox) if (row.runId === runId) row.held = held
}

const park: Model = (statement, [id, reason]) => {
  const run = statement.tables.run.get(String(id))
  if (!run || run.status === 'parked') return []
  statement.lock(`run ${run.id}`)
  statement.write(() => void Object.assign(run, { status: 'parked', parkedReason: reason, nextDeadlineAt: null }))
  setHeld(statement, run.id, true)
  return []
}

const release = (statement: Statement, run: RunRow, dueAt: number | null): void => {
  statement.lock(`run ${run.id}`)
  const status = run.state?.status ?? 'created'
  statement.write(() => void Object.assign(run, { status, parkedReason: null, crashes: 0, nextDeadlineAt: dueAt }))
  setHeld(statement, run.id, false)
}

const unpark: Model = (statement, [ids]) => {
  const runs = (ids as string[]).flatMap((id) => statement.tables.run.get(id) ?? [])
  const parked = runs.filter((run) => run.status === 'parked')
  for (const run of parked) release(statement, run, run.state === null ? null : statement.tx.startedAt)
  return [{ released: parked.length }]
}

const settleStray: Model = ({ tables, tryLock, write }) => {
  let released = 0
  for (const row of tables.inbox.values()) {
    const run = tables.run.get(row.runId)
    const isParked = run?.status === 'parked'
    if (!run || row.held === isParked || !tryLock(`inbox ${row.id}`)) continue
    write(() => void (row.held = isParked))
    if (!isParked) released += 1
  }
  return [{ released }]
}

const markClaim: Model = ({ tables, write }, [name, runIds, positions]) => {
  const row = { runIds: runIds as string[], positions: positions as number[] }
  write(() => void tables.claim.set(String(name), row))
  return []
}

/** M3. */
const blame: Model = (statement, [name, crashesMax]) => {
  const { tables, lock, write } = statement
  const dead = tables.claim.get(String(name))
  if (!dead) return []
  lock(`claim ${String(name)}`)
  write(() => void tables.claim.delete(String(name)))
  return dead.runIds.flatMap((id, index) => {
    const run = tables.run.get(id)
    if (!run || run.position !== dead.positions[index]) return []
    if (!['created', 'running', 'waiting', 'failed'].includes(run.status)) return []
    lock(`run ${id}`)
    const parks = run.crashes + 1 >= Number(crashesMax)
    write(() => {
      run.crashes += 1
      if (parks) Object.assign(run, { status: 'parked', parkedReason: 'CRASHED', nextDeadlineAt: null })
    })
    if (parks) setHeld(statement, id, true)
    return [{ id, status: parks ? 'parked' : run.status }]
  })
}

const owedColumns = (row: OutboxRow, rootRunId: string | null) => ({
  ...row,
  owedAt: date(row.owedAt),
  sentAt: row.sentAt === null ? null : date(row.sentAt),
  rootRunId,
})

const byOrder = (a: OutboxRow, b: OutboxRow): number =>
  a.queue === b.queue
    ? a.orderKey - b.orderKey || (a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : a.dispatch - b.dispatch)
    : a.queue < b.queue
      ? -1
      : 1

/** R1. */
const lockCourier: Model = ({ tables, lock }) => {
  lock('courier')
  tables.beatsGiven += 1
  return [{ lastBeat: tables.lastBeat, nextBeat: tables.beatsGiven }]
}

/** R2. */
const takeOwed: Model = ({ tables }, [windowMax]) => {
  const unsent = [...tables.outbox.values()].filter((row) => row.sentAt === null)
  const queues = [...new Set(unsent.map((row) => row.queue))].filter((name) => tables.queue.has(name))
  return queues
    .flatMap((name) => {
      const sent = [...tables.outbox.values()].filter((row) => row.queue === name && row.sentAt !== null).length
      const owed = unsent.filter((row) => row.queue === name).sort(byOrder)
      return owed.slice(0, Math.max(0, Number(windowMax) - sent))
    })
    .map((row) => owedColumns(row, tables.run.get(row.runId)?.rootRunId ?? null))
}

/** R4. */
const markSent: Model = ({ tables, now, lock, tryLock, write }, [text, beat]) => {
  lock('courier')
  write(() => void (tables.lastBeat = Number(beat)))
  for (const key of parse(text) as { runId: string; step: string; dispatch: number }[]) {
    const row = tables.outbox.get(debtKey(key))
    if (row && tryLock(`outbox ${debtKey(key)}`))
      write(() => void Object.assign(row, { sentAt: now, beat: Number(beat) }))
  }
  return []
}

/** R3. */
const loseBeats: Model = ({ tables, tryLock, write }, [beat]) => {
  const behind = [...tables.outbox.values()].filter((row) => row.sentAt !== null && (row.beat ?? 0) > Number(beat))
  const lost = behind.filter((row) => tryLock(`outbox ${debtKey(row)}`))
  for (const row of lost) write(() => void Object.assign(row, { sentAt: null, beat: null }))
  return [{ lost: lost.length, known: behind.length }]
}

const listDebts: Model = ({ tables }, [text]) =>
  (parse(text) as { runId: string; step: string; dispatch: number }[])
    .flatMap((key) => tables.outbox.get(debtKey(key)) ?? [])
    .map((row) => owedColumns(row, tables.run.get(row.runId)?.rootRunId ?? null))

const queueDepths: Model = ({ tables }) =>
  [...tables.queue].sort().map((name) => {
    const rows = [...tables.outbox.values()].filter((row) => row.queue === name)
    const sent = rows.filter((row) => row.sentAt !== null).length
    return { name, windowMax: null, paused: false, owed: rows.length - sent, sent, oldestOwedAt: null }
  })

interface NewRun {
  readonly ord: number
  readonly id: string
  readonly tenant_id: string
  readonly workflow: string
  readonly version: number
  readonly definition_hash: string
  readonly priority: 0 | 1 | 2
  readonly input: Json
  readonly submitted_by: string
  readonly trace_id: string
  readonly key: string | null
  readonly fingerprint: string | null
}

const submitRuns: Model = ({ tables, now, write }, [text]) =>
  (parse(text) as NewRun[]).map((row) => {
    const key = row.key === null ? null : `${row.tenant_id} ${row.key}`
    const known = key === null ? undefined : tables.idempotency.get(key)
    if (known !== undefined) {
      const outcome = known.fingerprint === row.fingerprint ? 'replayed' : 'conflict'
      return { outcome, run_id: known.runId, trace_id: row.trace_id, created_at: date(now) }
    }
    const run: RunRow = {
      id: row.id,
      tenantId: row.tenant_id,
      workflow: row.workflow,
      version: row.version,
      definitionHash: row.definition_hash,
      priority: row.priority,
      orderKey: now + row.priority * 60_000,
      input: row.input,
      submittedBy: row.submitted_by,
      createdAt: now,
      rootRunId: null,
      childOf: null,
      status: 'created',
      state: null,
      position: 0,
      nextDeadlineAt: null,
      crashes: 0,
      parkedReason: null,
    }
    write(() => {
      tables.run.set(run.id, run)
      if (key !== null) tables.idempotency.set(key, { runId: run.id, fingerprint: row.fingerprint ?? '' })
    })
    return { outcome: 'accepted', run_id: row.id, trace_id: row.trace_id, created_at: date(now) }
  })

const findRun: Model = ({ tables, lock }, [id]) => {
  const run = tables.run.get(String(id))
  if (!run) return []
  lock(`run ${run.id}`)
  return [{ status: run.status, waits: false }]
}

const releaseRun: Model = (statement, [id]) => {
  const run = statement.tables.run.get(String(id))
  if (run?.status === 'parked') release(statement, run, run.state === null ? null : statement.tx.startedAt)
  return []
}

const appendCommand: Model = (statement, [id, event, dedupKey, , held]) => {
  const entry = { event: parse(event) as JsonObject, dedupKey: dedupKey as string | null, held: held === true }
  insertOne(statement, { runId: String(id), ...entry })
  return []
}

const replayLetters: Model = (statement, values) => {
  const { tables, tx, tryLock, write } = statement
  const [ids, , , , , , by, limit] = values as [string[] | null, ...unknown[]]
  const chosen = [...tables.deadLetter.values()]
    .filter((letter) => letter.status === 'open' && (ids === null || ids.includes(letter.id)))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, Number(limit))
    .filter((letter) => tryLock(`letter ${letter.id}`))
  for (const letter of chosen) {
    const run = tables.run.get(letter.runId)
    if (run?.status === 'parked') release(statement, run, tx.startedAt)
    write(() => void (letter.status = 'replayed'))
    const { step, dispatch } = letter
    const event = { type: 'DeadLetterReplayed', step, dispatch, by: String(by) }
    insertOne(statement, { runId: letter.runId, event, dedupKey: `replay:${letter.id}`, held: false })
  }
  return [...new Set(chosen.map((letter) => letter.runId))].map((runId) => ({ runId, done: chosen.length }))
}

const listUnmirrored: Model = ({ tables }) =>
  [...tables.deadLetter.values()].filter((letter) => !letter.mirrored).map((letter) => ({ ...letter }))

const markMirrored: Model = ({ tables, lock, write }, [ids]) => {
  for (const id of ids as string[]) {
    const letter = tables.deadLetter.get(id)
    if (!letter) continue
    lock(`letter ${id}`)
    write(() => void (letter.mirrored = true))
  }
  return []
}

const findCheckpoint: Model = ({ tables }, [runId, wanted]) => {
  const rows = tables.checkpoint.get(String(runId)) ?? []
  const found = rows.filter((row) =>
    /^[0-9]{1,9}$/.test(String(wanted)) ? row.number === Number(wanted) : row.label === wanted,
  )
  return found.slice(-1).map((row) => ({ ...row, createdAt: date(0) }))
}

const readPatches: Model = ({ tables }, [runId, from, to]) =>
  (tables.history.get(String(runId)) ?? [])
    .filter((row) => row.position > Number(from) && row.position <= Number(to) && row.patch !== null)
    .map(({ position, patch }) => ({ position, patch }))

const listParked: Model = ({ tables }) =>
  [...tables.run.values()]
    .filter((run) => run.status === 'parked')
    .map((run) => ({ runId: run.id, definitionHash: run.definitionHash, semantics: 1, reason: run.parkedReason }))

const listClaims: Model = ({ tables }, [self]) =>
  [...tables.claim.keys()].filter((orchestrator) => orchestrator !== self).map((orchestrator) => ({ orchestrator }))

/** By the statements' names. `read-contents` is the world's own: definitions are kept as they are. */
export const statements: Readonly<Record<string, Model>> = {
  now: ({ now }) => [{ now: date(now) }],
  'claim-runs': claimRuns,
  'claim-suspect': claimSuspect,
  'read-claimed-runs': readClaimedRuns,
  'read-events': readEvents,
  'insert-inbox': insertInbox,
  'park-run': park,
  'unpark-run': unpark,
  'settle-stray-events': settleStray,
  'list-parked': listParked,
  'mark-claim': markClaim,
  'list-claims': listClaims,
  'try-name': ({ isDead }, [name]) => [{ dead: isDead(String(name)) }],
  'blame-runs': blame,
  // Nobody here has registered an endpoint.
  'tell-parked': () => [],
  'take-owed': takeOwed,
  'mark-sent': markSent,
  'lock-courier': lockCourier,
  'lose-beats': loseBeats,
  'list-debts': listDebts,
  'queue-depths': queueDepths,
  'purge-idempotency': () => [{ purged: 0 }],
  // No workflow here waits for an event under a key.
  'purge-signals': () => [{ purged: 0 }],
  'read-payloads': () => [],
  'submit-runs': submitRuns,
  'append-command-find': findRun,
  'release-run': releaseRun,
  'append-command': appendCommand,
  // No workflow here has a limit on runs at once.
  'wait-for-slot': () => [],
  'append-audit': () => [{ seq: 1 }],
  'count-deliveries-due': () => [{ pending: 0, oldestSeconds: 0 }],
  'count-open-gates': () => [{ open: 0, overdue: 0, oldestSeconds: 0 }],
  // No workflow here has triggers.
  'match-triggers': () => [],
  'replay-dead-letters': replayLetters,
  'list-unmirrored': listUnmirrored,
  'mark-mirrored': markMirrored,
  'find-checkpoint': findCheckpoint,
  // No run here changes its version.
  'list-migrations': () => [],
  'read-snapshot': () => [],
  'read-patches': readPatches,
}

/** The model of a statement; throws where there is none, so that new SQL is not quietly left out of the proof. */
export const statementOf = (name: string, text: string): Model => {
  if (name.startsWith('save-applied-')) return (statement, values) => saveApplied(statement, text, values)
  const model = statements[name] ?? gateStatements[name] ?? followUpStatements[name]
  if (model === undefined) throw new Error(`the simulation has no model of the statement ${name}`)
  return model
}
