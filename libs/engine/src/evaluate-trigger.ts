import type { Trigger, WorkflowDefinition } from './definition.js'
import { compileInputExpression, compileTriggerExpression, holds, valueOf } from './expression.js'
import type { RunError } from './event.js'
import type { Json, JsonObject } from './json.js'

/** A completion trigger. */
export type CompletionTrigger = Extract<Trigger, { readonly kind: 'completion' }>

/** The run that has ended, as the expressions of a completion trigger see it under `previous`. */
export interface PreviousRun {
  readonly runId: string
  readonly workflow: string
  readonly version: number
  readonly status: 'completed' | 'failed' | 'cancelled'
  readonly input: Json
  /** The run's result; null unless it completed. */
  readonly outputs: Json
  readonly error: RunError | null
}

/** How far completions may follow from one another: a circle of triggers comes to its end here. */
export const chainDepthMax = 32

/**
 * What a completion trigger makes of a run that has ended: the input of the run to start, or null where its guard does
 * not hold. Throws `ExpressionError` where an expression fails on these values.
 */
export const evaluateTrigger = ({ when, input }: CompletionTrigger, previous: PreviousRun): JsonObject | null => {
  const values = { previous: { ...previous, error: previous.error === null ? null : { ...previous.error } } }
  if (when !== undefined && !holds(compileTriggerExpression(when), values)) return null
  return Object.fromEntries(
    Object.entries(input).map(([member, expression]) => [
      member,
      valueOf(compileTriggerExpression(expression), values),
    ]),
  )
}

/** A limit as it holds for one run: `value` is its key's for the run's input, null without a key. */
export interface RunLimit {
  readonly value: Json
  readonly max: number
  readonly behaviour: 'queue' | 'reject'
}

/** The limit that a run with this input is under; null where its workflow has none. Throws `ExpressionError`. */
export const limitOf = ({ concurrency }: Pick<WorkflowDefinition, 'concurrency'>, input: Json): RunLimit | null => {
  if (!concurrency) return null
  const { max, behaviour, key } = concurrency
  return { max, behaviour, value: key === undefined ? null : valueOf(compileInputExpression(key), { input }) }
}
