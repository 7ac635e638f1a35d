import type { Trigger } from '@flotilla/engine'
import { compact, type Cursor, isGiven, itemsOf, member, refuse, textOf, wordOf } from './cursor.js'
import { expressionOf, mappingOf, type Names } from './expressions.js'

const statuses: Readonly<Record<string, 'completed' | 'failed' | 'cancelled'>> = {
  success: 'completed',
  completed: 'completed',
  failure: 'failed',
  failed: 'failed',
  cancelled: 'cancelled',
}

const required = (cursor: Cursor, what: string): string => {
  const found = textOf(cursor)
  if (found === undefined && !isGiven(cursor)) refuse(cursor, `${what} is missing`, `Add ${what}.`)
  return found ?? ''
}

const scheduleIn = (cursor: Cursor, name: string): Trigger => ({
  kind: 'schedule',
  name,
  cron: required(member(cursor, 'cron', 'schedule'), 'cron'),
  input: member(cursor, 'input').value ?? {},
  ...compact({
    timeZone: textOf(member(cursor, 'time_zone', 'timezone')),
    missed: wordOf(member(cursor, 'missed'), ['once', 'skip']),
  }),
})

const completionIn = (cursor: Cursor, name: string, names: Names): Trigger => {
  const status = member(cursor, 'status')
  const found = statuses[typeof status.value === 'string' ? status.value : 'success']
  if (found === undefined) refuse(status, 'is no status of a run', 'Use success, failed or cancelled.')
  return {
    kind: 'completion',
    name,
    workflow: required(member(cursor, 'workflow', 'after'), 'workflow'),
    status: found ?? 'completed',
    input: mappingOf(member(cursor, 'input_mapping', 'input'), names) ?? {},
    ...compact({ when: expressionOf(member(cursor, 'when', 'guard'), names) }),
  }
}

/** `triggers`: schedules, and the ends of other workflows. One is named after its type unless it has a name. */
export const triggersIn = (cursor: Cursor, names: Names): readonly Trigger[] | undefined => {
  if (!isGiven(cursor)) return undefined
  return itemsOf(cursor).flatMap((item, index) => {
    const type = member(item, 'type', 'kind')
    const name = textOf(member(item, 'name')) ?? `${String(type.value)}${index === 0 ? '' : `_${index + 1}`}`
    if (type.value === 'schedule' || type.value === 'cron') return [scheduleIn(item, name)]
    if (type.value === 'workflow_complete' || type.value === 'completion') return [completionIn(item, name, names)]
    refuse(
      type,
      `${String(type.value)} is no type of trigger`,
      'Use schedule or workflow_complete; others call POST /runs.',
    )
    return []
  })
}
