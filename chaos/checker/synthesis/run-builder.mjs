/**
 * Builds a run's history event by event, as the product stores it: a state, its patches, what is published. What happened
 * outside (executions, effects, debts, dead letters, gates) is noted beside it.
 */
import { hashOf } from './definitions.mjs'

const statuses = /** @type {Record<string, string>} */ ({
  ...{ 'run.completed': 'done', 'step.completed': 'done', 'run.failed': 'error', 'run.cancelled': 'error' },
  ...{ 'step.failed': 'error', waiting: 'waiting', 'hitl.requested': 'waiting' },
})

/** @param {string} runId @param {string} submittedBy @returns {any} */
const initialState = (runId, submittedBy) => ({
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

const freshStep = {
  ...{ status: 'pending', visits: 0, attempts: 0, dispatch: 0, dispatches: 0, enteredAt: null, startedAt: null },
  ...{ finishedAt: null, dueAt: null, due: null, fraction: 0, gateId: null, error: null },
}

/** Members that differ. @param {any} before @param {any} after @returns {any} */
const difference = (before, after) => {
  const set = Object.entries(after).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key]))
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key))
  return {
    ...(set.length > 0 ? { s: Object.fromEntries(set) } : {}),
    ...(gone.length > 0 ? { d: gone } : {}),
  }
}

/** @param {any} before @param {any} after */
const patchOf = (before, after) => {
  const { steps: was, gates: had, ...others } = before
  const { steps: is, gates: has, ...rest } = after
  const inside = Object.fromEntries(
    [
      ['steps', difference(was, is)],
      ['gates', difference(had, has)],
    ].filter(([, patch]) => Object.keys(patch).length > 0),
  )
  return { ...difference(others, rest), ...(Object.keys(inside).length > 0 ? { p: inside } : {}) }
}

/**
 * @param {{ random: import('./random.mjs').Random, at: number, workflow: string, tenant: string, parent?: { id: string, traceId: string } | null }} options
 */
export const buildRun = ({ random, at: createdAt, workflow, tenant, parent = null }) => {
  const id = random.uuid()
  const traceId = parent?.traceId ?? random.hex(32)
  let now = createdAt + random.within(5, 40)
  let state = initialState(id, 'submitter')
  const run = {
    ...{ id, traceId, workflow, tenant, createdAt, parentId: parent?.id ?? null, rootId: parent?.id ?? null },
    entries: /** @type {any[]} */ ([]),
    executions: /** @type {any[]} */ ([]),
    effects: /** @type {any[]} */ ([]),
    letters: /** @type {any[]} */ ([]),
    gates: /** @type {any[]} */ ([]),
    children: /** @type {any[]} */ ([]),
    decisions: /** @type {any[]} */ ([]),
    calls: /** @type {any[]} */ ([]),
    expects: /** @type {any} */ ({ status: 'any', result: null }),
    hash: hashOf(workflow),
    state: () => state,
    now: () => now,
    /** @param {number} ms */
    wait: (ms) => void (now += ms),
    /** @param {number} [most] */
    tick: (most = 60) => void (now += random.within(1, most)),
    iso: (at = now) => new Date(at).toISOString(),
    /**
     * Applies an event. `change` alters a copy of the state.
     * @param {any} event @param {(draft: ReturnType<typeof draftOf>) => void} change
     */
    apply: (event, change) => {
      const draft = draftOf(JSON.parse(JSON.stringify(state)))
      change(draft)
      const patch = patchOf(state, draft.state)
      state = draft.state
      record(event, null, patch, draft.published)
    },
    /** @param {any} event @param {string} reason */
    ignore: (event, reason) => record(event, reason, null, []),
  }

  /** @param {any} event @param {string | null} ignored @param {any} patch @param {any[]} published */
  const record = (event, ignored, patch, published) => {
    run.entries.push({
      ...{
        run_id: id,
        position: run.entries.length + 1,
        tenant_id: tenant,
        at: run.iso(),
        event: { at: now, ...event },
      },
      ...{ ignored, patch, published: published.length === 0 ? null : published },
      ...{ seq_from: published[0]?.seq ?? null, seq_to: published.at(-1)?.seq ?? null },
    })
  }

  /** @param {any} drafted */
  const draftOf = (drafted) => {
    const draft = {
      state: drafted,
      published: /** @type {any[]} */ ([]),
      /** @param {string} type @param {string | null} [step] */
      publish: (type, step = null) => {
        drafted.published += 1
        draft.published.push({
          ...{
            seq: drafted.published,
            type,
            step,
            phase: step,
            status: statuses[type] ?? 'running',
            message: type,
            meta: {},
          },
          ...{ progress: drafted.progress, stepProgress: null, spanKey: 'run', spanId: `f${random.hex(15)}` },
        })
      },
      /** @param {string} path @param {any} fields */
      set: (path, fields) => void (drafted.steps[path] = { ...freshStep, ...drafted.steps[path], ...fields }),
      /** A new visit. @param {string} path @param {any} [fields] */
      enter: (path, fields = {}) => {
        const { visits = 0, dispatch = 0 } = drafted.steps[path] ?? {}
        drafted.steps[path] = {
          ...freshStep,
          visits: visits + 1,
          dispatch,
          status: 'waiting',
          enteredAt: now,
          ...fields,
        }
      },
      /** Sends a step out under the next number. @param {string} path */
      dispatch: (path) => {
        drafted.dispatchCount += 1
        const dispatches = (drafted.steps[path]?.dispatches ?? 0) + 1
        draft.set(path, { status: 'waiting', dispatch: drafted.dispatchCount, dispatches, dueAt: null, due: null })
      },
      /** A local state, entered and left at once. @param {string} path */
      pass: (path) => {
        draft.enter(path, { status: 'done', startedAt: now, finishedAt: now, fraction: 1 })
        draft.publish('step.completed', path)
      },
      /** @param {string} path */
      complete: (path) => {
        draft.set(path, { status: 'done', finishedAt: now, dueAt: null, due: null, fraction: 1 })
        drafted.progress = Math.min(0.99, Math.round((drafted.progress + 0.05) * 100) / 100)
        draft.publish('step.completed', path)
      },
      /** @param {'completed' | 'failed' | 'cancelled'} status @param {any} [result] @param {any} [error] */
      finish: (status, result = null, error = null) => {
        Object.assign(drafted, { status, finishedAt: now, result, error, cancel: null })
        if (status === 'completed') drafted.progress = 1
        draft.publish(`run.${status}`)
      },
    }
    return draft
  }
  return run
}

/** @typedef {ReturnType<typeof buildRun>} Run */
/** @typedef {Parameters<Parameters<Run['apply']>[1]>[0]} Draft */
