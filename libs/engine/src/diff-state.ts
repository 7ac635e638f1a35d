import type { Json, JsonObject } from './json.js'
import type { RunState } from './state.js'

/**
 * What changed from one JSON value to the next, as compact JSON. Of an object: members set (`s`), members changed
 * inside (`p`), members gone (`d`); of a list that only grew: what was appended (`a`). Absent members mean nothing.
 */
export interface Patch {
  readonly s?: JsonObject
  readonly p?: Readonly<Record<string, Patch>>
  readonly d?: readonly string[]
  readonly a?: readonly Json[]
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A list's own check: Array.isArray does not narrow readonly arrays. */
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

/** Sets a member by its name, also one called `__proto__`. */
const put = (target: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

const unchanged = Symbol('unchanged')
const replaced = Symbol('replaced')

const diffLists = (before: readonly Json[], after: readonly Json[]): Patch | typeof unchanged | typeof replaced => {
  if (after.length < before.length) return replaced
  if (!before.every((item, index) => item === after[index] || diff(item, after[index] ?? null) === unchanged))
    return replaced
  return after.length === before.length ? unchanged : { a: after.slice(before.length) }
}

const diffObjects = (before: JsonObject, after: JsonObject): Patch | typeof unchanged => {
  const set: Record<string, Json> = {}
  const inside: Record<string, Patch> = {}
  const keys = Object.keys(after)
  let sets = 0
  let insides = 0
  let kept = 0
  for (const key of keys) {
    const value = after[key] ?? null
    if (!Object.hasOwn(before, key)) {
      put(set, key, value)
      sets += 1
      continue
    }
    kept += 1
    const was = before[key] ?? null
    if (was === value) continue
    const change = diff(was, value)
    if (change === unchanged) continue
    if (change === replaced) {
      put(set, key, value)
      sets += 1
    } else {
      put(inside, key, change)
      insides += 1
    }
  }
  const gone =
    kept === Object.keys(before).length ? [] : Object.keys(before).filter((key) => !Object.hasOwn(after, key))
  if (sets + insides + gone.length === 0) return unchanged
  return {
    ...(sets > 0 ? { s: set } : {}),
    ...(insides > 0 ? { p: inside } : {}),
    ...(gone.length > 0 ? { d: gone } : {}),
  }
}

const diff = (before: Json, after: Json): Patch | typeof unchanged | typeof replaced => {
  if (before === after) return unchanged
  if (isList(before) && isList(after)) return diffLists(before, after)
  if (isObject(before) && isObject(after)) return diffObjects(before, after)
  return replaced
}

/**
 * The patch that leads from one state to the next. Parts that both share by reference cost nothing. A member that is
 * undefined counts as null: a state has none.
 */
export const diffState = (before: RunState, after: RunState): Patch => {
  // RunState is JSON by construction, which TypeScript does not see in an interface.
  const change = diff(before as unknown as Json, after as unknown as Json)
  return typeof change === 'symbol' ? {} : change
}

const patchValue = (value: Json, { s, p, d, a }: Patch): Json => {
  if (a !== undefined) return isList(value) ? [...value, ...a] : a
  const result: Record<string, Json> = isObject(value) ? { ...value } : {}
  for (const key of d ?? []) delete result[key]
  for (const [key, member] of Object.entries(s ?? {})) put(result, key, member)
  for (const [key, inner] of Object.entries(p ?? {})) put(result, key, patchValue(result[key] ?? null, inner))
  return result
}

/** The state that a patch leads to. The state given stays as it is; what the patch does not touch is shared. */
export const applyPatch = (state: RunState, patch: Patch): RunState =>
  patchValue(state as unknown as Json, patch) as unknown as RunState // JSON in, JSON out, as in diffState
