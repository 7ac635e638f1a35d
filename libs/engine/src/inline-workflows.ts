import type { Region, RetryPolicy, StateDefinition, SubWorkflowState, WorkflowDefinition } from './definition.js'

/** Finds a registered workflow, or undefined. */
export type ResolveWorkflow = (name: string, version: number) => WorkflowDefinition | undefined

/** Why a definition cannot be inlined. `code`: WORKFLOW_UNKNOWN or WORKFLOW_RECURSIVE. */
export class InlineError extends Error {
  override readonly name = 'InlineError'
  constructor(
    readonly code: 'WORKFLOW_UNKNOWN' | 'WORKFLOW_RECURSIVE',
    message: string,
  ) {
    super(message)
  }
}

interface Way {
  readonly resolve: ResolveWorkflow
  /** Workflows that are being inlined, outermost first. */
  readonly within: readonly string[]
}

/** The policy of a sub-workflow's own definition goes with its states. */
const withRetry = (state: StateDefinition, retry: RetryPolicy | undefined): StateDefinition =>
  state.kind === 'agent' && state.retry === undefined && retry !== undefined ? { ...state, retry } : state

const inlineRegion = <R extends Region>(region: R, way: Way, retry?: RetryPolicy): R => ({
  ...region,
  states: region.states.map((state) => inlineState(withRetry(state, retry), way, retry)),
})

const inlineBody = (state: SubWorkflowState, way: Way): SubWorkflowState => {
  if (state.detached) return state
  if (state.body) return { ...state, body: inlineRegion(state.body, way) }
  const id = `${state.workflow} version ${state.version}`
  if (way.within.includes(id))
    throw new InlineError('WORKFLOW_RECURSIVE', `${[...way.within, id].join(' holds ')}: a workflow cannot hold itself`)
  const found = way.resolve(state.workflow, state.version)
  if (!found) throw new InlineError('WORKFLOW_UNKNOWN', `${state.name}: there is no ${id}`)
  const inner = { resolve: way.resolve, within: [...way.within, id] }
  const { initial, states, deadlineMs } = inlineRegion(found, inner, found.retry)
  return { ...state, body: { initial, states, deadlineMs } }
}

const inlineState = (state: StateDefinition, way: Way, retry?: RetryPolicy): StateDefinition => {
  if (state.kind === 'workflow') return inlineBody(state, way)
  if (state.kind === 'map') return inlineRegion(state, way, retry)
  if (state.kind !== 'parallel') return state
  return { ...state, branches: state.branches.map((branch) => inlineRegion(branch, way, retry)) }
}

/**
 * A definition with the body of every sub-workflow put in, as it is registered and run; bodies that are there already
 * stay. Throws `InlineError` for a workflow that is unknown or holds itself.
 */
export const inlineWorkflows = (definition: WorkflowDefinition, resolve: ResolveWorkflow): WorkflowDefinition =>
  inlineRegion(definition, { resolve, within: [`${definition.name} version ${definition.version}`] })
