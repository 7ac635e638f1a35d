import { agentLaws, aWorld, callAgent } from '@flotilla/agent-sdk/testing'
import { describe, expect, test } from 'vitest'
import { makeFraudAgent } from './fraud-agent.js'

const agent = makeFraudAgent(() => Date.parse('2026-11-20T10:00:00Z'))

const anApplication = (applicationId: string, over: Record<string, unknown> = {}) => ({
  applicationId,
  submittedOn: '2026-11-20',
  applicant: {
    fullName: 'Jana Dvořáková',
    email: 'jana.dvorakova@gmail.com',
    phone: '+420 602 174 385',
    deviceId: 'd-1',
  },
  account: { iban: 'CZ65 0800 0000 1920 0014 5399' },
  loan: { amount: 120_000, currency: 'CZK', durationMonths: 24, monthlyPayment: 5_000 },
  statement: [],
  ...over,
})
const bare = { applicationId: 'bare', submittedOn: '1997-12-08', loan: anApplication('').loan, statement: [] }

describe('the fraud agent', () => {
  for (const law of agentLaws(agent, [anApplication('a-1'), bare]))
    test(`law: ${law.name}`, () => expect(law.check()).resolves.toBeUndefined())

  test('clears an application without anything optional', async () => {
    const { output } = await callAgent(agent, bare)
    expect(output).toMatchObject({
      verdict: 'clear',
      score: 0,
      velocity: { device: null, email: null, phone: null, iban: null },
    })
  })

  test('clears the same application however often it comes', async () => {
    const world = aWorld()
    for (const dispatch of [1, 2, 3, 4, 5])
      expect((await callAgent(agent, anApplication('a-1'), { world, dispatch })).output).toMatchObject({
        verdict: 'clear',
      })
  })

  test('refers and then blocks who sends many applications, whatever spelling and day each has', async () => {
    const world = aWorld()
    const verdicts: (string | undefined)[] = []
    for (let index = 1; index <= 12; index += 1) {
      const email = index % 2 === 0 ? `j.a.n.a.dvorakova+${index}@googlemail.com` : 'janadvorakova@gmail.com'
      const application = anApplication(`a-${index}`, {
        submittedOn: `19${80 + index}-01-15`,
        applicant: { email, phone: null, deviceId: null },
        account: null,
      })
      verdicts.push((await callAgent(agent, application, { world })).output?.verdict)
    }
    expect(verdicts.slice(0, 4)).toEqual(['clear', 'clear', 'suspicious', 'refer'])
    expect(verdicts.at(-1)).toBe('block')
  })

  test('tells neither stream nor answer anything personal', async () => {
    const call = await callAgent(agent, anApplication('a-1'))
    const told = JSON.stringify(call)
    for (const personal of ['dvorakova', 'Dvořáková', '602', 'd-1', 'CZ65']) expect(told).not.toContain(personal)
    expect(call.tools).toEqual(['velocity', 'statement-forensics'])
  })
})
