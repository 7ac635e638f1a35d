import { advance, type Advanced } from '../advance.js'
import type { Command, StreamedEvent } from '../command.js'
import { dueDeadlines, nextDeadlineAt } from '../deadline-events.js'
import type { WorkflowDefinition } from '../definition.js'
import type { RunError, RunEvent, Usage } from '../event.js'
import { initialState } from '../initial-state.js'
import type { Json, JsonObject } from '../json.js'
import type { OpenGate, RunState } from '../state.js'
import { isFinished } from '../step-at.js'
import { checkInvariants } from './check-invariants.js'
import { answerItems, keepItems, type MapRows } from './map-rows.js'

export type Dispatched = Extract<Command, { readonly type: 'Dispatch' }>

/** How a simulated agent answers a dispatch. `silent`: never, until its deadline. */
export type AgentReply =
  | { readonly output: Json; readonly usage?: Usage }
  | { readonly failed: RunError }
  | { readonly ask: JsonObject }
  | { readonly silent: true }

/** Agents by step path, else by agent's name. An agent that is missing answers with an empty object. */
export type SimulatedAgents = Readonly<Record<string, (dispatched: Dispatched) => AgentReply>>

/** How a simulated child run ends. */
export type ChildEnd = { readonly output: Json } | { readonly failed: RunError }

export interface Decision {
  readonly decision: string
  readonly values?: JsonObject | null
  readonly decidedBy?: string
}

export interface SimulateOptions {
  readonly input?: Json
  /** The decision on a gate; null lets it run into its deadline. Default: approve. */
  readonly decide?: (gate: OpenGate) => Decision | null
  /** The end of a child run. Default: completed with an empty object. */
  readonly child?: (started: Extract<Command, { readonly type: 'StartChild' }>) => ChildEnd
  /** Picks the next of `count` things that can happen, 0 to count - 1. Default: the first, so in order. */
  readonly choose?: (count: number) => number
  /** Called after every event; what it returns is given to the run next, before anything else. */
  readonly interfere?: (state: RunState, event: RunEvent, advanced: Advanced) => readonly RunEvent[]
  /** Stops after so many events. Default 2,000. */
  readonly eventsMax?: number
}

export interface Simulated {
  readonly state: RunState
  /** Every event given, with why it was ignored, if it was. */
  readonly events: readonly { readonly event: RunEvent; readonly ignored: string | null }[]
  readonly commands: readonly Command[]
  readonly published: readonly StreamedEvent[]
}

/** How long a simulated agent lets a person think: for ever would leave some worlds without an end. */
const askedDeadlineMs = 60_000

type Pending = (at: number) => RunEvent

const endOf = ({ step, dispatch }: { step: string; dispatch: number }, end: ChildEnd): Pending => {
  const failed = 'failed' in end
  const told = { output: failed ? null : end.output, error: failed ? end.failed : null }
  return (at) => ({
    ...{ type: 'ChildFinished', at, step, dispatch, runId: null },
    ...{ status: failed ? 'failed' : 'completed', ...told },
  })
}

const replyEvents = (dispatched: Dispatched, agents: SimulatedAgents): readonly Pending[] => {
  const { step, dispatch } = dispatched
  const from = { step, dispatch, attempt: 1 }
  const started: Pending = (at) => ({ type: 'StepStarted', at, ...from })
  const reply: AgentReply = (agents[step] ?? agents[dispatched.agent])?.(dispatched) ?? { output: {} }
  if ('silent' in reply) return [started]
  if ('failed' in reply)
    return [started, (at) => ({ type: 'StepFailed', at, ...from, error: reply.failed, attempts: 1, usage: null })]
  if ('ask' in reply)
    return [started, (at) => ({ type: 'StepAskedHuman', at, ...from, payload: reply.ask, deadlineMs: askedDeadlineMs })]
  const { output, usage } = reply
  return [started, (at) => ({ type: 'StepSucceeded', at, ...from, output, usage: usage ?? null })]
}

const decisionEvents = (gate: OpenGate, decide: NonNullable<SimulateOptions['decide']>): readonly Pending[] => {
  const decided = decide(gate)
  if (decided === null) return []
  const { decision, values, decidedBy } = decided
  return [
    (at) => ({
      type: 'GateDecided',
      at,
      gateId: gate.gateId,
      decision,
      values: values ?? null,
      comment: null,
      decidedBy: decidedBy ?? 'a-reviewer',
    }),
  ]
}

/**
 * Carries a run through a simulated world: agents and people answer in the order that `choose` picks, time stands still
 * while anything can happen and then jumps to the next deadline. Every event is checked with `checkInvariants`.
 */
export const simulate = (
  definition: WorkflowDefinition,
  agents: SimulatedAgents = {},
  {
    input = {},
    decide = () => ({ decision: 'approve' }),
    child = () => ({ output: {} }),
    choose = () => 0,
    interfere,
    eventsMax = 2_000,
  }: SimulateOptions = {},
): Simulated => {
  let state = initialState({ runId: 'run-1', submittedBy: 'a-submitter' })
  let now = 1_000_000
  const events: { event: RunEvent; ignored: string | null }[] = []
  const commands: Command[] = []
  let rows: MapRows = {}
  // Lines of events that happen in order; lines happen in any order.
  const lines: (readonly Pending[])[] = [[(at) => ({ type: 'RunStarted', at, input })]]

  const give = (event: RunEvent): void => {
    const before = state
    const advanced = advance(definition, before, event)
    checkInvariants(before, event, advanced)
    state = advanced.state
    events.push({ event, ignored: advanced.ignored ?? null })
    rows = keepItems(rows, advanced.commands)
    for (const command of advanced.commands) {
      commands.push(command)
      if (command.type === 'ReadItems' || command.type === 'CollectItems')
        lines.push([(at) => answerItems(rows, command, at) as RunEvent]) // one of the two commands that are answered
      if (command.type === 'StartChild') lines.push([endOf(command, child(command))])
      if (command.type === 'Dispatch') lines.push(replyEvents(command, agents))
      const gate = command.type === 'OpenGate' ? state.gates[command.gateId] : undefined
      if (gate) lines.push(decisionEvents(gate, decide))
    }
    for (const extra of interfere?.(before, event, advanced) ?? []) give(extra)
  }

  while (events.length < eventsMax) {
    const open = lines.filter((line) => line.length > 0)
    lines.splice(0, lines.length, ...open)
    if (open.length > 0) {
      const picked = choose(open.length) % open.length
      const [pending, ...later] = open[picked] ?? []
      lines[picked] = later
      now += 1
      if (pending) give(pending(now))
      continue
    }
    const next = nextDeadlineAt(state)
    if (isFinished(state.status) || next === null) break
    now = Math.max(now, next)
    for (const event of dueDeadlines(state, now)) give(event)
  }
  const published = commands.flatMap((command) => (command.type === 'Publish' ? [command.event] : []))
  return { state, events, commands, published }
}
