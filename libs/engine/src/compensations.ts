import type { AgentState } from './definition.js'
import { type IndexedState, queueOf } from './definition-index.js'
import { compileExpression } from './expression.js'
import type { Json } from './json.js'
import type { Compensation, RunState } from './state.js'
import type { Turn } from './turn.js'
import { evaluateFor, evaluateMapping } from './turn-values.js'

/**
 * What a run has done that can be undone. Invariants:
 * C1 an agent's success puts its compensation on the stack, with an input that is worked out then; nothing else does.
 * C2 numbers only rise, per run; a rollback never gives one again. What was undone is never undone again.
 */

const prefix = 'undo!'

/** The path under which a step is undone. No state's name holds `!`, and no item of a map is held under it. */
export const undoPathOf = (step: string): string => `${prefix}${step}`

/** The step that is undone under a path, else null. */
export const undoneAt = (path: string): string | null => (path.startsWith(prefix) ? path.slice(prefix.length) : null)

/** Whether a run is undoing what it did. */
export const isCompensating = ({ compensation }: Pick<RunState, 'compensation'>): boolean =>
  compensation?.status === 'running'

/** Until when a run that comes to its end waits for what is at work, in epoch milliseconds; null: it does not. */
export const cleaningUntil = ({ cancel, compensation }: Pick<RunState, 'cancel' | 'compensation'>): number | null =>
  cancel?.waitUntil ?? (compensation?.status === 'running' ? compensation.waitUntil : null)

/** C1. A step that is done again after a rollback takes the place of what was done before it. */
export const noteCompensation = (turn: Turn, state: IndexedState, visit: number, output: Json): void => {
  const { definition, path: step } = state
  if (definition.kind !== 'agent' || definition.compensate === undefined) return
  const { agent, input } = definition.compensate
  const mapping = evaluateFor(state, () =>
    Object.entries(input).map(([member, source]) => [member, compileExpression(source)] as const),
  )
  const number = (turn.state.compensationCount ?? 0) + 1
  turn.state.compensationCount = number
  const others = (turn.state.compensations ?? []).filter(
    (held) => !(held.carried && held.step === step && held.visit === visit),
  )
  const made = evaluateMapping(turn, state, mapping, { output, event: null })
  turn.state.compensations = [
    ...others,
    { number, step, visit, agent, queue: queueOf(definition.compensate), input: made },
  ]
}

/** What is being undone, or could not be; undefined where nothing is. */
export const undoing = ({ compensation, compensations }: RunState): Compensation | undefined => {
  const number = compensation?.left.at(-1)
  return compensations?.find((held) => held.number === number)
}

/** The state under whose path a step is undone: an agent's, with the step's own deadlines and retry policy. */
export const undoStateOf = (state: RunState, step: IndexedState | undefined): IndexedState | undefined => {
  const undone = undoing(state)
  if (!step || step.definition.kind !== 'agent' || undone?.step !== step.path) return undefined
  const { name, deadlineMs, queueDeadlineMs = null } = step.definition
  const { agent, queue, input } = undone
  const definition: AgentState = {
    kind: 'agent',
    name: undoPathOf(name),
    agent,
    queue,
    input: {},
    // The agent's own contracts hold.
    inputContract: {},
    outputContract: {},
    deadlineMs,
    queueDeadlineMs,
  }
  return {
    ...step,
    path: undoPathOf(step.path),
    definition,
    title: `Undoing ${step.title}`,
    queue,
    input: Object.entries(input).map(([member, value]) => [member, () => value]),
    parent: null,
    transitions: [],
    outcome: null,
    artifacts: [],
    undoes: undone,
  }
}

/** Whether a state at a checkpoint rests on what has been undone since, also in part, where an undoing failed. */
export const restsOnUndone = ({ undone = [], compensation }: RunState, restored: RunState): boolean => {
  const stuck = compensation?.status === 'failed' ? compensation.left.at(-1) : undefined
  return (restored.compensations ?? []).some(({ number }) => number === stuck || undone.includes(number))
}

/** What stays of the stack when a run goes back to a checkpoint (C2): what was done since then is still done. */
export const keptCompensations = (now: RunState, restored: RunState): Partial<RunState> => {
  if (now.compensationCount === undefined) return {}
  const then = restored.compensations ?? []
  const known = new Set(then.map(({ number }) => number))
  const since = (now.compensations ?? []).filter(({ number }) => !known.has(number))
  return {
    compensations: [...then, ...since.map((held) => ({ ...held, carried: true }))],
    compensationCount: now.compensationCount,
    undone: now.undone ?? [],
    compensation: null,
    steps: {
      ...restored.steps,
      ...Object.fromEntries(Object.entries(now.steps).filter(([path]) => undoneAt(path) !== null)),
    },
  }
}
