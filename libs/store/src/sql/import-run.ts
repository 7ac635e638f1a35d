import type { Json, RunState } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import { insertInbox } from './insert-inbox.js'
import { submitOne, type Submission } from './submit-runs.js'

/** Where an imported run comes from, and the state that it begins with. */
export interface ImportedFrom {
  readonly runId: string
  readonly checkpoint: number
  readonly input: Json
  readonly restored: RunState
}

/**
 * Makes a run that begins with a state which came from outside: the run and its first event together, in the transaction
 * of `asTenant`; false where the limit of its workflow refuses it. Neither artifacts nor recorded effects come with it.
 */
export const importRun = async (tx: Tx, submission: Submission, from: ImportedFrom): Promise<boolean> => {
  if (!(await submitOne(tx, submission))) return false
  const { runId, checkpoint, input, restored } = from
  const event = { type: 'RunForked' as const, by: submission.submittedBy, from: { runId, checkpoint }, input, restored }
  await insertInbox(tx, [{ runId: submission.runId, event, dedupKey: 'import', traceparent: submission.traceparent }])
  return true
}
