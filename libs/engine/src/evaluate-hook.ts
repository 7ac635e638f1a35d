import { compileHookExpression, ExpressionError, holds, valueOf } from './expression.js'
import type { Json, JsonObject } from './json.js'

/** What an incoming hook makes of an event: a run, or an event for runs that wait. Expressions are CEL over `event`. */
export interface HookSpec {
  /** The event's `type` (or `event`) that it heeds; absent: every one. */
  readonly event?: string
  /** A guard; absent: every event. */
  readonly when?: string
  readonly start?: {
    readonly workflow: string
    /** Absent: the newest. */
    readonly version?: number
    /** Expressions by member of the workflow's input. */
    readonly input: Readonly<Record<string, string>>
  }
  readonly signal?: {
    readonly name: string
    /** What runs correlate by: a text or a number. */
    readonly key: string
    /** Absent: the event itself. */
    readonly payload?: string
  }
}

/** What came of an event. */
export type HookOutcome =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'start'; readonly input: JsonObject }
  | { readonly kind: 'signal'; readonly key: string; readonly payload: Json }

/** `{{ event.x }}`, as other systems write mappings, is `event.x`. */
const plain = (expression: string): string => /^\s*\{\{(.*)\}\}\s*$/s.exec(expression)?.[1]?.trim() ?? expression

const compile = (expression: string) => compileHookExpression(plain(expression))

/** Every expression of a hook with its JSON pointer, and why it does not compile, else null. */
export const hookExpressionsOf = ({
  when,
  start,
  signal,
}: HookSpec): readonly { readonly pointer: string; readonly problem: string | null }[] => {
  const given: [string, string | undefined][] = [
    ['/when', when],
    ...Object.entries(start?.input ?? {}).map(([member, expression]): [string, string] => [
      `/start/input/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      expression,
    ]),
    ['/signal/key', signal?.key],
    ['/signal/payload', signal?.payload],
  ]
  return given.flatMap(([pointer, expression]): { readonly pointer: string; readonly problem: string | null }[] => {
    if (expression === undefined) return []
    try {
      compile(expression)
      return [{ pointer, problem: null }]
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      return [{ pointer, problem: error.message }]
    }
  })
}

const typeOf = (event: JsonObject): Json => event['type'] ?? event['event'] ?? null

/** What a hook makes of an event. Throws `ExpressionError` where an expression fails on it. */
export const evaluateHook = (spec: HookSpec, event: JsonObject): HookOutcome => {
  if (spec.event !== undefined && typeOf(event) !== spec.event) return { kind: 'ignored' }
  if (spec.when !== undefined && !holds(compile(spec.when), { event })) return { kind: 'ignored' }
  const value = (expression: string): Json => valueOf(compile(expression), { event })
  if (spec.start) {
    const members = Object.entries(spec.start.input).map(([member, expression]) => [member, value(expression)] as const)
    return { kind: 'start', input: Object.fromEntries(members) }
  }
  if (!spec.signal) return { kind: 'ignored' }
  const key = value(spec.signal.key)
  if ((typeof key !== 'string' && typeof key !== 'number') || key === '')
    throw new ExpressionError('the key is neither a text nor a number')
  const { payload } = spec.signal
  return { kind: 'signal', key: String(key), payload: payload === undefined ? event : value(payload) }
}
