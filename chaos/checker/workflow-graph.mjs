/** The states of a workflow and what leads to each, as the checker reads a definition. */

/**
 * @typedef {{ path: string, name: string, kind: string, owner: Node | null, branch: string | null, isInitial: boolean,
 *   leads: readonly { to: string, on: string | null }[], from: Node[], definition: any }} Node
 * @typedef {{ nodes: Map<string, Node>, definition: any }} Graph
 */

/** Indexes of items in a path, `each.3-2.work` -> `each.#.work`. @param {string} path */
export const withoutItems = (path) => path.replace(/\.\d+(-\d+)?(?=\.|$)/g, '.#')

/** @param {any} state @returns {readonly { initial: string, states: any[], name: string | null }[]} */
const regionsOf = (state) => {
  if (state.kind === 'parallel') return state.branches
  if (state.kind === 'workflow') return state.body ? [{ ...state.body, name: null }] : []
  return state.kind === 'map' ? [{ initial: state.initial, states: state.states, name: null }] : []
}

/** @param {string} path @param {string} scope @param {string} kind */
const scopeIn = (path, scope, kind) => (kind === 'workflow' ? path : kind === 'map' ? `${path}.#` : scope)

/** Makes the graph of a definition; ends are not among its nodes. @param {any} definition @returns {Graph} */
export const graphOf = (definition) => {
  /** @type {Map<string, Node>} */
  const nodes = new Map()
  /** @param {any} region @param {string} scope @param {Node | null} owner @param {string | null} branch */
  const enter = (region, scope, owner, branch) => {
    /** @type {Node[]} */
    const own = []
    for (const state of region.states) {
      if (state.kind === 'end') continue
      const path = scope === '' ? state.name : `${scope}.${state.name}`
      const leads = (state.transitions ?? []).map((/** @type {any} */ { to, on }) => ({ to, on: on ?? null }))
      /** @type {Node} */
      const node = {
        ...{ path, name: state.name, kind: state.kind, owner, branch, definition: state },
        ...{ isInitial: state.name === region.initial, leads, from: [] },
      }
      nodes.set(path, node)
      own.push(node)
      for (const inner of regionsOf(state)) enter(inner, scopeIn(path, scope, state.kind), node, inner.name)
    }
    for (const node of own) node.from = own.filter(({ leads }) => leads.some(({ to }) => to === node.name))
  }
  enter(definition, '', null, null)
  return { nodes, definition }
}

/** The node of a step's path. @param {Graph} graph @param {string} path */
export const nodeAt = (graph, path) => graph.nodes.get(path) ?? graph.nodes.get(withoutItems(path))

/** Path of a node of the same region as `path`. @param {string} path @param {string} name */
export const besides = (path, name) => [...path.split('.').slice(0, -1), name].join('.')

/**
 * Edges of a graph as `knownEdges` writes them.
 * @param {Graph} graph @returns {Record<string, string[]>}
 */
export const edgesOf = ({ nodes, definition }) => {
  /** @type {Record<string, string[]>} */
  const edges = { '': [definition.initial] }
  for (const { path, definition: state, leads } of nodes.values()) {
    const scope = path.slice(0, path.length - state.name.length)
    const next = leads.map(({ to }) => (nodes.has(`${scope}${to}`) ? `${scope}${to}` : 'end'))
    const first = regionsOf(state).map(({ initial }) => {
      const inner = scopeIn(path, scope.replace(/\.$/, ''), state.kind)
      return inner === '' ? initial : `${inner}.${initial}`
    })
    edges[path] = [...new Set([...first, ...next])]
  }
  return edges
}
