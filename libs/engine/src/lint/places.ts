import type { Region, StateDefinition, WorkflowDefinition } from '../definition.js'

/** A state with where it stands. */
export interface Place {
  readonly state: StateDefinition
  readonly path: string
  readonly scope: string
  readonly region: RegionPlace
}

/** A region with where it stands. `where` is the owner's path and the branch, or '' for the root. */
export interface RegionPlace {
  readonly region: Region
  readonly where: string
  readonly owner: Place | null
  readonly places: readonly Place[]
}

/** Every region of a definition with its states, outermost first. */
export const regionsOf = (definition: WorkflowDefinition): readonly RegionPlace[] => {
  const found: RegionPlace[] = []

  const visit = (region: Region, at: { where: string; scope: string; owner: Place | null }): void => {
    const places: Place[] = []
    const held: RegionPlace = { region, where: at.where, owner: at.owner, places }
    found.push(held)
    for (const state of region.states) {
      const path = at.scope === '' ? state.name : `${at.scope}.${state.name}`
      const place: Place = { state, path, scope: at.scope, region: held }
      places.push(place)
      if (state.kind === 'parallel')
        for (const branch of state.branches)
          visit(branch, { where: `${path}/${branch.name}`, scope: at.scope, owner: place })
      if (state.kind === 'workflow' && state.body) visit(state.body, { where: path, scope: path, owner: place })
      if (state.kind === 'map') visit(state, { where: path, scope: `${path}.each`, owner: place })
    }
  }
  visit(definition, { where: '', scope: '', owner: null })
  return found
}

/** Every state of a definition with its place. */
export const placesOf = (definition: WorkflowDefinition): readonly Place[] =>
  regionsOf(definition).flatMap(({ places }) => places)

/** The states of a region that a state leads to. */
export const nextOf = ({ state, region }: Place): readonly Place[] =>
  (state.transitions ?? []).flatMap(({ to }) => region.places.filter((place) => place.state.name === to))

/** Everything reachable from some places, those included; `through` says which may be passed. */
export const reach = (
  from: readonly Place[],
  next: (place: Place) => readonly Place[],
  through: (place: Place) => boolean = () => true,
): ReadonlySet<Place> => {
  const found = new Set(from)
  for (const place of found) if (through(place)) for (const step of next(place)) found.add(step)
  return found
}

/** A region's initial state, where it exists. */
export const initialOf = ({ region, places }: RegionPlace): readonly Place[] =>
  places.filter(({ state }) => state.name === region.initial)
