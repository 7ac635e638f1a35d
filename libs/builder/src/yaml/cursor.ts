import type { Json, JsonObject } from '@flotilla/engine'
import { parseDuration } from '../duration.js'
import type { Problems } from './document.js'
import type { Path } from './problem.js'

/** A value of the document with where it stands, and what reads it. Readers report what is wrong and give undefined. */
export interface Cursor {
  readonly value: Json | undefined
  readonly path: Path
  readonly problems: Problems
}

/** The value as an object, or null. */
export const objectOf = (value: Json | undefined): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject) // an object by the checks before
    : null

/** A member of an object; undefined where there is none. Several names are synonyms: the first that is there. */
export const member = ({ value, path, problems }: Cursor, ...names: readonly string[]): Cursor => {
  const object = objectOf(value)
  const name = names.find((each) => object !== null && Object.hasOwn(object, each)) ?? names[0] ?? ''
  const found = object !== null && Object.hasOwn(object, name) ? object[name] : undefined
  return { value: found, path: [...path, name], problems }
}

/** Whether there is a value. */
export const isGiven = ({ value }: Cursor): boolean => value !== undefined && value !== null

/** Reports what is wrong with a value. */
export const refuse = ({ problems, path }: Cursor, message: string, fix: string): undefined => {
  problems.add(path, { code: 'VALUE', message, fix })
}

const lastOf = (path: Path): string => String(path.at(-1) ?? 'the document')

const typed =
  <T>(what: string, read: (value: Json) => T | null) =>
  (cursor: Cursor): T | undefined => {
    if (!isGiven(cursor)) return undefined
    const found = read(cursor.value ?? null)
    return found ?? refuse(cursor, `${lastOf(cursor.path)} is not ${what}`, `Give ${what}.`)
  }

/** Readers of one value: undefined where there is none, and where it is wrong, which they report. */
export const textOf = typed('a text', (value) => (typeof value === 'string' && value !== '' ? value : null))
export const numberOf = typed('a number', (value) => (typeof value === 'number' ? value : null))
export const booleanOf = typed('true or false', (value) => (typeof value === 'boolean' ? value : null))
export const durationMsOf = typed('a time such as 30s, 10m, 48h or 7d', (value) =>
  typeof value === 'string' ? parseDuration(value) : null,
)

/** One of some words. */
export const wordOf = <const Word extends string>(cursor: Cursor, words: readonly Word[]): Word | undefined =>
  typed(`one of ${words.join(', ')}`, (value) => words.find((word) => word === value) ?? null)(cursor)

/** A list's items; one value that is no list counts as a list of it. */
export const itemsOf = ({ value, path, problems }: Cursor): readonly Cursor[] => {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return [{ value, path, problems }]
  return (value as readonly Json[]).map((item, index) => ({ value: item, path: [...path, index], problems }))
}

/** An object's members in the order of the text; anything else is reported. */
export const membersOf = (cursor: Cursor): readonly (readonly [name: string, value: Cursor])[] => {
  if (!isGiven(cursor)) return []
  const object = objectOf(cursor.value)
  if (object === null) {
    cursor.problems.add(cursor.path, {
      code: 'SHAPE',
      message: `${lastOf(cursor.path)} is not a mapping`,
      fix: 'Give names with values.',
    })
    return []
  }
  return Object.keys(object).map((name) => [name, member(cursor, name)] as const)
}

/** Reports members that nothing reads: a misspelt one must not be left out quietly. */
export const refuseOthers = (cursor: Cursor, known: readonly string[], also: (name: string) => boolean): void => {
  for (const [name, { path }] of membersOf(cursor))
    if (!known.includes(name) && !also(name))
      cursor.problems.add(path, {
        code: 'MEMBER_UNKNOWN',
        message: `${name} is not known here`,
        fix: `Remove it, or correct its name: ${known.join(', ')}.`,
      })
}

/** An object without its undefined members. */
export const compact = <T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  // What is left out is not there, which is what exact optional properties ask for.
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
