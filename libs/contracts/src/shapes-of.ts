import { createRequire } from 'node:module'
import { TransformationType, type TransformFnParams } from 'class-transformer'
import { getMetadataStorage } from 'class-validator'
import type { ContractClass } from './contract.js'
import { copyOfPlainJson } from './plain-json.js'

/** What class-transformer does to a member of a class on the way in. */
export interface Shape {
  readonly nested?: ContractClass
  /** Of the member's plain value and the object that it stands in. */
  readonly transform?: (value: unknown, owner: object) => unknown
  /** Whether it is visited where the value does not have it. */
  readonly isExposed: boolean
}

interface Kept {
  readonly options?: object
}
interface KeptType extends Kept {
  readonly typeFunction?: () => unknown
  readonly reflectedType: unknown
}
interface KeptTransform extends Kept {
  readonly transformFn: (params: TransformFnParams) => unknown
}
type ByClass = ReadonlyMap<unknown, ReadonlyMap<string | undefined, unknown>>

/** The part of class-transformer's storage that is read here; it is not among the exports, and has no types there. */
interface Storage {
  readonly [kept: `_${string}Metadatas`]: ByClass
  readonly getExposedMetadatas: (type: ContractClass) => readonly Kept[]
  readonly findTypeMetadata: (type: ContractClass, name: string) => KeptType | undefined
  readonly findExposeMetadata: (type: ContractClass, name: string) => Kept | undefined
  readonly findTransformMetadatas: (
    type: ContractClass,
    name: string,
    direction: TransformationType,
  ) => readonly KeptTransform[]
}

const require = createRequire(import.meta.url)
const { defaultMetadataStorage: storage } = require('class-transformer/cjs/storage.js') as {
  readonly defaultMetadataStorage: Storage
} // as the library's source has it
const { defaultOptions } = require('class-transformer/cjs/constants/default-options.constant.js') as {
  readonly defaultOptions: TransformFnParams['options']
} // as above

/** With which options class-transformer makes instances of contracts. */
export const shapingOptions = { exposeUnsetFields: false } as const
const options = Object.freeze({ ...defaultOptions, ...shapingOptions })

const isOrdinary = ({ options: given }: Kept): boolean => Object.keys(given ?? {}).length === 0

/** A class and those that it extends. */
const lineOf = (type: ContractClass): readonly unknown[] => {
  const parent: unknown = Object.getPrototypeOf(type)
  return typeof parent === 'function' && parent.prototype ? [type, ...lineOf(parent as ContractClass)] : [type] // has a prototype
}

/** Whether class-transformer knows of nothing but these members: not of the class as a whole, not of a member without rules. */
const knowsOnly = (type: ContractClass, names: ReadonlySet<string | undefined>): boolean =>
  lineOf(type).every((of) =>
    (['type', 'transform', 'expose', 'exclude'] as const).every((what) => {
      const kept = [...(storage[`_${what}Metadatas`]?.get(of)?.keys() ?? [])]
      return what === 'exclude' ? kept.length === 0 : kept.every((name) => names.has(name))
    }),
  )

const nestedOf = (kept: KeptType): ContractClass | null => {
  const { typeFunction, reflectedType } = kept
  // One with arguments may choose by the value.
  if (!isOrdinary(kept) || !typeFunction || typeFunction.length > 0) return null
  const nested = typeFunction()
  const reflects = reflectedType === undefined || [Array, Object, nested].includes(reflectedType)
  return typeof nested === 'function' && reflects ? (nested as ContractClass) : null // what has no rules is refused later
}

const transformOf = ({ transformFn }: KeptTransform, key: string): NonNullable<Shape['transform']> => {
  const type = TransformationType.PLAIN_TO_CLASS
  return (value, obj) =>
    transformFn({
      // Most look at the whole object, and the copy would be for nothing.
      get value() {
        return copyOfPlainJson(value)
      },
      key,
      obj,
      type,
      options,
    })
}

/** What class-transformer does to each of these members; null where it does anything that is not known here. */
export const shapesOf = (type: ContractClass, names: readonly string[]): ReadonlyMap<string, Shape> | null => {
  if (!knowsOnly(type, new Set(names)) || !storage.getExposedMetadatas(type).every(isOrdinary)) return null
  const shapes = new Map<string, Shape>()
  for (const name of names) {
    const kept = storage.findTypeMetadata(type, name)
    const nested = kept && nestedOf(kept)
    const [transform, another] = storage.findTransformMetadatas(type, name, TransformationType.PLAIN_TO_CLASS)
    if (nested === null || another || (transform && (nested || !isOrdinary(transform)))) return null
    shapes.set(name, {
      ...(nested ? { nested } : {}),
      ...(transform ? { transform: transformOf(transform, name) } : {}),
      isExposed: storage.findExposeMetadata(type, name) !== undefined,
    })
  }
  return shapes
}

/** Calls back whenever either library is told of a decorator: those of classes that are loaded, and any later one. */
export const onDecorator = (told: () => void): void => {
  const after = (kept: object, name: string): void => {
    const add = (kept as Record<string, (metadata: unknown) => void>)[name] // each adds one metadata, by both libraries' sources
    Object.assign(kept, {
      [name]: (metadata: unknown) => {
        told()
        add?.call(kept, metadata)
      },
    })
  }
  after(getMetadataStorage(), 'addValidationMetadata')
  for (const what of ['Type', 'Transform', 'Expose', 'Exclude']) after(storage, `add${what}Metadata`)
}
