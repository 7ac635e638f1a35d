import type { DiffMember } from '@flotilla/contracts'
import type { Json, JsonObject } from '@flotilla/engine'

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

/** Members of objects and, for lists, items by index: the parts in which two values are compared. */
const partsOf = (value: Json): ReadonlyMap<string, Json> | null => {
  if (isObject(value)) return new Map(Object.entries(value))
  return Array.isArray(value) ? new Map((value as Json[]).map((item, index) => [String(index), item])) : null
}

/** The smallest members in which two JSON values differ, by RFC 6901 pointer; null stands for what a side lacks. */
export const differences = (from: Json, to: Json, pointer = ''): DiffMember[] => {
  if (from === to) return []
  const before = partsOf(from)
  const after = partsOf(to)
  if (before === null || after === null || isObject(from) !== isObject(to))
    return [{ pointer, change: 'changed', from, to }]
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key): DiffMember[] => {
    const at = `${pointer}/${escapePointer(key)}`
    const was = before.get(key)
    const is = after.get(key)
    if (was === undefined) return [{ pointer: at, change: 'added', from: null, to: is ?? null }]
    if (is === undefined) return [{ pointer: at, change: 'removed', from: was, to: null }]
    return differences(was, is, at)
  })
}
