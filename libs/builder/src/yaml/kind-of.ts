import { readActions } from './actions.js'
import { type Cursor, isGiven, member, membersOf, refuse } from './cursor.js'
import { type Names } from './expressions.js'
import { kindNames, kinds, type YamlKind } from './state-members.js'

const spelt: Readonly<Record<string, YamlKind>> = { human: 'human_gate', end: 'final', gate: 'human_gate' }

/** The agent that a state has work for it: `agent`, `invoke`, or the action `invoke_agent` on entry. */
export const invokedIn = (cursor: Cursor, state: string, names: Names): string | null => {
  const { value } = member(cursor, 'agent', 'invoke')
  if (typeof value === 'string') return value
  // Its problems are reported where the actions themselves are read.
  const quiet = { add: () => undefined, found: [] }
  return readActions({ ...member(cursor, 'on_enter'), problems: quiet }, { state, names }).agent
}

/**
 * What kind of state it is: what `type` says, else what its members tell; one that has nothing but events waits for
 * them.
 */
export const kindOf = (cursor: Cursor, state: string, names: Names): YamlKind => {
  const type = member(cursor, 'type')
  if (isGiven(type)) {
    const named = kindNames.find((kind) => kind === type.value) ?? spelt[String(type.value)]
    if (named !== undefined) return named
    refuse(type, `${String(type.value)} is no type of state`, `Use one of ${kindNames.join(', ')}.`)
  }
  const members = membersOf(cursor).map(([name]) => name)
  const told = kindNames.find((kind) => kinds[kind].signs.some((sign) => members.includes(sign)))
  if (told !== undefined) return told
  return invokedIn(cursor, state, names) === null ? 'wait' : 'agent'
}
