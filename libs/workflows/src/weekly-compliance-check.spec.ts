import { contractById, parseContract } from '@flotilla/contracts'
import { checkDefinition } from '@flotilla/engine'
import { simulate } from '@flotilla/engine/testing'
import { describe, expect, test } from 'vitest'
import { complianceOutput, weeklyInput } from './testing/compliance-worlds.js'
import { weeklyComplianceCheck } from './weekly-compliance-check.js'

const run = (overdueTotal: number) =>
  simulate(
    weeklyComplianceCheck,
    { checking: () => ({ output: complianceOutput(overdueTotal) }) },
    { input: weeklyInput ?? null },
  )

const parse = (id: unknown, value: unknown) => {
  const type = contractById(String(id))
  if (!type) throw new Error(`no contract ${String(id)}`)
  return parseContract(type, value)
}

describe('the weekly compliance check', () => {
  test('is due on Mondays at 8, with an input that it takes', () => {
    expect(weeklyComplianceCheck.triggers).toMatchObject([{ kind: 'schedule', cron: '0 8 * * MON' }])
    expect(() => parse(weeklyComplianceCheck.input, weeklyInput)).not.toThrow()
  })

  test('tells the compliance channel of what is overdue and keeps the report', () => {
    const { state, commands } = run(2)
    expect(state.result).toMatchObject({
      outcome: 'overdue_reported',
      overdueTotal: 2,
      reportArtifactId: 'run-1.compliance_report.v1',
    })
    expect(commands.filter(({ type }) => type === 'Notify')).toMatchObject([{ channel: 'compliance' }])
    expect(commands.find(({ type }) => type === 'SaveArtifact')).toMatchObject({ mediaType: 'text/markdown' })
  })

  test('tells nobody when all have done theirs', () => {
    const { state, commands } = run(0)
    expect(state.result).toMatchObject({ outcome: 'compliant', rate: 1 })
    expect(commands.some(({ type }) => type === 'Notify')).toBe(false)
  })

  test('a check that fails for good fails the run as a dead letter: no answer is not "compliant"', () => {
    const { state, commands } = simulate(
      weeklyComplianceCheck,
      { checking: () => ({ failed: { code: 'BROKEN', message: 'broken' } }) },
      { input: weeklyInput ?? null },
    )
    expect(state).toMatchObject({ status: 'failed', error: { code: 'BROKEN' }, result: null })
    expect(commands.some(({ type }) => type === 'DeadLetter')).toBe(true)
  })

  test('the agent is given the time at which the run began, and inputs and outputs fit their contracts', () => {
    const { commands } = run(1)
    const dispatched = commands.find((command) => command.type === 'Dispatch')
    if (dispatched?.type !== 'Dispatch') throw new Error('nothing was dispatched')
    expect(dispatched.input).toMatchObject({ startedAtMs: 1_000_001 })
    expect(() => parse(dispatched.inputContract, dispatched.input)).not.toThrow()
    expect(() => parse(dispatched.outputContract, complianceOutput(1))).not.toThrow()
    expect(checkDefinition(weeklyComplianceCheck, { resolveContract: (id) => contractById(id) !== undefined })).toEqual(
      [],
    )
  })
})
