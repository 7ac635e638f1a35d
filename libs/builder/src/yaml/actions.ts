import type { Action, ArtifactRule, Assignment } from '@flotilla/engine'
import {
  compact,
  type Cursor,
  isGiven,
  itemsOf,
  member,
  membersOf,
  objectOf,
  refuse,
  textOf,
  wordOf,
} from './cursor.js'
import { expressionOf, type Names } from './expressions.js'

/** What happens on entry or exit, taken apart: some of it is not an action to the engine. */
export interface ReadActions {
  readonly actions: readonly Action[]
  /** The agent that is invoked. */
  readonly agent: string | null
  /** Whether the state's artifact is stored here. */
  readonly stores: boolean
}

/** `assign: { sources: output.sources, rounds: { from: 1, reducer: sum } }` as a definition lists it. */
export const assignmentsIn = (cursor: Cursor, names: Names): readonly Assignment[] =>
  membersOf(cursor).flatMap(([to, held]) => {
    const spelt = objectOf(held.value) !== null && isGiven(member(held, 'reducer'))
    const from = expressionOf(spelt ? member(held, 'from') : held, names)
    const reducer = spelt ? wordOf(member(held, 'reducer'), ['replace', 'append', 'merge', 'sum']) : undefined
    return from === undefined ? [] : [{ to, from, ...compact({ reducer }) }]
  })

const none: ReadActions = { actions: [], agent: null, stores: false }
const acting = (action: Action): ReadActions => ({ ...none, actions: [action] })
const storing = new Set(['store', 'store_artifact', 'deliver_artifact', 'save_artifact'])

const spoken = (state: string): string => state.replaceAll(/[_-]+/g, ' ')

const ofWord = (cursor: Cursor, word: string, state: string): ReadActions => {
  if (storing.has(word)) return { ...none, stores: true }
  if (word === 'log') return acting({ do: 'log', message: spoken(state) })
  if (word === 'notify') return acting({ do: 'notify', channel: 'user', message: spoken(state) })
  const [, channel] = /^notify_(\w+)$/.exec(word) ?? []
  if (channel !== undefined) return acting({ do: 'notify', channel, message: spoken(state) })
  refuse(
    cursor,
    `${word} is no action`,
    'Use log, notify, notify_<channel>, store_artifact, assign, increment or invoke.',
  )
  return none
}

const notified = (cursor: Cursor, state: string): ReadActions => {
  if (typeof cursor.value === 'string') return acting({ do: 'notify', channel: cursor.value, message: spoken(state) })
  const channel = textOf(member(cursor, 'channel', 'to')) ?? 'user'
  return acting({ do: 'notify', channel, message: textOf(member(cursor, 'message')) ?? spoken(state) })
}

const ofMember = (name: string, cursor: Cursor, { state, names }: Within): ReadActions => {
  switch (name) {
    case 'log':
      return acting({ do: 'log', message: textOf(cursor) ?? spoken(state) })
    case 'notify':
      return notified(cursor, state)
    case 'assign':
      return acting({ do: 'assign', assign: assignmentsIn(cursor, names) })
    case 'increment':
      return acting({ do: 'assign', assign: [{ to: textOf(cursor) ?? 'count', from: '1', reducer: 'sum' }] })
    case 'invoke':
    case 'invoke_agent':
      return { ...none, agent: textOf(cursor) ?? null }
    default:
      return ofWord(cursor, name, state)
  }
}

interface Within {
  /** The state's name. */
  readonly state: string
  readonly names: Names
}

/** Reads `on_enter`, `on_exit` or a transition's `actions`. */
export const readActions = (cursor: Cursor, within: Within): ReadActions => {
  const read = itemsOf(cursor).flatMap((item) =>
    typeof item.value === 'string'
      ? [ofWord(item, item.value, within.state)]
      : membersOf(item).map(([name, held]) => ofMember(name, held, within)),
  )
  return {
    actions: read.flatMap(({ actions }) => actions),
    agent: read.find(({ agent }) => agent !== null)?.agent ?? null,
    stores: read.some(({ stores }) => stores),
  }
}

/** `artifact_output`: a name, or a name with type, media type and content. `content` is what it holds by default. */
export const artifactsOf = (cursor: Cursor, content: string, names: Names): readonly ArtifactRule[] | undefined => {
  if (!isGiven(cursor)) return undefined
  return itemsOf(cursor).flatMap((item) => {
    const name = typeof item.value === 'string' ? item.value : textOf(member(item, 'name'))
    if (name === undefined) {
      refuse(item, 'the artifact has no name', 'Give its name.')
      return []
    }
    return [
      {
        name,
        type: textOf(member(item, 'type')) ?? name,
        mediaType: textOf(member(item, 'media_type')) ?? 'application/json',
        content: expressionOf(member(item, 'content'), names) ?? content,
      },
    ]
  })
}
