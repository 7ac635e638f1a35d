import { CodedError } from '@flotilla/contracts'
import type { Json, JsonObject } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import { runKeys } from '../sealing/run-keys.js'
import { artifactPlace } from '../sealing/sealed-run.js'
import { rowsOf } from './statement.js'

export interface ArtifactRow {
  readonly artifactId: string
  readonly runId: string
  readonly name: string
  readonly version: number
  readonly type: string
  readonly mediaType: string
  /** Hex SHA-256 of the content. */
  readonly sha256: string
  readonly step: string
  readonly parentId: string | null
  readonly metadata: JsonObject | null
  readonly createdAt: Date
}

const columns = `id as "artifactId", run_id as "runId", name, version, type, media_type as "mediaType", sha256, step,
  parent_id as "parentId", metadata, created_at as "createdAt"`
const list = {
  name: 'list-artifacts',
  text: `select ${columns} from artifact where run_id = $1 order by created_at, name, version`,
}
const one = {
  name: 'read-artifact',
  text: `
select ${columns}, content, (select r.erased_at is not null from run r where r.id = run_id) as erased
from artifact where run_id = $1 and id = $2`,
}

/** Artifacts of a run without their content, oldest first. */
export const listArtifacts = (tx: Tx, runId: string): Promise<ArtifactRow[]> => rowsOf(tx, list, [runId])

/** One artifact with its content; null where the tenant has none. Rejects with RUN_ERASED for an erased run. */
export const readArtifact = async (
  tx: Tx,
  runId: string,
  artifactId: string,
): Promise<(ArtifactRow & { readonly content: Json }) | null> => {
  type Row = ArtifactRow & { content: Json; erased: boolean }
  const [found] = await rowsOf<Row>(tx, one, [runId, artifactId])
  if (found === undefined) return null
  const { erased, ...row } = found
  if (erased) throw new CodedError('RUN_ERASED')
  const keys = await runKeys(tx, [runId])
  return { ...row, content: keys.open(runId, artifactPlace(artifactId), row.content) }
}
