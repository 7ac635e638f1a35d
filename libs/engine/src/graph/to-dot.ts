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

/** As in the plain SVG: with a face that is missing, texts are wider than Graphviz reckons and run into each other. */
const fonts = 'Helvetica,Arial,sans-serif'

/** Characters of an edge's label in a line: longer ones run over the labels beside them. */
const lineMax = 26

/** An edge's label in short lines, each with a hard space before it: Graphviz puts labels right against their edge. */
const wrapped = (label: string): string => {
  const lines = ['']
  for (const word of label.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last === '' || last.length + 1 + word.length <= lineMax)
      lines.splice(-1, 1, last === '' ? word : `${last} ${word}`)
    else lines.push(word)
  }
  return lines.map((line) => `\u00a0${line}`).join('\n')
}

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
  const text = label === '' ? {} : { label: wrapped(label), fontcolor: colour }
  return `${quoted(from)} -> ${quoted(to)} ${attributes({ color: colour, ...style, ...text })}`
}

const drawCluster = ({ id, label, nodes, clusters }: GraphCluster): readonly string[] => [
  ...nodes.map(drawNode),
  ...clusters.flatMap((inner) => [
    `subgraph ${quoted(`cluster_${inner.id}`)} {`,
    // The compound itself stands above its inside and names it.
    `label=""; style="rounded,dashed"; color="#94a3b8"`,
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
    'label="legend"; style="rounded"; color="#cbd5e1"; fontcolor="#64748b"; fontsize=11; node [fontsize=9, height=0.25, margin="0.08,0.03"]',
    ...kinds,
    `"/legend/failure" ${attributes({ label: 'red, dashed: failure', shape: 'plaintext', fontcolor: failureColour })}`,
    ...(coloured ? statuses : []),
    ...(coloured ? [below(Object.keys(statusFills).map((status) => `/legend/status/${status}`))] : []),
    below([...legendShapes.map(([kind]) => `/legend/${kind}`), '/legend/failure']),
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
    `graph [rankdir="TB", fontname=${quoted(fonts)}, fontsize=14, fontcolor=${quoted(textColour)}, bgcolor="white", compound=true, nodesep=0.45, ranksep=0.5, pad=0.2]`,
    `node [fontname=${quoted(fonts)}, fontsize=11, fontcolor=${quoted(textColour)}]`,
    `edge [fontname=${quoted(fonts)}, fontsize=9, arrowsize=0.7]`,
    ...drawCluster({ ...graph.whole, label: graph.title }),
    ...graph.edges.map(drawEdge),
    ...drawLegend(graph.coloured),
    '}',
    '',
  ].join('\n')
}
