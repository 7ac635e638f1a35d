import type { JsonObject } from '@flotilla/engine'
import { gateKey, type VoteRow } from './model-tables.js'
import { insertOne } from './model-inbox.js'
import type { Statement } from './transactions.js'

/** Gates and votes as decide-gate and gates keep them: the row is the arbiter (G1), votes come one after the other (G2). */
type Model = (statement: Statement, values: readonly unknown[]) => readonly object[]

const parse = (text: unknown): unknown => JSON.parse(String(text))
const date = (at: number): Date => new Date(at)

const lockOpenGates: Model = ({ tables, tryLock }, [text]) =>
  (parse(text) as { runId: string; gateId: string }[]).flatMap(({ runId, gateId }) => {
    const key = gateKey(runId, gateId)
    return tables.gate.get(key)?.status === 'open' && tryLock(`gate ${key}`) ? [{ id: gateId }] : []
  })

const openGates: Model = ({ tables }, [runId, name]) => {
  if (!tables.run.has(String(runId))) return []
  const gates = [...tables.gate.values()].filter(
    (gate) =>
      gate.runId === runId && gate.status === 'open' && (name === null || name === gate.gate || name === gate.id),
  )
  gates.sort((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1))
  return gates.length === 0 ? [{ id: null }] : gates
}

/** The row is the arbiter: whoever changes it while it is open has decided. */
const decideGate: Model = (statement, values) => {
  const [runId, gateId, , , , decidedBy, shownHash, event] = values as readonly string[]
  const { tables, now, lock, write } = statement
  const gate = tables.gate.get(gateKey(String(runId), String(gateId)))
  if (!gate || gate.status !== 'open' || gate.shownHash !== shownHash) return []
  lock(`gate ${gateKey(gate.runId, gate.id)}`)
  write(() => void Object.assign(gate, { status: 'decided', decidedBy }))
  const held = tables.run.get(gate.runId)?.status === 'parked'
  insertOne(statement, { runId: gate.runId, event: parse(event) as JsonObject, dedupKey: `gate:${gate.id}`, held })
  return [{ gate: gate.gate, decidedAt: date(now) }]
}

const superseded: Model = ({ tables }, [runId, gateId]) =>
  tables.gate.get(gateKey(String(runId), String(gateId)))?.status === 'changed' ? [{}] : []

const lockForVote: Model = ({ tables, lock }, [runId, gateId, shownHash]) => {
  const key = gateKey(String(runId), String(gateId))
  const gate = tables.gate.get(key)
  if (gate?.status !== 'open' || gate.shownHash !== shownHash) return []
  lock(`gate ${key}`)
  return [{ gate: gate.gate }]
}

/** The votes of a gate, the transaction's own with them: its lock makes it the only one that votes. */
const voteOn: Model = ({ tables, tx, now, write }, values) => {
  const [runId, gateId, principal, , decision, given, comment] = values as readonly string[]
  const key = gateKey(String(runId), String(gateId))
  const before = tables.vote.get(key) ?? []
  if (before.some((vote) => vote.principal === principal)) return []
  const vote: VoteRow = {
    principal: String(principal),
    decision: String(decision),
    values: given ?? null,
    comment: comment ?? null,
    at: now,
  }
  tx.ownVotes.push(vote)
  write(() => void tables.vote.set(key, [...(tables.vote.get(key) ?? []), vote]))
  return [{ at: date(now) }]
}

const likeMinded: Model = ({ tables, tx }, [runId, gateId, decision, given]) =>
  [...(tables.vote.get(gateKey(String(runId), String(gateId))) ?? []), ...tx.ownVotes]
    .filter((vote) => vote.decision === decision && vote.values === (given ?? null))
    .map(({ principal, at, comment }) => ({ by: principal, at, comment }))

const tellVote: Model = (statement, [runId, event, dedupKey]) => {
  const run = statement.tables.run.get(String(runId))
  const entry = { event: parse(event) as JsonObject, dedupKey: String(dedupKey), held: run?.status === 'parked' }
  if (run) insertOne(statement, { runId: run.id, ...entry })
  return []
}

export const gateStatements: Readonly<Record<string, Model>> = {
  'lock-open-gates': lockOpenGates,
  'open-gates-named': openGates,
  'decide-gate': decideGate,
  'gate-superseded': superseded,
  'lock-gate-for-vote': lockForVote,
  'vote-on-gate': voteOn,
  'like-minded-votes': likeMinded,
  'tell-vote': tellVote,
}
