/** What corruptions of a campaign are made of: finding a run, an entry or a line that is fit, and changing it. */

/**
 * @typedef {import('../synthesise.mjs').Campaign} Campaign
 * @typedef {import('../findings.mjs').Invariant} Invariant
 * @typedef {{ name: string, breaks: Invariant, falsify: (campaign: Campaign) => void }} Corruption
 */

/** Thrown where a campaign holds nothing that the corruption could be done to. */
export class NothingFit extends Error {
  /** @override */
  name = 'NothingFit'
}

/** One of the lines of a file for which `fits` holds. @param {Campaign} campaign @param {string} file @param {(line: any) => boolean} [fits] */
export const oneOf = ({ files, random }, file, fits = () => true) => {
  const found = (files[file] ?? []).filter(fits)
  if (found.length === 0) throw new NothingFit(file)
  return random.pick(found)
}

/** @param {Campaign} campaign @param {string} file @param {(line: any) => boolean} fits */
export const removeFrom = ({ files }, file, fits) => {
  files[file] = (files[file] ?? []).filter((line) => !fits(line))
}

/** Puts lines after one of a file. @param {Campaign} campaign @param {string} file @param {any} after @param {...any} lines */
export const insertAfter = ({ files }, file, after, ...lines) => {
  const list = files[file] ?? []
  list.splice(list.indexOf(after) + 1, 0, ...lines)
}

/** @param {Campaign} campaign @param {string} runId @returns {any[]} */
export const historyOf = ({ files }, runId) => (files['dump/history'] ?? []).filter((line) => line.run_id === runId)

/** @param {Campaign} campaign @param {string} runId */
export const rowOf = (campaign, runId) => oneOf(campaign, 'dump/run', ({ id }) => id === runId)

/** @param {any} value */
export const copy = (value) => JSON.parse(JSON.stringify(value))

/** An entry of a history for which `fits` holds, of a run that has its end and its submission. @param {Campaign} campaign @param {(entry: any) => boolean} fits */
export const anEntry = (campaign, fits) => oneOf(campaign, 'dump/history', fits)

/** An accepted event of a type. @param {string} type @returns {(entry: any) => boolean} */
export const accepted = (type) => (entry) => entry.event.type === type && entry.ignored === null

/** Steps that an entry sets. @param {any} entry @returns {Record<string, any>} */
export const stepsSet = (entry) => entry.patch?.p?.steps?.s ?? {}

/**
 * Appends an entry to a run's history that fits in every number but should not be there.
 * @param {Campaign} campaign @param {string} runId @param {{ event: any, patch?: any, ignored?: string | null, types?: string[] }} given
 */
export const appendEntry = (campaign, runId, { event, patch = {}, ignored = null, types = [] }) => {
  const last = historyOf(campaign, runId).at(-1)
  const row = rowOf(campaign, runId)
  const published = types.map((type, index) => ({
    ...{ seq: row.published + index + 1, type, step: null, phase: null, status: 'running', message: '', meta: {} },
    ...{ progress: row.progress, stepProgress: null, spanKey: 'run', spanId: 'f00000000000000f' },
  }))
  const position = last.position + 1
  const { s = {}, ...rest } = patch
  row.published += types.length
  row.position = position
  const entry = {
    ...copy(last),
    ...{ position, event, ignored, published: published.length === 0 ? null : published },
    patch: ignored === null ? { ...rest, s: { ...s, published: row.published } } : null,
    ...{ seq_from: published[0]?.seq ?? null, seq_to: published.at(-1)?.seq ?? null },
  }
  if (row.state !== null && ignored === null) Object.assign(row.state, entry.patch.s)
  insertAfter(campaign, 'dump/history', last, entry)
  return entry
}
