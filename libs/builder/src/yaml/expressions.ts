import type { Expression, Json, Mapping } from '@flotilla/engine'
import { type Cursor, isGiven, membersOf, refuse } from './cursor.js'

/** What bare names in expressions mean. */
export interface Names {
  /** Keys of the shared state that the workflow writes: `sources` is `data.sources`; other names are the input's. */
  readonly written: ReadonlySet<string>
  /** Guards that are named once: `has_valid_topic`. */
  readonly guards: ReadonlyMap<string, Expression>
}

const roots = ['input', 'data', 'output', 'event', 'steps', 'artifacts', 'run', 'previous']
const words = ['true', 'false', 'null', 'in']
const types = [
  'bool',
  'int',
  'uint',
  'double',
  'string',
  'bytes',
  'list',
  'map',
  'null_type',
  'type',
  'timestamp',
  'duration',
]
const reserved = new Set([...roots, ...words, ...types])

const tokens = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\d[\w.]*|[A-Za-z_]\w*|\s+|[^\s\w]/g
const isName = (token: string): boolean => /^[A-Za-z_]/.test(token)

/** Names that a macro introduces: the `s` of `sources.exists(s, s.rank > 3)`. */
const macroNames = (expression: string): ReadonlySet<string> =>
  new Set(
    [...expression.matchAll(/\.\s*(?:map|filter|all|exists|exists_one)\s*\(\s*([A-Za-z_]\w*)\s*,/g)].map(
      ([, name]) => name ?? '',
    ),
  )

const qualified = (name: string, { written, guards }: Names): string => {
  const guard = guards.get(name)
  if (guard !== undefined) return `(${guard})`
  return written.has(name) ? `data.${name}` : `input.${name}`
}

/** Longer ones are left as they are, for the linter to refuse: the patterns below would take long over them. */
const lengthMax = 2_000

/** A CEL expression in which bare names say where they come from: `retry_count < 3` is `data.retry_count < 3`. */
export const qualify = (expression: string, names: Names): Expression => {
  if (expression.length > lengthMax) return expression
  const found = expression.match(tokens) ?? []
  const local = macroNames(expression)
  const meaningful = found.map((token, index) => ({ token, index })).filter(({ token }) => token.trim() !== '')
  const around = new Map(
    meaningful.map(({ index }, position) => [
      index,
      { before: meaningful[position - 1]?.token, after: meaningful[position + 1]?.token },
    ]),
  )
  return found
    .map((token, index) => {
      const { before, after } = around.get(index) ?? {}
      const stands = isName(token) && before !== '.' && after !== '('
      return stands && !reserved.has(token) && !local.has(token) ? qualified(token, names) : token
    })
    .join('')
    .trim()
}

const quoted = (text: string): Expression => JSON.stringify(text)

const whole = /^\{\{((?:(?!\}\}).)*)\}\}$/s

/** A text with `{{ expressions }}`: alone it is the value itself, among other text it becomes a part of a string. */
const ofTemplate = (text: string, names: Names): Expression => {
  if (text.length > lengthMax) return text
  const [, only] = whole.exec(text.trim()) ?? []
  if (only !== undefined) return qualify(only, names)
  return text
    .split(/\{\{(.*?)\}\}/s)
    .flatMap((part, index) => {
      if (index % 2 === 1) return [`string(${qualify(part, names)})`]
      return part === '' ? [] : [quoted(part)]
    })
    .join(' + ')
}

const literalOf = (value: Json, names: Names): Expression => {
  if (typeof value === 'string') return value.includes('{{') ? ofTemplate(value, names) : qualify(value, names)
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map((item) => literalOf(item, names)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, held]) => `${quoted(name)}: ${literalOf(held, names)}`)
  return `{${members.join(', ')}}`
}

/** An expression: a text, with or without braces, or a value that stands for itself. */
export const expressionOf = (cursor: Cursor, names: Names): Expression | undefined => {
  if (!isGiven(cursor)) return undefined
  const expression = literalOf(cursor.value ?? null, names)
  return expression === '' ? refuse(cursor, 'the expression is empty', 'Give an expression.') : expression
}

/** A mapping: an object of expressions, or a list of names that keep theirs. */
export const mappingOf = (cursor: Cursor, names: Names): Mapping | undefined => {
  if (!isGiven(cursor)) return undefined
  if (Array.isArray(cursor.value)) {
    const listed = (cursor.value as readonly Json[]).filter((name) => typeof name === 'string')
    if (listed.length < cursor.value.length) return refuse(cursor, 'a name is not a text', 'List names.')
    return Object.fromEntries(listed.map((name) => [name, qualify(name, names)]))
  }
  const entries = membersOf(cursor).flatMap(([name, held]) => {
    const expression = held.value === null ? 'null' : expressionOf(held, names)
    return expression === undefined ? [] : [[name, expression] as const]
  })
  return Object.fromEntries(entries)
}

const keysOf = (value: Json | undefined): readonly string[] => {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return (value as readonly Json[]).filter((name) => typeof name === 'string')
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}

/** Every key of the shared state that a document writes, wherever it does. */
export const writtenIn = (value: Json): ReadonlySet<string> => {
  const found = new Set<string>()
  const visit = (held: Json): void => {
    if (typeof held !== 'object' || held === null) return
    for (const [name, inner] of Object.entries(held)) {
      const writes = !Array.isArray(held) && ['assign', 'outputs', 'increment'].includes(name)
      if (writes) for (const key of keysOf(inner)) found.add(key.split('.')[0] ?? key)
      visit(inner)
    }
  }
  visit(value)
  return found
}
