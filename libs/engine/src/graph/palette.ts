import type { StepStatus } from '../state.js'
import type { GraphNode, NodeKind } from './graph-of.js'

export const failureColour = '#b3261e'
export const lineColour = '#475569'
export const textColour = '#0f172a'

/** Fill of a step by its status. */
export const statusFills: Readonly<Record<StepStatus, string>> = {
  pending: '#ffffff',
  running: '#93c5fd',
  waiting: '#fde68a',
  done: '#86efac',
  failed: '#fca5a5',
  skipped: '#e2e8f0',
  cancelled: '#cbd5e1',
}

const kindFills: Readonly<Partial<Record<NodeKind, string>>> = {
  gate: '#fef3c7',
  failed: '#fee2e2',
  start: '#f1f5f9',
  end: '#f1f5f9',
}

/** Fill of a node: its status where a run is shown, else its kind; gates stand out. */
export const fillOf = ({ kind, status }: GraphNode): string =>
  status === null ? (kindFills[kind] ?? '#ffffff') : statusFills[status]

/** Border of a node: gates stand out whatever their status. */
export const borderOf = ({ kind }: GraphNode): { readonly colour: string; readonly width: number } => {
  if (kind === 'gate') return { colour: '#b45309', width: 2.5 }
  return kind === 'failed' ? { colour: failureColour, width: 1 } : { colour: lineColour, width: 1 }
}
