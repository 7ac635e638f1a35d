import type { Trigger, WorkflowDefinition } from '../definition.js'
import { compileInputExpression, compileTriggerExpression, ExpressionError } from '../expression.js'
import { error, type Finding } from './finding.js'

/** Tells what is wrong with a cron expression or its time zone, or null. Not the engine's to know: it has no calendar. */
export type WhyNotSchedule = (schedule: { readonly cron: string; readonly timeZone?: string }) => string | null

const whyInvalid = (compile: () => unknown): string | null => {
  try {
    compile()
    return null
  } catch (problem) {
    if (problem instanceof ExpressionError) return problem.message
    throw problem
  }
}

const expressionFinding = (where: string, expression: string, compile: (source: string) => unknown): Finding[] => {
  const why = whyInvalid(() => compile(expression))
  return why === null
    ? []
    : [error('EXPRESSION_INVALID', where, `${expression}: ${why}`, 'Correct the CEL expression.')]
}

const ofCompletion = (where: string, trigger: Extract<Trigger, { readonly kind: 'completion' }>): Finding[] =>
  [...(trigger.when === undefined ? [] : [trigger.when]), ...Object.values(trigger.input)].flatMap((expression) =>
    expressionFinding(where, expression, compileTriggerExpression),
  )

/** Rule: triggers have names of their own, and expressions that compile over `previous`. */
export const checkTriggers = ({ triggers = [] }: WorkflowDefinition): readonly Finding[] =>
  triggers.flatMap((trigger, index) => [
    ...(triggers.findIndex(({ name }) => name === trigger.name) < index
      ? [
          error(
            'TRIGGER_NAME_TAKEN',
            `/triggers/${index}/name`,
            `two triggers are called ${trigger.name}`,
            'Rename one of them.',
          ),
        ]
      : []),
    ...(trigger.kind === 'completion' ? ofCompletion(`/triggers/${index}`, trigger) : []),
  ])

/** Rule: schedules are cron expressions in a time zone that exists. */
export const checkSchedules = (
  { triggers = [] }: WorkflowDefinition,
  whyNotSchedule: WhyNotSchedule,
): readonly Finding[] =>
  triggers.flatMap((trigger, index) => {
    const why = trigger.kind === 'schedule' ? whyNotSchedule(trigger) : null
    return why === null
      ? []
      : [
          error(
            'SCHEDULE_INVALID',
            `/triggers/${index}`,
            `${trigger.name}: ${why}`,
            'Correct the cron expression or the time zone.',
          ),
        ]
  })

/** Rule: the key of a limit is an expression over the input. */
export const checkLimit = ({ concurrency }: WorkflowDefinition): readonly Finding[] =>
  concurrency?.key === undefined ? [] : expressionFinding('/concurrency/key', concurrency.key, compileInputExpression)
