import { indexDefinition, type IndexedState } from '../definition-index.js'
import type { StateDefinition, WorkflowDefinition } from '../definition.js'
import { isCompensating } from '../compensations.js'
import { equalJson } from '../equal-json.js'
import { gateOutcomes } from '../open-gate.js'
import type { RunState, StepState } from '../state.js'
import { stateOf } from '../states-of.js'
import { isActive, owesReply, stepAt } from '../step-at.js'
import { startTurn, type Turn } from '../turn.js'
import { renamePath, renameSteps, type StepMapping } from './rename-steps.js'

/**
 * Whether a run can go on under another version of its definition. Invariants:
 * V1 every step that goes on, or that a resume would take up, stands in the new version in the same place, with the same
 *    kind, agent and contract of its output; so nothing that comes back for it is strange to it.
 * V2 nothing that an agent may have recorded under a step's path is lost by a rename.
 */

export type MigrationVerdict = 'safe' | 'needs-mapping' | 'blocked'

/** Why a run cannot go on as it is: about the step `step` of the version that it comes from; null: about the run. */
export interface MigrationFinding {
  readonly step: string | null
  readonly verdict: Exclude<MigrationVerdict, 'safe'>
  readonly code: string
}

export interface MigrationPlan {
  readonly verdict: MigrationVerdict
  readonly findings: readonly MigrationFinding[]
}

/** Both versions with the run's state in each. */
interface Versions {
  readonly from: Turn
  readonly to: Turn
  readonly mapping: StepMapping
}

const turnOf = (definition: WorkflowDefinition, state: RunState): Turn =>
  startTurn(indexDefinition(definition), state, { type: 'SignalReceived', at: 0, name: '', payload: null, by: '' })

const names = (branches: readonly { readonly name: string }[]): string => branches.map(({ name }) => name).join()

/** Why what a step waits for does not fit its new definition; null: it does. V1. */
const whyChanged = (was: StateDefinition, is: StateDefinition, step: StepState, { from }: Versions): string | null => {
  if (was.kind === 'agent' && is.kind === 'agent') {
    if (was.agent !== is.agent) return 'AGENT_CHANGED'
    return equalJson(was.outputContract, is.outputContract) ? null : 'CONTRACT_CHANGED'
  }
  if (was.kind === 'human' && is.kind === 'human') {
    const outcomes = new Set<string>([...gateOutcomes, ...(is.outcomes ?? [])])
    const gate = step.gateId === null ? undefined : from.state.gates[step.gateId]
    return gate?.outcomes.every((outcome) => outcomes.has(outcome)) === false ? 'OUTCOMES_CHANGED' : null
  }
  if (was.kind === 'parallel' && is.kind === 'parallel')
    return names(was.branches) === names(is.branches) && was.join.policy === is.join.policy ? null : 'BRANCHES_CHANGED'
  if (was.kind === 'wait' && is.kind === 'wait')
    return was.signal === is.signal && was.correlate === is.correlate ? null : 'WAIT_CHANGED'
  if (was.kind === 'workflow' && is.kind === 'workflow')
    return was.workflow === is.workflow && (was.detached ?? false) === (is.detached ?? false)
      ? null
      : 'WORKFLOW_CHANGED'
  return null
}

/** V2: what is known outside of the run under the step's old path. */
const whyBound = ({ definition }: IndexedState, step: StepState): string | null => {
  if (definition.kind === 'map') return 'MAP_AT_WORK'
  if (definition.kind === 'workflow' && definition.detached === true) return 'CHILD_AT_WORK'
  if (definition.kind === 'wait' && definition.correlate !== undefined) return 'WAIT_CHANGED'
  const mayHaveEffects = definition.kind === 'agent' && (definition.effects ?? 'none') !== 'none'
  return mayHaveEffects && step.dispatch > 0 ? 'EFFECTS_AT_RISK' : null
}

const judgeStep = (path: string, step: StepState, versions: Versions): MigrationFinding | null => {
  const { from, to, mapping } = versions
  const next = renamePath(mapping, path)
  const was = stateOf(from, path)
  const is = stateOf(to, next)
  const found = (verdict: MigrationFinding['verdict'], code: string): MigrationFinding => ({
    step: path,
    verdict,
    code,
  })
  const isMapped = next !== path
  if (!was) return found('blocked', 'STEP_UNKNOWN')
  if (!is) return isMapped ? found('blocked', 'TARGET_UNKNOWN') : found('needs-mapping', 'STEP_GONE')
  if (was.definition.kind !== is.definition.kind)
    return isMapped ? found('blocked', 'KIND_CHANGED') : found('needs-mapping', 'KIND_CHANGED')
  const parent = was.parent === null ? null : renamePath(mapping, was.parent.path)
  if ((is.parent?.path ?? null) !== parent || was.region.branch?.name !== is.region.branch?.name)
    return found('blocked', 'MOVED')
  const why = whyChanged(was.definition, is.definition, step, versions) ?? (isMapped ? whyBound(was, step) : null)
  return why === null ? null : found('blocked', why)
}

const findingsOf = (versions: Versions): MigrationFinding[] => {
  const { from, to, mapping } = versions
  const { state } = from
  const about = (code: string, step: string | null = null): MigrationFinding => ({ step, verdict: 'blocked', code })
  if (state.status === 'completed' || state.status === 'cancelled') return [about('RUN_FINISHED')]
  if (state.cancel) return [about('CANCELLING')]
  if (isCompensating(state)) return [about('COMPENSATING')]
  const findings: MigrationFinding[] = []
  for (const path of Object.keys(mapping)) if (!stateOf(from, path)) findings.push(about('STEP_UNKNOWN', path))
  for (const [path, step] of Object.entries(state.steps)) {
    if (!isActive(step) && !step.stopped) continue
    const finding = judgeStep(path, step, versions)
    if (finding) findings.push(finding)
  }
  for (const { step } of state.compensations ?? [])
    if (stateOf(to, renamePath(mapping, step))?.definition.kind !== 'agent')
      findings.push(about('COMPENSATION_LOST', step))
  if (Object.keys(renameSteps(mapping, state).steps).length < Object.keys(state.steps).length)
    findings.push(about('MAPPING_COLLIDES'))
  return findings
}

const verdictOf = (findings: readonly MigrationFinding[]): MigrationVerdict => {
  if (findings.some(({ verdict }) => verdict === 'blocked')) return 'blocked'
  return findings.length > 0 ? 'needs-mapping' : 'safe'
}

/**
 * Compares where a run stands with another version of its definition. `safe`: it can go on there, with this mapping;
 * `needs-mapping`: once the mapping names what became of some steps; `blocked`: not from where it stands now.
 */
export const planMigration = (
  [from, to]: readonly [WorkflowDefinition, WorkflowDefinition],
  state: RunState,
  mapping: StepMapping = {},
): MigrationPlan => {
  const versions = { from: turnOf(from, state), to: turnOf(to, renameSteps(mapping, state)), mapping }
  const findings = findingsOf(versions)
  return { verdict: verdictOf(findings), findings }
}

/** Whether a step that goes on under another path is owed a reply, or waits for a person, under the old one. */
export const isInFlight = (state: RunState, path: string): boolean => {
  const step = stepAt(state, path)
  return isActive(step) && (owesReply(step) || step.gateId !== null)
}
