import { callAgent } from '@flotilla/agent-sdk/testing'
import { ContractError, type ComplianceInput, type TrainingRegister } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { complianceAgent } from './compliance-agent.js'
import { checkCompliance } from './compliance/check-compliance.js'

const aRegister = (change: Partial<TrainingRegister> = {}): TrainingRegister => ({
  rules: [{ role: 'sales', training: 'gifts', everyDays: 365, graceDays: 30 }],
  people: [{ id: 'P-1', role: 'sales', inRoleSince: '2024-01-01' }],
  completions: [{ person: 'P-1', training: 'gifts', passedOn: '2026-01-01' }],
  ...change,
})

const check = (change: Partial<TrainingRegister>, asOf: string | null, rest: Partial<ComplianceInput> = {}) =>
  checkCompliance({ register: aRegister(change), noticeDays: 30, asOf, startedAtMs: 0, ...rest })

describe('the compliance check', () => {
  test.each([
    ['2026-12-01', [], []],
    ['2026-12-02', [], ['P-1']],
    ['2027-01-01', [], ['P-1']],
    ['2027-01-02', ['P-1'], []],
  ])('as of %s overdue are %j and due soon %j', (asOf, overdue, dueSoon) => {
    expect(check({}, asOf).standings).toMatchObject([{ overdue, dueSoon }])
  })

  test('somebody new has the days of grace, and the latest of several completions counts', () => {
    const people = [{ id: 'P-2', role: 'sales', inRoleSince: '2026-11-01' }]
    expect(check({ people }, '2026-12-01').overdueTotal).toBe(0)
    expect(check({ people }, '2026-12-02').overdueTotal).toBe(1)
    const completions = ['2026-06-01', '2024-01-01'].map((passedOn) => ({ person: 'P-1', training: 'gifts', passedOn }))
    expect(check({ completions }, '2027-05-01')).toMatchObject({ outcome: 'compliant', overdueTotal: 0, rate: 1 })
  })

  test('without a day it judges by the day on which the run began', () => {
    expect(check({}, null, { startedAtMs: Date.UTC(2027, 0, 2, 23, 59) })).toMatchObject({
      asOf: '2027-01-02',
      outcome: 'overdue_found',
    })
  })

  test('what is wrong with the register is a finding', () => {
    const { findings, overdueTotal } = check(
      {
        people: [
          { id: 'P-1', role: 'sales', inRoleSince: '2024-01-01' },
          { id: 'P-9', role: 'pilots', inRoleSince: '2024-01-01' },
          { id: 'P-9', role: 'pilots', inRoleSince: '2024-01-01' },
        ],
        completions: [
          { person: 'P-1', training: 'gifts', passedOn: '2030-01-01' },
          { person: 'P-7', training: 'gifts', passedOn: '2026-01-01' },
        ],
      },
      '2026-11-21',
    )
    expect(findings.map(({ code }) => code)).toEqual([
      'PERSON_TWICE',
      'PERSON_UNKNOWN',
      'PASSED_IN_FUTURE',
      'ROLE_WITHOUT_RULE',
    ])
    expect(overdueTotal).toBe(1)
  })

  test('the report names people by id in their role’s line', () => {
    const { report } = check({}, '2027-01-02')
    expect(report).toContain('Duties kept: 0.0 %. Overdue: 1.')
    expect(report).toContain('| sales | gifts | 1 | P-1 | - |')
  })

  test('names in the place of ids, and days that there are not, are refused', async () => {
    const input = { register: aRegister(), noticeDays: 30, startedAtMs: 0 }
    const withPerson = (person: object) => ({ ...input, register: { ...aRegister(), people: [person] } })
    await expect(
      callAgent(complianceAgent, withPerson({ id: 'Ann Example', role: 'sales', inRoleSince: '2024-01-01' })),
    ).rejects.toBeInstanceOf(ContractError)
    await expect(
      callAgent(complianceAgent, withPerson({ id: 'P-1', role: 'sales', inRoleSince: '2024-02-30' })),
    ).rejects.toBeInstanceOf(ContractError)
  })
})
