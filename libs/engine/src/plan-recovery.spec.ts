import { expect, test } from 'vitest'
import type { StateDefinition, WorkflowDefinition } from './definition.js'
import { planRecovery, type RecoveryAsked } from './plan-recovery.js'
import type { RunState } from './state.js'
import { isFinished } from './step-at.js'
import { stepsOf } from './steps-of.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun, type TestRun } from './testing/a-run.js'

const branch = (name: string) => ({
  name,
  initial: name,
  states: [anAgent({ name, transitions: [{ on: 'done', to: `${name}_end` }] }), anEnd({ name: `${name}_end` })],
})
const fan: StateDefinition = {
  kind: 'parallel',
  name: 'fan',
  join: { policy: 'all' },
  onBranchFailure: 'fail-fast',
  branches: [branch('a'), branch('b')],
  transitions: [{ on: 'done', to: 'note' }],
}
const desk = aDefinition([
  anAgent({ name: 'first', transitions: [{ on: 'done', to: 'fan' }] }),
  fan,
  { kind: 'set', name: 'note', assign: [{ to: 'noted', from: 'true' }], transitions: [{ on: 'done', to: 'write' }] },
  anAgent({ name: 'write', maxVisits: 3, transitions: [{ on: 'done', to: 'judge' }] }),
  anAgent({
    name: 'judge',
    maxVisits: 3,
    outcome: 'output.verdict',
    transitions: [
      { on: 'again', to: 'write' },
      { on: 'good', to: 'last' },
    ],
  }),
  anAgent({ name: 'last' }),
])
const none = { effects: [], usage: [] }
const at = 5_000
const resume: RecoveryAsked = { type: 'ResumeRequested', at, by: 'op', checkpoint: null }
const from = (restored: RunState): RecoveryAsked => ({ ...resume, checkpoint: 1, restored })
const fork = (restored?: RunState): RecoveryAsked => {
  const event = { type: 'RunForked', at, by: 'op', from: { runId: 'r', checkpoint: restored ? 1 : null }, input: {} }
  return { ...event, ...(restored ? { restored } : {}) } as RecoveryAsked // the literal's type is the member's
}

/** The way that the run takes after an event until its end, agents answering as they do: steps done, in order. */
const whatHappens = (definition: WorkflowDefinition, now: RunState, event: RecoveryAsked, judged = ['good']) => {
  const done: string[] = []
  const run = aRun(definition, null, event.type === 'RunForked' ? event : { ...event, type: 'ResumeRequested' }, now)
  const verdicts = [...judged]
  const note = () => {
    for (const command of run.commands)
      if (command.type === 'Publish' && command.event.type === 'step.completed' && command.event.step !== 'fan')
        done.push(command.event.step ?? '')
  }
  note()
  while (!isFinished(run.state.status)) {
    const owed = stepsOf(definition).find(({ path }) => run.step(path).status === 'waiting')
    if (!owed) throw new Error('nothing is owed')
    run.succeed(owed.path, owed.path === 'judge' ? { verdict: verdicts.shift() ?? 'good' } : {})
    note()
  }
  return stepsOf(definition).flatMap(({ path }) => (done.includes(path) ? [path] : []))
}
const begun = (): TestRun => aRun(desk).succeed('first')
const afterFan = (): TestRun => begun().succeed('a').succeed('b')

test('a resume reuses what was done and redoes what failed and what that stopped; what comes after is new', () => {
  const run = begun().succeed('a').fail('b')
  const plan = planRecovery(desk, { now: run.state, event: resume }, none)
  expect(plan).toEqual({ reused: ['first', 'a'], redone: ['b'], chargedAgain: [], compensated: [], blocked: [] })
  expect(whatHappens(desk, run.state, resume)).toEqual([...plan.redone, 'note', 'write', 'judge', 'last'])
})

test('a rollback redoes what was done since the checkpoint: as planned, so done', () => {
  const run = begun()
  const restored = run.state
  run.succeed('a').succeed('b').succeed('write').succeed('judge', { verdict: 'good' }).fail('last')
  const plan = planRecovery(desk, { now: run.state, event: from(restored) }, none)
  expect(plan.reused).toEqual(['first'])
  expect(plan.redone).toEqual(['a', 'b', 'note', 'write', 'judge', 'last'])
  expect(whatHappens(desk, run.state, from(restored))).toEqual(plan.redone)
})

test('a fork is planned as a rollback is, of a finished run too, and from the start everything is redone', () => {
  const run = afterFan()
  const restored = run.state
  run.succeed('write').succeed('judge', { verdict: 'good' }).succeed('last')
  const plan = planRecovery(desk, { now: run.state, event: fork(restored) }, none)
  expect(plan).toMatchObject({ reused: ['first', 'fan', 'a', 'b', 'note'], redone: ['write', 'judge', 'last'] })
  expect(whatHappens(desk, run.state, fork(restored))).toEqual(plan.redone)
  const anew = planRecovery(desk, { now: run.state, event: fork() }, none)
  expect(anew.reused).toEqual([])
  expect(anew.redone).toEqual(['first', 'fan', 'a', 'b', 'note', 'write', 'judge', 'last'])
  expect(whatHappens(desk, run.state, fork())).toEqual(anew.redone.filter((path) => path !== 'fan'))
})

test('a step of a loop is reused as it was at the checkpoint and redone as it came after', () => {
  const run = afterFan().succeed('write').succeed('judge', { verdict: 'again' })
  const restored = run.state
  run.succeed('write').succeed('judge', { verdict: 'again' }).succeed('write').succeed('judge', { verdict: 'good' })
  run.fail('last')
  const plan = planRecovery(desk, { now: run.state, event: from(restored) }, none)
  expect(plan.reused).toContain('judge')
  expect(plan.redone).toEqual(['write', 'judge', 'last'])
  expect(whatHappens(desk, run.state, from(restored), ['again', 'good'])).toEqual(plan.redone)
})

test('what redone steps used is told per step, what reused ones used is not', () => {
  const run = begun().succeed('a').fail('b')
  const usage = [
    { step: 'a', model: 'm', tokens: 5 },
    { step: 'b', model: 'm', tokens: 7 },
    { step: 'b', model: 'n', tokens: 4 },
    { step: 'b', model: null, tokens: 0 },
  ]
  const plan = planRecovery(desk, { now: run.state, event: resume }, { effects: [], usage })
  expect(plan.chargedAgain).toEqual([{ step: 'b', model: 'n', tokens: 11 }])
})

test('an effect of which nobody knows whether it was done blocks the step that would do it again', () => {
  const run = begun().succeed('a').fail('b')
  const effects = [
    { step: 'a', visit: 1, status: 'intent' },
    { step: 'b', visit: 1, status: 'intent' },
    { step: 'b', visit: 1, status: 'intent' },
    { step: 'b', visit: 1, status: 'done' },
  ]
  const plan = planRecovery(desk, { now: run.state, event: resume }, { effects, usage: [] })
  expect(plan.blocked).toEqual([{ step: 'b', reason: 'effect-outcome-unknown' }])
})

test('a plan of what cannot be done says why, and nothing else', () => {
  const ended = aRun(aDefinition([anEnd({ status: 'failed' })], { initial: 'end' })).state
  expect(
    planRecovery(aDefinition([anEnd({ status: 'failed' })], { initial: 'end' }), { now: ended, event: resume }, none),
  ).toEqual({
    reused: [],
    redone: [],
    chargedAgain: [],
    compensated: [],
    blocked: [{ step: null, reason: 'nothing-to-resume' }],
  })
})

test('a parked run goes on as it is', () => {
  const now = afterFan().state
  expect(planRecovery(desk, { now, event: resume }, none)).toMatchObject({ redone: [], blocked: [] })
})

test('a rollback names what it undoes first, the last first', () => {
  const book = (name: string, to: string) =>
    anAgent({ name, compensate: { agent: 'bench.cancel', input: {} }, transitions: [{ on: 'done', to }] })
  const trip = aDefinition(
    [book('flight', 'hotel'), book('hotel', 'car'), book('car', 'pay'), anAgent({ name: 'pay' })],
    {
      compensation: 'on-request',
    },
  )
  const run = aRun(trip).succeed('flight')
  const restored = run.state
  run.succeed('hotel').succeed('car').fail('pay')
  const event = { ...from(restored), mode: 'rollback' } as RecoveryAsked
  const plan = planRecovery(trip, { now: run.state, event }, none)
  expect(plan).toMatchObject({ reused: ['flight'], redone: ['hotel', 'car', 'pay'], compensated: ['car', 'hotel'] })
  const all = { ...resume, mode: 'compensate' } as RecoveryAsked
  expect(planRecovery(trip, { now: run.state, event: all }, none).compensated).toEqual(['car', 'hotel', 'flight'])
})
