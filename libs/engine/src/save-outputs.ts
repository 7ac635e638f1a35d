import type { IndexedState } from './definition-index.js'
import type { Json } from './json.js'
import { publish, stepSpan, type Turn } from './turn.js'
import { evaluateOne, type StepValues } from './turn-values.js'

/** Saves a step's artifacts, each as the next version under its name. */
export const saveArtifacts = (turn: Turn, state: IndexedState, values: StepValues): void => {
  for (const [position, { name, content }] of state.artifacts.entries()) {
    const rule = state.definition.artifacts?.[position]
    const before = turn.state.artifacts[name]
    const version = (before?.version ?? 0) + 1
    const artifactId = `${turn.state.runId}.${name}.v${version}`
    turn.commands.push({
      type: 'SaveArtifact',
      artifactId,
      name,
      version,
      artifactType: rule?.type ?? '',
      mediaType: rule?.mediaType ?? '',
      content: evaluateOne(turn, state, content, values),
      step: state.path,
      parentId: before?.id ?? null,
    })
    turn.state.artifacts = { ...turn.state.artifacts, [name]: { id: artifactId, version } }
    publish(turn, {
      type: 'artifact.saved',
      message: `${state.title}: ${name} saved as version ${version}`,
      // An end is no step: it has no span of its own.
      ...(state.definition.kind === 'end' ? {} : { about: state }),
      meta: { artifactId, name, version },
    })
  }
}

/** What a run saved before it failed or was cancelled is kept as incomplete, until the run goes on. */
export const markArtifacts = (turn: Turn, incomplete: boolean): void => {
  if (Object.keys(turn.state.artifacts).length > 0) turn.commands.push({ type: 'MarkArtifacts', incomplete })
}

/** Saves a checkpoint: a position in the history, named after the step or by the agent. */
export const saveCheckpoint = (turn: Turn, state: IndexedState, label: string, data: Json): void => {
  turn.state.checkpointCount += 1
  const number = turn.state.checkpointCount
  turn.commands.push({ type: 'SaveCheckpoint', number, label, step: state.path, data })
  turn.commands.push({
    type: 'EndSpan',
    span: 'checkpoint',
    key: `checkpoint:${number}`,
    parentKey: stepSpan(turn, state),
    name: `checkpoint ${number}`,
    startedAt: turn.at,
    endedAt: turn.at,
    error: null,
    attributes: { 'workflow.step': state.path, 'flotilla.checkpoint.number': number },
  })
  publish(turn, {
    type: 'checkpoint.saved',
    message: `Checkpoint ${number} saved`,
    about: state,
    spanKey: `checkpoint:${number}`,
    meta: { checkpoint: number, label },
  })
}
