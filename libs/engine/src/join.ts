import type { Branch, Join, ParallelState } from './definition.js'
import type { StepState } from './state.js'

export type Branches = NonNullable<StepState['branches']>
export type JoinVerdict = 'open' | 'done' | 'failed'

/** How many branches have to come in for a join over `expected` branches to be met. */
export const branchesNeeded = (join: Join, expected: number): number => {
  switch (join.policy) {
    case 'all':
      return 0 // each branch by its requirement, see `mustSucceed`
    case 'any':
      return 1
    case 'k-of-n':
      return join.k
    case 'quorum':
      return Math.floor(expected / 2) + 1
    case 'until':
      return join.min
  }
}

/**
 * Whether the join cannot do without a branch. Under `all` that is every branch that is not optional or degraded; under
 * the counting policies each branch is one vote, and only one that says `required` itself is indispensable.
 */
export const mustSucceed = (join: Join, { requirement }: Branch): boolean =>
  requirement === 'required' || (join.policy === 'all' && requirement === undefined)

/**
 * Whether a join stays open, is met, or has failed. The expected set is what `branches` holds: it was fixed when the
 * fan-out opened. A degraded branch counts as come in.
 * - `all` and `until` wait for every branch (until: or its deadline); the counting policies close as soon as they are met.
 * - fail-fast fails as soon as the join cannot be met any more; best-effort when no branch is open.
 */
export const judgeJoin = (
  { join, branches: declared, onBranchFailure }: ParallelState,
  branches: Branches,
  deadlineReached = false,
): JoinVerdict => {
  const all = Object.values(branches)
  const open = all.filter((status) => status === 'open').length
  const come = all.filter((status) => status === 'done' || status === 'degraded').length
  const needed = branchesNeeded(join, all.length)
  const musts = declared.filter((branch) => mustSucceed(join, branch)).map(({ name }) => branches[name])

  const lost = musts.some((status) => status === 'failed' || status === 'cancelled') || come + open < needed
  const met = come >= needed && musts.every((status) => status === 'done' || status === 'degraded')
  const waitsForAll = join.policy === 'all' || join.policy === 'until'

  if (deadlineReached) return met ? 'done' : 'failed'
  if (lost && (open === 0 || onBranchFailure === 'fail-fast')) return 'failed'
  if (met && (open === 0 || !waitsForAll)) return 'done'
  return 'open'
}
