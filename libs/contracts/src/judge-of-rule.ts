import { getMetadataStorage, type ValidationArguments } from 'class-validator'

/** One decorator of one member, as class-validator keeps it. */
export type Rule = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number]

/** Says of a value that it surely keeps a rule. False: class-validator has to look. */
export type Judge = (value: unknown) => boolean

const ofNumber = (holds: (value: number) => boolean): Judge => {
  return (value) => typeof value === 'number' && holds(value)
}

/**
 * class-validator counts neither the second half of a surrogate pair nor the selector after a character, and looks for both
 * with two expressions through the whole text: for a sealed body longer than all other rules of the envelope take.
 * What it counts is at most the length, and at least a third of it: no character that counts has more than these two behind it.
 */
const ofLength = (least: unknown, most: unknown, library: Judge): Judge => {
  const min = least ?? 0
  const max = most === undefined ? Infinity : most
  if (typeof min !== 'number' || typeof max !== 'number') return library
  return (value) =>
    typeof value === 'string' && ((value.length <= max && value.length > 3 * (min - 1)) || library(value))
}

/** Days that every month has: class-validator makes a `Date` of each day, 20,000 for the longest statement; of early years, a wrong one. */
const daySure = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/

type JudgeOf = (constraints: readonly unknown[], library: Judge) => Judge

const byTheLibrary: JudgeOf = (_, library) => library

/**
 * The rules whose answer hangs on the value and the decorator's arguments alone, by class-validator's names for them. Where an
 * expression stands here, it is obviously the library's; for all else its own function is called.
 */
const judges: Readonly<Record<string, JudgeOf>> = {
  isString: () => (value) => typeof value === 'string',
  isBoolean: () => (value) => typeof value === 'boolean',
  isInt: () => Number.isInteger,
  isNumber: ([options], library) => (Object.keys(options ?? {}).length === 0 ? Number.isFinite : library),
  isObject: () => (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  isArray: () => Array.isArray,
  isPositive: () => ofNumber((value) => value > 0),
  // `includes` would find NaN.
  isIn: ([words], library) => (Array.isArray(words) ? (value) => words.indexOf(value) !== -1 : library),
  equals:
    ([other]) =>
    (value) =>
      value === other,
  min: ([least], library) => (typeof least === 'number' ? ofNumber((value) => value >= least) : library),
  max: ([most], library) => (typeof most === 'number' ? ofNumber((value) => value <= most) : library),
  minLength: ([least], library) => ofLength(least, undefined, library),
  maxLength: ([most], library) => ofLength(0, most, library),
  isLength: ([least, most], library) => ofLength(least, most, library),
  matches: ([pattern], library) =>
    // One that begins where it ended the last time is left to the library.
    pattern instanceof RegExp && !pattern.global && !pattern.sticky
      ? (value) => typeof value === 'string' && pattern.test(value)
      : library,
  arrayMaxSize: byTheLibrary,
  arrayMinSize: byTheLibrary,
  arrayUnique: byTheLibrary,
  isUuid: byTheLibrary,
  isIso8601: (_, library) => (value) => (typeof value === 'string' && daySure.test(value)) || library(value),
  isEmail: byTheLibrary,
}

/** Whether more than the value may change the rule's answer. */
const isConditional = (rule: Rule): boolean =>
  (rule.groups?.length ?? 0) > 0 || rule.always !== undefined || rule.validateIf !== undefined

/** The judge of a rule; undefined where the rule is not known, or hangs on more than the value. */
export const judgeOfRule = (rule: Rule): Judge | undefined => {
  const name = rule.name ?? ''
  const makeJudge = Object.hasOwn(judges, name) ? judges[name] : undefined
  if (!makeJudge || rule.type !== 'customValidation' || isConditional(rule)) return undefined
  const [found, another] = getMetadataStorage().getTargetValidatorConstraints(rule.constraintCls)
  if (!found || another || found.async || found.name !== name) return undefined
  const { instance } = found
  const constraints: readonly unknown[] = rule.constraints ?? []
  const given = { constraints } as ValidationArguments // of which the functions named above read nothing else
  const judge = makeJudge(constraints, (value) => instance.validate(value, given) === true)
  return rule.each ? (value) => (Array.isArray(value) ? value.every(judge) : judge(value)) : judge
}
