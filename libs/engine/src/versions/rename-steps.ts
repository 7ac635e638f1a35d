import type { RunState } from '../state.js'
import { undoneAt, undoPathOf } from '../compensations.js'

/** Steps of the version that a run comes from by the names that they have in the version that it goes to. */
export type StepMapping = Readonly<Record<string, string>>

/** The path of a step under a mapping: its own, else that of the nearest compound that is named in it. */
export const renamePath = (mapping: StepMapping, path: string): string => {
  const undone = undoneAt(path)
  if (undone !== null) return undoPathOf(renamePath(mapping, undone))
  const parts = path.split('.')
  for (let length = parts.length; length > 0; length -= 1) {
    const known = mapping[parts.slice(0, length).join('.')]
    if (known !== undefined) return [known, ...parts.slice(length)].join('.')
  }
  return path
}

const renameKeys = <T>(mapping: StepMapping, held: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(held).map(([path, value]) => [path === '' ? '' : renamePath(mapping, path), value]))

/** The state with every step, shared state and gate under its new path. Nothing is sent out by it. */
export const renameSteps = (mapping: StepMapping, state: RunState): RunState => {
  if (Object.keys(mapping).length === 0) return state
  const rename = <T extends { readonly step: string }>(held: T): T => ({
    ...held,
    step: renamePath(mapping, held.step),
  })
  const { compensations } = state
  return {
    ...state,
    steps: renameKeys(mapping, state.steps),
    scopes: renameKeys(mapping, state.scopes),
    gates: Object.fromEntries(Object.entries(state.gates).map(([id, gate]) => [id, rename(gate)])),
    ...(compensations === undefined ? {} : { compensations: compensations.map(rename) }),
  }
}
