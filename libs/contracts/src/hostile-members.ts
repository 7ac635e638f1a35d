import type { Problem } from './errors.js'

const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

/** How deep a value may be nested; the value itself is at depth 0. */
export const depthMax = 32

/** Member names with which a JSON pointer can be built. */
export const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

/** Whether Postgres' jsonb takes a text: no NUL, no lone surrogate. */
export const isCleanText = (text: string): boolean => !text.includes('\u0000') && text.isWellFormed()

/** Whether a member may have this name. */
export const isCleanName = (name: string): boolean => !forbidden.has(name) && isCleanText(name)

/** Whether `membersIn` finds anything, at a fifth of its cost. */
const isHostile = (value: unknown, depth = 0): boolean => {
  if (depth > depthMax) return true
  if (typeof value === 'string') return !isCleanText(value)
  if (typeof value === 'number') return !Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some((item) => isHostile(item, depth + 1))
  for (const key of Object.keys(value))
    if (!isCleanName(key) || isHostile((value as Record<string, unknown>)[key], depth + 1)) return true // an object by the checks above
  return false
}

const membersIn = (value: unknown, pointer: string, depth: number): Problem[] => {
  if (depth > depthMax) return [{ pointer, code: 'TOO_DEEP', detail: `is nested deeper than ${depthMax} levels` }]
  if (typeof value === 'string') {
    if (value.includes('\u0000')) return [{ pointer, code: 'NUL_CHARACTER', detail: 'contains a NUL character' }]
    return value.isWellFormed() ? [] : [{ pointer, code: 'LONE_SURROGATE', detail: 'is not well-formed Unicode' }]
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    return [{ pointer, code: 'NOT_FINITE', detail: 'is not a finite number' }]
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item, index) => membersIn(item, `${pointer}/${index}`, depth + 1))
  return Object.keys(value).flatMap((key) => {
    const at = `${pointer}/${escapePointer(key)}`
    if (forbidden.has(key)) return [{ pointer: at, code: 'FORBIDDEN_MEMBER', detail: 'is a name that may not be used' }]
    if (!isCleanText(key)) return [{ pointer, code: 'NUL_CHARACTER', detail: 'has a member whose name is not valid' }]
    return membersIn((value as Record<string, unknown>)[key], at, depth + 1) // an object by the checks above
  })
}

/**
 * Finds what no contract may carry, wherever it stands: keys that reach for a prototype, NUL characters and lone
 * surrogates (Postgres' jsonb refuses both), numbers that are not finite, nesting beyond 32 levels.
 */
export const hostileMembers = (value: unknown, pointer = ''): Problem[] =>
  isHostile(value) ? membersIn(value, pointer, 0) : []
