import { Environment, EvaluationError, type ASTNode } from '@marcbachmann/cel-js'
import { serialize } from '@marcbachmann/cel-js/serialize'
import type { Json, JsonObject } from './json.js'

/**
 * CEL expressions over a run's values. Invariants:
 * E1 the cost of an expression is bounded before it runs: no `matches`, no macro inside a macro, limits on size.
 * E2 a result is JSON: CEL's integers come back as numbers, timestamps as ISO 8601.
 * E3 a plain path gives the value itself, never a copy: mappings carry large objects.
 */

/** What an expression may read. `output` and `event` are null where there is none. */
export interface ExpressionValues {
  readonly input: Json
  readonly data: JsonObject
  readonly output: Json
  readonly event: Json
  readonly steps: JsonObject
  readonly artifacts: JsonObject
  readonly run: JsonObject
}

/** What an expression gives that asked for a member which is not there. */
export const absent: unique symbol = Symbol('absent')

/** A compiled expression: a JSON value or `absent`; throws `ExpressionError` for everything else that goes wrong. */
export type Evaluate<Values = ExpressionValues> = (values: Values) => Json | typeof absent

export type { ASTNode } from '@marcbachmann/cel-js'

/** An expression that does not compile, or failed on the values given. The text names no values. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  /** Path of the state whose expression it was; set by who knows it. */
  step: string | null = null
}

const roots = ['input', 'data', 'output', 'event', 'steps', 'artifacts', 'run'] as const
const lengthMax = 2_000
const macros = new Set(['map', 'filter', 'all', 'exists', 'exists_one'])
const refused = new Map([
  ['matches', 'a bad pattern can block for seconds'],
  ['bind', 'values may double at each level'],
])
/** CEL's codes for "there is no such member". */
const absentCodes = new Set(['no_such_key', 'index_out_of_bounds'])

const makeEnvironment = (names: readonly string[]): Environment => {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 400, maxDepth: 32, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 },
  })
  for (const name of names) environment.registerVariable(name, 'dyn')
  // JSON knows one kind of number, CEL two: literals are ints, values doubles, and CEL has no overload for the mix.
  const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '%': (a, b) => a % b,
  }
  for (const [symbol, apply] of Object.entries(operators)) {
    const mixed = (a: unknown, b: unknown): number => apply(Number(a), Number(b))
    environment.registerOperator(`double ${symbol} int`, mixed)
    environment.registerOperator(`int ${symbol} double`, mixed)
  }
  environment.registerOperator('double % double', (a: number, b: number) => a % b)
  return environment
}

/** Names that expressions of one kind may read, with the environment that knows them and what was compiled in it. */
interface Language {
  readonly names: readonly string[]
  readonly environment: Environment
  readonly cache: Map<string, EvaluateNames>
}
type Names = Readonly<Record<string, Json>>
type EvaluateNames = Evaluate<Names>

const makeLanguage = (names: readonly string[]): Language => ({
  names,
  environment: makeEnvironment(names),
  cache: new Map(),
})

/** E2. Copies nothing where nothing has to change. */
const toJson = (value: unknown): Json => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw new ExpressionError('the result is not a finite number')
  }
  if (Array.isArray(value)) {
    const list = value.map(toJson)
    return list.every((item, index) => item === value[index]) ? (value as readonly Json[]) : list // unchanged: JSON already
  }
  if (typeof value !== 'object') throw new ExpressionError('the result is not JSON')
  if ('toISOString' in value && typeof value.toISOString === 'function') return String(value.toISOString())
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw new ExpressionError('the result is not JSON')
  const entries = Object.entries(value)
  const members = entries.map(([key, member]) => [key, toJson(member)] as const)
  if (members.every(([, member], index) => member === entries[index]?.[1])) return value as JsonObject // unchanged
  return Object.fromEntries(members)
}

const children = (node: ASTNode): readonly ASTNode[] => {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'map':
      return node.args.flat()
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}

/** E1: throws on what could run for long. */
const refuseCostly = (node: ASTNode, inMacro: boolean): void => {
  if (node.op === 'call' || node.op === 'rcall') {
    const why = refused.get(node.args[0])
    if (why !== undefined) throw new ExpressionError(`${node.args[0]} is refused: ${why}`)
  }
  if (node.op !== 'rcall' || !macros.has(node.args[0])) {
    for (const child of children(node)) refuseCostly(child, inMacro)
    return
  }
  if (inMacro) throw new ExpressionError(`${node.args[0]} inside another macro is refused: its cost is not bounded`)
  refuseCostly(node.args[1], inMacro)
  for (const argument of node.args[2]) refuseCostly(argument, true)
}

const memberOf = (value: Json | typeof absent, key: string): Json | typeof absent =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? ((value as JsonObject)[key] ?? null) // an object by the checks before
    : absent

/** E3: follows own members only. */
const compilePath = (root: string, keys: readonly string[]): EvaluateNames => {
  const [first, second] = keys
  const valueIn = (values: Names): Json => values[root] ?? null
  if (first === undefined) return valueIn
  if (second === undefined) return (values) => memberOf(valueIn(values), first)
  return (values) => keys.reduce<Json | typeof absent>(memberOf, valueIn(values))
}

const pathOf = (names: readonly string[], node: ASTNode): { root: string; keys: readonly string[] } | null => {
  if (node.op === 'id') return names.includes(node.args) ? { root: node.args, keys: [] } : null
  if (node.op !== '.') return null
  const before = pathOf(names, node.args[0])
  return before && { root: before.root, keys: [...before.keys, node.args[1]] }
}

const present = (value: Json | typeof absent): Json => (value === absent ? null : value)

const compileByCel = ({ environment }: Language, source: string): EvaluateNames => {
  const program = environment.parse(source)
  const checked = program.check()
  if (!checked.valid) throw new ExpressionError(checked.error?.summary ?? 'the types do not fit')
  return (values) => {
    let value: unknown
    try {
      value = program(values)
    } catch (error) {
      if (error instanceof EvaluationError && absentCodes.has(error.code)) return absent
      throw new ExpressionError(error instanceof EvaluationError ? error.code : 'the evaluation failed')
    }
    return toJson(value)
  }
}

/** Literals are built here rather than by CEL: their members stay the values themselves, an absent one becomes null. */
const compileNode = (language: Language, node: ASTNode): EvaluateNames => {
  const path = pathOf(language.names, node)
  if (path) return compilePath(path.root, path.keys)
  if (node.op === 'value') {
    const constant = toJson(node.args)
    return () => constant
  }
  if (node.op === 'list') {
    const items = node.args.map((item) => compileNode(language, item))
    return (values) => items.map((item) => present(item(values)))
  }
  if (node.op === 'map' && node.args.every(([key]) => key.op === 'value' && typeof key.args === 'string')) {
    const members = node.args.map(([key, value]) => [String(key.args), compileNode(language, value)] as const)
    return (values) => Object.fromEntries(members.map(([key, member]) => [key, present(member(values))]))
  }
  return compileByCel(language, serialize(node))
}

const cachedMax = 10_000

const compileIn = (language: Language, source: string): EvaluateNames => {
  const { cache, environment } = language
  const known = cache.get(source)
  if (known) return known
  if (source.length > lengthMax) throw new ExpressionError(`is longer than ${lengthMax} characters`)
  let evaluate: EvaluateNames
  try {
    const { ast } = environment.parse(source)
    refuseCostly(ast, false)
    compileByCel(language, source) // the whole expression's types, before it is taken apart
    evaluate = compileNode(language, ast)
  } catch (error) {
    if (error instanceof ExpressionError) throw error
    throw new ExpressionError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'does not parse')
  }
  if (cache.size >= cachedMax) cache.clear()
  cache.set(source, evaluate)
  return evaluate
}

const ofStates = makeLanguage(roots)
const ofTriggers = makeLanguage(['previous'])
const ofInputs = makeLanguage(['input'])
const ofHooks = makeLanguage(['event'])

/**
 * Compiles a CEL expression, once per text. Throws `ExpressionError` with the reason: syntax, an unknown name, types
 * that cannot fit, or a cost that is not bounded.
 */
export const compileExpression = (source: string): Evaluate =>
  compileIn(ofStates, source) as Evaluate<object> as Evaluate // reads the names of ExpressionValues alone

/** The syntax tree of an expression, for rules that look into it; null where it does not parse. */
export const syntaxOf = (source: string): ASTNode | null => {
  try {
    return ofStates.environment.parse(source).ast
  } catch {
    return null
  }
}

/** Compiles an expression of a completion trigger, which reads `previous` and nothing else; else as `compileExpression`. */
export const compileTriggerExpression = (source: string): Evaluate<{ readonly previous: Json }> =>
  compileIn(ofTriggers, source)

/** Compiles an expression over a run's `input`, before there is a state; else as `compileExpression`. */
export const compileInputExpression = (source: string): Evaluate<{ readonly input: Json }> =>
  compileIn(ofInputs, source)

/** Compiles an expression over the `event` that an incoming hook was given, and nothing else; else as `compileExpression`. */
export const compileHookExpression = (source: string): Evaluate<{ readonly event: Json }> => compileIn(ofHooks, source)

/** Evaluates a guard: an absent member makes it false; a result that is not a boolean is an `ExpressionError`. */
export const holds = <Values>(guard: Evaluate<Values>, values: Values): boolean => {
  const value = guard(values)
  if (value === absent) return false
  if (typeof value !== 'boolean') throw new ExpressionError('the guard is not a boolean')
  return value
}

/** Evaluates an expression of a mapping: an absent member is null. */
export const valueOf = <Values>(expression: Evaluate<Values>, values: Values): Json => present(expression(values))
