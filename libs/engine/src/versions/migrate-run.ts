import type { Advanced } from '../advance.js'
import { indexDefinition } from '../definition-index.js'
import type { WorkflowDefinition } from '../definition.js'
import { dispatchStep } from '../dispatch-step.js'
import type { RunEvent } from '../event.js'
import { openGate } from '../open-gate.js'
import type { RunState } from '../state.js'
import { stateOf } from '../states-of.js'
import { closeGateOf, voidDebt } from '../stop-steps.js'
import { isFinished, owesReply, stepAt } from '../step-at.js'
import { publish, setGate, setStep, startTurn, type Turn } from '../turn.js'
import { isInFlight, planMigration } from './plan-migration.js'
import { renamePath, renameSteps, type StepMapping } from './rename-steps.js'

type Migrated = Extract<RunEvent, { readonly type: 'RunMigrated' }>

/** A step whose path is another one is asked for anew: what comes back under the old one is fenced out. */
const sendOutRenamed = (turn: Turn, path: string, state: RunState): void => {
  const renamed = stateOf(turn, path)
  const step = stepAt(turn.state, path)
  const gate = step.gateId === null ? undefined : state.gates[step.gateId]
  if (!renamed) return
  if (gate) {
    setGate(turn, gate.gateId, null)
    openGate(turn, renamed, { ...gate, inPlaceOf: gate })
  } else if (owesReply(step)) {
    setStep(turn, path, { dispatches: 0 })
    dispatchStep(turn, renamed, null)
  }
}

/**
 * Puts a run under another version of its definition, which the shell has put into the event. Ignored, as
 * `not-migratable`, unless the plan is safe: the run may have moved on since it was asked. Deadlines that run keep their
 * times. What a run that has failed publishes still ends with its end.
 */
export const migrateRun = (from: WorkflowDefinition, state: RunState, event: Migrated): Advanced => {
  const ignore = (ignored: string): Advanced => ({ state, commands: [], ignored })
  const { definition: to, mapping } = event
  if (!to) return ignore('definition-missing')
  if (state.status === 'created') return ignore('not-started')
  if (planMigration([from, to], state, mapping).verdict !== 'safe') return ignore('not-migratable')
  const before = startTurn(indexDefinition(from), state, event)
  const turn = startTurn(indexDefinition(to), renameSteps(mapping, state), event)
  if (!isFinished(state.status))
    publish(turn, {
      type: 'run.migrated',
      message: `Goes on under version ${event.to.version}`,
      meta: { from: event.from.version, to: event.to.version },
    })
  for (const path of Object.keys(state.steps)) {
    const next = renamePath(mapping, path)
    const was = stateOf(before, path)
    if (next === path || !was || !isInFlight(state, path)) continue
    if (owesReply(stepAt(state, path))) voidDebt(before, was)
    else closeGateOf(before, path, 'changed')
    turn.commands.push(...before.commands.splice(0))
    sendOutRenamed(turn, next, state)
  }
  return { state: turn.state, commands: turn.commands }
}

/** One migration that a run went through. */
export interface Migration {
  readonly from: WorkflowDefinition
  readonly to: WorkflowDefinition
  readonly mapping: StepMapping
}

/**
 * A state of before some migrations as a state of after them: for checkpoints that are older than the version. Null where
 * the run could not have gone on from there.
 */
export const carryOver = (state: RunState, migrations: readonly Migration[]): RunState | null => {
  let carried = state
  for (const { from, to, mapping } of migrations) {
    if (planMigration([from, to], carried, mapping).verdict !== 'safe') return null
    carried = renameSteps(mapping, carried)
  }
  return carried
}
