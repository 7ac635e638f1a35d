import { describe, expect, test } from 'vitest'
import { dueDeadlines, nextDeadlineAt } from './deadline-events.js'
import type { ParallelState, Transition } from './definition.js'
import type { RunEvent } from './event.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun, type TestRun } from './testing/a-run.js'

const retry = { attempts: 1, backoff: { delayMs: 0, multiplier: 1, maxMs: 0, jitter: 0 }, dispatches: 2 }
const work = anAgent({ name: 'work', deadlineMs: 100, queueDeadlineMs: 50, retry })

/** Lets time pass and gives what is due. */
const pass = (run: TestRun, ms: number): TestRun => {
  run.later(ms)
  for (const event of dueDeadlines(run.state, run.now)) run.give(event)
  return run
}

test('the queue deadline runs from dispatch, the step deadline from pick-up', () => {
  const run = aRun(aDefinition([work]))
  expect(nextDeadlineAt(run.state)).toBe(1_050)
  run.later(30).start('work')
  expect(nextDeadlineAt(run.state)).toBe(1_130)
  run.succeed('work')
  expect(nextDeadlineAt(run.state)).toBeNull()
})

test('a step without a queue deadline waits in line for ever', () => {
  const run = aRun(aDefinition([anAgent({ name: 'work' })]))
  expect(nextDeadlineAt(run.state)).toBeNull()
  expect(dueDeadlines(run.state, 9e15)).toEqual([])
})

describe('a missed step deadline', () => {
  test('sends the step out again under a new number and voids the old job', () => {
    const run = pass(aRun(aDefinition([work])).start('work'), 100)
    expect(run.commands.map(({ type }) => type)).toEqual(['CancelJob', 'Dispatch', 'Publish'])
    expect(run.commands[0]).toMatchObject({ dispatch: 1 })
    expect(run.step('work')).toMatchObject({ status: 'waiting', dispatch: 2, dispatches: 2, visits: 1 })
    expect(run.published).toEqual(['step.retrying'])
    const late: Omit<Extract<RunEvent, { type: 'StepSucceeded' }>, 'at'> = {
      type: 'StepSucceeded',
      step: 'work',
      dispatch: 1,
      attempt: 1,
      output: {},
      usage: null,
    }
    expect(run.give(late).last.ignored).toBe('stale-dispatch')
  })

  test('fails the step as a dead letter when its dispatches are used up', () => {
    const run = pass(aRun(aDefinition([work])).start('work'), 100)
    pass(run.start('work'), 100)
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'STEP_DEADLINE', step: 'work' } })
    expect(run.commands.find(({ type }) => type === 'DeadLetter')).toMatchObject({
      dispatch: 2,
      attempts: 2,
      queue: 'agent.work',
    })
  })
})

test('a missed queue deadline fails the step', () => {
  const run = pass(aRun(aDefinition([work])), 50)
  expect(run.state.error).toMatchObject({ code: 'QUEUE_DEADLINE', step: 'work' })
})

test("the run's own deadline fails it and stops what is going on", () => {
  const run = pass(aRun(aDefinition([anAgent({ name: 'work' })], { deadlineMs: 500 })).start('work'), 500)
  expect(run.state).toMatchObject({ status: 'failed', error: { code: 'RUN_DEADLINE' } })
  expect(run.commands.find(({ type }) => type === 'CancelJob')).toMatchObject({ step: 'work', dispatch: 1 })
})

test('a deadline that is early, stale or of another kind is ignored', () => {
  const run = aRun(aDefinition([work])).start('work')
  const reached = { type: 'DeadlineReached', deadline: 'step', step: 'work', dispatch: 1, gateId: null } as const
  expect(run.give(reached).last.ignored).toBe('not-due')
  expect(run.give({ ...reached, deadline: 'queue' }).last.ignored).toBe('deadline-void')
  run.later(100)
  expect(run.give({ ...reached, dispatch: 9 }).last.ignored).toBe('stale-dispatch')
  expect(run.give({ ...reached, deadline: 'run', step: null }).last.ignored).toBe('not-due')
  expect(run.give({ ...reached, deadline: 'clean-up' }).last.ignored).toBe('not-cancelling')
  expect(run.give(reached).last.ignored).toBeUndefined()
})

test('several due deadlines come earliest first, and the run’s alone', () => {
  const branch = (name: string, deadlineMs: number) => ({
    name,
    initial: name,
    states: [
      anAgent({ name, deadlineMs, transitions: [{ on: 'done', to: `${name}_end` }] }),
      anEnd({ name: `${name}_end` }),
    ],
  })
  const definition = aDefinition(
    [
      {
        kind: 'parallel',
        name: 'both',
        join: { policy: 'all' },
        onBranchFailure: 'fail-fast',
        branches: [branch('slow', 90), branch('fast', 10)],
        transitions: [{ on: 'done', to: 'end' }],
      },
    ],
    { deadlineMs: 5_000 },
  )
  const run = aRun(definition).start('slow').start('fast')
  expect(nextDeadlineAt(run.state)).toBe(1_010)
  expect(dueDeadlines(run.state, 2_000).map((event) => 'step' in event && event.step)).toEqual(['fast', 'slow'])
  expect(dueDeadlines(run.state, 9_000)).toMatchObject([{ deadline: 'run' }])
})

test('a sub-workflow has a deadline of its own', () => {
  const definition = aDefinition([
    {
      kind: 'workflow',
      name: 'sub',
      workflow: 'w',
      version: 1,
      input: {},
      body: { initial: 'inner', deadlineMs: 70, states: [anAgent({ name: 'inner', deadlineMs: 1_000 }), anEnd()] },
      transitions: [{ on: 'done', to: 'end' }],
    },
  ])
  const run = pass(aRun(definition).start('sub.inner'), 70)
  expect(run.state.error).toMatchObject({ code: 'STEP_DEADLINE', step: 'sub' })
  expect(run.commands[0]).toMatchObject({ type: 'CancelJob', step: 'sub.inner' })
  run.give({ type: 'ResumeRequested', by: 'op', checkpoint: null })
  expect(run.step('sub')).toMatchObject({ status: 'running', dueAt: 1_140 })
  expect(run.succeed('sub.inner').state.status).toBe('completed')
})

describe('waits', () => {
  const waiting = (given: object) =>
    aDefinition([
      {
        kind: 'wait',
        name: 'pause',
        transitions: [
          { on: 'done', to: 'end' },
          { on: 'timeout', to: 'late' },
        ],
        ...given,
      },
      anAgent({ name: 'late' }),
    ])

  test('a time passes', () => {
    const run = aRun(waiting({ forMs: '60 * 1000' }))
    expect(run.state.status).toBe('waiting')
    expect(run.published).toEqual(['run.started', 'waiting'])
    expect(nextDeadlineAt(run.state)).toBe(61_000)
    expect(pass(run, 60_000).state.status).toBe('completed')
  })

  test('a moment comes', () => {
    expect(nextDeadlineAt(aRun(waiting({ until: 'input.at' }), { at: 77_777 }).state)).toBe(77_777)
  })

  test('a time that is no number fails the run', () => {
    expect(aRun(waiting({ forMs: 'input.gone' })).state.error).toMatchObject({ code: 'WAIT_WITHOUT_END' })
  })

  test('a signal comes, was there before, or is late', () => {
    const signal = { type: 'SignalReceived', name: 'paid', payload: { n: 1 }, by: 'bank' } as const
    const definition = waiting({ signal: 'paid', deadlineMs: 100 })
    expect(aRun(definition).give(signal).state.status).toBe('completed')
    expect(pass(aRun(definition), 100).step('late').status).toBe('waiting')

    const later = aDefinition([
      anAgent({ name: 'first', transitions: [{ on: 'done', to: 'pause' }] }),
      {
        kind: 'wait',
        name: 'pause',
        signal: 'paid',
        deadlineMs: 5,
        transitions: [{ on: 'paid', to: 'end', assign: [{ to: 'paid', from: 'event.n' }] }],
      },
      anEnd({ result: { paid: 'data.paid' } }),
    ])
    const run = aRun(later).give(signal).succeed('first')
    expect(run.state).toMatchObject({ status: 'completed', result: { paid: 1 }, signals: {} })
  })
})

describe('a state that answers timeout', () => {
  const rescue = anAgent({ name: 'rescue' })
  const out: Transition = {
    on: 'timeout',
    to: 'rescue',
    assign: [{ to: 'why', from: 'event.error.code' }],
    actions: [
      { do: 'notify', channel: 'submitter', message: 'You can resume' },
      { do: 'log', message: 'research ran out of time' },
    ],
  }
  const once = { ...retry, dispatches: 1 }

  test('is left gracefully after the last dispatch: the state is saved, somebody told, a line logged, no dead letter', () => {
    const slow = anAgent({ name: 'work', deadlineMs: 100, retry: once, transitions: [{ on: 'done', to: 'end' }, out] })
    const run = pass(aRun(aDefinition([slow, rescue])).start('work'), 100)
    const types = run.commands.map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['CancelJob', 'SaveCheckpoint', 'Notify', 'Log', 'Dispatch']))
    expect(types).not.toContain('DeadLetter')
    expect(types.indexOf('SaveCheckpoint')).toBeLessThan(types.indexOf('Notify'))
    expect(run.step('work')).toMatchObject({ status: 'failed', error: { code: 'STEP_DEADLINE' } })
    expect(run.state).toMatchObject({ status: 'running', scopes: { '': { data: { why: 'STEP_DEADLINE' } } } })
  })

  test('that nobody picked up goes the same way', () => {
    const transitions = [{ on: 'done', to: 'end' }, out]
    const run = pass(
      aRun(aDefinition([anAgent({ name: 'work', queueDeadlineMs: 50, retry: once, transitions }), rescue])),
      50,
    )
    expect(run.state.scopes['']?.data).toEqual({ why: 'QUEUE_DEADLINE' })
  })

  test('as a parallel stops its branches, and goes on', () => {
    const sides: ParallelState = {
      kind: 'parallel',
      name: 'sides',
      join: { policy: 'all' },
      onBranchFailure: 'fail-fast',
      deadlineMs: 200,
      branches: ['left', 'right'].map((name) => ({
        name,
        initial: `${name}_work`,
        states: [
          anAgent({ name: `${name}_work`, deadlineMs: 900, transitions: [{ on: 'done', to: `${name}_end` }] }),
          anEnd({ name: `${name}_end` }),
        ],
      })),
      transitions: [{ on: 'done', to: 'end' }, out],
    }
    const run = aRun(aDefinition([sides, rescue]))
      .start('left_work')
      .succeed('right_work')
    pass(run, 200)
    expect(run.step('sides')).toMatchObject({
      status: 'failed',
      error: { code: 'STEP_DEADLINE' },
      branches: { left: 'cancelled', right: 'done' },
    })
    expect(run.step('left_work')).toMatchObject({ status: 'cancelled', stopped: false })
    expect(run.succeed('rescue').state.status).toBe('completed')
  })

  test('follows failed where the timeout has a guard that does not hold', () => {
    const transitions = [
      { on: 'done', to: 'end' },
      { ...out, when: 'false' },
      { on: 'failed', to: 'end' },
    ]
    const slow = anAgent({ name: 'work', deadlineMs: 100, retry: once, transitions })
    const run = pass(aRun(aDefinition([slow, rescue])).start('work'), 100)
    expect(run.state.status).toBe('completed')
  })
})
