/** Judges joins: when a parallel closes, enough has come in, and what came in has ended (I6). */
import { isActive } from './fold-history.mjs'
import { transplanting } from './transition-tables.mjs'
import { besides, nodeAt } from './workflow-graph.mjs'

/** How many branches must come in, by the join's policy. @param {any} join @param {number} expected */
const needed = (join, expected) => {
  if (join.policy === 'any') return 1
  if (join.policy === 'k-of-n') return join.k
  if (join.policy === 'quorum') return Math.floor(expected / 2) + 1
  return join.policy === 'until' ? join.min : 0
}

/** Branches that the join cannot do without. @param {any} definition @returns {string[]} */
const required = ({ join, branches }) =>
  branches
    .filter(
      (/** @type {any} */ { requirement }) =>
        requirement === 'required' || (join.policy === 'all' && requirement === undefined),
    )
    .map((/** @type {any} */ { name }) => name)

/** Whether a branch has come to an end that completes it. @param {import('./workflow-graph.mjs').Graph} graph @param {any} branch @param {string} path @param {any} steps */
const hasEnded = (graph, branch, path, steps) => {
  const ends = new Set(
    branch.states
      .filter((/** @type {any} */ s) => s.kind === 'end' && s.status === 'completed')
      .map((/** @type {any} */ s) => s.name),
  )
  return branch.states.some((/** @type {any} */ state) => {
    const step = steps[besides(path, state.name)]
    const leads = (state.transitions ?? []).some((/** @type {any} */ { to }) => ends.has(to))
    return leads && step !== undefined && !isActive(step) && step.visits > 0
  })
}

/**
 * @param {{ findings: import('./findings.mjs').Findings, runId: string, graph: import('./workflow-graph.mjs').Graph }} world
 * @param {{ entry: import('./fold-history.mjs').Entry, before: import('./fold-history.mjs').State, after: import('./fold-history.mjs').State, touched: string[] }} turn
 */
export const judgeJoins = ({ findings, runId, graph }, { entry, before, after, touched }) => {
  const { position, event } = entry
  if (transplanting.has(event.type)) return
  for (const path of touched) {
    const [was, is] = [before.steps[path], after.steps[path]]
    if (is?.branches === undefined) continue
    const node = nodeAt(graph, path)
    if (node?.kind !== 'parallel') continue
    const { definition } = node
    const wasOpen = was?.branches ?? {}
    for (const branch of definition.branches) {
      if (is.branches[branch.name] !== 'done' || wasOpen[branch.name] === 'done') continue
      findings.expect(
        'I6',
        'a branch that came in has ended',
        hasEnded(graph, branch, path, after.steps),
        runId,
        () => ({
          ...{ position, join: path, branch: branch.name },
        }),
      )
    }
    if (is.status !== 'done' || was?.status === 'done') continue
    const all = Object.entries(is.branches)
    const come = all.filter(([, status]) => status === 'done' || status === 'degraded').map(([name]) => name)
    const enough =
      come.length >= needed(definition.join, all.length) && required(definition).every((name) => come.includes(name))
    findings.expect('I6', 'a join closes with all that it needs', enough, runId, () => ({
      position,
      join: path,
      branches: is.branches,
    }))
    const open = all.filter(([, status]) => status === 'open')
    findings.expect('I6', 'a join that closed has no open branch', open.length === 0, runId, () => ({
      position,
      join: path,
      branches: is.branches,
    }))
  }
}
