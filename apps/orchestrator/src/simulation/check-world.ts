import {
  advance,
  applyPatch,
  initialState,
  nextDeadlineAt,
  type Patch,
  type RunEvent,
  type RunState,
  type WorkflowDefinition,
} from '@flotilla/engine'
import { checkInvariants, equalJson, owesReply } from '@flotilla/engine/testing'
import type { Coverage } from './coverage.js'
import { gateKey, visitKey, type HistoryRow, type RunRow, type Tables } from './model-tables.js'

/**
 * What must hold whenever a transaction has committed, and once the world has come to rest.
 *
 * K1 the history has no gaps, and refolding it through the engine, with the engine's invariants checked on every event,
 *    gives the stored state; so does folding its patches.
 * K2 stream numbers have no gaps, progress never falls.
 * K3 a dispatch has one result, and only the dispatch that was owed has any.
 * K4 what is owed by the state is in the outbox, and nothing else.
 * K5 what waits for a person has a gate, and an open gate has somebody who waits.
 * K6 the next deadline is not later than the state's own.
 * K7 a gate that a person has decided does not run into its deadline as well.
 * K8 at rest every run has ended, nothing is owed, nobody is asked, no event lies about.
 */
export class Broken extends Error {
  override readonly name = 'Broken'
}

const broken = (law: string, detail: string): never => {
  throw new Broken(`${law}: ${detail}`)
}

interface Mirror {
  state: RunState
  patched: RunState
  position: number
  seq: number
  progress: number
  readonly results: Set<string>
}

const isLastWord = (
  event: RunEvent,
): event is Extract<RunEvent, { readonly type: 'StepSucceeded' | 'StepFailed' | 'StepAskedHuman' }> =>
  event.type === 'StepSucceeded' || event.type === 'StepFailed' || event.type === 'StepAskedHuman'

/** The event as it was folded: the history leaves out what the run's row or earlier positions hold. */
const foldedEvent = (tables: Tables, run: RunRow, { event }: HistoryRow): RunEvent => {
  if (event.type === 'RunStarted') return { ...event, input: run.input }
  if (event.type === 'ItemsRead' || event.type === 'ItemsCollected') {
    const rows = tables.mapItem.get(visitKey(run.id, event.step, event.visit)) ?? []
    if (event.type === 'ItemsRead')
      return { ...event, items: rows.slice(event.from, event.from + event.count).map(({ item }) => item) }
    return { ...event, outputs: rows.map(({ status, output }) => (status === 'done' ? output : null)) }
  }
  if (event.type !== 'ResumeRequested' || event.checkpoint === null) return event
  const checkpoint = (tables.checkpoint.get(run.id) ?? []).find(({ number }) => number === event.checkpoint)
  if (checkpoint === undefined) return event
  const restored = (tables.history.get(run.id) ?? [])
    .filter(({ position, patch }) => position <= checkpoint.position && patch !== null)
    .reduce<RunState>(
      (state, { patch }) => applyPatch(state, patch as Patch), // the history keeps patches
      initialState({ runId: run.id, submittedBy: run.submittedBy }),
    )
  return { ...event, restored }
}

export interface WorldChecks {
  readonly onCommit: (tables: Tables) => void
  readonly atRest: (tables: Tables, wanted: number) => void
}

/** Watches one world. Throws `Broken` or the engine's `InvariantBroken`. */
export const makeWorldChecks = (
  definitions: ReadonlyMap<string, WorkflowDefinition>,
  coverage: Coverage,
): WorldChecks => {
  const mirrors = new Map<string, Mirror>()

  const checkEntry = (tables: Tables, run: RunRow, mirror: Mirror, entry: HistoryRow): void => {
    const definition = definitions.get(run.definitionHash)
    if (definition === undefined) return broken('K1', 'a run without a definition was folded')
    if (entry.position !== mirror.position + 1) broken('K1', `position ${entry.position} after ${mirror.position}`)
    mirror.position = entry.position
    const event = foldedEvent(tables, run, entry)
    const before = mirror.state
    const advanced = advance(definition, before, event)
    checkInvariants(before, event, advanced)
    coverage.transition(run.definitionHash, definition, before, event, advanced)
    if ((advanced.ignored ?? null) !== entry.ignored)
      broken('K1', `${event.type} was ignored for ${entry.ignored}, refolded for ${advanced.ignored}`)
    mirror.state = advanced.state
    if (entry.patch !== null) mirror.patched = applyPatch(mirror.patched, entry.patch as Patch) // as above
    for (const { seq, progress } of entry.published ?? []) {
      if (seq !== mirror.seq + 1) broken('K2', `event ${seq} after ${mirror.seq}`)
      if (progress < mirror.progress) broken('K2', `progress ${progress} after ${mirror.progress}`)
      mirror.seq = seq
      mirror.progress = progress
    }
    if (entry.ignored === null && event.type === 'DeadlineReached' && event.deadline === 'gate') {
      const gate = tables.gate.get(gateKey(run.id, event.gateId ?? ''))
      if (gate?.status === 'decided') broken('K7', `${gate.id} was decided, and its deadline applied`)
    }
    if (entry.ignored === null && isLastWord(event)) {
      const owed = before.steps[event.step]?.dispatch
      if (owed !== event.dispatch) broken('K3', `${event.step} owed ${owed} and was given ${event.dispatch}`)
      const key = `${event.step} ${event.dispatch}`
      if (mirror.results.has(key)) broken('K3', `${key} has two results`)
      mirror.results.add(key)
    }
  }

  const checkDebts = (tables: Tables, run: RunRow, state: RunState): void => {
    const definition = definitions.get(run.definitionHash)
    // While it waits for agents to clean up, nothing is owed any more and some still answer.
    const cleaning = state.cancel !== null || (state.compensation?.waitUntil ?? null) !== null
    if (cleaning || definition === undefined) return
    const owed = new Set(
      Object.entries(state.steps)
        .filter(([path, step]) => owesReply(step) && ['agent', 'undo'].includes(coverage.kindOf(definition, path)))
        .map(([step, { dispatch }]) => `${step} ${dispatch}`),
    )
    for (const row of tables.outbox.values()) {
      if (row.runId !== run.id) continue
      const key = `${row.step} ${row.dispatch}`
      if (!owed.delete(key)) broken('K4', `${key} is in the outbox and owed by nobody`)
    }
    if (owed.size > 0) broken('K4', `${[...owed].join()} is owed and not in the outbox`)
  }

  const checkGates = (tables: Tables, run: RunRow, state: RunState): void => {
    for (const { gateId } of Object.values(state.gates)) {
      const row = tables.gate.get(gateKey(run.id, gateId))
      if (row === undefined) return broken('K5', `${gateId} has no row`)
      if (row.status === 'open') continue
      if (row.status !== 'decided') broken('K5', `${gateId} waits and its row is ${row.status}`)
      const told = [...tables.inbox.values()].some(({ runId, event }) => runId === run.id && event['gateId'] === gateId)
      if (!told) broken('K5', `${gateId} was decided and its run never hears of it`)
    }
    for (const row of tables.gate.values())
      if (row.runId === run.id && row.status === 'open' && state.gates[row.id] === undefined)
        broken('K5', `${row.id} is open and nobody waits for it`)
  }

  return {
    onCommit: (tables) => {
      for (const run of tables.run.values()) {
        const history = tables.history.get(run.id)
        const known = mirrors.get(run.id)
        if (history === undefined || history.length === (known?.position ?? 0)) continue
        const first = initialState({ runId: run.id, submittedBy: run.submittedBy })
        const mirror = known ?? { state: first, patched: first, position: 0, seq: 0, progress: 0, results: new Set() }
        mirrors.set(run.id, mirror)
        for (const entry of history.slice(mirror.position)) checkEntry(tables, run, mirror, entry)
        const { state } = run
        if (state === null) return broken('K1', 'a history without a state')
        if (!equalJson(mirror.state, state)) broken('K1', 'refolding the history gives another state')
        if (!equalJson(mirror.patched, state)) broken('K1', 'folding the patches gives another state')
        if (run.status === 'parked') continue
        checkDebts(tables, run, state)
        checkGates(tables, run, state)
        const due = nextDeadlineAt(state)
        if (due !== null && (run.nextDeadlineAt === null || run.nextDeadlineAt > due))
          broken('K6', `the state is due at ${due}, its row says ${run.nextDeadlineAt}`)
      }
    },
    atRest: (tables, wanted) => {
      const asked = [...tables.run.values()].filter(({ childOf }) => childOf === null).length
      if (asked !== wanted) broken('K8', `${wanted} runs were asked for, there are ${asked}`)
      const going = [...tables.run.values()].filter(
        ({ status }) => !['completed', 'failed', 'cancelled'].includes(status),
      )
      if (going.length > 0)
        broken('K8', going.map((run) => `a run is ${run.status} for ever: ${JSON.stringify(waits(run))}`).join('; '))
      for (const row of tables.outbox.values()) broken('K8', `${row.step} ${row.dispatch} is owed for ever`)
      for (const row of tables.gate.values()) if (row.status === 'open') broken('K8', `${row.id} is open for ever`)
      for (const row of tables.inbox.values()) broken('K8', `${String(row.event['type'])} is never applied`)
    },
  }
}

const waits = (run: RunRow): unknown =>
  Object.entries(run.state?.steps ?? {})
    .filter(([, { status }]) => status === 'running' || status === 'waiting')
    .map(([path, { status, due, dispatch }]) => ({ path, status, due, dispatch }))
