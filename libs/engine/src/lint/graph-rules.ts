import type { WorkflowDefinition } from '../definition.js'
import { error, type Finding } from './finding.js'
import { initialOf, nextOf, type Place, placesOf, reach, regionsOf } from './places.js'

/** Rule: names are unique in a namespace, branches included, for a step is known by its name. */
export const checkNames = (definition: WorkflowDefinition): readonly Finding[] => {
  const seen = new Set<string>()
  const states = placesOf(definition).flatMap(({ path }) => {
    if (!seen.has(path)) {
      seen.add(path)
      return []
    }
    return [
      error('NAME_DUPLICATE', path, `two states are called ${path}`, 'Give each state of a namespace its own name.'),
    ]
  })
  const branches = placesOf(definition).flatMap(({ state, path }) => {
    if (state.kind !== 'parallel') return []
    const names = state.branches.map(({ name }) => name)
    const twice = names.filter((name, index) => names.indexOf(name) !== index)
    return twice.map((name) =>
      error('NAME_DUPLICATE', path, `two branches are called ${name}`, 'Give each branch its own name.'),
    )
  })
  return [...states, ...branches]
}

/** Rule: every transition leads to a state of its own region, and every region begins at one. */
export const checkTargets = (definition: WorkflowDefinition): readonly Finding[] =>
  regionsOf(definition).flatMap((region) => {
    const names = new Set(region.places.map(({ state }) => state.name))
    const fix = 'Define the state in the same region, or lead to one that exists.'
    const initial = names.has(region.region.initial)
      ? []
      : [error('INITIAL_DANGLING', region.where, `the initial state ${region.region.initial} does not exist`, fix)]
    const targets = region.places.flatMap(({ state, path }) =>
      (state.transitions ?? [])
        .filter(({ to }) => !names.has(to))
        .map(({ to, on }) =>
          error('TARGET_DANGLING', path, `${on ?? 'the choice'} leads to ${to}, which does not exist here`, fix),
        ),
    )
    return [...initial, ...targets]
  })

/** Rule: every state can be reached from its region's beginning. */
export const checkReachable = (definition: WorkflowDefinition): readonly Finding[] =>
  regionsOf(definition).flatMap((region) => {
    const reached = reach(initialOf(region), nextOf)
    return region.places
      .filter((place) => !reached.has(place))
      .map(({ path }) => error('STATE_UNREACHABLE', path, `nothing leads to ${path}`, 'Lead to it, or remove it.'))
  })

/** A way that dangles may have been meant to end: that it dangles is found on its own. */
const endsOrDangles = ({ state, region }: Place): boolean =>
  state.kind === 'end' ||
  (state.transitions ?? []).some(({ to }) => !region.places.some((place) => place.state.name === to))

/** Rule: from every state there is a way to an end of its region, and nothing follows an end. */
export const checkEnds = (definition: WorkflowDefinition): readonly Finding[] => [
  ...checkNoEnd(definition),
  ...placesOf(definition)
    .filter(({ state }) => state.kind === 'end' && (state.transitions ?? []).length > 0)
    .map(({ path }) =>
      error(
        'END_LEFT',
        path,
        `${path} is an end, and has transitions`,
        'Remove them, or make it another kind of state.',
      ),
    ),
]

const checkNoEnd = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition)
    .filter((place) => ![...reach([place], nextOf)].some(endsOrDangles))
    .map(({ path }) =>
      error('END_UNREACHABLE', path, `no way leads from ${path} to an end`, 'Add a transition towards an end state.'),
    )

const isOnCycle = (place: Place): boolean => reach(nextOf(place), nextOf).has(place)

/** Rule: every loop has a cap. */
export const checkLoops = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition)
    .filter((place) => place.state.maxVisits === undefined && isOnCycle(place))
    .map(({ path }) =>
      error(
        'LOOP_UNBOUNDED',
        path,
        `${path} is on a loop without maxVisits`,
        'Give every state on the loop a maxVisits.',
      ),
    )
