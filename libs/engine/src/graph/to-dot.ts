import type { WorkflowDefinition } from '../definition.js'
import type { RunState } from '../state.js'
import { type GraphCluster, type GraphEdge, type GraphNode, graphOf, type NodeKind } from './graph-of.js'
import { borderOf, failureColour, fillOf, lineColour, statusFills, textColour } from './palette.js'

const shapes: Readonly<Record<NodeKind, string>> = {
  start: 'oval',
  end: 'oval',
  failed: 'oval',
  agent: 'box',
  local: 'box',
  decision: 'diamond',
  fan: 'octagon',
  gate: 'hexagon',
  'sub-workflow': 'doubleoctagon',
  exit: 'point',
  wait: 'parallelogram',
}

/** A DOT string: quotes and backslashes escaped, so that no text ends it or is taken for an escape. */
const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll(/\r?\n/g, '\\n').replaceAll('\u0000', '')}"`

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  `[${Object.entries(values)
    .map(([name, value]) => `${name}=${typeof value === 'number' ? value : quoted(value)}`)
    .join(', ')}]`

const drawNode = (node: GraphNode): string => {
  const border = borderOf(node)
  const dashed = node.status === 'skipped' || node.status === 'cancelled'
  const style = ['filled', ...(node.kind === 'local' ? ['rounded'] : []), ...(dashed ? ['dashed'] : [])].join()
  return `${quoted(node.id)} ${attributes({
    label: node.label,
    shape: shapes[node.kind],
    style,
    fillcolor: node.kind === 'exit' ? lineColour : fillOf(node),
    color: border.colour,
    penwidth: border.width,
    ...(node.status === null ? {} : { tooltip: `${node.label}: ${node.status}` }),
  })}`
}

const drawEdge = ({ from, to, label, failure }: GraphEdge): string => {
  const colour = failure ? failureColour : lineColour
  const style = failure ? { style: 'dashed', weight: 0 } : {}
  const text = label === '' ? {} : { label, fontcolor: colour }
  return `${quoted(from)} -> ${quoted(to)} ${attributes({ color: colour, ...style, ...text })}`
}

const drawCluster = ({ id, label, nodes, clusters }: GraphCluster): readonly string[] => [
  ...nodes.map(drawNode),
  ...clusters.flatMap((inner) => [
    `subgraph ${quoted(`cluster_${inner.id}`)} {`,
    `label=${quoted(inner.label)}; style="rounded,dashed"; color="#94a3b8"; fontcolor="#64748b"`,
    ...drawCluster(inner),
    '}',
  ]),
  ...(id === '' ? [`labelloc="t"; label=${quoted(label)}`] : []),
]

const legendShapes: readonly (readonly [NodeKind, string])[] = [
  ['agent', 'agent'],
  ['local', 'local step'],
  ['decision', 'decision'],
  ['fan', 'fan-out, fan-in'],
  ['gate', 'a person decides'],
  ['sub-workflow', 'sub-workflow'],
  ['end', 'start, end'],
]

/** Nodes one below the other. */
const below = (ids: readonly string[]): string => `${ids.map(quoted).join(' -> ')} [style="invis"]`

const drawLegend = (coloured: boolean): readonly string[] => {
  const kinds = legendShapes.map(([kind, label]) => drawNode({ id: `/legend/${kind}`, label, kind, status: null }))
  const statuses = Object.entries(statusFills).map(
    ([status, fillcolor]) =>
      `${quoted(`/legend/status/${status}`)} ${attributes({ label: status, shape: 'box', style: 'filled', fillcolor, color: lineColour })}`,
  )
  return [
    'subgraph "cluster_/legend" {',
    'label="legend"; style="rounded"; color="#cbd5e1"; fontcolor="#64748b"; node [fontsize=9, height=0.25, margin="0.08,0.03"]',
    ...kinds,
    ...(coloured ? statuses : []),
    ...(coloured ? [below(Object.keys(statusFills).map((status) => `/legend/status/${status}`))] : []),
    below(legendShapes.map(([kind]) => `/legend/${kind}`)),
    '}',
  ]
}

/**
 * Graphviz DOT of a definition: agents are boxes, decisions diamonds, fan-out and fan-in octagons, gates highlighted
 * hexagons, sub-workflows double octagons, start and ends ovals; failure paths are dashed and red. With a state, steps
 * are coloured by their status.
 */
export const toDot = (definition: WorkflowDefinition, state?: RunState): string => {
  const graph = graphOf(definition, state)
  return [
    `digraph ${quoted(definition.name)} {`,
    `graph [rankdir="TB", fontname="Helvetica", fontsize=14, fontcolor=${quoted(textColour)}, bgcolor="white", compound=true, nodesep=0.35, ranksep=0.45]`,
    `node [fontname="Helvetica", fontsize=11, fontcolor=${quoted(textColour)}]`,
    'edge [fontname="Helvetica", fontsize=9, arrowsize=0.7]',
    ...drawCluster({ ...graph.whole, label: graph.title }),
    ...graph.edges.map(drawEdge),
    ...drawLegend(graph.coloured),
    '}',
    '',
  ].join('\n')
}
