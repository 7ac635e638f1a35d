import type { Trigger } from './definition.js'
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

/** The value of a limit's `key` for a run's input. Throws `ExpressionError`. */
export const evaluateLimitKey = (key: string, input: Json): Json => valueOf(compileInputExpression(key), { input })
