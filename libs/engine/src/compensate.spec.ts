import { describe, expect, test } from 'vitest'
import { advance } from './advance.js'
import type { AgentState, StateDefinition, WorkflowDefinition } from './definition.js'
import { initialState } from './initial-state.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun, type TestRun } from './testing/a-run.js'
import { explore } from './testing/explore.js'
import { lawsOf } from './testing/laws.js'
import { simulate } from './testing/simulate.js'

const booking = (name: string, to: string, given: Partial<AgentState> = {}): AgentState =>
  anAgent({
    name,
    agent: 'bench.book',
    compensate: { agent: 'bench.cancel', queue: 'agent.cancel', input: { id: 'output.id', of: 'input.of' } },
    transitions: [{ on: 'done', to }],
    ...given,
  })
const last = anAgent({ name: 'pay' })
const trip = (given: Partial<WorkflowDefinition> = {}): WorkflowDefinition =>
  aDefinition([booking('flight', 'hotel'), booking('hotel', 'pay'), last], given)
const booked = (given: Partial<WorkflowDefinition> = {}): TestRun =>
  aRun(trip(given), { of: 'me' }).succeed('flight', { id: 1 }).succeed('hotel', { id: 2 })
const dispatched = (run: TestRun) =>
  run.commands.flatMap((command) => (command.type === 'Dispatch' ? [command.step] : []))
const resume = { type: 'ResumeRequested', by: 'op', checkpoint: null } as const

describe('a run that fails', () => {
  test('undoes what it did, the last first, before it is failed', () => {
    const run = booked().fail('pay')
    expect(run.state).toMatchObject({ status: 'running', error: null, finishedAt: null })
    expect(run.published).toEqual(['step.failed', 'compensation.started'])
    expect(run.commands.find(({ type }) => type === 'Dispatch')).toMatchObject({
      step: 'undo!hotel',
      visit: 1,
      agent: 'bench.cancel',
      queue: 'agent.cancel',
      input: { id: 2, of: 'me' },
    })
    run.start('undo!hotel').succeed('undo!hotel')
    expect(run.published).toEqual(['compensation.completed', 'compensation.started'])
    expect(dispatched(run)).toEqual(['undo!flight'])
    run.succeed('undo!flight')
    expect(run.published).toEqual(['compensation.completed', 'run.failed'])
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'BROKEN', step: 'pay' }, undone: [2, 1] })
    expect(run.commands).toContainEqual({ type: 'MarkUndone', step: 'flight', visit: 1 })
  })

  test('undoes nothing of a step that was not done', () => {
    const run = aRun(trip()).succeed('flight', { id: 1 }).fail('hotel')
    expect(dispatched(run)).toEqual(['undo!flight'])
    run.succeed('undo!flight')
    expect(run.state.status).toBe('failed')
  })

  test('fails at once where nothing was done', () => {
    const run = aRun(trip()).fail('flight')
    expect(run.state.status).toBe('failed')
    run.give(resume)
    expect(dispatched(run)).toEqual(['flight'])
  })

  test('undoes every visit of a loop', () => {
    const again = booking('book', 'more', { maxVisits: 3, transitions: [{ on: 'done', to: 'more' }] })
    const more: StateDefinition = {
      kind: 'choice',
      name: 'more',
      maxVisits: 3,
      transitions: [{ when: 'steps.book.visits < 2', to: 'book' }, { to: 'bad' }],
    }
    const bad = anEnd({ name: 'bad', status: 'failed', error: { code: 'NO_USE', message: 'no use' } })
    const run = aRun(aDefinition([again, more, bad]), {})
      .succeed('book', { id: 1 })
      .succeed('book', { id: 2 })
    const input = () => run.commands.find(({ type }) => type === 'Dispatch')
    expect(input()).toMatchObject({ step: 'undo!book', visit: 1, input: { id: 2 } })
    run.succeed('undo!book')
    expect(run.commands).toContainEqual({ type: 'MarkUndone', step: 'book', visit: 2 })
    expect(input()).toMatchObject({ step: 'undo!book', visit: 2, input: { id: 1 } })
    run.succeed('undo!book')
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'NO_USE' }, undone: [2, 1] })
  })

  test('undoes what was done although no transition answered it', () => {
    const run = aRun(aDefinition([booking('flight', 'end', { outcome: 'output.word' })])).succeed('flight', {
      word: 'x',
    })
    expect(dispatched(run)).toEqual(['undo!flight'])
    run.succeed('undo!flight')
    expect(run.state.error?.code).toBe('NO_TRANSITION')
  })

  test('lets nothing in but what is about the undoing', () => {
    const run = booked().fail('pay')
    const ignored = (given: Parameters<TestRun['give']>[0]) => run.give(given).last.ignored
    expect(ignored(resume)).toBe('compensating')
    expect(ignored({ type: 'CancelRequested', by: 'op', reason: null })).toBe('compensating')
    expect(ignored({ type: 'SignalReceived', name: 'x', payload: null, by: 'op' })).toBe('compensating')
    expect(ignored({ type: 'DeadLetterReplayed', step: 'pay', dispatch: 3, by: 'op' })).toBe('compensated')
    const { dispatch } = run.step('pay')
    expect(ignored({ type: 'StepSucceeded', step: 'pay', dispatch, attempt: 1, output: {}, usage: null })).toBe(
      'stale-dispatch',
    )
  })

  test('cannot be resumed from a state that rests on what was undone', () => {
    const run = booked()
    const before = run.state
    run.fail('pay').succeed('undo!hotel').succeed('undo!flight')
    expect(run.give(resume).last.ignored).toBe('compensated')
    expect(run.give({ ...resume, checkpoint: 2, restored: before }).last.ignored).toBe('undone-since')
    const { dispatch } = run.step('pay')
    expect(run.give({ type: 'DeadLetterReplayed', step: 'pay', dispatch, by: 'op' }).last.ignored).toBe('compensated')
  })

  test('goes on from a checkpoint before what was undone, and undoes what is done then', () => {
    const run = aRun(trip(), { of: 'me' })
    const before = run.state
    run.succeed('flight', { id: 1 }).fail('hotel').succeed('undo!flight')
    run.give({ ...resume, checkpoint: 1, restored: before })
    expect(run.state).toMatchObject({ status: 'running', compensation: null, undone: [1], compensations: [] })
    run.succeed('flight', { id: 9 }).fail('hotel')
    expect(run.commands.find(({ type }) => type === 'Dispatch')).toMatchObject({
      step: 'undo!flight',
      visit: 2,
      input: { id: 9 },
    })
    expect(run.succeed('undo!flight').state.undone).toEqual([1, 2])
  })
})

describe('steps at work when the run fails', () => {
  const inBranch = (state: AgentState) => ({
    name: state.name,
    initial: state.name,
    states: [state, anEnd({ name: `${state.name}_end` })],
  })
  const both = aDefinition([
    {
      kind: 'parallel',
      name: 'both',
      join: { policy: 'all' },
      onBranchFailure: 'fail-fast',
      branches: [
        inBranch(booking('flight', 'flight_end')),
        inBranch(booking('hotel', 'hotel_end')),
        inBranch(anAgent({ name: 'check', transitions: [{ on: 'done', to: 'check_end' }] })),
      ],
      transitions: [{ on: 'done', to: 'end' }],
    },
  ])

  test('are waited for where they could be undone, and what they did is undone first', () => {
    const run = aRun(both).succeed('flight', { id: 1 }).start('hotel').fail('check')
    expect(run.state.status).toBe('running')
    expect(run.commands).toContainEqual(expect.objectContaining({ type: 'CancelJob', step: 'hotel' }))
    expect(dispatched(run)).toEqual([])
    run.succeed('hotel', { id: 2 })
    expect(dispatched(run)).toEqual(['undo!hotel'])
    run.succeed('undo!hotel').succeed('undo!flight')
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'BROKEN', step: 'check' } })
  })

  test('that were told to stop are not undone', () => {
    const run = aRun(both).succeed('flight', { id: 1 }).start('hotel').fail('check').fail('hotel', 'CANCELLED')
    expect(dispatched(run)).toEqual(['undo!flight'])
  })

  test('that do not answer in time are left', () => {
    const run = aRun(both).start('hotel').fail('check')
    run.later(29_999).give({ type: 'DeadlineReached', deadline: 'clean-up', step: null, dispatch: null, gateId: null })
    expect(run.last.ignored).toBe('not-due')
    run.later(1).give({ type: 'DeadlineReached', deadline: 'clean-up', step: null, dispatch: null, gateId: null })
    expect(run.state).toMatchObject({ status: 'failed', compensation: null })
    expect(run.give(resume).state.status).toBe('running')
    expect(dispatched(run)).toEqual(['flight', 'hotel', 'check'])
  })
})

describe('a run that is cancelled', () => {
  const cancel = { type: 'CancelRequested', by: 'op', reason: null } as const

  test('undoes what it did, also what an agent did all the same', () => {
    const run = aRun(trip()).succeed('flight', { id: 1 }).start('hotel').give(cancel).succeed('hotel', { id: 2 })
    expect(dispatched(run)).toEqual(['undo!hotel'])
    run.succeed('undo!hotel')
    expect(run.state.status).toBe('running')
    run.succeed('undo!flight')
    expect(run.state.status).toBe('cancelled')
    expect(run.published).toEqual(['compensation.completed', 'run.cancelled'])
  })

  test('on request leaves what it did, unless that is asked for', () => {
    expect(booked({ compensation: 'on-request' }).give(cancel).state.status).toBe('cancelled')
    const run = booked({ compensation: 'on-request' }).give({ ...cancel, compensate: true })
    expect(dispatched(run)).toEqual(['undo!hotel'])
  })
})

describe('what cannot be undone', () => {
  const stuck = () => booked().fail('pay').fail('undo!hotel', 'TOO_LATE')

  test('becomes a dead letter, and the run fails with the cause kept', () => {
    const run = stuck()
    expect(run.published).toEqual(['compensation.failed', 'run.failed'])
    expect(run.commands).toContainEqual(
      expect.objectContaining({ type: 'DeadLetter', step: 'undo!hotel', agent: 'bench.cancel', queue: 'agent.cancel' }),
    )
    expect(run.state).toMatchObject({
      status: 'failed',
      error: { code: 'COMPENSATION_FAILED', step: 'undo!hotel', cause: { code: 'BROKEN', step: 'pay' } },
    })
    expect(run.give(resume).last.ignored).toBe('compensated')
  })

  test.each(['replay', 'compensate'] as const)(
    'is undone by a %s, as the same effect, and the rest after it',
    (way) => {
      const run = stuck()
      const { dispatch, visits } = run.step('undo!hotel')
      if (way === 'replay') run.give({ type: 'DeadLetterReplayed', step: 'undo!hotel', dispatch, by: 'op' })
      else run.give({ ...resume, mode: 'compensate' })
      expect(run.published).toEqual(['run.resumed', 'compensation.started'])
      expect(run.step('undo!hotel')).toMatchObject({ visits, dispatch: dispatch + 1 })
      run.succeed('undo!hotel').succeed('undo!flight')
      expect(run.state).toMatchObject({ status: 'failed', error: { code: 'BROKEN', step: 'pay' }, undone: [2, 1] })
    },
  )

  test('is sent out again when its deadline passes', () => {
    const run = booked().fail('pay').start('undo!hotel')
    const { dispatch } = run.step('undo!hotel')
    run.later(1_000)
    run.give({ type: 'DeadlineReached', deadline: 'step', step: 'undo!hotel', dispatch, gateId: null })
    expect(dispatched(run)).toEqual(['undo!hotel'])
  })

  test('may be put before a person', () => {
    const run = booked().fail('pay').start('undo!hotel')
    const { dispatch } = run.step('undo!hotel')
    run.give({ type: 'StepAskedHuman', step: 'undo!hotel', dispatch, attempt: 1, payload: { a: 1 }, deadlineMs: null })
    expect(run.state.status).toBe('waiting')
    const [gate] = Object.values(run.state.gates)
    const decided = { decision: 'approve', values: null, comment: null, decidedBy: 'rev' }
    run.give({ type: 'GateDecided', gateId: gate?.gateId ?? '', ...decided })
    expect(run.commands.find(({ type }) => type === 'Dispatch')).toMatchObject({
      step: 'undo!hotel',
      input: { id: 2 },
      decision: { decision: 'approve' },
    })
  })
})

describe('on request', () => {
  test('a failed run is compensated when an operator asks', () => {
    const run = booked({ compensation: 'on-request' }).fail('pay')
    expect(run.state.status).toBe('failed')
    run.give({ ...resume, mode: 'compensate' })
    expect(run.published).toEqual(['run.resumed', 'compensation.started'])
    run.succeed('undo!hotel').succeed('undo!flight')
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'BROKEN' }, openings: 1 })
    expect(run.give({ ...resume, mode: 'compensate' }).last.ignored).toBe('nothing-to-compensate')
  })

  test('a failed run may be resumed as ever while nothing is undone', () => {
    const run = booked({ compensation: 'on-request' }).fail('pay').give(resume)
    expect(dispatched(run)).toEqual(['pay'])
  })
})

test('a fork undoes what it does itself, and leaves what the other run did', () => {
  const { state } = aRun(trip()).succeed('flight', { id: 1 })
  const from = { runId: 'r', checkpoint: 1 }
  const forked = { type: 'RunForked', at: 2_000, by: 'op', from, input: {}, restored: state } as const
  const { state: begun } = advance(trip(), initialState({ runId: 'f', submittedBy: 's' }), forked)
  expect(begun).toMatchObject({ status: 'running', compensations: [], compensationCount: 1 })
})

describe('a rollback', () => {
  const run = () => {
    const made = aRun(trip({ compensation: 'on-request' }), { of: 'me' }).succeed('flight', { id: 1 })
    const restored = made.state
    return { made: made.succeed('hotel', { id: 2 }).fail('pay'), restored }
  }

  test('undoes what was done since the checkpoint first, and nothing that was done before it', () => {
    const { made, restored } = run()
    made.give({ ...resume, mode: 'rollback', checkpoint: 1, restored })
    expect(made.published).toEqual(['run.resumed', 'compensation.started'])
    expect(dispatched(made)).toEqual(['undo!hotel'])
    made.succeed('undo!hotel')
    expect(made.published).toEqual(['compensation.completed', 'progress'])
    expect(dispatched(made)).toEqual(['hotel'])
    expect(made.state).toMatchObject({ status: 'running', openings: 1, compensation: null, undone: [2] })
    made.succeed('hotel', { id: 3 }).succeed('pay')
    expect(made.state.status).toBe('completed')
  })

  test('goes on by a replay where something could not be undone', () => {
    const { made, restored } = run()
    made.give({ ...resume, mode: 'rollback', checkpoint: 1, restored }).fail('undo!hotel', 'TOO_LATE')
    expect(made.state.error).toMatchObject({ code: 'COMPENSATION_FAILED', cause: { code: 'BROKEN' } })
    const { dispatch } = made.step('undo!hotel')
    made.give({ type: 'DeadLetterReplayed', step: 'undo!hotel', dispatch, by: 'op' }).succeed('undo!hotel')
    expect(dispatched(made)).toEqual(['hotel'])
  })

  test('is refused as ever where the checkpoint is the end', () => {
    const { made } = run()
    const ended = aRun(trip()).fail('flight').state
    expect(
      made.give({ ...resume, mode: 'rollback', checkpoint: 1, restored: { ...ended, steps: {} } }).last.ignored,
    ).toBe('nothing-to-resume')
  })

  test('by a plain resume leaves what was done since, which is undone once when the run fails after all', () => {
    const { made, restored } = run()
    made
      .give({ ...resume, checkpoint: 1, restored })
      .succeed('hotel', { id: 2 })
      .fail('pay')
    expect(made.state.compensations).toMatchObject([{ step: 'flight' }, { step: 'hotel', number: 3 }])
  })
})

test('every reachable state of a run that is undone keeps the invariants', () => {
  const { complete, statuses } = explore(trip(), { outputs: () => [{ id: 1 }] })
  expect(complete).toBe(true)
  expect(statuses).toMatchObject({
    completed: expect.any(Number),
    failed: expect.any(Number),
    cancelled: expect.any(Number),
  })
})

describe('the laws', () => {
  const agents = { flight: () => ({ output: { id: 1 } }), hotel: () => ({ output: { id: 2 } }) }
  for (const { fact, check } of lawsOf(trip(), { agents })) test(`law: ${fact}`, () => expect(check).not.toThrow())
})

describe('items of a map', () => {
  const rooms: StateDefinition = {
    kind: 'map',
    name: 'rooms',
    items: 'input.rooms',
    concurrency: 2,
    itemsMax: 9,
    onItemFailure: 'fail-fast',
    initial: 'room',
    states: [
      booking('room', 'room_end', { compensate: { agent: 'bench.cancel', input: { room: 'input.item' } } }),
      anEnd({ name: 'room_end' }),
    ],
    transitions: [{ on: 'done', to: 'pay' }],
  }
  const hotel = aDefinition([rooms, last])
  const input = { rooms: ['a', 'b', 'c'] }

  test('are undone one by one although their steps are forgotten', () => {
    const agents = { pay: () => ({ failed: { code: 'BROKEN', message: 'broken' } }) }
    const { state, commands } = simulate(hotel, agents, { input })
    expect(state.status).toBe('failed')
    const undone = commands.flatMap((command) =>
      command.type === 'Dispatch' && command.agent === 'bench.cancel' ? [[command.step, command.input]] : [],
    )
    expect(undone).toEqual([
      ['undo!rooms.2.room', { room: 'c' }],
      ['undo!rooms.1.room', { room: 'b' }],
      ['undo!rooms.0.room', { room: 'a' }],
    ])
  })

  for (const { fact, check } of lawsOf(hotel, { agents: {}, options: { input } }))
    test(`law: ${fact}`, () => expect(check).not.toThrow())
})
