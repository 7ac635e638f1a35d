import { depthMax, isCleanName, isCleanText } from './hostile-members.js'

/** An object as `JSON.parse` makes one: of no class, not an array, not null. */
export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** An array of no class of its own. */
export const isPlainArray = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype

/**
 * Whether a value is what `JSON.parse` makes and `hostileMembers` has nothing against. A member that is undefined, a hole in an
 * array, a function, an instance of a class: false.
 */
export const isPlainJson = (value: unknown, depth = 0): boolean => {
  if (depth > depthMax) return false
  if (typeof value === 'string') return isCleanText(value)
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'boolean' || value === null) return true
  if (isPlainArray(value)) {
    // By index: `every` would leave holes out.
    for (let index = 0; index < value.length; index++) if (!isPlainJson(value[index], depth + 1)) return false
    return true
  }
  if (!isPlainObject(value)) return false
  for (const name of Object.keys(value)) if (!isCleanName(name) || !isPlainJson(value[name], depth + 1)) return false
  return true
}

/**
 * A copy of plain JSON, as class-transformer makes it: members that are called like a member of every object (`toString`) are
 * left out.
 */
export const copyOfPlainJson = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  // `map` would ask the array for its constructor.
  if (Array.isArray(value)) return Array.from(value, copyOfPlainJson)
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value))
    if (!(name in Object.prototype)) copy[name] = copyOfPlainJson(member)
  return copy
}
