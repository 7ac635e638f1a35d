import { contractById, parseContract } from '@flotilla/contracts'
import { checkDefinition } from '@flotilla/engine'
import { aRun, simulate, type Decision } from '@flotilla/engine/testing'
import { describe, expect, test } from 'vitest'
import { managerSignOff } from './manager-sign-off.js'
import { published, signOffRequest } from './testing/sign-off-worlds.js'

const hourMs = 60 * 60 * 1_000

const run = (first: Decision | null, second: Decision | null = null) =>
  simulate(
    managerSignOff,
    { publishing: () => ({ output: published }) },
    { input: signOffRequest, decide: ({ gate }) => (gate === 'escalated' ? second : first) },
  )

const notified = (commands: readonly { readonly type: string }[]): readonly unknown[] =>
  commands.flatMap((command) => ('channel' in command && command.type === 'Notify' ? [command.channel] : []))

describe('manager sign-off', () => {
  test('an approval publishes, attributed to who gave it', () => {
    const { state, commands } = run({ decision: 'approve', decidedBy: 'ann' })
    expect(state.result).toEqual({
      outcome: 'published',
      decision: { decision: 'approve', by: 'ann', comment: null, values: null },
      publication: published,
    })
    const dispatched = commands.find((command) => command.type === 'Dispatch')
    expect(dispatched).toMatchObject({ agent: 'training.publish', queue: 'agent.training' })
    const contract = contractById('training.publish.input.v1')
    if (!contract || dispatched?.type !== 'Dispatch') throw new Error('nothing was dispatched')
    expect(() => parseContract(contract, dispatched.input)).not.toThrow()
    expect(dispatched.input).toMatchObject({ approvedBy: 'ann' })
  })

  test.each(['reject', 'adjust'])('%s requests a revision and publishes nothing', (decision) => {
    const { state, commands } = run({ decision, decidedBy: 'ann' })
    expect(state).toMatchObject({ status: 'completed', result: { outcome: 'revision_requested', publication: null } })
    expect(commands.some(({ type }) => type === 'Dispatch')).toBe(false)
    expect(notified(commands)).toEqual(['managers', 'authors'])
  })

  test('48 hours without an answer escalate to somebody else, not a moment sooner', () => {
    const waiting = aRun(managerSignOff, signOffRequest)
    const gateId = waiting.step('waiting_for_manager').gateId ?? ''
    const dueAt = waiting.state.gates[gateId]?.dueAt ?? 0
    expect(dueAt - waiting.now).toBe(48 * hourMs)
    const due = {
      type: 'DeadlineReached',
      deadline: 'gate',
      step: 'waiting_for_manager',
      dispatch: null,
      gateId,
    } as const
    waiting.later(48 * hourMs - 1).give(due)
    expect(waiting.step('waiting_for_manager').status).toBe('waiting')
    waiting.later(1).give(due)
    expect(waiting.step('escalated').status).toBe('waiting')
    expect(notified(waiting.commands)).toEqual(['escalations'])
  })

  test.each([
    ['approve', 'published'],
    ['reject', 'revision_requested'],
    ['adjust', 'revision_requested'],
  ])('after the escalation %s leads to %s', (decision, outcome) => {
    const { state } = run(null, { decision, decidedBy: 'bob' })
    expect(state.result).toMatchObject({ outcome, decision: { by: 'bob' } })
    expect(state.steps['waiting_for_manager']?.status).toBe('done')
  })

  test('an escalation that nobody answers fails the run, without having published', () => {
    const { state, commands } = run(null)
    expect(state).toMatchObject({ status: 'failed', error: { code: 'SIGN_OFF_UNANSWERED' } })
    expect(commands.some(({ type }) => type === 'Dispatch')).toBe(false)
  })

  test('every target is defined and every contract is registered', () => {
    expect(checkDefinition(managerSignOff, { resolveContract: (id) => contractById(id) !== undefined })).toEqual([])
  })
})
