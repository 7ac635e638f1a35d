import type { Json } from '@flotilla/engine'
import { isCollection, isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { type Path, WorkflowYamlError, type YamlProblem } from './problem.js'

/** A parsed document: its value, and the line on which each part of it stands. */
export interface YamlDocument {
  readonly value: Json
  /** The line of a value, or of the nearest that holds it where there is none. */
  readonly lineOf: (path: Path) => number
}

/** Copies of an anchor that are followed; more would be a bomb. */
const aliasesMax = 100
const nestingMax = 64
const textMax = 1_048_576

const syntax = (line: number, message: string): WorkflowYamlError =>
  new WorkflowYamlError([{ line, path: '', code: 'SYNTAX', message, fix: 'Correct the YAML.' }])

const childOf = (node: Node, key: string | number): { readonly child: Node | null; readonly at: Node | null } => {
  if (!isCollection(node)) return { child: null, at: null }
  if (!isMap(node)) {
    const item = node.items[Number(key)]
    return { child: isNode(item) ? item : null, at: null }
  }
  const pair = node.items.find((held) => isPair(held) && isScalar(held.key) && String(held.key.value) === String(key))
  return { child: isNode(pair?.value) ? pair.value : null, at: isNode(pair?.key) ? pair.key : null }
}

/** Brackets open at once, outside of quotes; deeper ones would overflow the parser's stack. */
const flowDepth = (text: string): number => {
  let deepest = 0
  let depth = 0
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1
    if ((character === ']' || character === '}') && depth > 0) depth -= 1
    if (depth > deepest) deepest = depth
  }
  return deepest
}

/**
 * Parses YAML 1.2 of the core schema into JSON: no tags of its own, string keys, unique; at most 1 MiB, 100 aliases and
 * a bounded nesting. Throws `WorkflowYamlError` with the line.
 */
export const parseYamlDocument = (text: string): YamlDocument => {
  if (text.length > textMax) throw syntax(1, 'is longer than 1 MiB')
  if (flowDepth(text) > nestingMax * 8) throw syntax(1, 'is nested too deeply')
  const counter = new LineCounter()
  const lineAt = (offset: number): number => Math.max(1, counter.linePos(offset).line)
  let parsed: ReturnType<typeof parseDocument>
  let value: unknown
  try {
    parsed = parseDocument(text, {
      schema: 'core',
      prettyErrors: false,
      uniqueKeys: true,
      stringKeys: true,
      lineCounter: counter,
    })
    const [first] = parsed.errors
    // The parser's own words quote the text only where it is a key: codes alone are passed on.
    if (first) throw syntax(lineAt(first.pos[0]), first.code.toLowerCase().replaceAll('_', ' '))
    const unresolved = parsed.warnings.find(({ code }) => code === 'TAG_RESOLVE_FAILED')
    if (unresolved) throw syntax(lineAt(unresolved.pos[0]), 'tags are not known here')
    value = parsed.toJS({ maxAliasCount: aliasesMax })
  } catch (error) {
    if (error instanceof WorkflowYamlError) throw error
    throw syntax(1, 'too many aliases, or nesting that is too deep')
  }
  const root = parsed.contents
  const lineOf = (path: Path): number => {
    let node: Node | null = isNode(root) ? root : null
    let line = node?.range ? lineAt(node.range[0]) : 1
    for (const key of path) {
      const { child, at }: { child: Node | null; at: Node | null } = node
        ? childOf(node, key)
        : { child: null, at: null }
      const range = at?.range ?? child?.range
      if (range) line = lineAt(range[0])
      node = child
    }
    return line
  }
  return { value: value as Json, lineOf } // the core schema knows JSON's types alone
}

/** Collects problems by path, and gives them lines at the end. */
export interface Problems {
  readonly add: (path: Path, problem: Omit<YamlProblem, 'line' | 'path'>) => void
  readonly found: readonly (Omit<YamlProblem, 'line' | 'path'> & { readonly at: Path })[]
}

/** An empty collection. */
export const makeProblems = (): Problems => {
  const found: (Omit<YamlProblem, 'line' | 'path'> & { readonly at: Path })[] = []
  return { add: (at, problem) => void found.push({ ...problem, at }), found }
}
