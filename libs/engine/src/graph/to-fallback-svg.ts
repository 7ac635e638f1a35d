import type { WorkflowDefinition } from '../definition.js'
import type { RunState } from '../state.js'
import { type Graph, type GraphCluster, type GraphNode, graphOf, type NodeKind } from './graph-of.js'
import { borderOf, failureColour, fillOf, lineColour, statusFills, textColour } from './palette.js'

const nodeWidth = 150
const nodeHeight = 40
const columnWidth = 190
const rowHeight = 86
const margin = 40
const titleHeight = 50

interface Placed extends GraphNode {
  readonly x: number
  readonly y: number
}

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // eslint-disable-next-line no-control-regex -- XML allows no control characters but tab and line ends
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')

const allNodes = ({ nodes, clusters }: GraphCluster): readonly GraphNode[] => [...nodes, ...clusters.flatMap(allNodes)]

/** Layers by the longest way from the start along edges that do not lead back. */
const layersOf = (graph: Graph): ReadonlyMap<string, number> => {
  const forward = new Map<string, string[]>()
  const visiting = new Set<string>()
  const order: string[] = []
  const seen = new Set<string>()
  const visit = (id: string): void => {
    seen.add(id)
    visiting.add(id)
    const next: string[] = []
    for (const { from, to } of graph.edges) {
      if (from !== id || visiting.has(to)) continue
      next.push(to)
      if (!seen.has(to)) visit(to)
    }
    forward.set(id, next)
    visiting.delete(id)
    order.unshift(id)
  }
  for (const { id } of allNodes(graph.whole)) if (!seen.has(id)) visit(id)
  const layers = new Map<string, number>()
  for (const id of order) {
    const layer = layers.get(id) ?? 0
    layers.set(id, layer)
    for (const to of forward.get(id) ?? []) layers.set(to, Math.max(layers.get(to) ?? 0, layer + 1))
  }
  return layers
}

const place = (graph: Graph): ReadonlyMap<string, Placed> => {
  const layers = layersOf(graph)
  const rows = Map.groupBy(allNodes(graph.whole), ({ id }) => layers.get(id) ?? 0)
  const widest = Math.max(1, ...[...rows.values()].map(({ length }) => length))
  const placed = new Map<string, Placed>()
  for (const [layer, nodes] of rows)
    for (const [column, node] of nodes.entries()) {
      const x = margin + ((widest - nodes.length) / 2 + column + 0.5) * columnWidth
      placed.set(node.id, { ...node, x, y: titleHeight + margin + layer * rowHeight })
    }
  return placed
}

const polygon = (points: readonly (readonly [number, number])[], { x, y }: Placed, style: string, grow = 0): string => {
  const halfWidth = nodeWidth / 2 + grow
  const halfHeight = nodeHeight / 2 + grow
  const at = points.map(([dx, dy]) => `${(x + dx * halfWidth).toFixed(1)},${(y + dy * halfHeight).toFixed(1)}`)
  return `<polygon points="${at.join(' ')}" ${style}/>`
}

const octagon = [
  [-0.8, -1],
  [0.8, -1],
  [1, -0.45],
  [1, 0.45],
  [0.8, 1],
  [-0.8, 1],
  [-1, 0.45],
  [-1, -0.45],
] as const
const hexagon = [
  [-0.82, -1],
  [0.82, -1],
  [1, 0],
  [0.82, 1],
  [-0.82, 1],
  [-1, 0],
] as const
const diamond = [
  [0, -1.25],
  [1, 0],
  [0, 1.25],
  [-1, 0],
] as const
const slanted = [
  [-0.85, -1],
  [1, -1],
  [0.85, 1],
  [-1, 1],
] as const

const outline = (node: Placed): string => {
  const { colour, width } = borderOf(node)
  const dashed = node.status === 'skipped' || node.status === 'cancelled' ? ' stroke-dasharray="4 3"' : ''
  const style = `fill="${fillOf(node)}" stroke="${colour}" stroke-width="${width}"${dashed}`
  const corner = (radius: number): string =>
    `<rect x="${node.x - nodeWidth / 2}" y="${node.y - nodeHeight / 2}" width="${nodeWidth}" height="${nodeHeight}" rx="${radius}" ${style}/>`
  const draw: Readonly<Record<NodeKind, () => string>> = {
    start: () => corner(nodeHeight / 2),
    end: () => corner(nodeHeight / 2),
    failed: () => corner(nodeHeight / 2),
    agent: () => corner(0),
    local: () => corner(8),
    decision: () => polygon(diamond, node, style),
    fan: () => polygon(octagon, node, style),
    gate: () => polygon(hexagon, node, style),
    wait: () => polygon(slanted, node, style),
    'sub-workflow': () => polygon(octagon, node, style, 4) + polygon(octagon, node, style),
    exit: () => `<circle cx="${node.x}" cy="${node.y}" r="4" fill="${lineColour}"/>`,
  }
  return draw[node.kind]()
}

const drawNode = (node: Placed): string => {
  const title = node.status === null ? node.label : `${node.label}: ${node.status}`
  const text = `<text x="${node.x}" y="${node.y + 4}" text-anchor="middle">${escaped(node.label)}</text>`
  return `<g><title>${escaped(title)}</title>${outline(node)}${text}</g>`
}

const drawEdges = ({ edges }: Graph, placed: ReadonlyMap<string, Placed>): readonly string[] =>
  edges.flatMap(({ from, to, label, failure }) => {
    const a = placed.get(from)
    const b = placed.get(to)
    if (!a || !b) return []
    const down = b.y > a.y
    const y1 = a.y + (down ? nodeHeight / 2 : 0)
    const y2 = b.y - (down ? nodeHeight / 2 + 2 : 0)
    const bend = b.y - a.y > rowHeight * 1.5 || !down ? columnWidth * 0.55 : 0
    const middle = (y1 + y2) / 2
    const x = (a.x + b.x) / 2 + bend
    const colour = failure ? failureColour : lineColour
    const dashed = failure ? ' stroke-dasharray="5 4"' : ''
    const path = `M ${a.x} ${y1} Q ${x} ${middle} ${b.x} ${y2}`
    const marker = `marker-end="url(#${failure ? 'failure' : 'flow'})"`
    return [
      `<path d="${path}" fill="none" stroke="${colour}"${dashed} ${marker}/>`,
      ...(label === ''
        ? []
        : [
            `<text class="edge" x="${(a.x + b.x) / 4 + x / 2 + 4}" y="${middle}" fill="${colour}">${escaped(label)}</text>`,
          ]),
    ]
  })

const arrow = (id: string, colour: string): string =>
  `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="${colour}"/></marker>`

const drawLegend = (y: number): string =>
  Object.entries(statusFills)
    .map(([status, fill], index) => {
      const x = margin + index * 92
      return `<rect x="${x}" y="${y}" width="14" height="14" fill="${fill}" stroke="${lineColour}"/><text class="edge" x="${x + 19}" y="${y + 11}" fill="${textColour}">${status}</text>`
    })
    .join('')

/**
 * A plain SVG of a definition for where Graphviz is missing: the same nodes, shapes, colours and failure paths as
 * `toDot`, in layers from top to bottom.
 */
export const toFallbackSvg = (definition: WorkflowDefinition, state?: RunState): string => {
  const graph = graphOf(definition, state)
  const placed = place(graph)
  const nodes = [...placed.values()]
  const legendWidth = graph.coloured ? Object.keys(statusFills).length * 92 : 0
  const width = Math.max(legendWidth, ...nodes.map(({ x }) => x + columnWidth / 2)) + margin
  const bottom = Math.max(...nodes.map(({ y }) => y)) + rowHeight / 2
  const height = bottom + margin
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="11">`,
    `<style>.edge{font-size:9px}</style><defs>${arrow('flow', lineColour)}${arrow('failure', failureColour)}</defs>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${margin}" y="30" font-size="15" fill="${textColour}">${escaped(graph.title)}</text>`,
    ...drawEdges(graph, placed),
    ...nodes.map(drawNode),
    graph.coloured ? drawLegend(bottom) : '',
    '</svg>',
    '',
  ].join('\n')
}
