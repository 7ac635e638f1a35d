import type {
  AgentState,
  Assignment,
  Branch,
  CheckpointPolicy,
  Mapping,
  Region,
  RetryPolicy,
  StateDefinition,
  WorkflowDefinition,
} from './definition.js'
import { compileExpression, type Evaluate } from './expression.js'
import type { Compensation } from './state.js'

/** A transition ready to be tried. */
export interface IndexedTransition {
  readonly on: string | null
  readonly when: Evaluate | null
  readonly to: string
  readonly assign: readonly IndexedAssignment[]
  readonly actions: NonNullable<StateDefinition['entry']>
}

export interface IndexedAssignment {
  readonly keys: readonly string[]
  readonly from: Evaluate
  readonly reducer: NonNullable<Assignment['reducer']>
}

export type IndexedMapping = readonly (readonly [member: string, value: Evaluate])[]

/** A machine within the definition: the root, a branch of a parallel, the body of a sub-workflow, or an item of a map. */
export interface IndexedRegion {
  readonly kind: 'root' | 'branch' | 'body' | 'item'
  readonly owner: IndexedState | null
  readonly branch: Branch | null
  /** Which item of its map, else null. */
  readonly item: number | null
  readonly initial: string
  readonly states: ReadonlyMap<string, IndexedState>
}

/** A state with everything about it that does not change from run to run. */
export interface IndexedState {
  readonly path: string
  readonly definition: StateDefinition
  readonly title: string
  /** Key of the shared state that it reads and writes. */
  readonly scope: string
  readonly region: IndexedRegion
  /** The compound that holds it, else null. */
  readonly parent: IndexedState | null
  /** The top-level state that it is or stands in. */
  readonly phase: IndexedState
  readonly transitions: readonly IndexedTransition[]
  readonly input: IndexedMapping
  readonly result: IndexedMapping | null
  readonly assign: readonly IndexedAssignment[]
  readonly outcome: Evaluate | null
  readonly artifacts: readonly { readonly name: string; readonly content: Evaluate }[]
  readonly queue: string
  readonly retry: RetryPolicy
  /** Whether it saves a checkpoint when it is done. */
  readonly checkpoint: boolean
  /** How it saves checkpoints while it goes on, else null. */
  readonly periodic: IndexedPeriodic | null
  /** A compound's regions; a map's are made as they are needed. */
  readonly regions: readonly IndexedRegion[]
  /** A map's region for an item, or with null for none in particular, to be looked at. */
  readonly makeItem: ((at: { readonly path: string; readonly item: number } | null) => IndexedItem) | null
  /** Whether it stands in an item of a map, whose steps are forgotten when the item is done. */
  readonly inItem: boolean
  /** A compound's states with their share of it; the shares add up to 1. */
  readonly parts: readonly IndexedPart[]
  /** What it undoes: it is no state of the definition then. */
  readonly undoes?: Compensation
}

/** An item of a map: a region with all its states by path. */
export interface IndexedItem extends IndexedRegion {
  readonly all: ReadonlyMap<string, IndexedState>
}
/** Checkpoints by count or by time. */
export type IndexedPeriodic = { readonly every: number; readonly of: Evaluate } | { readonly everyMs: number }

export interface IndexedPart {
  readonly state: IndexedState
  readonly share: number
}

export interface DefinitionIndex {
  readonly definition: WorkflowDefinition
  readonly root: IndexedRegion
  /** Every state but the ends and what maps hold by path, in the definition's order, compounds before what they hold. */
  readonly states: ReadonlyMap<string, IndexedState>
  /** Those with checkpoints by count. */
  readonly counting: readonly IndexedState[]
  /** The top level's states with their share of the run. */
  readonly parts: readonly IndexedPart[]
  /** Memo of the states that a move rules out, by state left and state entered. */
  readonly ruledOut: WeakMap<IndexedState, Map<IndexedState, readonly IndexedState[]>>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What applies where neither state nor definition names a policy. */
export const defaultRetry: RetryPolicy = {
  attempts: 3,
  backoff: { delayMs: 500, multiplier: 2, maxMs: 60_000, jitter: 0.2 },
  dispatches: 3,
}

/** The queue of an agent: `agent.` and the first part of its name. */
export const queueOf = ({ agent, queue }: Pick<AgentState, 'agent' | 'queue'>): string =>
  queue ?? `agent.${agent.split('.')[0] ?? agent}`

/** A state's title, else its name as words: `risk_ensemble` is "Risk ensemble". */
export const titleOf = ({ name, title }: Pick<StateDefinition, 'name' | 'title'>): string => {
  if (title !== undefined) return title
  const words = name.replaceAll(/[_-]+/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Compiles assignments; the expressions come from the cache. */
export const indexAssignments = (assign: readonly Assignment[] = []): readonly IndexedAssignment[] =>
  assign.map(({ to, from, reducer }) => ({
    keys: to.split('.'),
    from: compileExpression(from),
    reducer: reducer ?? 'replace',
  }))

const indexMapping = (mapping: Mapping = {}): IndexedMapping =>
  Object.entries(mapping).map(([member, source]) => [member, compileExpression(source)])

const mappingOf = (state: StateDefinition): Mapping => {
  if (state.kind === 'agent' || state.kind === 'workflow') return state.input
  if (state.kind === 'map') return state.input ?? {}
  return state.kind === 'human' ? state.shows : {}
}

const shared = (states: readonly IndexedState[]): readonly IndexedPart[] => {
  const parts = states.filter((state) => state.definition.kind !== 'end')
  const sum = parts.reduce((total, { definition }) => total + (definition.weight ?? 0), 0)
  return parts.map((state) => ({
    state,
    share: sum > 0 ? (state.definition.weight ?? 0) / sum : 1 / parts.length,
  }))
}

const periodicOf = (state: StateDefinition, policy: CheckpointPolicy): IndexedPeriodic | null => {
  if (typeof policy !== 'object' || state.kind === 'choice' || state.kind === 'end') return null
  return 'everyMs' in policy ? policy : { every: policy.every, of: compileExpression(policy.of) }
}

interface Place {
  readonly scope: string
  readonly owner: IndexedState | null
  readonly branch: Branch | null
  readonly kind: IndexedRegion['kind']
  readonly item: number | null
  /** Where the states are entered by path. */
  readonly all: Map<string, IndexedState>
}

const regionsOf = (state: StateDefinition): readonly { region: Region; branch: Branch | null }[] => {
  if (state.kind === 'parallel') return state.branches.map((branch) => ({ region: branch, branch }))
  if (state.kind === 'workflow' && state.body) return [{ region: state.body, branch: null }]
  return []
}

const makeIndex = (definition: WorkflowDefinition): DefinitionIndex => {
  const indexRegion = (region: Region, { scope, owner, branch, kind, item, all }: Place): IndexedRegion => {
    const states = new Map<string, IndexedState>()
    const indexed: IndexedRegion = { kind, owner, branch, item, initial: region.initial, states }
    for (const state of region.states) states.set(state.name, indexState(state, indexed, { scope, all }))
    return indexed
  }

  const indexState = (
    state: StateDefinition,
    region: IndexedRegion,
    { scope, all }: Pick<Place, 'scope' | 'all'>,
  ): IndexedState => {
    const path = scope === '' ? state.name : `${scope}.${state.name}`
    const inItem = region.kind === 'item' || (region.owner?.inItem ?? false)
    // Thousands of items would make thousands of checkpoints: only a state of an item that asks for one saves one.
    const policy = state.checkpoint ?? (inItem ? false : (definition.checkpoint ?? 'after'))
    const indexed: Mutable<IndexedState> = {
      path,
      definition: state,
      title: titleOf(state),
      scope,
      region,
      parent: region.owner,
      // Replaced by itself below where it is at the top level: an object cannot name itself while it is being made.
      phase: region.owner?.phase as IndexedState,
      transitions: (state.transitions ?? []).map((transition) => ({
        on: transition.on ?? null,
        when: transition.when === undefined ? null : compileExpression(transition.when),
        to: transition.to,
        assign: indexAssignments(transition.assign),
        actions: transition.actions ?? [],
      })),
      input: indexMapping(mappingOf(state)),
      result: state.kind === 'end' && state.result ? indexMapping(state.result) : null,
      assign: state.kind === 'set' ? indexAssignments(state.assign) : [],
      outcome: state.kind === 'agent' && state.outcome !== undefined ? compileExpression(state.outcome) : null,
      artifacts: (state.artifacts ?? []).map(({ name, content }) => ({ name, content: compileExpression(content) })),
      queue: state.kind === 'agent' ? queueOf(state) : '',
      retry: (state.kind === 'agent' ? state.retry : undefined) ?? definition.retry ?? defaultRetry,
      checkpoint: policy === 'after' && state.kind !== 'choice' && state.kind !== 'end',
      periodic: periodicOf(state, policy),
      regions: [],
      makeItem: null,
      inItem,
      parts: [],
    }
    if (region.owner === null) indexed.phase = indexed
    if (state.kind !== 'end') all.set(path, indexed)
    const inner = state.kind === 'workflow' ? path : scope
    const kind = state.kind === 'workflow' ? 'body' : 'branch'
    indexed.regions = regionsOf(state).map((held) =>
      indexRegion(held.region, { scope: inner, owner: indexed, branch: held.branch, kind, item: null, all }),
    )
    if (state.kind === 'map')
      indexed.makeItem = (at) => {
        const own = new Map<string, IndexedState>()
        const place = { scope: at?.path ?? `${path}.each`, owner: indexed, branch: null, kind: 'item' as const }
        return Object.assign(indexRegion(state, { ...place, item: at?.item ?? null, all: own }), { all: own })
      }
    indexed.parts = shared(indexed.regions.flatMap((held) => [...held.states.values()]))
    return indexed
  }

  const all = new Map<string, IndexedState>()
  const root = indexRegion(definition, { scope: '', owner: null, branch: null, kind: 'root', item: null, all })
  const counting = [...all.values()].filter(({ periodic }) => periodic !== null && 'every' in periodic)
  return { definition, root, states: all, counting, parts: shared([...root.states.values()]), ruledOut: new WeakMap() }
}

const indexes = new WeakMap<WorkflowDefinition, DefinitionIndex>()

/**
 * The index of a definition: expressions compiled, paths, shares and policies worked out, once per definition object.
 * Throws `ExpressionError` on an expression that does not compile; `checkDefinition` finds those first.
 */
export const indexDefinition = (definition: WorkflowDefinition): DefinitionIndex => {
  const known = indexes.get(definition)
  if (known) return known
  const made = makeIndex(definition)
  indexes.set(definition, made)
  return made
}

/** A state and all that the definition says it holds, in its order, without ends. */
const withParts = (state: IndexedState): readonly IndexedState[] => [
  state,
  ...state.parts.flatMap((part) => withParts(part.state)),
]

const reachableFrom = (start: IndexedState): ReadonlySet<IndexedState> => {
  const found = new Set<IndexedState>([start])
  for (const state of found)
    for (const { to } of state.transitions) {
      const next = state.region.states.get(to)
      if (next) found.add(next)
    }
  return found
}

/** States of the region, with what they hold, that could still come at `from` and no longer can at `to`. */
export const ruledOutBy = (index: DefinitionIndex, from: IndexedState, to: IndexedState): readonly IndexedState[] => {
  const memo = index.ruledOut.get(from) ?? new Map<IndexedState, readonly IndexedState[]>()
  index.ruledOut.set(from, memo)
  const known = memo.get(to)
  if (known) return known
  const ahead = reachableFrom(to)
  const lost = [...reachableFrom(from)].filter((state) => !ahead.has(state) && state.definition.kind !== 'end')
  const found = lost.flatMap(withParts)
  memo.set(to, found)
  return found
}
