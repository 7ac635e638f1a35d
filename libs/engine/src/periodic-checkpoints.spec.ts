import { describe, expect, test } from 'vitest'
import { dueDeadlines, nextDeadlineAt } from './deadline-events.js'
import type { CheckpointPolicy, StateDefinition } from './definition.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun, type TestRun } from './testing/a-run.js'

const saved = (it: TestRun): string[] =>
  it.commands.flatMap((command) => (command.type === 'SaveCheckpoint' ? [command.label] : []))

describe('by time', () => {
  const run = (checkpoint: CheckpointPolicy) =>
    aRun(aDefinition([anAgent({ name: 'research', checkpoint, deadlineMs: 10_000 })], { checkpoint: false }))

  test('a state saves one whenever its time has come, while it goes on', () => {
    const it = run({ everyMs: 300 }).start('research')
    expect(nextDeadlineAt(it.state)).toBe(1_300)
    it.later(300)
    for (const event of dueDeadlines(it.state, it.now)) it.give(event)
    expect(saved(it)).toEqual(['research'])
    expect(it.published).toEqual(['checkpoint.saved'])
    expect(it.step('research')).toMatchObject({ status: 'running', checkpointAt: 1_600 })
    it.later(1_000)
    const [event, ...others] = dueDeadlines(it.state, it.now)
    expect(others).toEqual([])
    if (event) it.give(event)
    expect(it.step('research').checkpointAt).toBe(2_500)
    expect(event && it.give(event).last.ignored).toBe('not-due')
  })

  test('none is saved once the state is done', () => {
    const it = run({ everyMs: 300 }).start('research').succeed('research')
    expect(saved(it)).toEqual([])
    expect(nextDeadlineAt(it.state)).toBeNull()
  })
})

describe('by count', () => {
  const read: StateDefinition = anAgent({
    name: 'read',
    maxVisits: 20,
    transitions: [
      { on: 'done', when: 'data.sources + 1 < 12', to: 'read', assign: [{ to: 'sources', from: '1', reducer: 'sum' }] },
      { on: 'done', to: 'read_all', assign: [{ to: 'sources', from: '1', reducer: 'sum' }] },
    ],
  })
  const research: StateDefinition = {
    kind: 'parallel',
    name: 'research',
    join: { policy: 'all' },
    onBranchFailure: 'fail-fast',
    checkpoint: { every: 5, of: 'data.sources' },
    branches: [{ name: 'reader', initial: 'read', states: [read, anEnd({ name: 'read_all' })] }],
    transitions: [{ on: 'done', to: 'end' }],
  }
  const begin: StateDefinition = {
    kind: 'set',
    name: 'begin',
    assign: [{ to: 'sources', from: '3' }],
    transitions: [{ on: 'done', to: 'research' }],
  }

  test('a state saves one each time that the number passes a further multiple, also with what ends it', () => {
    const it = aRun(aDefinition([begin, research], { checkpoint: false }))
    const counts: number[] = []
    for (let sources = 4; sources <= 12; sources += 1) {
      it.succeed('read')
      if (saved(it).length > 0) counts.push(sources)
    }
    expect(counts).toEqual([5, 10])
    expect(it.state.status).toBe('completed')
  })

  test('where the number stands when the state is entered is no passing', () => {
    const late = { ...begin, assign: [{ to: 'sources', from: '7' }] }
    const it = aRun(aDefinition([late, research], { checkpoint: false }))
    expect(saved(it)).toEqual([])
    expect(saved(it.succeed('read'))).toEqual([])
  })
})
