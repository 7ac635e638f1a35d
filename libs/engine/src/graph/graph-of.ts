import type { StateDefinition, WorkflowDefinition } from '../definition.js'
import { type IndexedRegion, type IndexedState, indexDefinition } from '../definition-index.js'
import type { RunState, StepStatus } from '../state.js'
import { stepAt } from '../step-at.js'

/** What a node is, and with it its shape. */
export type NodeKind =
  'start' | 'end' | 'failed' | 'agent' | 'local' | 'decision' | 'fan' | 'gate' | 'sub-workflow' | 'exit' | 'wait'

export interface GraphNode {
  readonly id: string
  readonly label: string
  readonly kind: NodeKind
  /** Null where no run is shown, or the node is no step. */
  readonly status: StepStatus | null
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly label: string
  readonly failure: boolean
}

/** A compound's inside. */
export interface GraphCluster {
  readonly id: string
  readonly label: string
  readonly nodes: readonly GraphNode[]
  readonly clusters: readonly GraphCluster[]
}

/** The diagram of a definition, before anyone draws it. The outermost cluster is the whole. */
export interface Graph {
  readonly title: string
  readonly whole: GraphCluster
  readonly edges: readonly GraphEdge[]
  /** Whether a run is shown. */
  readonly coloured: boolean
}

const kinds: Readonly<Record<StateDefinition['kind'], NodeKind>> = {
  agent: 'agent',
  set: 'local',
  choice: 'decision',
  parallel: 'fan',
  map: 'fan',
  human: 'gate',
  wait: 'wait',
  workflow: 'sub-workflow',
  end: 'end',
}

const startId = '/start'
const failedId = '/failed'
const exitOf = ({ path }: IndexedState): string => `${path}/exit`
const insideOf = ({ regions, makeItem }: IndexedState): readonly IndexedRegion[] =>
  makeItem ? [makeItem(null)] : regions
const isCompound = (state: IndexedState): boolean => insideOf(state).length > 0
const endId = (state: IndexedState): string => `${state.path}/end`

const joinLabel = ({ definition, title }: IndexedState): string => {
  if (definition.kind !== 'parallel') return title
  const { join } = definition
  const policy = join.policy === 'k-of-n' ? `${join.k} of ${definition.branches.length}` : join.policy
  return `${title}: join ${policy}`
}

const guardMax = 48
const shortened = (text: string): string => (text.length > guardMax ? `${text.slice(0, guardMax - 1)}…` : text)

/** The end of a compound's region is where the compound goes on. */
const idOf = (state: IndexedState): string => {
  if (state.definition.kind !== 'end') return state.path
  return state.region.owner ? exitOf(state.region.owner) : endId(state)
}

const isFailure = (on: string | null): boolean => on === 'failed' || on === 'timeout'

const edgesOf = (state: IndexedState): readonly GraphEdge[] => {
  const from = isCompound(state) ? exitOf(state) : state.path
  const inward = insideOf(state).flatMap(({ states, initial, branch }) => {
    const first = states.get(initial)
    if (!first) return []
    const label = branch && branch.name !== first.definition.name ? branch.name : ''
    return [{ from: state.path, to: idOf(first), label, failure: false }]
  })
  const outward = state.transitions.flatMap(({ on, to }, position) => {
    const target = state.region.states.get(to)
    const when = state.definition.transitions?.[position]?.when
    const otherwise = on === null && state.transitions.length > 1 ? 'otherwise' : null
    const words = [on === 'done' ? null : on, when === undefined ? otherwise : `[${shortened(when)}]`]
    const label = words.filter((word) => word !== null).join(' ')
    return target ? [{ from, to: idOf(target), label, failure: isFailure(on) || endsFailed(target) }] : []
  })
  return [...inward, ...outward, ...failureOf(state, from)]
}

/** Every state that is drawn, but the ends: of a map, those of one item. */
const drawn = ({ states }: IndexedRegion): readonly IndexedState[] =>
  [...states.values()].flatMap((state) =>
    state.definition.kind === 'end' ? [] : [state, ...insideOf(state).flatMap(drawn)],
  )

const endsFailed = ({ definition }: IndexedState): boolean =>
  definition.kind === 'end' && definition.status === 'failed'

/** Where a failure goes that the definition does not name: to the join, or it ends the run. */
const failureOf = (state: IndexedState, from: string): readonly GraphEdge[] => {
  const { kind } = state.definition
  const fails = kind === 'agent' || kind === 'parallel' || kind === 'workflow'
  if (!fails || state.transitions.some(({ on }) => on === 'failed')) return []
  const { owner, branch } = state.region
  // Without a label: the node that they lead to says it, and many run side by side.
  if (owner === null) return [{ from, to: failedId, label: '', failure: true }]
  return branch ? [{ from, to: exitOf(owner), label: 'failed', failure: true }] : []
}

/**
 * The diagram of a definition, failure paths included, with the run's step statuses where a state is given. Ends of
 * compounds are drawn as the point where the compound goes on.
 */
export const graphOf = (definition: WorkflowDefinition, state?: RunState): Graph => {
  const index = indexDefinition(definition)
  const statusOf = ({ path }: IndexedState): StepStatus | null => (state ? stepAt(state, path).status : null)

  const nodesOf = (held: IndexedState): readonly GraphNode[] => {
    const node = { id: held.path, label: held.title, kind: kinds[held.definition.kind], status: statusOf(held) }
    if (held.definition.kind === 'end') return held.region.owner ? [] : [{ ...node, id: endId(held), status: null }]
    if (!isCompound(held)) return [node]
    const exit: GraphNode =
      held.definition.kind === 'parallel'
        ? { ...node, id: exitOf(held), label: joinLabel(held) }
        : { ...node, id: exitOf(held), label: '', kind: 'exit' }
    return [node, exit]
  }
  const clusterOf = (id: string, label: string, regions: readonly IndexedRegion[]): GraphCluster => {
    const states = regions.flatMap((region) => [...region.states.values()])
    return {
      id,
      label,
      nodes: states.flatMap(nodesOf),
      clusters: states.filter(isCompound).map((held) => clusterOf(held.path, held.title, insideOf(held))),
    }
  }

  const whole = clusterOf('', definition.title, [index.root])
  const edges = drawn(index.root).flatMap(edgesOf)
  const first = index.root.states.get(index.root.initial)
  const start: GraphNode = { id: startId, label: 'start', kind: 'start', status: null }
  const failed: GraphNode = { id: failedId, label: 'run failed', kind: 'failed', status: null }
  const fails = edges.some(({ to }) => to === failedId)
  return {
    title: `${definition.title} (${definition.name} version ${definition.version})`,
    whole: { ...whole, nodes: [start, ...whole.nodes, ...(fails ? [failed] : [])] },
    edges: [...(first ? [{ from: startId, to: idOf(first), label: '', failure: false }] : []), ...edges],
    coloured: state !== undefined,
  }
}
