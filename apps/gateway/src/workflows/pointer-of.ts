import type { StateDefinition } from '@flotilla/engine'

interface Placed {
  readonly path: string
  readonly pointer: string
}

const inside = (state: StateDefinition, path: string, pointer: string): readonly Placed[] => {
  if (state.kind === 'parallel')
    return state.branches.flatMap((branch, index) => placesOf(branch.states, '', `${pointer}/branches/${index}`))
  if (state.kind === 'map') return placesOf(state.states, '', pointer)
  return state.kind === 'workflow' && state.body ? placesOf(state.body.states, `${path}.`, `${pointer}/body`) : []
}

const placesOf = (states: readonly StateDefinition[], before: string, pointer: string): readonly Placed[] =>
  states.flatMap((state, index) => {
    const path = `${before}${state.name}`
    const at = `${pointer}/states/${index}`
    return [{ path, pointer: at }, ...inside(state, path, at)]
  })

/**
 * JSON pointer of what a finding is about: `where` is the path of a state, a pointer already, or '' for the whole. The
 * path of a state inside a sub-workflow that the body only names points at the state that names it.
 */
export const pointerOf = (states: readonly StateDefinition[], where: string): string => {
  if (where === '' || where.startsWith('/')) return where
  const places = placesOf(states, '', '')
  for (let path = where; path !== ''; path = path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '') {
    const found = places.find((place) => place.path === path || place.path.endsWith(`.${path}`))
    if (found) return found.pointer
  }
  return ''
}
