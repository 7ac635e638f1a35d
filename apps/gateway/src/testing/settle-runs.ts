import { randomBytes } from 'node:crypto'
import {
  advance,
  applyPatch,
  diffState,
  initialState,
  nextDeadlineAt,
  type Command,
  type Json,
  type Patch,
  type RunEvent,
  type RunState,
  type WorkflowDefinition,
} from '@flotilla/engine'
import {
  claimRuns,
  inTransaction,
  readCheckpoint,
  readClaimedRuns,
  readEvents,
  readStateParts,
  saveApplied,
  type AppliedRun,
  type ClaimedRun,
  type Store,
  type Tx,
} from '@flotilla/store'
import { v7 as uuidv7 } from 'uuid'
import { fingerprintOf } from '../runs/idempotency.js'

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>

const fold = (run: ClaimedRun, definition: WorkflowDefinition, events: readonly RunEvent[]): AppliedRun => {
  let state = run.state ?? initialState({ runId: run.runId, submittedBy: run.submittedBy })
  let { position } = run
  const history: AppliedRun['history'][number][] = []
  const commands: { readonly command: Command; readonly position: number }[] = []
  for (const event of events) {
    const before = state
    const next = advance(definition, before, event)
    position += 1
    state = next.state
    for (const command of next.commands) commands.push({ command, position })
    const published = next.commands.filter((command): command is Of<'Publish'> => command.type === 'Publish')
    history.push({
      position,
      at: event.at,
      event,
      ignored: next.ignored ?? null,
      patch: diffState(before, state) as unknown as Json,
      published: published.map(({ seq, event: streamed }) => ({ ...streamed, seq })),
    })
  }
  const those = <T extends Command['type']>(type: T) =>
    commands.flatMap(({ command, position: at }) =>
      command.type === type ? [{ ...(command as Of<T>), position: at }] : [],
    )
  const marked = those('MarkArtifacts').at(-1)
  return {
    ...run,
    state,
    position,
    nextDeadlineAt: nextDeadlineAt(state),
    inboxIds: [],
    history,
    owed: [],
    paid: [],
    undone: those('MarkUndone').map(({ step, visit }) => ({ step, visit })),
    openedGates: those('OpenGate').map(({ gateId, ...gate }) => ({
      ...gate,
      id: gateId,
      shownHash: fingerprintOf(gate.shown),
    })),
    closedGates: those('CloseGate').map(({ gateId, status }) => ({ id: gateId, status })),
    checkpoints: those('SaveCheckpoint').map((checkpoint) => ({ ...checkpoint, snapshot: null })),
    artifacts: those('SaveArtifact').map((artifact) => ({
      ...artifact,
      id: artifact.artifactId,
      type: artifact.artifactType,
      sha256: randomBytes(32).toString('hex'),
      metadata: null,
    })),
    ...(marked === undefined ? {} : { artifactsIncomplete: marked.incomplete }),
    deadLetters: those('DeadLetter').map(({ error, ...letter }) => ({
      ...letter,
      id: uuidv7(),
      code: error.code,
      message: error.message,
      stack: error.stack ?? null,
      inputRef: 'outbox',
    })),
    notifications: [],
  }
}

/** The state that a resume goes back to, or a fork begins with, as the orchestrator puts it into the event. */
const restored = async (tx: Tx, own: string, event: RunEvent): Promise<RunEvent> => {
  if ((event.type !== 'ResumeRequested' && event.type !== 'RunForked') || event.restored !== undefined) return event
  const [runId, number] =
    event.type === 'RunForked' ? [event.from.runId, event.from.checkpoint] : [own, event.checkpoint]
  if (number === null) return event
  const checkpoint = await readCheckpoint(tx, runId, String(number))
  const parts = await readStateParts(tx, runId, checkpoint?.position ?? 0)
  const start: RunState = initialState({ runId, submittedBy: 'spec' })
  const state = parts.patches.reduce<RunState>((before, patch) => applyPatch(before, patch as Patch), start)
  return { ...event, restored: state }
}

const beginningOf = ({ forkedFrom, forkedCheckpoint, forkedBy, createdAt, input }: ClaimedRun): RunEvent => {
  const at = createdAt.getTime()
  if (forkedFrom === null) return { type: 'RunStarted', at, input }
  return { type: 'RunForked', at, by: forkedBy ?? '', from: { runId: forkedFrom, checkpoint: forkedCheckpoint }, input }
}

/** Stands in for the orchestrator in specs: applies what waits for a run, and `more` events, in one transaction. */
export const settleRun = (
  engine: Pick<Store, 'pool'>,
  definition: WorkflowDefinition,
  runId: string,
  more: readonly RunEvent[] = [],
): Promise<void> =>
  inTransaction(engine.pool, async (tx) => {
    await claimRuns(tx, { going: [runId], runsMax: 10, admissionsMax: 0, inFlightMax: 10, withDeadlines: false })
    const [run] = await readClaimedRuns(tx, [runId])
    if (!run) throw new Error(`no run ${runId}`)
    const { events } = await readEvents(tx, [runId], { eventsMax: 100, bytesMax: 1_000_000 })
    const imported = events[0]?.event.type === 'RunForked'
    const start: RunEvent[] = run.state === null && !imported ? [beginningOf(run)] : []
    const waiting: RunEvent[] = []
    for (const event of [...start, ...events.map((row) => row.event)]) waiting.push(await restored(tx, runId, event))
    const applied = fold(run, definition, [...waiting, ...more])
    await saveApplied(tx, [{ ...applied, inboxIds: events.map(({ inboxId }) => inboxId) }])
  })
