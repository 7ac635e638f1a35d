import type { DefinitionIndex, IndexedPart, IndexedState } from './definition-index.js'
import type { RunState } from './state.js'
import { stepAt } from './step-at.js'

type Steps = Pick<RunState, 'steps'>

const sumOf = (state: Steps, parts: readonly IndexedPart[]): number =>
  parts.reduce((sum, part) => (part.share === 0 ? sum : sum + part.share * fractionOf(state, part.state)), 0)

/** How much of a step is done, 0 to 1: a compound's parts by their shares; what can no longer come counts as done. */
export const fractionOf = (state: Steps, indexed: IndexedState): number => {
  const step = stepAt(state, indexed.path)
  if (step.status === 'done' || step.status === 'skipped') return 1
  if (step.items && step.items.total > 0) return (step.items.done + step.items.failed) / step.items.total
  return indexed.parts.length > 0 ? sumOf(state, indexed.parts) : step.fraction
}

const beforeTheEnd = 0.9999

/** The weighted sum over the top level, to four decimals; 1 is kept for the run's completion. */
export const weightedSum = (index: DefinitionIndex, state: Steps): number =>
  Math.min(beforeTheEnd, Math.round(sumOf(state, index.parts) * 1e4) / 1e4)

/** Progress inside a phase as the stream shows it, to two decimals. */
export const stepProgressOf = (state: Steps, phase: IndexedState): number =>
  Math.round(fractionOf(state, phase) * 100) / 100
