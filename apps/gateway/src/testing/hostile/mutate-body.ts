import type { Chance } from '@flotilla/engine/testing'
import { hostileMembersText, hostileStrings, hostileValues } from './hostile-values.js'

type Node = Record<string | number, unknown>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** Every object and list of a value, the value itself first. */
const nodesOf = (value: unknown): readonly Node[] =>
  isNode(value) ? [value, ...Object.values(value).flatMap(nodesOf)] : []

const hostile = (chance: Chance): unknown =>
  chance.percent(50) ? chance.pick(hostileStrings) : structuredClone(chance.pick(hostileValues))

const changeMember = (chance: Chance, node: Node, names: readonly string[]): void => {
  const own = Object.keys(node)
  const choice = chance.below(10)
  const member = own.length === 0 ? 'x' : chance.pick(own)
  if (choice < 5) node[member] = hostile(chance)
  else if (choice < 7) node[chance.pick(names)] = hostile(chance)
  else if (choice < 8) delete node[member]
  else if (choice < 9) node[member] = [node[member], node[member]]
  else node[member] = { [member]: node[member] }
}

/**
 * A body with one to three things wrong with it, as text: other types, hostile values, members too many or too few, a
 * member twice, names that reach for a prototype. `names`: those of members and columns that it may be given.
 */
export const mutateBody = (body: unknown, chance: Chance, names: readonly string[]): string => {
  const copy: unknown = structuredClone(body)
  for (let left = 1 + chance.below(3); left > 0; left -= 1) {
    const nodes = nodesOf(copy)
    if (nodes.length > 0) changeMember(chance, chance.pick(nodes), names)
  }
  const text = JSON.stringify(copy) ?? 'null'
  const choice = chance.below(100)
  const opening = text.indexOf('{')
  if (opening < 0) return text
  if (choice < 15) {
    // Before the first member, so that it also stands in front of one that it repeats.
    const more = chance.pick(hostileMembersText)
    return `${text.slice(0, opening + 1)}${more}${text[opening + 1] === '}' ? '' : ','}${text.slice(opening + 1)}`
  }
  if (choice < 20) return text.replace(/\{("[^"\\]*":)/, '{$1"first",$1')
  if (choice < 22) return text.slice(0, chance.below(text.length))
  if (choice < 24) return `${'{"a":'.repeat(40)}${text}${'}'.repeat(40)}`
  return text
}
