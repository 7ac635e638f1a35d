import type { WorkflowDefinition } from './definition.js'
import { checkShape } from './lint/check-shape.js'
import { checkJoins, checkWidth } from './lint/compound-rules.js'
import { checkContracts, checkExpressions, type ResolveContract } from './lint/expression-rules.js'
import type { Finding } from './lint/finding.js'
import { checkEnds, checkLoops, checkNames, checkReachable, checkTargets } from './lint/graph-rules.js'
import {
  checkAnswers,
  checkChoices,
  checkEffects,
  checkGates,
  checkTimes,
  checkWaits,
  checkWeights,
} from './lint/state-rules.js'
import type { SchemaOf } from './lint/scope-shapes.js'
import { checkGaps, checkShadowed } from './lint/guard-rules.js'
import { checkTypes } from './lint/type-rules.js'
import { checkBodies } from './lint/support-rules.js'
import { checkLimit, checkSchedules, checkTriggers, type WhyNotSchedule } from './lint/trigger-rules.js'

const rules: readonly ((definition: WorkflowDefinition) => readonly Finding[])[] = [
  checkBodies,
  checkNames,
  checkTargets,
  checkReachable,
  checkEnds,
  checkLoops,
  checkShadowed,
  checkGaps,
  checkChoices,
  checkAnswers,
  checkGates,
  checkTimes,
  checkWaits,
  checkWeights,
  checkJoins,
  checkWidth,
  checkEffects,
  checkExpressions,
  checkTriggers,
  checkLimit,
]

export interface CheckOptions {
  /** Tells whether a contract id is known; without it, ids are not looked up. */
  readonly resolveContract?: ResolveContract
  /** The JSON Schema of a contract: without it, expressions are checked against inline schemas alone. */
  readonly contractSchema?: SchemaOf
  /** Judges cron expressions and time zones; without it they are not judged. */
  readonly whyNotSchedule?: WhyNotSchedule
}

/**
 * Checks a workflow definition, sub-workflows inlined, as it comes from outside: any JSON value. The findings of every
 * rule; where the shape is wrong already, those alone. A definition without an `error` can be run.
 */
export const checkDefinition = (
  definition: unknown,
  { resolveContract, contractSchema, whyNotSchedule }: CheckOptions = {},
): readonly Finding[] => {
  const shape = checkShape(definition)
  if (shape.length > 0) return shape
  const checked = definition as WorkflowDefinition // the schema is the type, written out
  const contracts = resolveContract ? checkContracts(checked, resolveContract) : []
  const schedules = whyNotSchedule ? checkSchedules(checked, whyNotSchedule) : []
  return [...rules.flatMap((rule) => rule(checked)), ...checkTypes(checked, contractSchema), ...contracts, ...schedules]
}
