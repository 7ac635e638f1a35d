import type { CheckpointPolicy, Expression } from '@flotilla/engine'
import { parseDuration } from '../duration.js'
import { type Cursor, isGiven, itemsOf, member, objectOf, refuse, wordOf } from './cursor.js'
import { expressionOf, type Names, qualify } from './expressions.js'

const units: Readonly<Record<string, string>> = { second: 's', minute: 'm', hour: 'h', day: 'd' }
const plural = (noun: string): string => (noun.endsWith('s') ? noun : `${noun}s`)

interface Counted {
  readonly names: Names
  /** What is counted where the state says so itself: a map counts its items. */
  readonly count: Expression | undefined
}

/** A policy by its word: `true`, `after_each_step`, `every_5_minutes`, `every_5_sources`, `per_section`, `every 10m`. */
const ofWord = (word: string, { names, count }: Counted): CheckpointPolicy | null => {
  if (word === 'after' || word === 'after_each_step') return 'after'
  if (word === 'never' || word === 'none') return false
  const [, amount = '', noun = ''] = /^every_(\d+)_([a-z][a-z_]*)$/.exec(word) ?? []
  const unit = units[noun.replace(/s$/, '')]
  if (unit !== undefined) return { everyMs: parseDuration(`${amount}${unit}`) ?? 1 }
  const [, plainMs] = /^every[_ ](\d+(?:ms|s|m|h|d))$/.exec(word) ?? []
  if (plainMs !== undefined) return { everyMs: parseDuration(plainMs) ?? 1 }
  const [, single] = /^per_([a-z][a-z_]*)$/.exec(word) ?? []
  const counted = single ?? noun
  if (counted === '' || amount === '0') return null
  return { every: Number(amount || 1), of: count ?? `size(${qualify(plural(counted), names)})` }
}

/** A state's policy. `checkpoint_frequency` says more than `checkpoint: true`. */
export const checkpointIn = (cursor: Cursor, counted: Counted): CheckpointPolicy | undefined => {
  const { value } = cursor
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value ? 'after' : false
  const word = typeof value === 'string' ? ofWord(value, counted) : null
  if (word !== null) return word
  if (objectOf(value) !== null && isGiven(member(cursor, 'every'))) {
    const every = member(cursor, 'every').value
    const of = expressionOf(member(cursor, 'of'), counted.names)
    if (typeof every === 'number' && of !== undefined) return { every, of }
    const everyMs = typeof every === 'string' ? parseDuration(every) : null
    if (everyMs !== null) return { everyMs }
  }
  return refuse(
    cursor,
    'is no checkpoint policy',
    'Use true, false, after_each_step, every_5_minutes, every_5_<things>, per_<thing>, or { every: 10, of: expression }.',
  )
}

/** What the workflow asks of its states. */
export interface CheckpointPlan {
  /** Of states that say nothing themselves. */
  readonly otherwise: CheckpointPolicy | undefined
  /** Of some states by name. */
  readonly ofStates: ReadonlyMap<string, CheckpointPolicy>
}

const namesIn = (cursor: Cursor): readonly string[] =>
  itemsOf(cursor).flatMap(({ value }) => (typeof value === 'string' ? [value] : []))

/**
 * The workflow's policy: a state's, or with a list `at_boundaries: [researching, drafting]`, or one that holds
 * `during_states`. Checkpoints are kept in the database; how long is a setting of the fleet.
 */
export const readCheckpoints = (cursor: Cursor, names: Names): CheckpointPlan => {
  const counted = { names, count: undefined }
  if (objectOf(cursor.value) === null || isGiven(member(cursor, 'every')))
    return { otherwise: checkpointIn(cursor, counted), ofStates: new Map() }
  wordOf(member(cursor, 'storage'), ['database'])
  const retention = member(cursor, 'retention')
  if (isGiven(retention))
    refuse(retention, 'a workflow does not say how long checkpoints are kept', 'Set it for the whole fleet instead.')
  const policy = member(cursor, 'policy', 'strategy', 'type')
  const boundaries = member(cursor, 'at_boundaries', 'boundaries')
  if (isGiven(boundaries) || policy.value === 'at_boundaries')
    return { otherwise: false, ofStates: new Map(namesIn(boundaries).map((name) => [name, 'after'])) }
  const found = isGiven(policy) ? checkpointIn(policy, counted) : undefined
  const during = namesIn(member(cursor, 'during_states'))
  if (during.length === 0 || found === undefined) return { otherwise: found, ofStates: new Map() }
  return { otherwise: undefined, ofStates: new Map(during.map((name) => [name, found])) }
}
