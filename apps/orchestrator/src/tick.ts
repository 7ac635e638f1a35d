import { isPostgresAway } from '@flotilla/contracts'
import { gateDueAt, type RunEvent, type RunPolicies, type WorkflowDefinition } from '@flotilla/engine'
import {
  claimRuns,
  claimSuspect,
  inTransaction,
  keysForSaving,
  insertInbox,
  lockOpenGates,
  now as clock,
  parkRun,
  readClaimedRuns,
  readEvents,
  repinRuns,
  saveApplied,
  type AppliedRun,
  type Claimed,
  type ClaimedPosition,
  type ClaimedRun,
  type InboxEntry,
  type Repinned,
  type Store,
  type Tx,
  type WaitingEvent,
} from '@flotilla/store'
import { spanIdOf } from '@flotilla/telemetry'
import type { Definitions } from './definitions.js'
import { fireCompletions } from './fire-completions.js'
import { followUpsOf, saveFollowUps, type FollowUps } from './follow-ups.js'
import { foldRun, type FoldedRun } from './fold-run.js'
import { firstEventOf, hydrateEvent, type RestoreCheckpoint } from './hydrate-event.js'
import type { KnownStates, SavedState } from './known-states.js'
import { limitChildren } from './limit-children.js'
import type { ReceivedReply } from './replies-inbox.js'
import type { Triggered } from './start-triggered.js'
import { toAppliedRun } from './to-applied-run.js'

/**
 * One turn of the orchestrator: claim a bounded batch of runs, fold their events, save all of it in one transaction.
 *
 * T1 replies are acknowledged only after the transaction that holds their events (in the history or the inbox) committed.
 * T2 a run whose fold throws is parked alone; the batch commits.
 * T3 what is claimed is named in the claim marker before it is folded.
 * T4 a deadline fires only when replies are read up to date and none of the run's events were left behind.
 * T5 events are read by a statement of their own after the claim has locked the runs.
 * T6 what triggers make of a run's end is saved with the end.
 * T7 a gate that would change under a decision or vote which is not read yet does not change: the decision came first.
 * T8 a change of version is the last event of its tick: what comes after it is folded under the new version.
 * T9 a state that this process saved itself is not read again while the run is at the same position.
 */

/** Bounds of one tick. Runs, events and stored bytes at most; runs in flight over the whole fleet. */
export interface TickLimits {
  readonly runsMax: number
  readonly admissionsMax: number
  readonly inFlightMax: number
  readonly eventsMax: number
  readonly bytesMax: number
}

/** What a tick needs. */
export interface TickDependencies {
  readonly store: Store
  readonly definitions: Definitions
  readonly limits: TickLimits
  /** What definitions leave to the environment; absent: the engine's own choice. */
  readonly policies?: RunPolicies
  /** Names the claimed runs before they are folded; resolves when the marker is written. */
  readonly markClaim: (runs: readonly { readonly runId: string; readonly position: number }[]) => Promise<void>
  readonly restoreCheckpoint: RestoreCheckpoint
  readonly known: KnownStates
  readonly onParked: (run: ClaimedRun, reason: string, error: unknown) => void
}

/** What happened in one run of the batch. */
export interface TickedRun {
  readonly run: ClaimedRun
  readonly definition: WorkflowDefinition
  readonly folded: FoldedRun
  readonly applied: AppliedRun
  readonly events: readonly RunEvent[]
}

/** What a tick did. */
export interface Ticked {
  readonly runs: readonly TickedRun[]
  /** What triggers made of the runs that ended. */
  readonly triggered: readonly Triggered[]
  /** Entries whose events are durable now and may be acknowledged (T1). */
  readonly entryIds: readonly string[]
  /** True when there may be more to do at once. */
  readonly more: boolean
  readonly nextTenant: string
}

interface TickInput {
  readonly replies: readonly ReceivedReply[]
  /** Whether nothing more waits to be read from the stream. */
  readonly repliesUpToDate: boolean
  readonly fromTenant: string
  /** Whether to claim a run alone that was in hand when an orchestrator died; now and then is often enough. */
  readonly lookForSuspects: boolean
}

/** Highest engine semantics that this build knows. */
const semanticsKnown = 1

const group = <T extends { readonly runId: string }>(items: readonly T[]): Map<string, T[]> => {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const known = groups.get(item.runId)
    if (known) known.push(item)
    else groups.set(item.runId, [item])
  }
  return groups
}

/** The events of one run in the order in which they are folded; the start comes first unless a cancellation was faster. */
const eventsOf = (
  run: ClaimedRun,
  waiting: readonly WaitingEvent[],
  replies: readonly ReceivedReply[],
  { at, policies }: { readonly at: number; readonly policies: RunPolicies | undefined },
): RunEvent[] => {
  const events = [...waiting.map((row) => row.event), ...replies.map((reply) => reply.toEvent(at))]
  const [first] = events
  // An imported run brings its own beginning.
  if (run.state !== null || first?.type === 'CancelRequested' || first?.type === 'RunForked') return events
  return [firstEventOf(run, at, policies), ...events]
}

/** What is claimed, and when; `positions` null: not known yet. */
interface ClaimedAt extends Omit<Claimed, 'positions'> {
  readonly at: number
  readonly positions: readonly ClaimedPosition[] | null
}

const claim = async (tx: Tx, limits: TickLimits, input: TickInput): Promise<ClaimedAt> => {
  const going = [...new Set(input.replies.map((reply) => reply.runId))]
  const suspect = input.lookForSuspects ? await claimSuspect(tx, going) : null
  if (suspect !== null)
    return { going: [suspect], admitted: [], nextTenant: input.fromTenant, positions: null, at: await clock(tx) }
  const claiming = claimRuns(tx, {
    going,
    runsMax: limits.runsMax,
    admissionsMax: limits.admissionsMax,
    inFlightMax: limits.inFlightMax,
    withDeadlines: input.repliesUpToDate,
    fromTenant: input.fromTenant,
  })
  const [claimed, at] = await Promise.all([claiming, clock(tx)])
  return { ...claimed, at }
}

/** A reply whose run this tick does not hold waits in the inbox for whoever does. */
const toInbox = (reply: ReceivedReply, at: number): InboxEntry => {
  const { at: _at, ...event } = reply.toEvent(at)
  return {
    runId: reply.runId,
    event: event as InboxEntry['event'], // an event without its time, which the inbox gives
    dedupKey: `entry:${reply.entryId}`,
    traceparent: null,
  }
}

/** T8: what a tick takes of a run's events: all, or those up to a change of version. */
const takenOf = (rows: readonly WaitingEvent[], replies: readonly ReceivedReply[]) => {
  const last = rows.findIndex(({ event }) => event.type === 'RunMigrated')
  return last < 0 ? { rows, replies, later: [] } : { rows: rows.slice(0, last + 1), replies: [], later: replies }
}

/** The run as it is pinned after its events. */
const pinnedAfter = (run: ClaimedRun, { history }: FoldedRun): ClaimedRun => {
  const last = history.at(-1)
  if (last?.event.type !== 'RunMigrated' || last.ignored !== null) return run
  const { version, hash } = last.event.to
  return { ...run, version, definitionHash: hash }
}

/** Whether somebody decides one of the gates that were to close because they show something else. Locks the others. */
const decidedMeanwhile = async (tx: Tx, runId: string, { commands }: FoldedRun): Promise<boolean> => {
  const opened = new Set(commands.flatMap(({ command }) => (command.type === 'OpenGate' ? [command.gateId] : [])))
  const changed = commands.flatMap(({ command }) =>
    command.type === 'CloseGate' && command.status === 'changed' && !opened.has(command.gateId)
      ? [{ runId, gateId: command.gateId }]
      : [],
  )
  return (await lockOpenGates(tx, changed)).length < changed.length
}

/** The tick's transaction; notes in `saved` what it leaves behind once it has committed. */
const transact = (dependencies: TickDependencies, input: TickInput, saved: SavedState[]): Promise<Ticked> => {
  const { store, definitions, limits } = dependencies
  return inTransaction(store.pool, async (tx, closing) => {
    const claimed = await claim(tx, limits, input)
    const { at } = claimed
    const ids = [...claimed.going, ...claimed.admitted]
    const held = new Set(ids)
    const elsewhere = input.replies.filter((reply) => !held.has(reply.runId))
    if (elsewhere.length > 0)
      await insertInbox(
        tx,
        elsewhere.map((reply) => toInbox(reply, at)),
      )
    const entryIds = input.replies.map((reply) => reply.entryId)
    if (ids.length === 0) return { runs: [], triggered: [], entryIds, more: false, nextTenant: claimed.nextTenant }

    const known = dependencies.known.of(claimed.positions ?? []) // T9
    // T3, T5: the marker is written on its own connection while runs and events are read.
    const reading = readClaimedRuns(tx, ids, known)
    const [runs, { events: waiting, more: left }] = await Promise.all([
      reading,
      readEvents(tx, ids, limits),
      claimed.positions ? dependencies.markClaim(claimed.positions) : reading.then(dependencies.markClaim),
    ])
    const deadlines = input.repliesUpToDate && !left // T4
    const dueGates = deadlines
      ? runs.flatMap(({ runId, state }) =>
          Object.values(state?.gates ?? {}).flatMap((gate) =>
            (gateDueAt(gate) ?? Number.POSITIVE_INFINITY) <= at ? [{ runId, gateId: gate.gateId }] : [],
          ),
        )
      : []
    const open = new Set(await lockOpenGates(tx, dueGates))
    const gatesDecided = new Set(dueGates.map((gate) => gate.gateId).filter((gateId) => !open.has(gateId)))

    const waitingOf = group(waiting)
    const repliesOf = group(input.replies)
    const ticked: TickedRun[] = []
    const followUps: FollowUps[] = []
    const repinned: Repinned[] = []
    let cut = false
    for (const run of runs) {
      const rows = waitingOf.get(run.runId) ?? []
      const replies = repliesOf.get(run.runId) ?? []
      // Outside of T2: a database that does not answer just now is nobody's bug, and parks nobody.
      const definition = await definitions.byHash(run.definitionHash)
      try {
        const unreadable = run.unreadable ?? rows.find((row) => row.unreadable !== null)?.unreadable
        if (unreadable) throw new Error(unreadable)
        if (!definition) throw new Error('DEFINITION_MISSING')
        if (run.semantics > semanticsKnown) throw new Error('SEMANTICS_UNKNOWN')
        const taken = takenOf(rows, replies)
        const isAll = taken.rows.length === rows.length && taken.later.length === 0
        const events = eventsOf(run, taken.rows, taken.replies, { at, policies: dependencies.policies })
        const restore = dependencies.restoreCheckpoint
        for (const [index, event] of events.entries())
          events[index] = await hydrateEvent(tx, run, { event, definition, definitions, restore })
        const fires = deadlines && events.at(-1)?.type !== 'RunMigrated'
        const folded = foldRun(run, events, { definition, now: at, deadlines: fires, gatesDecided, spanIdOf })
        // A run that its first event did not begin would be admitted for ever.
        if (folded.state.status === 'created' && events.length > 0) throw new Error('NOT_BEGUN')
        const pinned = pinnedAfter(run, folded)
        const applied = toAppliedRun(
          pinned,
          folded,
          taken.rows.map((row) => row.inboxId),
        )
        if (await decidedMeanwhile(tx, run.runId, folded)) {
          // T7: the run is left as it is; whoever claims it next reads the decision first.
          await insertInbox(
            tx,
            replies.map((reply) => toInbox(reply, at)),
          )
          continue
        }
        await insertInbox(
          tx,
          taken.later.map((reply) => toInbox(reply, at)),
        )
        // Also when nothing happened: a deadline that the row held too early must be set right, or it is claimed for ever.
        ticked.push({ run: pinned, definition, folded, applied, events })
        if (pinned !== run) repinned.push({ runId: run.runId, version: pinned.version, hash: pinned.definitionHash })
        if (!isAll) cut = true
        followUps.push(followUpsOf(run, folded))
      } catch (error) {
        // What hydrates events may read beside this transaction: an outage there is no run's fault.
        if (isPostgresAway(error)) throw error
        // T2: our bug, or a definition that this build does not have. Its events are kept, held, for the unpark.
        await insertInbox(
          tx,
          replies.map((reply) => toInbox(reply, at)),
        )
        const reason = error instanceof Error ? error.message : 'unknown'
        await parkRun(tx, run.runId, /^[A-Z_]+$/.test(reason) ? reason : 'APPLY_FAILED')
        dependencies.onParked(run, reason, error)
      }
    }
    const keys = await keysForSaving(
      tx,
      ticked.map(({ run }) => run.runId),
    )
    closing(
      saveApplied(
        tx,
        ticked.map((one) => one.applied),
        keys,
      ),
    )
    saved.push(
      ...ticked.map(({ applied: { runId, position, state } }) => {
        return { runId, position, state, sealed: keys.sealedOf(runId) }
      }),
    )
    await repinRuns(tx, repinned)
    await saveFollowUps(tx, followUps)
    await limitChildren(
      tx,
      definitions,
      followUps.flatMap(({ children }) => children.map(({ childId }) => childId)),
    )
    const triggered = await fireCompletions(tx, definitions, ticked) // T6
    const followed =
      triggered.length > 0 ||
      followUps.some(({ inbox, children, subscribed }) => inbox.length + children.length + subscribed.length > 0)
    const more =
      left || cut || followed || ids.length >= limits.runsMax || claimed.admitted.length >= limits.admissionsMax
    return { runs: ticked, triggered, entryIds, more, nextTenant: claimed.nextTenant }
  })
}

/** Carries out one tick. Rejects with the driver's error when Postgres is away; nothing has happened then. */
export const tick = async (dependencies: TickDependencies, input: TickInput): Promise<Ticked> => {
  const { known } = dependencies
  const saved: SavedState[] = []
  try {
    const ticked = await transact(dependencies, input, saved)
    known.learn(saved) // T9
    return ticked
  } catch (error) {
    // Whether it was committed may be unknown; what is read again is right.
    known.forget()
    throw error
  }
}
