import type { HumanState, StateDefinition } from '@flotilla/engine'
import { msOf } from '../duration.js'
import { compact, type Cursor, durationMsOf, isGiven, itemsOf, member, numberOf, objectOf, textOf } from './cursor.js'
import { edgesOf, outcomesOf, transitionsFrom } from './edges.js'
import { expressionOf, mappingOf } from './expressions.js'
import type { Reading } from './reading.js'
import { asDone } from './work-states.js'

type Of<K extends StateDefinition['kind']> = Omit<Extract<StateDefinition, { readonly kind: K }>, 'name'>

const decisions: Readonly<Record<string, string>> = { approved: 'approve', rejected: 'reject', adjusted: 'adjust' }
const decisionOf = (on: string): string => decisions[on] ?? on
const usual = ['approve', 'reject', 'adjust']

/** How long a person has who is given no time. */
const gateDeadlineMs = msOf('48h')

const decidersIn = (cursor: Cursor): HumanState['deciders'] | undefined => {
  if (!isGiven(cursor)) return undefined
  if (objectOf(cursor.value) === null) return { needed: numberOf(cursor) ?? 1 }
  return { needed: numberOf(member(cursor, 'needed')) ?? 1, ...compact({ scope: textOf(member(cursor, 'scope')) }) }
}

const escalationIn = (cursor: Cursor): HumanState['escalate'] | undefined => {
  if (!isGiven(cursor)) return undefined
  const afterMs = durationMsOf(member(cursor, 'after'))
  const channel = textOf(member(cursor, 'channel', 'to'))
  return afterMs === undefined || channel === undefined ? undefined : { afterMs, channel }
}

/** A person's decision: `type: human_gate`, or `waiting_for` with `on_approve`, `on_reject` and `on_timeout`. */
export const gateIn = (cursor: Cursor, state: string, { names }: Reading): Of<'human'> => {
  const edges = edgesOf(cursor, state, names)
  const declared = itemsOf(member(cursor, 'outcomes')).flatMap((item) => textOf(item) ?? [])
  const answered = outcomesOf(edges).map(decisionOf)
  const outcomes = [...new Set([...declared, ...answered])].filter((outcome) => !usual.includes(outcome))
  const waitingFor = textOf(member(cursor, 'waiting_for'))
  return {
    kind: 'human',
    ...(waitingFor === undefined ? {} : { title: `Waiting for ${waitingFor.replaceAll(/[_-]+/g, ' ')}` }),
    shows: mappingOf(member(cursor, 'shows'), names) ?? {},
    ...(outcomes.length > 0 ? { outcomes } : {}),
    deadlineMs: durationMsOf(member(cursor, 'timeout')) ?? gateDeadlineMs,
    ...compact({
      deciders: decidersIn(member(cursor, 'deciders')),
      remindEveryMs: durationMsOf(member(cursor, 'remind_every')),
      escalate: escalationIn(member(cursor, 'escalate')),
    }),
    transitions: transitionsFrom(edges, decisionOf),
  }
}

/**
 * A wait: for a time (`wait: 10m`, `until`), or for events from outside. Without `event` it waits for whatever its
 * edges name.
 */
export const waitIn = (cursor: Cursor, state: string, { names }: Reading): Of<'wait'> => {
  const edges = edgesOf(cursor, state, names)
  const forMs = durationMsOf(member(cursor, 'wait'))
  const until = expressionOf(member(cursor, 'until'), names)
  if (forMs !== undefined || until !== undefined)
    return {
      kind: 'wait',
      ...(forMs === undefined ? compact({ until }) : { forMs: String(forMs) }),
      transitions: transitionsFrom(edges, asDone(edges)),
    }
  const signal = textOf(member(cursor, 'event')) ?? outcomesOf(edges)[0]
  return {
    kind: 'wait',
    ...compact({
      signal,
      correlate: expressionOf(member(cursor, 'correlate'), names),
      deadlineMs: durationMsOf(member(cursor, 'timeout')),
    }),
    transitions: transitionsFrom(edges),
  }
}
