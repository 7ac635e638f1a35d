/**
 * Folds a run's history into its states: the patches of the history, applied one after the other to the state of a run
 * that nothing has happened to yet, in the checker's own reading of both.
 */

/**
 * A step of a run as its state holds it; one that was never entered is not held.
 * @typedef {{ status: string, visits: number, attempts: number, dispatch: number, dispatches: number, enteredAt: number | null,
 *   startedAt: number | null, finishedAt: number | null, dueAt: number | null, due: string | null, gateId: string | null,
 *   error: { code: string } | null, branches?: Record<string, string>, stopped?: boolean, mayBeDone?: boolean, checkpointAt?: number,
 *   items?: { total: number, done: number, failed: number, open: number[] } }} Step
 * @typedef {{ gateId: string, step: string, dueAt: number | null, remindAt?: number, escalateAt?: number }} OpenGate
 * @typedef {{ status: string, dueAt: number | null, dispatchCount: number, published: number, progress: number, openings: number,
 *   steps: Record<string, Step>, gates: Record<string, OpenGate>, cancel: { waitUntil: number } | null, result: unknown,
 *   compensation?: { status: string, ending: string, waitUntil: number | null } | null }} State
 * @typedef {{ run_id: string, position: number, at: string, event: any, ignored: string | null, patch: any,
 *   published: any[] | null, seq_from: number | null, seq_to: number | null, tenant_id: string }} Entry
 */

/** @param {string} runId @param {string} submittedBy @returns {any} */
const untouched = (runId, submittedBy) => ({
  ...{ semantics: 1, runId, submittedBy, status: 'created', startedAt: null, finishedAt: null, dueAt: null },
  ...{
    dispatchCount: 0,
    gateCount: 0,
    checkpointCount: 0,
    published: 0,
    progress: 0,
    scopes: {},
    steps: {},
    gates: {},
  },
  ...{ signals: {}, artifacts: {}, cancel: null, result: null, error: null, openings: 0 },
})

/** @param {any} value */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @param {Record<string, any>} target @param {string} key @param {any} value */
const put = (target, key, value) =>
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })

/**
 * `s`: members set; `p`: members changed inside; `d`: members gone; `a`: appended to a list.
 * @param {any} value @param {any} patch @returns {any}
 */
const patched = (value, patch) => {
  if (patch.a !== undefined) return Array.isArray(value) ? [...value, ...patch.a] : patch.a
  /** @type {Record<string, any>} */
  const result = isObject(value) ? { ...value } : {}
  for (const key of patch.d ?? []) delete result[key]
  for (const [key, member] of Object.entries(patch.s ?? {})) put(result, key, member)
  for (const [key, inner] of Object.entries(patch.p ?? {})) put(result, key, patched(result[key] ?? null, inner))
  return result
}

/** Paths of steps that a patch touches. @param {any} patch @param {State} before @param {State} after */
const touchedSteps = (patch, before, after) => {
  if (patch?.s?.steps !== undefined) return [...new Set([...Object.keys(before.steps), ...Object.keys(after.steps)])]
  const { s = {}, p = {}, d = [] } = patch?.p?.steps ?? {}
  return [...new Set([...Object.keys(s), ...Object.keys(p), ...d])]
}

/**
 * Every entry with the state before and after it and the paths of the steps that it changed, in the order given. What is
 * shared between states is the same object.
 * @param {string} runId @param {string} submittedBy @param {readonly Entry[]} entries
 * @returns {Generator<{ entry: Entry, before: State, after: State, touched: string[] }, State>}
 */
export function* foldHistory(runId, submittedBy, entries) {
  let state = untouched(runId, submittedBy)
  for (const entry of entries) {
    const before = state
    state = entry.patch === null ? before : patched(before, entry.patch)
    yield { entry, before, after: state, touched: entry.patch === null ? [] : touchedSteps(entry.patch, before, state) }
  }
  return state
}

/** Whether a step is being carried out. @param {Step | undefined} step */
export const isActive = (step) => step?.status === 'running' || step?.status === 'waiting'

/** Whether a reply is owed to a step. @param {Step | undefined} step */
export const owesReply = (step) => step !== undefined && isActive(step) && step.dispatch > 0 && step.gateId === null

/** @param {string} status */
export const isFinished = (status) => status === 'completed' || status === 'failed' || status === 'cancelled'

/** Equality of JSON, members in any order. @param {any} a @param {any} b @returns {boolean} */
export const isEqualJson = (a, b) => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && isEqualJson(a[key], b[key]))
}

/** Whether `actual` is `expected`, objects perhaps with further members. @param {any} expected @param {any} actual @returns {boolean} */
export const isWithin = (expected, actual) =>
  isObject(expected) && isObject(actual)
    ? Object.keys(expected).every((key) => Object.hasOwn(actual, key) && isWithin(expected[key], actual[key]))
    : isEqualJson(expected, actual)
