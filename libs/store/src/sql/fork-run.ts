import { CodedError } from '@flotilla/contracts'
import type { Json, JsonObject } from '@flotilla/engine'
import { jsonText } from '../json-text.js'
import type { Tx } from '../open-store.js'
import { runKeys } from '../sealing/run-keys.js'
import { inputPlace } from '../sealing/sealed-run.js'
import { rowsOf } from './statement.js'

/** A run that begins with the state which another one, of the same workflow and tenant, had at a checkpoint. */
export interface Fork {
  /** UUIDv7 of the new run. */
  readonly runId: string
  readonly from: string
  /** Number; null: from the start. */
  readonly checkpoint: number | null
  readonly version: number
  readonly definitionHash: string
  readonly semantics: number
  readonly input: Json
  readonly submittedBy: string
  readonly forkedBy: string
  /** Steps of the other run's version by their names in the fork's; null where the version is the same. */
  readonly mapping: JsonObject | null
  readonly traceId: string
  readonly traceparent: string | null
  /** Artifacts that the state at the checkpoint knows: that version and those before it stay readable in the fork. */
  readonly artifacts: readonly { readonly name: string; readonly version: number }[]
}

const statement = { name: 'fork-run', text: 'select priority from fork_run($1::jsonb)' }

/**
 * Makes the forked run, in the transaction of `asTenant`; the orchestrator begins it. Effects that were recorded up to the
 * checkpoint are copied, so that they are not repeated. A fork is of the other run's family, and has its data key. Null where
 * the tenant has no such run or the run no such checkpoint.
 */
export const forkRun = async (tx: Tx, fork: Fork): Promise<{ readonly priority: 0 | 1 | 2 } | null> => {
  const keys = await runKeys(tx, [fork.from], { make: true })
  if (keys.problem(fork.from) === 'RUN_UNKNOWN') return null
  const row = {
    id: fork.runId,
    from: fork.from,
    checkpoint: fork.checkpoint,
    version: fork.version,
    definition_hash: fork.definitionHash,
    semantics: fork.semantics,
    input: keys.seal(fork.from, inputPlace, fork.input, fork.runId),
    submitted_by: fork.submittedBy,
    forked_by: fork.forkedBy,
    mapping: fork.mapping,
    trace_id: fork.traceId,
    traceparent: fork.traceparent,
    artifacts: fork.artifacts,
  }
  return (await rowsOf<{ priority: 0 | 1 | 2 }>(tx, statement, [jsonText(row)]))[0] ?? null
}

const input = {
  name: 'read-input',
  text: 'select input, erased_at is not null as erased from run where id = $1',
}

/** What a run was submitted with: personal data. Null where there is no such run. Rejects with RUN_ERASED. */
export const readInput = async (tx: Tx, runId: string): Promise<{ readonly input: Json } | null> => {
  const [row] = await rowsOf<{ input: Json; erased: boolean }>(tx, input, [runId])
  if (row === undefined) return null
  if (row.erased) throw new CodedError('RUN_ERASED')
  return { input: (await runKeys(tx, [runId])).open(runId, inputPlace, row.input) }
}
