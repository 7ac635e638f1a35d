import type { Json, JsonObject, RunEvent, RunState } from '@flotilla/engine'
import { unpackEvents } from '@flotilla/store'
import { debtKey, gateKey, type HistoryRow } from './model-tables.js'
import { sqlError, type Statement } from './transactions.js'

/** The parts of `saveApplied`, told by how their SQL begins; each with the rows of its parameter. */
type Part = (statement: Statement, rows: readonly JsonObject[]) => void

const unique = (taken: boolean, what: string): void => {
  if (taken) throw sqlError('23505', `duplicate key: ${what}`)
}
const text = (value: Json | undefined): string => String(value)
const number = (value: Json | undefined): number => Number(value)
const nullable = (value: Json | undefined): number | null => (typeof value === 'number' ? value : null)

const updateRuns: Part = ({ tables, tx, lock, write }, rows) => {
  for (const row of rows) {
    const run = tables.run.get(text(row['id']))
    if (!run) continue
    lock(`run ${run.id}`)
    const next = nullable(row['next_deadline_at'])
    // S2: left alone while it lies ahead and the true one is later.
    const keeps =
      run.nextDeadlineAt !== null &&
      run.nextDeadlineAt > tx.startedAt &&
      row['finished_at'] === null &&
      (next === null || next >= run.nextDeadlineAt)
    const nextDeadlineAt = keeps ? run.nextDeadlineAt : next
    const state = row['state'] as unknown as RunState // as it was saved
    const rest = { status: text(row['status']), state, position: number(row['position']), crashes: 0 }
    write(() => void Object.assign(run, rest, { nextDeadlineAt }))
  }
}

const deleteInbox: Part = ({ tables, lock, write }, rows) => {
  for (const row of rows) {
    const found = tables.inbox.get(number(row['id']))
    if (!found) continue
    lock(`inbox ${found.id}`)
    write(() => {
      tables.inbox.delete(found.id)
      if (found.dedupKey !== null) tables.inboxKeys.delete(`${found.runId} ${found.dedupKey}`)
    })
  }
}

const insertHistory: Part = ({ tables, write }, rows) => {
  for (const row of rows) {
    const runId = text(row['run_id'])
    const entry: HistoryRow = {
      position: number(row['position']),
      at: number(row['at']),
      event: row['event'] as unknown as RunEvent, // as it was saved
      ignored: row['ignored'] === null ? null : text(row['ignored']),
      patch: row['patch'] ?? null,
      published:
        row['published'] === null ? null : unpackEvents(row['published'] as readonly Json[], row['seq_from'] as number), // as above
    }
    const taken = tables.history.get(runId) ?? []
    unique((taken.at(-1)?.position ?? 0) >= entry.position, `history ${runId} ${entry.position}`)
    write(() => {
      const entries = tables.history.get(runId)
      if (entries) entries.push(entry)
      else tables.history.set(runId, [entry])
    })
  }
}

const debtOf = (row: JsonObject) => ({
  runId: text(row['run_id']),
  step: text(row['step']),
  dispatch: number(row['dispatch']),
})

const deleteOutbox: Part = ({ tables, lock, write }, rows) => {
  for (const row of rows) {
    const key = debtKey(debtOf(row))
    if (!tables.outbox.has(key)) continue
    lock(`outbox ${key}`)
    write(() => void tables.outbox.delete(key))
  }
}

const insertOutbox: Part = ({ tables, now, write }, rows) => {
  for (const row of rows) {
    const debt = debtOf(row)
    unique(tables.outbox.has(debtKey(debt)), `outbox ${debtKey(debt)}`)
    write(
      () =>
        void tables.outbox.set(debtKey(debt), {
          ...debt,
          tenantId: text(row['tenant_id']),
          queue: text(row['queue']),
          agent: text(row['agent']),
          visit: number(row['visit']),
          payload: row['payload'] as JsonObject, // as it was saved
          retry: row['retry'] as JsonObject, // as above
          deadlineMs: number(row['deadline_ms']),
          priority: number(row['priority']) as 0 | 1 | 2, // a run's
          orderKey: number(row['order_key']),
          traceparent: text(row['traceparent']),
          owedAt: now,
          sentAt: null,
          beat: null,
        }),
    )
  }
}

const insertQueues: Part = ({ tables, write }, rows) => {
  for (const row of rows) write(() => void tables.queue.add(text(row['name'])))
}

const updateGates: Part = ({ tables, lock, write }, rows) => {
  for (const row of rows) {
    const key = gateKey(text(row['run_id']), text(row['id']))
    const gate = tables.gate.get(key)
    if (gate?.status !== 'open') continue
    lock(`gate ${key}`)
    write(() => {
      gate.status = text(row['status'])
      if (gate.status === 'expired') gate.decidedBy = 'timeout'
    })
  }
}

const insertGates: Part = ({ tables, write }, rows) => {
  for (const row of rows) {
    const runId = text(row['run_id'])
    const id = text(row['id'])
    unique(tables.gate.has(gateKey(runId, id)), `gate ${id}`)
    write(
      () =>
        void tables.gate.set(gateKey(runId, id), {
          runId,
          id,
          gate: text(row['gate']),
          shownHash: text(row['shown_hash']),
          outcomes: row['outcomes'] as string[], // as it was saved
          submittedBy: text(row['submitted_by']),
          openedAt: number(row['opened_at']),
          needed: number(row['needed']),
          status: text(row['status']),
          decidedBy: null,
        }),
    )
  }
}

const insertCheckpoints: Part = ({ tables, write }, rows) => {
  for (const row of rows) {
    const runId = text(row['run_id'])
    const known = tables.checkpoint.get(runId) ?? []
    unique(
      known.some((one) => one.number === row['number']),
      `checkpoint ${text(row['number'])}`,
    )
    const saved = {
      number: number(row['number']),
      label: text(row['label']),
      step: row['step'] === null ? null : text(row['step']),
      position: number(row['position']),
      data: row['data'] ?? null,
    }
    write(() => void tables.checkpoint.set(runId, [...(tables.checkpoint.get(runId) ?? []), saved]))
  }
}

const insertArtifacts: Part = ({ tables, write }, rows) => {
  for (const row of rows) {
    const key = `${text(row['run_id'])} ${text(row['name'])} ${text(row['version'])}`
    unique(tables.artifact.has(key), `artifact ${key}`)
    write(() => void tables.artifact.add(key))
  }
}

const insertDeadLetters: Part = ({ tables, write }, rows) => {
  for (const row of rows) {
    const debt = debtOf(row)
    if ([...tables.deadLetter.values()].some((letter) => debtKey(letter) === debtKey(debt))) continue
    const letter = { ...debt, id: text(row['id']), queue: text(row['queue']), status: 'open', mirrored: false }
    write(() => void tables.deadLetter.set(letter.id, letter))
  }
}

const parts: Readonly<Record<string, Part>> = {
  'update run': updateRuns,
  'delete from inbox': deleteInbox,
  'insert into history': insertHistory,
  'delete from outbox': deleteOutbox,
  'insert into outbox': insertOutbox,
  'insert into queue': insertQueues,
  'update gate': updateGates,
  'insert into gate': insertGates,
  'insert into checkpoint': insertCheckpoints,
  'insert into artifact': insertArtifacts,
  'insert into dead_letter': insertDeadLetters,
  'insert into notification': () => undefined,
  // Nobody here has registered an endpoint.
  'insert into webhook_delivery': () => undefined,
  // The ledger is the vault's: what was undone changes nothing here.
  'update vault': () => undefined,
  // Marks what a cancelled run saved; nothing hangs on it here.
  'update artifact': () => undefined,
}

const begins = /\bp\d+ as \(\s*((?:update|delete from|insert into) \w+)/g
const known = new Map<string, readonly string[]>()

const partsOf = (sql: string): readonly string[] => {
  const kept = known.get(sql)
  if (kept) return kept
  const found = [...sql.matchAll(begins)].map(([, begin]) => String(begin))
  known.set(sql, found)
  return found
}

/** Saves what a tick did: all parts or none, each seeing the rows as they were before the statement (S1). */
export const saveApplied = (statement: Statement, sql: string, values: readonly unknown[]): readonly object[] => {
  for (const [index, name] of partsOf(sql).entries()) {
    const part = parts[name]
    if (part === undefined) throw new Error(`the simulation has no model of "${name}" in save-applied`)
    part(statement, JSON.parse(String(values[index])) as JsonObject[]) // rows as the store wrote them
  }
  return []
}
