import type { Advanced, RunEvent, RunState, WorkflowDefinition } from '@flotilla/engine'
import { chanceAt } from './chance-at.js'

/** What a simulation has seen, over all its worlds. */
export interface Coverage {
  worlds: number
  transitions: number
  steps: number
  faults: number
  /** Different states of runs, told apart by definition, statuses, visits and dispatches. */
  readonly states: Set<number>
  /** Kind of event, status of the run before, and whether it was applied. */
  readonly events: Map<string, number>
  /** Kind of state and status of its step. */
  readonly kinds: Map<string, number>
  /** Fault and the point where it met. */
  readonly met: Map<string, number>
  readonly points: Set<string>
  readonly ends: Map<string, number>
  readonly kindOf: (definition: WorkflowDefinition, path: string) => string
  readonly transition: (
    hash: string,
    definition: WorkflowDefinition,
    before: RunState,
    event: RunEvent,
    advanced: Advanced,
  ) => void
}

const count = (map: Map<string, number>, key: string, by = 1): void => void map.set(key, (map.get(key) ?? 0) + by)

const kindsOf = new WeakMap<WorkflowDefinition, Map<string, string>>()
const collect = (states: WorkflowDefinition['states'], prefix: string, into: Map<string, string>): void => {
  for (const state of states) {
    into.set(prefix + state.name, state.kind)
    if (state.kind === 'parallel') for (const branch of state.branches) collect(branch.states, prefix, into)
    if (state.kind === 'workflow' && state.body) collect(state.body.states, `${prefix}${state.name}.`, into)
    if (state.kind === 'map') collect(state.states, `${prefix}${state.name}.*.`, into)
  }
}
const kindOf = (definition: WorkflowDefinition, path: string): string => {
  if (path.startsWith('undo!')) return 'undo'
  let kinds = kindsOf.get(definition)
  if (kinds === undefined) {
    kinds = new Map()
    collect(definition.states, '', kinds)
    kindsOf.set(definition, kinds)
  }
  return kinds.get(path) ?? kinds.get(path.replaceAll(/\.\d+\./g, '.*.')) ?? 'other'
}

const hashOf = (text: string): number => {
  let hash = 0
  for (let index = 0; index < text.length; index += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return chanceAt(hash, text.length, 0)
}

export const makeCoverage = (): Coverage => {
  const coverage: Coverage = {
    worlds: 0,
    transitions: 0,
    steps: 0,
    faults: 0,
    states: new Set(),
    events: new Map(),
    kinds: new Map(),
    met: new Map(),
    points: new Set(),
    ends: new Map(),
    kindOf,
    transition: (hash, definition, before, event, { state, ignored }) => {
      coverage.transitions += 1
      count(coverage.events, `${event.type} ${before.status} ${ignored === undefined ? 'applied' : 'ignored'}`)
      if (ignored !== undefined) return
      let key = `${hash} ${state.status} ${state.openings} ${state.cancel === null ? '' : 'c'}`
      for (const [path, step] of Object.entries(state.steps)) {
        key += ` ${path}${step.status}${step.visits}.${step.dispatches}${step.gateId === null ? '' : 'g'}`
        if (before.steps[path] !== step) count(coverage.kinds, `${kindOf(definition, path)} ${step.status}`)
      }
      coverage.states.add(hashOf(key))
    },
  }
  return coverage
}

/** The figures in a few lines. */
export const describeCoverage = (coverage: Coverage): string => {
  const { worlds, transitions, steps, faults, states, events, kinds, met, points, ends } = coverage
  const list = (map: ReadonlyMap<string, number>): string =>
    [...map]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, times]) => `${key} ${times}`)
      .join(', ')
  return [
    `${worlds} worlds, ${steps} operations, ${faults} faults, ${transitions} transitions, ${states.size} states of runs`,
    `${events.size} pairs of event and status, ${kinds.size} of kind of state and status, ${met.size} of fault and point (${points.size} points)`,
    `runs that ended: ${list(ends)}`,
    `states: ${list(kinds)}`,
  ].join('\n')
}
