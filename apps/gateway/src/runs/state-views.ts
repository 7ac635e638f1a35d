import type {
  ArtifactPage,
  ArtifactView,
  CheckpointDiff,
  CheckpointPage,
  EffectPage,
  EffectView,
  StateView,
} from '@flotilla/contracts'
import type { Json, JsonObject, RunState } from '@flotilla/engine'
import type { ArtifactRow, EffectRow } from '@flotilla/store'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import { differences } from './differences.js'
import { findRun } from './find-run.js'
import { findPersonalRun, type RunReading } from './require-personal.js'

/** What people mean by a run's state: input and data of each scope, and where each step stands. */
const sharedState = (state: RunState): JsonObject => ({
  status: state.status,
  progress: state.progress,
  scopes: state.scopes as unknown as JsonObject, // JSON by definition of the state
  steps: state.steps as unknown as JsonObject,
  artifacts: state.artifacts as unknown as JsonObject,
})

/** Shared state and memory of a run, as it is now. */
export const readStateView = async (gateway: Gateway, { principal, runId }: RunReading): Promise<StateView> => {
  const { run } = await findPersonalRun(gateway, { principal, runId })
  const state = (await gateway.store.readState(principal.tenantId, runId))?.state ?? null
  const { '': root, ...scopes } = state?.scopes ?? {}
  return {
    runId,
    status: run.status,
    progress: run.progress,
    input: root?.input ?? null,
    data: root?.data ?? {},
    scopes,
  }
}

/** Checkpoints of a run, oldest first. */
export const listCheckpointViews = async (
  gateway: Gateway,
  tenantId: string,
  runId: string,
): Promise<CheckpointPage> => {
  await findRun(gateway, tenantId, runId)
  const found = await gateway.store.listCheckpoints(tenantId, runId)
  return {
    items: found.map(({ number, label, step, createdAt }) => ({
      number,
      label,
      step,
      createdAt: createdAt.toISOString(),
    })),
    nextCursor: null,
  }
}

/** What changed in the shared state from one checkpoint (number or label) to another. */
export const diffCheckpoints = async (
  gateway: Gateway,
  { principal, runId }: RunReading,
  [from, to]: readonly [string, string],
): Promise<CheckpointDiff> => {
  await findPersonalRun(gateway, { principal, runId })
  const { tenantId } = principal
  const [before, after] = await Promise.all(
    [from, to].map((checkpoint) => gateway.store.stateAt(tenantId, runId, checkpoint)),
  )
  if (!before || !after) throw new GatewayError('CHECKPOINT_UNKNOWN')
  return {
    from: before.number,
    to: after.number,
    changes: differences(sharedState(before.state), sharedState(after.state)),
  }
}

const effectView = ({ status, at, doneAt, undoneAt, ...row }: EffectRow): EffectView => ({
  ...row,
  status: status === 'intent' ? 'intended' : status,
  at: at.toISOString(),
  doneAt: doneAt?.toISOString() ?? null,
  compensatedAt: undoneAt?.toISOString() ?? null,
})

/** The ledger of a run's effects, oldest first: what was done, and whether it is undone; never what came of it. */
export const listEffectViews = async (gateway: Gateway, tenantId: string, runId: string): Promise<EffectPage> => {
  await findRun(gateway, tenantId, runId)
  return { items: (await gateway.store.listEffects(tenantId, runId)).map(effectView), nextCursor: null }
}

const artifactView = (row: ArtifactRow): ArtifactView => ({
  artifactId: row.artifactId,
  name: row.name,
  version: row.version,
  type: row.type,
  mediaType: row.mediaType,
  step: row.step,
  parentId: row.parentId,
  createdAt: row.createdAt.toISOString(),
  incomplete: row.metadata?.['incomplete'] === true,
  metadata: row.metadata ?? {},
  href: `/runs/${row.runId}/artifacts/${encodeURIComponent(row.artifactId)}`,
})

/** Artifacts of a run, oldest first. */
export const listArtifactViews = async (gateway: Gateway, tenantId: string, runId: string): Promise<ArtifactPage> => {
  await findRun(gateway, tenantId, runId)
  const found = await gateway.store.listArtifacts(tenantId, runId)
  return { items: found.map(artifactView), nextCursor: null }
}

const textual = (content: Json): string => (typeof content === 'string' ? content : JSON.stringify(content))

/** An artifact's content with the media type that it was saved with. */
export const readArtifactContent = async (
  gateway: Gateway,
  { principal, runId }: RunReading,
  artifactId: string,
): Promise<{ readonly mediaType: string; readonly body: string; readonly sha256: string }> => {
  await findPersonalRun(gateway, { principal, runId })
  const found = await gateway.store.readArtifact(principal.tenantId, runId, artifactId)
  if (found === null) throw new GatewayError('ARTIFACT_UNKNOWN')
  return { mediaType: found.mediaType, body: textual(found.content), sha256: found.sha256 }
}
