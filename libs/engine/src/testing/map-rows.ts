import type { Command } from '../command.js'
import type { RunEvent } from '../event.js'
import type { Json } from '../json.js'

/** The rows in which a shell keeps the items of maps and what became of them, by step and visit. Never changed in place. */
export type MapRows = Readonly<
  Record<string, { readonly items: readonly Json[]; readonly outputs: Readonly<Record<number, Json>> }>
>

const keyOf = ({ step, visit }: { readonly step: string; readonly visit: number }): string => `${step} ${visit}`

/** The rows after some commands. */
export const keepItems = (rows: MapRows, commands: readonly Command[]): MapRows =>
  commands.reduce<MapRows>((kept, command) => {
    if (command.type === 'OpenMap') return { ...kept, [keyOf(command)]: { items: command.items, outputs: {} } }
    if (command.type !== 'SaveItem') return kept
    const key = keyOf(command)
    const { items, outputs } = kept[key] ?? { items: [], outputs: {} }
    return { ...kept, [key]: { items, outputs: { ...outputs, [command.index]: command.output } } }
  }, rows)

/** What a shell gives a run that has asked with a command; undefined for any other command. */
export const answerItems = (rows: MapRows, command: Command, at: number): RunEvent | undefined => {
  if (command.type !== 'ReadItems' && command.type !== 'CollectItems') return undefined
  const { step, visit } = command
  const { items, outputs } = rows[keyOf(command)] ?? { items: [], outputs: {} }
  if (command.type === 'ReadItems') {
    const { from, count } = command
    return { type: 'ItemsRead', at, step, visit, from, count, items: items.slice(from, from + count) }
  }
  return { type: 'ItemsCollected', at, step, visit, outputs: items.map((_, index) => outputs[index] ?? null) }
}
