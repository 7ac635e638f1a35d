import { describe, expect, test } from 'vitest'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'

const one = aDefinition([
  anAgent({
    name: 'work',
    agent: 'risk.pd',
    title: 'Risk PD model',
    input: { amount: 'input.loan.amount', gone: 'data.gone' },
    transitions: [{ on: 'done', to: 'end', assign: [{ to: 'answer', from: 'output' }] }],
  }),
  anEnd({ result: { answer: 'data.answer' } }),
])
const from = (dispatch: number, attempt = 1) => ({ step: 'work', dispatch, attempt })

test('a step is dispatched with its mapped input to the queue of the first part of its agent', () => {
  const run = aRun(one, { loan: { amount: 5 } })
  expect(run.commands.find(({ type }) => type === 'Dispatch')).toMatchObject({
    step: 'work',
    visit: 1,
    dispatch: 1,
    agent: 'risk.pd',
    queue: 'agent.risk',
    input: { amount: 5, gone: null },
    decision: null,
  })
  expect(run.step('work')).toMatchObject({ status: 'waiting', dueAt: null, attempts: 0 })
  expect(run.state.status).toBe('running')
})

test('pick-up starts the step and its deadline', () => {
  const run = aRun(one).later(60_000).start('work')
  expect(run.step('work')).toMatchObject({
    status: 'running',
    startedAt: 61_000,
    dueAt: 62_000,
    due: 'step',
    attempts: 1,
  })
  expect(run.published).toEqual(['step.started'])
})

test('a reply completes the step and tells what it used', () => {
  const run = aRun(one).start('work')
  run.give({
    type: 'StepSucceeded',
    ...from(1),
    spanId: 'abc',
    output: { pd: 1 },
    usage: { model: 'pd@1', inputTokens: 2, outputTokens: 3 },
  })
  expect(run.published).toEqual(['step.completed', 'progress', 'checkpoint.saved', 'run.completed'])
  const told = run.commands.find((c) => c.type === 'Publish' && c.event.type === 'progress')
  expect(told).toMatchObject({
    event: {
      message: 'Risk PD model complete',
      spanId: 'abc',
      spanKey: 'step:work:1',
      meta: { model: 'pd@1', tokens: 5 },
    },
  })
  expect(run.commands.find((c) => c.type === 'EndSpan' && c.key === 'step:work:1')).toMatchObject({
    parentKey: 'run',
    usage: { model: 'pd@1' },
  })
  expect(run.commands[0]).toEqual({ type: 'Settle', step: 'work', dispatch: 1 })
  expect(run.state.result).toEqual({ answer: { pd: 1 } })
})

describe('the fence', () => {
  test.each(['StepStarted', 'StepSucceeded', 'StepFailed', 'StepProgressed'] as const)(
    '%s of another dispatch is stale',
    (type) => {
      const run = aRun(one)
      const rest = {
        output: {},
        usage: null,
        error: { code: 'X', message: 'x' },
        attempts: 1,
        fraction: 0.5,
        message: '',
        emitted: null,
        payload: null,
      }
      run.give({ type, ...from(7), ...rest } as never)
      expect(run.last.ignored).toBe('stale-dispatch')
    },
  )

  test('a reply after the reply is ignored', () => {
    const run = aRun(
      aDefinition([anAgent({ name: 'work', transitions: [{ on: 'done', to: 'next' }] }), anAgent({ name: 'next' })]),
    )
    run.succeed('work')
    run.give({ type: 'StepSucceeded', ...from(1), output: { other: true }, usage: null })
    expect(run.last.ignored).toBe('stale-dispatch')
  })

  test('an unknown step is ignored', () => {
    expect(aRun(one).give({ type: 'StepStarted', step: 'nowhere', dispatch: 1, attempt: 1 }).last.ignored).toBe(
      'stale-dispatch',
    )
  })

  test('a reply that overtakes its pick-up counts, the pick-up no longer', () => {
    const run = aRun(one).succeed('work')
    expect(run.state.status).toBe('completed')
    expect(run.give({ type: 'StepStarted', ...from(1) }).last.ignored).toBe('finished')
  })
})

describe('a last word that tells of the pick-up', () => {
  const error = { code: 'BUSY', message: 'busy' }

  test('begins the step and ends it', () => {
    const run = aRun(one).later(50)
    run.give({ type: 'StepSucceeded', ...from(1), ranMs: 20, output: {}, usage: null })
    expect(run.published.slice(0, 2)).toEqual(['step.started', 'step.completed'])
    expect(run.step('work')).toMatchObject({ status: 'done', attempts: 1, startedAt: 1_030, finishedAt: 1_050 })
  })

  test('does not begin it before it was entered', () => {
    const run = aRun(one).later(50)
    run.give({ type: 'StepSucceeded', ...from(1), ranMs: 70, output: {}, usage: null })
    expect(run.step('work').startedAt).toBe(1_000)
  })

  test('begins nothing that has begun', () => {
    const run = aRun(one).start('work').later(50)
    run.give({ type: 'StepSucceeded', ...from(1), ranMs: 50, output: {}, usage: null })
    expect(run.published).not.toContain('step.started')
    expect(run.step('work').startedAt).toBe(1_000)
  })

  test('counts an attempt once, however often it comes', () => {
    const run = aRun(one)
    const retrying = { type: 'StepRetrying', ...from(1), ranMs: 3, error, afterMs: 500 } as const
    expect(run.give(retrying).published).toEqual(['step.started', 'step.retrying'])
    expect(run.step('work')).toMatchObject({ status: 'waiting', attempts: 1, dueAt: null })
    expect(run.give(retrying).last.ignored).toBe('duplicate')
    run.give({ type: 'StepRetrying', ...from(1, 2), ranMs: 3, error, afterMs: 500 })
    expect(run.give(retrying).last.ignored).toBe('duplicate')
    expect(run.step('work')).toMatchObject({ status: 'waiting', attempts: 2 })
  })
})

describe('attempts', () => {
  const error = { code: 'BUSY', message: 'busy' }

  test('a retry puts the step back in line without a deadline and counts attempts', () => {
    const run = aRun(one).start('work')
    run.give({ type: 'StepRetrying', ...from(1), error, afterMs: 500 })
    expect(run.step('work')).toMatchObject({
      status: 'waiting',
      dueAt: null,
      attempts: 1,
      error: { ...error, step: 'work' },
    })
    expect(run.published).toEqual(['step.retrying'])
    run.give({ type: 'StepStarted', ...from(1, 2) })
    expect(run.step('work')).toMatchObject({ status: 'running', attempts: 2, due: 'step' })
    expect(run.succeed('work').step('work')).toMatchObject({ status: 'done', attempts: 2, error: null })
  })

  test('a repeated or late note of a retry is ignored', () => {
    const run = aRun(one).start('work')
    const retrying = { type: 'StepRetrying', ...from(1), error, afterMs: 500 } as const
    expect(run.give(retrying).give(retrying).last.ignored).toBe('duplicate')
    run.give({ type: 'StepStarted', ...from(1, 2) })
    expect(run.give(retrying).last.ignored).toBe('late')
  })

  test('a repeated pick-up is ignored', () => {
    const run = aRun(one).start('work')
    expect(run.start('work').last.ignored).toBe('duplicate')
  })
})

describe('what an agent tells on the way', () => {
  const progressed = (given: object) =>
    ({
      type: 'StepProgressed',
      ...from(1),
      fraction: null,
      message: 'half way',
      emitted: null,
      payload: null,
      ...given,
    }) as const

  test('progress is a high-water mark', () => {
    const run = aRun(one).start('work')
    run.give(progressed({ fraction: 0.5 }))
    expect(run.state.progress).toBe(0.5)
    run.give(progressed({ fraction: 0.2 }))
    expect(run.state.progress).toBe(0.5)
    expect(run.commands).toMatchObject([{ event: { type: 'progress', message: 'half way', stepProgress: 0.5 } }])
  })

  test('an agent may emit an event of its own, but not one of the engine', () => {
    const run = aRun(one).start('work')
    run.give(progressed({ emitted: 'quote.found', payload: { count: 2 } }))
    expect(run.commands).toMatchObject([{ event: { type: 'quote.found', meta: { count: 2 } } }])
    for (const type of ['run.completed', 'step.failed', 'waiting', 'hitl.resolved'])
      expect(run.give(progressed({ emitted: type })).published).toEqual(['progress'])
  })

  test("an agent's own checkpoint is saved with its data", () => {
    const run = aRun(one).start('work')
    run.give({ type: 'StepCheckpointed', ...from(1), id: 'c', label: 'section 1', data: { n: 1 } })
    expect(run.commands[0]).toEqual({
      type: 'SaveCheckpoint',
      number: 1,
      label: 'section 1',
      step: 'work',
      data: { n: 1 },
    })
  })
})

describe('an agent that asks a person', () => {
  const ask = { type: 'StepAskedHuman', ...from(1), payload: { question: 'really?' }, deadlineMs: 5_000 } as const

  test('opens a gate on its payload, and is dispatched again with the decision', () => {
    const run = aRun(one).start('work').give(ask)
    expect(run.commands.find(({ type }) => type === 'OpenGate')).toMatchObject({
      gateId: 'r.work.1',
      gate: 'work',
      shown: { question: 'really?' },
      dueAt: 6_000,
    })
    expect(run.state.status).toBe('waiting')
    expect(run.published).toEqual(['hitl.requested', 'waiting'])
    expect(run.succeed('work').last.ignored).toBe('stale-dispatch')
    run.give({
      type: 'GateDecided',
      gateId: 'r.work.1',
      decision: 'approve',
      values: { x: 1 },
      comment: null,
      decidedBy: 'ann',
    })
    expect(run.commands.find(({ type }) => type === 'Dispatch')).toMatchObject({
      dispatch: 2,
      visit: 1,
      decision: { decision: 'approve', values: { x: 1 }, decidedBy: 'ann' },
    })
    expect(run.state.status).toBe('running')
    expect(run.step('work').dispatches).toBe(1)
    expect(run.succeed('work').state.status).toBe('completed')
  })

  test('keeps the decision over a later dispatch of the same visit', () => {
    const run = aRun(one).start('work').give(ask)
    run.give({
      type: 'GateDecided',
      gateId: 'r.work.1',
      decision: 'reject',
      values: null,
      comment: null,
      decidedBy: 'ann',
    })
    run.start('work').later(1_000)
    run.give({ type: 'DeadlineReached', deadline: 'step', step: 'work', dispatch: 2, gateId: null })
    expect(run.commands.find(({ type }) => type === 'Dispatch')).toMatchObject({
      dispatch: 3,
      decision: { decision: 'reject' },
    })
  })

  test('fails with GATE_TIMEOUT when nobody decides', () => {
    const run = aRun(one).start('work').give(ask).later(5_000)
    run.give({ type: 'DeadlineReached', deadline: 'gate', step: 'work', dispatch: null, gateId: 'r.work.1' })
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'GATE_TIMEOUT', step: 'work' } })
  })
})

describe('outcomes', () => {
  const outcomes = aDefinition([
    anAgent({
      name: 'work',
      outcome: 'output.verdict',
      transitions: [
        { on: 'pass', when: 'output.score > 5', to: 'end' },
        { on: 'pass', to: 'again' },
      ],
    }),
    anAgent({ name: 'again' }),
  ])

  test('the first transition whose event and guard hold is taken', () => {
    expect(aRun(outcomes).succeed('work', { verdict: 'pass', score: 6 }).state.status).toBe('completed')
    expect(aRun(outcomes).succeed('work', { verdict: 'pass', score: 5 }).step('again').status).toBe('waiting')
  })

  test('an outcome that nothing answers fails the run with NO_TRANSITION', () => {
    expect(aRun(outcomes).succeed('work', { verdict: 'odd' }).state.error).toMatchObject({
      code: 'NO_TRANSITION',
      step: 'work',
    })
    expect(aRun(outcomes).succeed('work', {}).state.error).toMatchObject({ code: 'NO_TRANSITION', step: 'work' })
  })

  test('an expression that fails on data fails the run, which can be resumed', () => {
    const run = aRun(outcomes).succeed('work', { verdict: 'pass', score: 'high' })
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION_FAILED', step: 'work' } })
    expect(run.step('work')).toMatchObject({ status: 'failed' })
    run.give({ type: 'ResumeRequested', by: 'op', checkpoint: null })
    expect(run.step('work')).toMatchObject({ status: 'waiting', dispatch: 2 })
  })

  test('an expression that fails at the start fails the run', () => {
    const run = aRun(aDefinition([anAgent({ name: 'work', input: { x: 'input.a + 1' } })]), { a: 'text' })
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION_FAILED', step: 'work' } })
    expect(run.published).toEqual(['step.failed', 'run.failed'])
  })
})
