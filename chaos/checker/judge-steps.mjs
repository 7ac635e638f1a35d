/** Judges the path of a run: how steps move, and whether what is entered follows from what ended (I4). */
import { isActive, isFinished } from './fold-history.mjs'
import { stepMoves, transplanting } from './transition-tables.mjs'
import { besides, nodeAt } from './workflow-graph.mjs'

/**
 * @typedef {import('./fold-history.mjs').State} State
 * @typedef {import('./fold-history.mjs').Step} Step
 */

/** Whether a step has come to an end in this very entry, or passed through one. @param {Step | undefined} was @param {Step | undefined} is @param {number} at */
const endedNow = (was, is, at) => is !== undefined && (is.finishedAt === at || is.visits > (was?.visits ?? 0))

/** @param {Step} step @param {string | null} on */
const answers = ({ status }, on) => {
  if (status === 'failed') return on === 'failed' || on === 'timeout'
  return status === 'done' ? on !== 'failed' : true
}

/**
 * Whether a step may have been entered: it is its region's first and what encloses it was entered or goes on, or one that
 * leads to it has ended in the same entry.
 * @param {import('./workflow-graph.mjs').Node} node @param {string} path @param {State} before @param {State} after @param {number} at
 */
const mayEnter = (node, path, before, after, at) => {
  const led = node.from.some((from) => {
    const other = besides(path, from.name)
    const is = after.steps[other]
    if (is === undefined || !endedNow(before.steps[other], is, at)) return false
    return from.leads.some(({ to, on }) => to === node.name && answers(is, on))
  })
  if (led || !node.isInitial) return led
  if (node.owner === null) return before.status === 'created'
  const owner = ownerPath(node, path)
  const [was, is] = [before.steps[owner], after.steps[owner]]
  if (node.owner.kind === 'map') return isActive(was) || isActive(is)
  return is !== undefined && is.visits > (was?.visits ?? 0)
}

/** Path of what encloses a step. @param {import('./workflow-graph.mjs').Node} node @param {string} path */
const ownerPath = (node, path) => {
  const parts = path.split('.').slice(0, -1)
  if (node.owner?.kind === 'parallel') return [...parts, node.owner.name].join('.')
  return (node.owner?.kind === 'map' ? parts.slice(0, -1) : parts).join('.')
}

/**
 * @param {{ findings: import('./findings.mjs').Findings, runId: string, graph: import('./workflow-graph.mjs').Graph, visits: Map<string, { visits: number, completed: number }> }} world
 * @param {{ entry: import('./fold-history.mjs').Entry, before: State, after: State, touched: string[] }} turn
 */
export const judgeSteps = ({ findings, runId, graph, visits }, { entry, before, after, touched }) => {
  const { event, position } = entry
  const at = Date.parse(entry.at)
  const isWhole = transplanting.has(event.type) || before.compensation?.ending === 'rolled-back'
  for (const path of touched) {
    const [was, is] = [before.steps[path], after.steps[path]]
    if (is === undefined) continue
    const entered = is.visits - (was?.visits ?? 0)
    if (entered > 0) {
      const count = visits.get(path) ?? { visits: 0, completed: 0 }
      count.visits += entered
      visits.set(path, count)
    }
    if (isWhole) continue
    if (path.startsWith('undo!')) {
      const undoing = after.compensation?.status !== undefined
      findings.expect('I4', 'what is undone was to be undone', undoing, runId, () => ({ position, path }))
      continue
    }
    const node = nodeAt(graph, path)
    findings.expect('I4', 'a step is the definition’s', node !== undefined, runId, () => ({ position, path }))
    if (node === undefined) continue
    if (entered > 0) {
      // A step that an expression failed on before it was entered is shown as entered.
      const legal = is.error?.code === 'EXPRESSION_FAILED' || mayEnter(node, path, before, after, at)
      findings.expect('I4', 'a step follows from one that ended', legal, runId, () => ({
        ...{ position, event: event.type, path, from: node.from.map((from) => from.path) },
      }))
      continue
    }
    const from = was?.status ?? 'pending'
    const moves = /** @type {Record<string, readonly string[]>} */ (stepMoves)[from] ?? []
    const legal = from === is.status || moves.includes(is.status) || (from === 'pending' && isFinished(after.status))
    findings.expect('I4', 'a step’s status moves legally', legal, runId, () => ({
      position,
      path,
      from,
      to: is.status,
    }))
  }
}
