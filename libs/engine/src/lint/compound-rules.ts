import type { Branch, ParallelState, WorkflowDefinition } from '../definition.js'
import { branchesNeeded } from '../join.js'
import { error, type Finding, warning } from './finding.js'
import { initialOf, nextOf, placesOf, reach, type RegionPlace, regionsOf } from './places.js'

const canComplete = (region: RegionPlace | undefined): boolean =>
  region !== undefined &&
  [...reach(initialOf(region), nextOf)].some(({ state }) => state.kind === 'end' && state.status === 'completed')

/** Whether a branch counts as come in, one way or another. */
const canComeIn = (branch: Branch, regions: readonly RegionPlace[]): boolean =>
  typeof branch.requirement === 'object' || canComplete(regions.find(({ region }) => region === branch))

const isIndispensable = ({ requirement }: Branch, { join }: ParallelState): boolean =>
  requirement === 'required' || (requirement === undefined && join.policy === 'all')

/** Rule: a join can be met by the branches that there are and that can come in. */
export const checkJoins = (definition: WorkflowDefinition): readonly Finding[] => {
  const regions = regionsOf(definition)
  return placesOf(definition).flatMap(({ state, path }) => {
    if (state.kind !== 'parallel') return []
    const needed = branchesNeeded(state.join, state.branches.length)
    if (needed > state.branches.length)
      return [
        error(
          'JOIN_IMPOSSIBLE',
          path,
          `the join needs ${needed} of ${state.branches.length} branches`,
          'Ask for at most as many as there are.',
        ),
      ]
    const failing = state.branches.filter((branch) => !canComeIn(branch, regions))
    const fix = 'Let the branch come to an end that is completed, or make it optional or degraded.'
    const lost = failing.filter((branch) => isIndispensable(branch, state))
    const starved = lost.map(({ name }) =>
      error('JOIN_STARVES', path, `branch ${name} is required and always fails: the join is never met`, fix),
    )
    if (starved.length > 0 || state.branches.length - failing.length >= needed || state.join.policy === 'all')
      return starved
    const left = state.branches.length - failing.length
    return [error('JOIN_STARVES', path, `the join needs ${needed} branches, and only ${left} can come in`, fix)]
  })
}

/** Rule: a map's region can end well, its width makes sense, and what runs on its own has a deadline. */
export const checkWidth = (definition: WorkflowDefinition): readonly Finding[] => {
  const regions = regionsOf(definition)
  return placesOf(definition).flatMap(({ state, path }) => {
    if (state.kind === 'workflow')
      return state.detached && state.deadlineMs === undefined
        ? [
            warning(
              'DEADLINE_MISSING',
              path,
              `${state.workflow} runs on its own and may take for ever`,
              'Add deadlineMs, and a timeout transition.',
            ),
          ]
        : []
    if (state.kind !== 'map') return []
    const held = regions.find(({ owner }) => owner?.path === path)
    return [
      ...(canComplete(held)
        ? []
        : [
            error(
              'MAP_NEVER_COMPLETES',
              path,
              `no item of ${path} can come to an end that is completed`,
              'Lead its states to one.',
            ),
          ]),
      ...(state.concurrency > state.itemsMax
        ? [
            warning(
              'CONCURRENCY_IDLE',
              path,
              `${state.concurrency} at once of at most ${state.itemsMax} items`,
              'Raise itemsMax, or lower concurrency.',
            ),
          ]
        : []),
    ]
  })
}
