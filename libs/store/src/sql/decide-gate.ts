/**
 * Deciding a gate. Its row is the arbiter between persons and the timeout:
 *
 * G1 who changes the row while it is open has decided; everybody after finds it closed.
 * G2 the votes of one gate are taken one after the other, under the row's lock: exactly one vote is the last.
 * G3 the event for the run and the audit entry are written in the same transaction.
 */
import type { Json, JsonObject } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { runKeys, type RunKeys } from '../sealing/run-keys.js'
import { sealEvent } from '../sealing/sealed-event.js'
import { gatePlace, votePlace } from '../sealing/sealed-run.js'
import { appendAudit } from './audit.js'
import { rowsOf } from './statement.js'

export interface GateDecision {
  readonly runId: string
  /** The state's name or a gate id; null: the only open one. */
  readonly gate: string | null
  readonly decision: string
  readonly values: JsonObject | null
  readonly comment: string | null
  /** Null binds to what is shown now. */
  readonly shownHash: string | null
  /** The key's principal. */
  readonly decidedBy: string
  /** Whether the key holds the scope that a gate asks of its deciders. */
  readonly holds: (scope: string) => boolean
  readonly tenant: string
  readonly traceparent: string | null
}

/**
 * `voted`: counted, but others must give the same decision too; `given` have, with this one. `unknown`: no such run.
 * `not-open`: no open gate of that name, or somebody was first. `ambiguous`: several; their ids. `submitter`: who
 * submitted may not decide. `scope`: the gate asks for one that the key lacks. `voted-before`: each person once.
 * `changed`: something else is shown now. `no-such-outcome`: the gate's are given.
 */
export type Decided =
  | {
      readonly outcome: 'decided'
      readonly gateId: string
      readonly gate: string
      readonly decidedAt: Date
      /** Everybody whose decision it is, in the order of their votes. */
      readonly deciders: readonly string[]
    }
  | {
      readonly outcome: 'voted'
      readonly gateId: string
      readonly gate: string
      readonly votedAt: Date
      readonly given: number
      readonly needed: number
    }
  | { readonly outcome: 'unknown' | 'not-open' | 'submitter' | 'changed' | 'voted-before' }
  | { readonly outcome: 'scope'; readonly scope: string }
  | { readonly outcome: 'ambiguous'; readonly gateIds: readonly string[] }
  | { readonly outcome: 'no-such-outcome'; readonly outcomes: readonly string[] }

interface OpenRow {
  readonly id: string
  readonly gate: string
  readonly shownHash: string
  readonly outcomes: readonly string[]
  readonly submittedBy: string
  readonly needed: number
  readonly scope: string | null
}

const open = {
  name: 'open-gates-named',
  text: `
select g.id, g.gate, g.shown_hash as "shownHash", g.outcomes, g.submitted_by as "submittedBy", g.needed, g.scope
from run r left join gate g on g.run_id = r.id and g.status = 'open' and ($2::text is null or $2 in (g.gate, g.id))
where r.id = $1 order by g.opened_at, g.id`,
}

const superseded = {
  name: 'gate-superseded',
  text: `select 1 from gate where run_id = $1 and id = $2 and status = 'changed'`,
}

// G1
const decide = {
  name: 'decide-gate',
  text: `
with decided as (
  update gate set status = 'decided', decision = $3, "values" = $4::jsonb, comment = $5, decided_by = $6,
    decided_at = clock_timestamp()
  where run_id = $1 and id = $2 and status = 'open' and shown_hash = $7
  returning run_id, id, gate, decided_at
), told as (
  insert into inbox (run_id, event, dedup_key, traceparent, held)
  select d.run_id, $8::jsonb, 'gate:' || d.id, $9, r.status = 'parked' from decided d join run r on r.id = d.run_id
  on conflict do nothing
)
select gate, decided_at as "decidedAt" from decided`,
}

// G2
const lockOne = {
  name: 'lock-gate-for-vote',
  text: `select gate from gate where run_id = $1 and id = $2 and status = 'open' and shown_hash = $3 for update`,
}
const vote = {
  name: 'vote-on-gate',
  text: `
insert into gate_vote (run_id, gate_id, principal, tenant_id, decision, "values", comment)
values ($1, $2, $3, $4, $5, $6::jsonb, $7) on conflict do nothing returning at`,
}
// The same decision with other values is another decision.
const likeMinded = {
  name: 'like-minded-votes',
  text: `
select principal as by, (extract(epoch from at) * 1000)::double precision as at, comment, "values" from gate_vote
where run_id = $1 and gate_id = $2 and decision = $3 order by at, principal`,
}
const tell = {
  name: 'tell-vote',
  text: `
insert into inbox (run_id, event, dedup_key, traceparent, held)
select r.id, $2::jsonb, $3, $4, r.status = 'parked' from run r where r.id = $1 on conflict do nothing`,
}

interface Voter {
  readonly by: string
  readonly at: number
  readonly comment: string | null
}

const closedOrNull = (value: Json): string | null => (value === null ? null : jsonText(value))
/** Comments are kept as text, sealed or not. */
const textOrNull = (value: Json): string | null => (typeof value === 'string' ? value : null)

/** Members in any order: what was given is compared as jsonb would. */
const same = (a: Json, b: Json): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [left, right] = [Object.entries(a), new Map<string, Json>(Object.entries(b))]
  return (
    Array.isArray(a) === Array.isArray(b) &&
    left.length === right.size &&
    left.every(([member, value]) => right.has(member) && same(value, right.get(member) ?? null))
  )
}

const close = async (
  tx: Tx,
  keys: RunKeys,
  gate: OpenRow,
  decision: GateDecision,
  voters: readonly Voter[] | null,
): Promise<Decided> => {
  const deciders = voters?.map(({ by }) => by) ?? [decision.decidedBy]
  const event: Json = {
    type: 'GateDecided',
    gateId: gate.id,
    decision: decision.decision,
    values: decision.values,
    comment: decision.comment,
    decidedBy: deciders.join(', '),
    ...(voters === null ? {} : { deciders: voters as unknown as Json }), // JSON by its type
  }
  const [won] = await rowsOf<{ gate: string; decidedAt: Date }>(tx, decide, [
    decision.runId,
    gate.id,
    decision.decision,
    closedOrNull(keys.seal(decision.runId, gatePlace('values', gate.id), decision.values)),
    textOrNull(keys.seal(decision.runId, gatePlace('comment', gate.id), decision.comment)),
    deciders.join(', '),
    gate.shownHash,
    jsonText(sealEvent(keys, { table: 'inbox', runId: decision.runId }, event)),
    decision.traceparent,
  ])
  if (won === undefined) return { outcome: 'not-open' }
  await audit(tx, gate, decision, 'gate.decided', { deciders })
  return { outcome: 'decided', gateId: gate.id, deciders, ...won }
}

const audit = (
  tx: Tx,
  gate: OpenRow,
  { tenant, decidedBy, runId, decision }: GateDecision,
  action: 'gate.decided' | 'gate.voted',
  more: JsonObject,
) =>
  appendAudit(tx, {
    tenant,
    actor: decidedBy,
    action,
    subject: runId,
    // Not the comment and values: they may name the applicant, and the audit outlives an erasure.
    detail: { gate: gate.gate, gateId: gate.id, decision, shownHash: gate.shownHash, ...more },
  })

const cast = async (tx: Tx, keys: RunKeys, gate: OpenRow, decision: GateDecision): Promise<Decided> => {
  const { runId, decidedBy } = decision
  const [locked] = await rowsOf<{ gate: string }>(tx, lockOne, [runId, gate.id, gate.shownHash])
  if (locked === undefined) return { outcome: 'not-open' }
  const [counted] = await rowsOf<{ at: Date }>(tx, vote, [
    runId,
    gate.id,
    decidedBy,
    decision.tenant,
    decision.decision,
    closedOrNull(keys.seal(runId, votePlace('values', gate.id, decidedBy), decision.values)),
    textOrNull(keys.seal(runId, votePlace('comment', gate.id, decidedBy), decision.comment)),
  ])
  if (counted === undefined) return { outcome: 'voted-before' }
  const votes = await rowsOf<Voter & { values: Json }>(tx, likeMinded, [runId, gate.id, decision.decision])
  const voters = votes
    .filter((one) => same(keys.open(runId, votePlace('values', gate.id, one.by), one.values), decision.values))
    .map(({ by, at, comment }): Voter => {
      const said = keys.open(runId, votePlace('comment', gate.id, by), comment)
      return { by, at, comment: textOrNull(said) }
    })
  if (voters.length >= gate.needed || decision.decision === 'reject') return close(tx, keys, gate, decision, voters)
  const event: Json = {
    type: 'GateVoted',
    gateId: gate.id,
    decision: decision.decision,
    values: decision.values,
    comment: decision.comment,
    votedBy: decidedBy,
  }
  const told = jsonText(sealEvent(keys, { table: 'inbox', runId }, event))
  await rowsOf(tx, tell, [runId, told, `vote:${gate.id}:${decidedBy}`, decision.traceparent])
  const given = voters.length
  await audit(tx, gate, decision, 'gate.voted', { given, needed: gate.needed })
  return { outcome: 'voted', gateId: gate.id, gate: gate.gate, votedAt: counted.at, given, needed: gate.needed }
}

/**
 * Decides a gate for a person, or counts the person's vote where the gate needs several of the same mind, in the
 * transaction of `asTenant` (G1 to G3). One rejection is enough.
 */
export const decideGate = async (tx: Tx, decision: GateDecision): Promise<Decided> => {
  const found = await rowsOf<OpenRow | { readonly id: null }>(tx, open, [decision.runId, decision.gate])
  const gates = found.filter((gate): gate is OpenRow => gate.id !== null)
  const [gate] = gates
  if (found.length === 0) return { outcome: 'unknown' }
  if (gate === undefined) {
    const [changed] = decision.gate === null ? [] : await rowsOf(tx, superseded, [decision.runId, decision.gate])
    return { outcome: changed === undefined ? 'not-open' : 'changed' }
  }
  if (gates.length > 1) return { outcome: 'ambiguous', gateIds: gates.map(({ id }) => id) }
  if (gate.submittedBy === decision.decidedBy) return { outcome: 'submitter' }
  if (gate.scope !== null && !decision.holds(gate.scope)) return { outcome: 'scope', scope: gate.scope }
  if (decision.shownHash !== null && decision.shownHash !== gate.shownHash) return { outcome: 'changed' }
  if (!gate.outcomes.includes(decision.decision)) return { outcome: 'no-such-outcome', outcomes: gate.outcomes }
  const keys = await runKeys(tx, [decision.runId], { make: true })
  return gate.needed > 1 ? cast(tx, keys, gate, decision) : close(tx, keys, gate, decision, null)
}
