import type { CheckpointPolicy, Region, StateDefinition } from '@flotilla/engine'
import { artifactsOf, assignmentsIn, readActions } from './actions.js'
import { checkpointIn } from './checkpoints.js'
import { mapIn, parallelIn } from './compound-states.js'
import {
  compact,
  type Cursor,
  isGiven,
  member,
  membersOf,
  numberOf,
  objectOf,
  refuse,
  refuseOthers,
  textOf,
  wordOf,
} from './cursor.js'
import { waysOf } from './edges.js'
import { mappingOf } from './expressions.js'
import { kindOf } from './kind-of.js'
import type { Reading } from './reading.js'
import { membersOfKind, type YamlKind } from './state-members.js'
import { gateIn, waitIn } from './waiting-states.js'
import { agentIn, setIn, workflowIn } from './work-states.js'

type Nameless<S> = S extends StateDefinition ? Omit<S, 'name'> : never

const finalIn = (cursor: Cursor, state: string, { names }: Reading): Nameless<StateDefinition> => {
  const error = member(cursor, 'error')
  const status = wordOf(member(cursor, 'status'), ['completed', 'failed'])
  const result = mappingOf(member(cursor, 'result'), names)
  if (!isGiven(error)) return { kind: 'end', status: status ?? 'completed', ...compact({ result }) }
  const code = typeof error.value === 'string' ? error.value : textOf(member(error, 'code'))
  const message = objectOf(error.value) === null ? undefined : textOf(member(error, 'message'))
  const told = { code: code ?? 'FAILED', message: message ?? `ended in ${state.replaceAll(/[_-]+/g, ' ')}` }
  return { kind: 'end', status: 'failed', error: told, ...compact({ result }) }
}

const ofKind = (kind: YamlKind, cursor: Cursor, state: string, reading: Reading): Nameless<StateDefinition> => {
  switch (kind) {
    case 'final':
      return finalIn(cursor, state, reading)
    case 'choice':
      return { kind: 'choice', transitions: waysOf(member(cursor, 'choice'), state, reading.names) }
    case 'human_gate':
      return gateIn(cursor, state, reading)
    case 'agent':
      return agentIn(cursor, state, reading)
    case 'set':
      return setIn(cursor, state, assignmentsIn(member(cursor, 'assign'), reading.names), reading)
    case 'wait':
      return waitIn(cursor, state, reading)
    case 'workflow':
      return workflowIn(cursor, state, reading)
    case 'parallel':
      return parallelIn(cursor, state, reading, readRegion)
    case 'map':
      return mapIn(cursor, state, reading, readRegion)
  }
}

const checkpointOfState = (cursor: Cursor, state: string, body: Nameless<StateDefinition>, reading: Reading) => {
  const count = body.kind === 'map' ? `steps.${state}.items.done` : undefined
  const frequency = member(cursor, 'checkpoint_frequency')
  const plain = member(cursor, 'checkpoint')
  const policy: CheckpointPolicy | undefined = checkpointIn(isGiven(frequency) ? frequency : plain, {
    names: reading.names,
    count,
  })
  return policy ?? reading.checkpoints.get(state)
}

const contentOf = ({ kind }: Nameless<StateDefinition>): string =>
  kind === 'agent' || kind === 'parallel' || kind === 'map' || kind === 'workflow' ? 'output' : 'data'

const readState = (cursor: Cursor, name: string, reading: Reading): StateDefinition => {
  reading.places.set(reading.scope + name, cursor.path)
  const { names } = reading
  const kind = kindOf(cursor, name, names)
  refuseOthers(cursor, membersOfKind(kind), (other) => other.startsWith('on_'))
  const body = ofKind(kind, cursor, name, reading)
  const entry = readActions(member(cursor, 'on_enter'), { state: name, names })
  const exit = readActions(member(cursor, 'on_exit'), { state: name, names })
  const artifacts = artifactsOf(member(cursor, 'artifact_output'), contentOf(body), names)
  if ((entry.stores || exit.stores) && artifacts === undefined)
    refuse(member(cursor, 'on_enter'), 'there is no artifact to store', 'Add artifact_output.')
  if (entry.agent !== null && kind !== 'agent')
    refuse(member(cursor, 'on_enter'), `a state of type ${kind} invokes no agent`, 'Make it a state of its own.')
  const common = compact({
    title: textOf(member(cursor, 'title')),
    weight: numberOf(member(cursor, 'weight')),
    maxVisits: numberOf(member(cursor, 'max_visits')),
    path: wordOf(member(cursor, 'path'), ['happy', 'error', 'edge']),
    checkpoint: checkpointOfState(cursor, name, body, reading),
    entry: entry.actions.length > 0 ? entry.actions : undefined,
    exit: exit.actions.length > 0 ? exit.actions : undefined,
    artifacts,
  })
  return { name, ...body, ...common }
}

/** The states of the workflow or of a compound, in the order of the text; the first is the initial one by default. */
export const readRegion = (cursor: Cursor, reading: Reading): Region => {
  const given = member(cursor, 'states')
  const states = membersOf(given).map(([name, held]) => readState(held, name, reading))
  if (states.length === 0)
    cursor.problems.add(given.path, {
      code: 'MEMBER_MISSING',
      message: 'there are no states',
      fix: 'Add states: a mapping from names to states.',
    })
  return { initial: textOf(member(cursor, 'initial')) ?? states[0]?.name ?? '', states }
}
