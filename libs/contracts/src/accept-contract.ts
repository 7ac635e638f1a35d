import { getMetadataStorage } from 'class-validator'
import type { ContractClass, ParseOptions } from './contract.js'
import { depthMax, isCleanName } from './hostile-members.js'
import { isPresent } from './http/nullable.js'
import { judgeOfRule, type Judge, type Rule } from './judge-of-rule.js'
import { copyOfPlainJson, isPlainArray, isPlainJson, isPlainObject } from './plain-json.js'
import { onDecorator, shapesOf, type Shape } from './shapes-of.js'

/**
 * The short way through a contract, made once per class out of what its decorators registered: looks for hostile members,
 * judges, and builds the instance in one pass.
 *
 * A1 It says yes or nothing. Whatever is not surely valid is left to the libraries, which word every error.
 * A2 It says yes to plain JSON alone: objects of no class, dense arrays, finite numbers, texts that Postgres takes.
 * A3 A class with a decorator, a method or an initial value that is not known here has no short way.
 * A4 The instance is the one that the libraries make: of the same classes, the members in the order of the value, and what is
 *    plain in it copied, so that neither sees a change of the other.
 * A5 A decorator that is added later counts: every way is made anew.
 */

const refused = Symbol('refused')

/** Gives what becomes of a value at a depth, or `refused`; `owner` is the object that it stands in. */
type Take = (value: unknown, depth: number, drop: boolean, owner: object) => unknown

interface Member {
  readonly isRequired: boolean
  /** Whether it is taken, from undefined, where the value does not have it. */
  readonly isAlways: boolean
  readonly take: Take
}

/** Filled after its making, as a class may lead back to itself. */
interface Way {
  take: Take
}
const ways = new Map<ContractClass, Way>()
onDecorator(() => ways.clear()) // A5

const judged = (value: unknown, judges: readonly Judge[]): unknown => {
  for (const judge of judges) if (!judge(value)) return refused
  return value
}

const takePlain: Take = (value, depth) => {
  if (!isPlainJson(value, depth)) return refused // A2
  return typeof value === 'object' ? copyOfPlainJson(value) : value // A4
}

const takeNested =
  (way: Way): Take =>
  (value, depth, drop, owner) => {
    if (!isPlainArray(value)) return way.take(value, depth, drop, owner)
    const list: unknown[] = []
    for (let index = 0; index < value.length; index++) {
      const item = way.take(value[index], depth + 1, drop, owner)
      if (item === refused) return refused
      list.push(item)
    }
    return list
  }

const takeTransformed =
  (transform: NonNullable<Shape['transform']>): Take =>
  (value, depth, _, owner) =>
    value === undefined || isPlainJson(value, depth) ? transform(value, owner) : refused

/** What decides about a member that may be missing, or null; null: more than that. */
const absenceOf = (rules: readonly Rule[]): { readonly isRequired: boolean; readonly mayBeNull: boolean } | null => {
  const conditions = rules.filter((rule) => rule.type === 'conditionalValidation')
  const isOptional = conditions.some((rule) => rule.name === 'isOptional')
  const isKnown = conditions.every((rule) => rule.name === 'isOptional' || rule.constraints?.[0] === isPresent)
  return isKnown ? { isRequired: !isOptional, mayBeNull: conditions.length > 0 } : null
}

/** A3: null where the member has a rule that is not known. */
const memberOf = (rules: readonly Rule[], { nested, transform, isExposed }: Shape): Member | null => {
  const absence = absenceOf(rules)
  const isNested = rules.some((rule) => rule.type === 'nestedValidation')
  const judges: Judge[] = []
  for (const rule of rules) {
    if (rule.type === 'nestedValidation' || rule.type === 'conditionalValidation') {
      if ((rule.groups?.length ?? 0) > 0 || rule.always !== undefined) return null
      continue
    }
    const judge = judgeOfRule(rule)
    if (!judge || (transform && rule.each)) return null
    judges.push(judge)
  }
  // Of what a transform makes nothing is known but what the rules say of it.
  if (!absence || isNested !== (nested !== undefined) || (transform && !absence.isRequired)) return null
  const { isRequired, mayBeNull } = absence
  const takeGiven = nested ? takeNested(wayOf(nested)) : transform ? takeTransformed(transform) : takePlain
  const take: Take = (value, depth, drop, owner) => {
    const taken = value === null && !transform ? null : takeGiven(value, depth, drop, owner)
    if (taken === null) return mayBeNull ? null : refused
    return taken === refused || taken === undefined ? refused : judged(taken, judges)
  }
  return { isRequired, isAlways: isExposed && transform !== undefined, take }
}

/** A3: whether instances begin as nothing but an object of this class; fields may be there, as undefined. */
const isBare = (type: ContractClass, rules: object): boolean => {
  const begun = Object.entries(Object.getOwnPropertyDescriptors(new type()))
  if (begun.some(([name, { value, writable }]) => !(name in rules) || value !== undefined || !writable)) return false
  for (let level: object = type.prototype; level !== Object.prototype; level = Object.getPrototypeOf(level) as object)
    if (Reflect.ownKeys(level).some((name) => name !== 'constructor')) return false
  return true
}

const membersOf = (type: ContractClass): ReadonlyMap<string, Member> | null => {
  const storage = getMetadataStorage()
  const rules = storage.groupByPropertyName(storage.getTargetValidationMetadatas(type, '', false, false))
  const shapes = shapesOf(type, Object.keys(rules))
  if (!shapes || shapes.size === 0 || !isBare(type, rules)) return null
  const members = new Map<string, Member>()
  for (const [name, shape] of shapes) {
    const member = memberOf(rules[name] ?? [], shape)
    if (!member || !isCleanName(name)) return null
    members.set(name, member)
  }
  return members
}

const never: Take = () => refused

const makeTake = (type: ContractClass): Take => {
  const members = membersOf(type)
  if (!members) return never
  const always = [...members].filter(([, { isAlways }]) => isAlways)
  const required = [...members.values()].filter(({ isRequired }) => isRequired).length
  return (value, depth, drop) => {
    if (!isPlainObject(value) || depth >= depthMax) return refused // A2
    const instance = new type() as Record<string, unknown> // whose members are set here
    let met = 0
    for (const name of Object.keys(value)) {
      const given = value[name]
      const member = members.get(name)
      if (!member) {
        if (drop && isCleanName(name) && isPlainJson(given, depth + 1)) continue
        return refused
      }
      if (given === undefined) {
        if (member.isRequired) return refused
        continue
      }
      const taken = member.take(given, depth + 1, drop, value)
      if (taken === refused) return refused
      instance[name] = taken
      if (member.isRequired) met++
    }
    for (const [name, member] of always) {
      if (name in value) continue
      const taken = member.take(undefined, depth + 1, drop, value)
      if (taken === refused) return refused
      instance[name] = taken
      met++
    }
    return met === required ? instance : refused
  }
}

const wayOf = (type: ContractClass): Way => {
  const known = ways.get(type)
  if (known) return known
  const way: Way = { take: never }
  ways.set(type, way)
  way.take = makeTake(type)
  return way
}

/** What `parseContract` gives for a value that is surely valid; undefined: the libraries have to look (A1). */
export const acceptContract = <T extends object>(
  type: ContractClass<T>,
  value: unknown,
  { unknownMembers = 'drop' }: ParseOptions = {},
): T | undefined => {
  const taken = wayOf(type).take(value, 0, unknownMembers === 'drop', type)
  return taken === refused ? undefined : (taken as T) // an instance of the class, by A4
}
