import { contractById, parseContract } from '@flotilla/contracts'
import { checkDefinition, type RunState } from '@flotilla/engine'
import {
  aRun,
  simulate,
  type Decision,
  type Dispatched,
  type SimulatedAgents,
  type TestRun,
} from '@flotilla/engine/testing'
import { describe, expect, test } from 'vitest'
import { trainingAgentsWith, trainingOutputs, trainingRequest } from './testing/training-worlds.js'
import { trainingStateMachine } from './training-state-machine.js'

const hourMs = 60 * 60 * 1_000
const minuteMs = 60 * 1_000

interface Told {
  readonly troubles?: Readonly<Record<string, number>>
  readonly agents?: SimulatedAgents
  /** Decisions by gate, in their order; then approvals. */
  readonly decisions?: Readonly<Record<string, readonly (Decision | null)[]>>
}

const run = ({ troubles = {}, agents = {}, decisions = {} }: Told = {}) => {
  const left = new Map(Object.entries(decisions).map(([gate, list]) => [gate, [...list]]))
  const simulated = simulate(
    trainingStateMachine,
    { ...trainingAgentsWith(troubles), ...agents },
    {
      input: trainingRequest,
      decide: ({ gate }) => {
        const next = left.get(gate)?.shift()
        return next === undefined ? { decision: 'approve', decidedBy: 'ann' } : next
      },
    },
  )
  const dispatched = simulated.commands.flatMap((command): Dispatched[] =>
    command.type === 'Dispatch' ? [command] : [],
  )
  return { ...simulated, dispatched }
}

const visitsOf = ({ steps }: RunState): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(steps).map(([name, { visits }]) => [name, visits]))

const give = (started: TestRun, path: string, output = trainingOutputs[path]): TestRun =>
  started.start(path).succeed(path, output ?? {})

/** A run that waits at its first gate. */
const atFirstGate = (): TestRun =>
  give(give(aRun(trainingStateMachine, trainingRequest), 'intake'), 'designing_objectives')

/** A run that waits at its second gate. */
const atFinalGate = (): TestRun => {
  const waiting = atFirstGate()
  decide(waiting, 'awaiting_objectives_approval', 'approve')
  for (const path of ['assessment_designer', 'activity_designer', 'alignment_check', 'accessibility_check'])
    give(waiting, path)
  return waiting
}

const decide = (waiting: TestRun, gate: string, decision: string, values: Decision['values'] = null): TestRun =>
  waiting.give({
    type: 'GateDecided',
    gateId: waiting.step(gate).gateId ?? '',
    decision,
    values: values ?? null,
    comment: null,
    decidedBy: 'ann',
  })

const passTime = (waiting: TestRun, gate: string, ms: number): TestRun =>
  waiting.later(ms).give({
    type: 'DeadlineReached',
    deadline: 'gate',
    step: gate,
    dispatch: null,
    gateId: waiting.step(gate).gateId,
  })

describe('the happy path', () => {
  test('leads over two approvals to a package that is stored, and its owners are told', () => {
    const { state, commands, dispatched } = run()
    expect(dispatched.map(({ agent }) => agent)).toEqual([
      'training.intake',
      'training.objectives',
      'training.assessments',
      'training.activities',
      'training.alignment',
      'training.accessibility',
      'training.export',
    ])
    expect(state.result).toMatchObject({
      outcome: 'exported',
      priority: 'urgent',
      package: { packageArtifactId: 'run-1.lms_package.v1', manifestArtifactId: 'run-1.lms_manifest.v1' },
      approvals: { objectives: { by: 'ann' }, final: { by: 'ann' } },
      minutes: 3,
    })
    const notified = commands.flatMap((command) => (command.type === 'Notify' ? [command.channel] : []))
    expect(notified).toEqual(['training-reviewers', 'training-reviewers', 'training-owners'])
  })

  test('saves checkpoints where the design is worth keeping, and nowhere else', () => {
    const labels = run().commands.flatMap((command) => (command.type === 'SaveCheckpoint' ? [command.label] : []))
    expect(labels).toEqual(['designing_objectives', 'designing_assessments', 'exporting'])
  })

  test('both designers work at once, with five minutes each, and the check waits for both', () => {
    const waiting = atFirstGate()
    decide(waiting, 'awaiting_objectives_approval', 'approve')
    expect(waiting.commands.flatMap((command) => (command.type === 'Dispatch' ? [command.step] : []))).toEqual([
      'assessment_designer',
      'activity_designer',
    ])
    waiting.start('assessment_designer')
    expect((waiting.step('assessment_designer').dueAt ?? 0) - waiting.now).toBe(5 * minuteMs)
    give(waiting, 'activity_designer')
    expect(waiting.step('alignment_check').status).toBe('pending')
    waiting.succeed('assessment_designer', trainingOutputs['assessment_designer'])
    expect(waiting.step('alignment_check').status).toBe('waiting')
  })

  test('steps use their named queues', () => {
    expect(Object.fromEntries(run().dispatched.map(({ agent, queue }) => [agent, queue]))).toEqual({
      'training.intake': 'agent.training',
      'training.objectives': 'training_design_requests',
      'training.assessments': 'training_design_requests',
      'training.activities': 'training_design_requests',
      'training.alignment': 'agent.training',
      'training.accessibility': 'accessibility_reviews',
      'training.export': 'lms_exports',
    })
  })
})

describe('reviews', () => {
  test('gaps and issues go back to both designers, and later rounds know the earlier ones', () => {
    const { state, dispatched } = run({ troubles: { alignment_check: 1, accessibility_check: 1 } })
    expect(visitsOf(state)).toMatchObject({ designing_assessments: 3, alignment_check: 3, accessibility_check: 2 })
    const last = dispatched.findLast(({ step }) => step === 'activity_designer')
    expect(last?.input).toMatchObject({
      feedback: { gaps: [{ kind: 'NO_QUESTION' }], issues: [{ rule: 'CONTRAST' }], removedQuestions: [] },
    })
    expect(state.result).toMatchObject({ outcome: 'exported' })
  })

  test('a loop that does not end escalates, and who is told can take the design as it is', () => {
    const { state, dispatched } = run({ troubles: { accessibility_check: 99 } })
    expect(visitsOf(state)).toMatchObject({ accessibility_check: 7, escalated: 1 })
    expect(state.result).toMatchObject({ outcome: 'exported', approvals: { final: { by: 'ann' } } })
    expect(dispatched.at(-1)?.input).toMatchObject({ openIssues: [{ rule: 'CONTRAST' }] })
  })

  test('constraints in conflict are answered with what is wrong', () => {
    const { state } = run({ troubles: { intake: 1 } })
    expect(state).toMatchObject({
      status: 'completed',
      result: { outcome: 'constraints_refused', findings: [{ code: 'TOO_LITTLE_TIME' }] },
    })
  })

  test('an agent that fails for good is a dead letter, not an escalation', () => {
    const broken = () => ({ failed: { code: 'BROKEN', message: 'broken' } })
    const { state, commands } = run({ agents: { activity_designer: broken } })
    expect(state).toMatchObject({ status: 'failed', error: { code: 'BROKEN' } })
    expect(commands.some((command) => command.type === 'DeadLetter' && command.step === 'activity_designer')).toBe(true)
    expect(visitsOf(state)['escalated']).toBeUndefined()
  })
})

describe('the approval of the objectives', () => {
  test.each([
    ['without instructions', null, [{ level: null }]],
    ['that takes obligations out', { exclude: ['gifts'] }, [{ exclude: ['gifts'] }]],
    ['that sets a level', { level: 'evaluate' }, [{ level: 'evaluate' }]],
    ['that sets no level there is', { level: 7 }, [{ level: null }]],
  ])('a rejection %s has them designed again', (_, values, feedback) => {
    const waiting = decide(atFirstGate(), 'awaiting_objectives_approval', 'reject', values)
    const [again] = waiting.commands.flatMap((command) => (command.type === 'Dispatch' ? [command] : []))
    expect(again).toMatchObject({ agent: 'training.objectives', input: { feedback } })
  })

  test('nobody approving for 48 hours escalates, not a moment sooner', () => {
    const waiting = passTime(atFirstGate(), 'awaiting_objectives_approval', 48 * hourMs - 1)
    expect(waiting.step('awaiting_objectives_approval').status).toBe('waiting')
    passTime(waiting, 'awaiting_objectives_approval', 1)
    expect(waiting.step('escalated').status).toBe('waiting')
    expect(waiting.commands.flatMap((command) => (command.type === 'Notify' ? [command.channel] : []))).toEqual([
      'escalations',
    ])
  })

  test('after the escalation the design goes on, as if the objectives had been approved', () => {
    const { state } = run({ decisions: { awaiting_objectives_approval: [null] } })
    expect(visitsOf(state)).toMatchObject({ escalated: 1, designing_objectives: 1, awaiting_final_approval: 1 })
    expect(state.result).toMatchObject({ outcome: 'exported' })
  })

  test('refusing them for the third time escalates', () => {
    const reject = { decision: 'reject' }
    const { state } = run({ decisions: { awaiting_objectives_approval: [reject, reject, reject] } })
    expect(visitsOf(state)).toMatchObject({ escalated: 1, awaiting_objectives_approval: 3 })
    expect(state.result).toMatchObject({ outcome: 'exported' })
  })
})

describe('the final approval', () => {
  test('a rejection begins anew with the objectives and forgets what was found in the old design', () => {
    const { state, dispatched } = run({
      troubles: { alignment_check: 1 },
      decisions: { awaiting_final_approval: [{ decision: 'reject' }] },
    })
    expect(visitsOf(state)).toMatchObject({ designing_objectives: 2, awaiting_objectives_approval: 2 })
    const last = dispatched.findLast(({ step }) => step === 'assessment_designer')
    expect(last?.input).toMatchObject({ feedback: { gaps: [] } })
  })

  test('minor changes go to the designers and are approved again', () => {
    const changes = { decision: 'minor_changes', values: { removeQuestions: ['q-gift-limit'] } }
    const { state, dispatched } = run({ decisions: { awaiting_final_approval: [changes] } })
    expect(visitsOf(state)).toMatchObject({
      designing_objectives: 1,
      designing_assessments: 2,
      awaiting_final_approval: 2,
    })
    const last = dispatched.findLast(({ step }) => step === 'assessment_designer')
    expect(last?.input).toMatchObject({ feedback: { removedQuestions: ['q-gift-limit'] } })
  })

  test.each([null, {}, { removeQuestions: [1] }, { removeQuestions: 'all' }])(
    'minor changes with %j are a remark, which breaks nothing',
    (values) => {
      const waiting = decide(atFinalGate(), 'awaiting_final_approval', 'minor_changes', values)
      expect(waiting.step('designing_assessments')).toMatchObject({ status: 'running', visits: 2 })
    },
  )

  test('nobody approving for 72 hours escalates, not a moment sooner', () => {
    const waiting = passTime(atFinalGate(), 'awaiting_final_approval', 72 * hourMs - 1)
    expect(waiting.step('awaiting_final_approval').status).toBe('waiting')
    passTime(waiting, 'awaiting_final_approval', 1)
    expect(waiting.step('escalated').status).toBe('waiting')
  })
})

describe('the escalation', () => {
  const unanswered = { awaiting_final_approval: [null] }

  test('an approval exports', () => {
    expect(run({ decisions: unanswered }).state.result).toMatchObject({ outcome: 'exported' })
  })

  test('a rejection ends the run without a package', () => {
    const { state, dispatched } = run({ decisions: { ...unanswered, escalated: [{ decision: 'reject' }] } })
    expect(state).toMatchObject({
      status: 'completed',
      result: { outcome: 'abandoned', escalation: { stage: 'final', reason: 'timeout' }, package: null },
    })
    expect(dispatched.some(({ agent }) => agent === 'training.export')).toBe(false)
  })

  test('no answer fails the run', () => {
    const { state } = run({ decisions: { ...unanswered, escalated: [null] } })
    expect(state).toMatchObject({ status: 'failed', error: { code: 'ESCALATION_UNANSWERED' } })
  })
})

describe('contracts', () => {
  const parse = (id: unknown, value: unknown) => {
    const type = contractById(String(id))
    if (!type) throw new Error(`no contract ${String(id)}`)
    return parseContract(type, value)
  }

  test('every target is defined and every contract is registered', () => {
    const known = (id: string) => contractById(id) !== undefined
    expect(checkDefinition(trainingStateMachine, { resolveContract: known })).toEqual([])
  })

  test('inputs fit, given outputs that do, also in later rounds', () => {
    const { dispatched } = run({
      troubles: { alignment_check: 1, accessibility_check: 1 },
      decisions: {
        awaiting_objectives_approval: [{ decision: 'reject' }, { decision: 'reject', values: { exclude: ['gifts'] } }],
      },
    })
    expect(dispatched.length).toBeGreaterThan(12)
    for (const { step, input, inputContract, outputContract } of dispatched) {
      expect(() => parse(outputContract, trainingOutputs[step]), `output of ${step}`).not.toThrow()
      expect(() => parse(inputContract, input), `input of ${step}`).not.toThrow()
    }
  })
})
