import 'reflect-metadata'
import { plainToInstance, Type } from 'class-transformer'
import { ArrayMaxSize, IsArray, IsObject, ValidateNested, validateSync, type ValidationError } from 'class-validator'
import { acceptContract } from './accept-contract.js'
import { ContractError, invariant, type Problem } from './errors.js'
import { escapePointer, hostileMembers } from './hostile-members.js'
import { listMembersOnce } from './list-members.js'
import { rememberMetadata } from './remember-metadata.js'
import { shapingOptions } from './shapes-of.js'

listMembersOnce()
rememberMetadata()

/** A contract's class: class-validator decorated, constructible without arguments. */
export type ContractClass<T extends object = object> = new () => T

/** A member that is one object of a contract class: refuses a missing value, an array and a scalar. */
export const Nested =
  (type: () => ContractClass): PropertyDecorator =>
  (target, key) => {
    IsObject()(target, key)
    ValidateNested()(target, key)
    Type(type)(target, key)
  }

/** A member that is a list of at most `max` objects of a contract class. */
export const NestedList =
  (type: () => ContractClass, { max }: { max: number }): PropertyDecorator =>
  (target, key) => {
    IsArray()(target, key)
    ArrayMaxSize(max)(target, key)
    IsObject({ each: true })(target, key)
    ValidateNested({ each: true })(target, key)
    Type(type)(target, key)
  }

const registry = new Map<string, ContractClass>()
const ids = new Map<ContractClass, string>()

/** Registers a class under its contract id (`kyc.input.v1`) and returns the class. An id belongs to one class for ever. */
export const contract = <C extends ContractClass>(id: string, type: C): C => {
  invariant(!registry.has(id) || registry.get(id) === type, `contract ${id} is registered twice`)
  registry.set(id, type)
  ids.set(type, id)
  return type
}

/** The class of a contract id, or undefined when this build does not know it (a newer peer may). */
export const contractById = (id: string): ContractClass | undefined => registry.get(id)

/** The id under which a class was registered, else its name. */
export const contractId = (type: ContractClass): string => ids.get(type) ?? type.name

/** Every registered contract id, sorted. */
export const contractIds = (): readonly string[] => [...registry.keys()].sort()

const toProblems = (errors: readonly ValidationError[], pointer: string): Problem[] =>
  errors.flatMap((error) => {
    const at = `${pointer}/${escapePointer(error.property)}`
    const own = Object.entries(error.constraints ?? {}).map(([rule, text]) => ({
      pointer: at,
      code: rule === 'whitelistValidation' ? 'UNKNOWN_MEMBER' : rule.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase(),
      detail: rule === 'whitelistValidation' ? 'is not a member of this contract' : text,
    }))
    return [...own, ...toProblems(error.children ?? [], at)]
  })

/** How unknown members are treated: dropped (default) or refused. */
export interface ParseOptions {
  readonly unknownMembers?: 'drop' | 'refuse'
  /** Prefix of every pointer, such as `/input`. */
  readonly pointer?: string
}

/** What `parseContract` does, by the libraries alone: they word every error. */
export const judgeContract = <T extends object>(
  type: ContractClass<T>,
  value: unknown,
  { unknownMembers = 'drop', pointer = '' }: ParseOptions = {},
): T => {
  const id = contractId(type)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ContractError(id, [{ pointer, code: 'IS_OBJECT', detail: 'must be an object' }])
  const hostile = hostileMembers(value, pointer)
  if (hostile.length > 0) throw new ContractError(id, hostile)
  const instance = plainToInstance(type, value, shapingOptions)
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: unknownMembers === 'refuse',
    forbidUnknownValues: true,
    stopAtFirstError: false,
    validationError: { target: false, value: false },
  })
  if (errors.length > 0) throw new ContractError(id, toProblems(errors, pointer))
  return instance
}

/**
 * Validates a parsed JSON value against a contract class and returns an instance of it without unknown members.
 * Throws `ContractError` that lists every problem with its JSON pointer and echoes no value.
 */
export const parseContract = <T extends object>(
  type: ContractClass<T>,
  value: unknown,
  options: ParseOptions = {},
): T => acceptContract(type, value, options) ?? judgeContract(type, value, options)
