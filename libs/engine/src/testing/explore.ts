import { advance } from '../advance.js'
import { dueDeadlines, nextDeadlineAt, remindsOnly } from '../deadline-events.js'
import { dueMoments } from '../due-moments.js'
import type { WorkflowDefinition } from '../definition.js'
import { indexDefinition } from '../definition-index.js'
import { awaitedSignals } from '../enter-states.js'
import type { RunEvent } from '../event.js'
import { initialState } from '../initial-state.js'
import type { Json, JsonObject } from '../json.js'
import type { RunState, RunStatus, StepState } from '../state.js'
import { stateOf } from '../states-of.js'
import { isActive, isFinished, owesReply } from '../step-at.js'
import { startTurn } from '../turn.js'
import { checkInvariants } from './check-invariants.js'
import { answerItems, keepItems, type MapRows } from './map-rows.js'

export interface ExploreOptions {
  readonly input?: Json
  /** The outputs that a step's agent may give. Default: one empty object. */
  readonly outputs?: (step: string) => readonly Json[]
  /** Values that go with a decision. Default: none. */
  readonly values?: (gate: string, decision: string) => JsonObject | null
  /** Whether agents may fail, deadlines may pass, the run may be cancelled and a failed run resumed once. Default: all. */
  readonly badDays?: {
    readonly failures?: boolean
    readonly deadlines?: boolean
    readonly cancel?: boolean
    readonly resume?: boolean
  }
  /** Stops the walk after so many states. Default 50,000. */
  readonly statesMax?: number
}

export interface Explored {
  readonly states: number
  readonly transitions: number
  /** Whether every reachable state was seen. */
  readonly complete: boolean
  /** How many states of each status were reached. */
  readonly statuses: Readonly<Partial<Record<RunStatus, number>>>
  /** States of the definition, by path, that some run entered. */
  readonly entered: ReadonlySet<string>
}

/** What tells one state from another for the walk: no times, no counters. */
const keyOf = (state: RunState): string =>
  JSON.stringify([
    state.status,
    state.openings,
    state.cancel !== null,
    state.compensations,
    state.compensation && { ...state.compensation, waitUntil: state.compensation.waitUntil !== null },
    state.scopes,
    state.signals,
    state.result,
    Object.entries(state.steps)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, step]) => [
        path,
        step.status,
        step.visits,
        step.dispatches,
        step.due,
        step.stopped ?? false,
        step.branches,
        step.gateId !== null,
        step.items,
        step.mayBeDone ?? false,
      ]),
  ])

/** What a map has asked for. */
const askedOf = (rows: MapRows, step: string, { items, visits, ...kept }: StepState, at: number): RunEvent[] => {
  if (!items || items.asked === null || !isActive({ items, visits, ...kept })) return []
  const from = items.next + items.ahead.length
  const asked =
    items.asked === 'items' ? ({ type: 'ReadItems', from, count: 2 } as const) : ({ type: 'CollectItems' } as const)
  const answer = answerItems(rows, { ...asked, step, visit: visits }, at)
  return answer ? [answer] : []
}

/** The deadline that comes first, and, where that only reminds, the first one by which something ends. */
const firstDue = (state: RunState, now: number): readonly RunEvent[] => {
  const [first] = dueDeadlines(state, now)
  if (first?.type !== 'DeadlineReached' || !remindsOnly(first.deadline)) return first ? [first] : []
  const ends = dueMoments(state).flatMap(({ at, deadline }) => (remindsOnly(deadline) ? [] : [at]))
  const last = Math.max(now, Math.min(...ends, ...(state.dueAt === null ? [] : [state.dueAt])))
  const ending = Number.isFinite(last)
    ? dueDeadlines(state, last).find((event) => event.type === 'DeadlineReached' && !remindsOnly(event.deadline))
    : undefined
  return ending ? [first, ending] : [first]
}

const eventsFrom = (
  definition: WorkflowDefinition,
  { state, rows, at }: { readonly state: RunState; readonly rows: MapRows; readonly at: number },
  options: ExploreOptions,
): RunEvent[] => {
  const { failures = true, deadlines = true, cancel = true, resume = true } = options.badDays ?? {}
  const events: RunEvent[] = []
  if (isFinished(state.status)) {
    if (state.status === 'failed' && resume && state.openings < 1) {
      const asked = { type: 'ResumeRequested', at, by: 'an-operator', checkpoint: null } as const
      events.push(asked, ...(state.compensations?.length ? [{ ...asked, mode: 'compensate' as const }] : []))
    }
    return events
  }
  const turn = startTurn(indexDefinition(definition), state, { type: 'RunStarted', at, input: null })
  for (const [step, { dispatch, status, ...kept }] of Object.entries(state.steps)) {
    const entered = stateOf(turn, step)
    const waiting = entered?.definition
    events.push(...askedOf(rows, step, { dispatch, status, ...kept }, at))
    const from = { at, step, dispatch, attempt: 1 }
    const outputs = options.outputs?.(step) ?? [{}]
    if (kept.mayBeDone)
      for (const output of outputs) events.push({ type: 'StepSucceeded', ...from, output, usage: null })
    if (owesReply({ dispatch, status, ...kept }) && waiting?.kind === 'workflow') {
      const ended = { type: 'ChildFinished', at, step, dispatch, runId: null, error: null, output: {} } as const
      events.push({ ...ended, status: 'completed' })
      if (failures) events.push({ ...ended, status: 'failed' })
    } else if (owesReply({ dispatch, status, ...kept })) {
      if (status === 'waiting') events.push({ type: 'StepStarted', ...from })
      for (const output of outputs) events.push({ type: 'StepSucceeded', ...from, ranMs: 1, output, usage: null })
      if (failures)
        events.push({ type: 'StepFailed', ...from, error: { code: 'BROKEN', message: 'broken' }, attempts: 1 })
    }
    if (entered && isActive({ dispatch, status, ...kept }))
      for (const name of awaitedSignals(entered))
        events.push({ type: 'SignalReceived', at, name, payload: {}, by: 'someone' })
  }
  for (const { gateId, gate, outcomes } of Object.values(state.gates))
    for (const decision of outcomes) {
      const values = options.values?.(gate, decision) ?? null
      events.push({ type: 'GateDecided', at, gateId, decision, values, comment: null, decidedBy: 'a-reviewer' })
    }
  const next = deadlines ? nextDeadlineAt(state) : null
  if (next !== null) events.push(...firstDue(state, Math.max(next, at)))
  if (cancel && !state.cancel) events.push({ type: 'CancelRequested', at, by: 'an-operator', reason: null })
  return events
}

/**
 * Walks every state that runs of a definition can reach within the bounds, breadth first, and checks the invariants on
 * each transition; also that each event, given again, changes nothing.
 */
export const explore = (definition: WorkflowDefinition, options: ExploreOptions = {}): Explored => {
  const statesMax = options.statesMax ?? 50_000
  const first = initialState({ runId: 'run-1', submittedBy: 'a-submitter' })
  const start: RunEvent = { type: 'RunStarted', at: 1_000, input: options.input ?? {} }
  const seen = new Set<string>()
  const entered = new Set<string>()
  const statuses: Partial<Record<RunStatus, number>> = {}
  const queue: { readonly state: RunState; readonly rows: MapRows; readonly at: number }[] = []
  let transitions = 0

  const step = (before: RunState, rows: MapRows, event: RunEvent): void => {
    const advanced = advance(definition, before, event)
    checkInvariants(before, event, advanced)
    transitions += 1
    if (advanced.ignored !== undefined) return
    if (event.type !== 'SignalReceived')
      checkInvariants(advanced.state, event, ignoredOrThrow(definition, advanced.state, event))
    const key = keyOf(advanced.state)
    if (seen.has(key)) return
    seen.add(key)
    const { status } = advanced.state
    statuses[status] = (statuses[status] ?? 0) + 1
    for (const [path, { visits }] of Object.entries(advanced.state.steps)) if (visits > 0) entered.add(path)
    queue.push({ state: advanced.state, rows: keepItems(rows, advanced.commands), at: event.at + 1 })
  }

  step(first, {}, start)
  for (let next = queue.shift(); next && seen.size < statesMax; next = queue.shift())
    for (const event of eventsFrom(definition, next, options)) step(next.state, next.rows, event)
  return { states: seen.size, transitions, complete: queue.length === 0, statuses, entered }
}

const ignoredOrThrow = (
  definition: WorkflowDefinition,
  state: RunState,
  event: RunEvent,
): ReturnType<typeof advance> => {
  const again = advance(definition, state, event)
  if (again.ignored === undefined) throw new Error(`a repeated ${event.type} is applied again`)
  return again
}
