import type { RunState } from './state.js'

/** The state of a run before its first event. The id is the shell's; `submittedBy` the principal's. */
export const initialState = ({
  runId,
  submittedBy,
}: {
  readonly runId: string
  readonly submittedBy: string
}): RunState => ({
  semantics: 1,
  runId,
  submittedBy,
  status: 'created',
  startedAt: null,
  finishedAt: null,
  dueAt: null,
  dispatchCount: 0,
  gateCount: 0,
  checkpointCount: 0,
  published: 0,
  progress: 0,
  scopes: {},
  steps: {},
  gates: {},
  signals: {},
  artifacts: {},
  cancel: null,
  result: null,
  error: null,
  openings: 0,
})
