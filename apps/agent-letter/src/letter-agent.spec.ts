import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { describe, expect, test } from 'vitest'
import { makeLetterAgent } from './letter-agent.js'

const input = {
  applicationId: 'a-1',
  submittedOn: '1997-12-08',
  decision: 'decline',
  reasons: [{ code: 'PD_HIGH' }, { code: 'NEW', text: null }],
  decidedBy: 'policy',
  loan: { amount: 30_276, currency: 'CZK', durationMonths: 12, monthlyPayment: 2_523 },
}

describe('the letter agent', () => {
  for (const law of agentLaws(makeLetterAgent(), [
    input,
    { ...input, decision: 'refer', applicant: { fullName: null } },
  ]))
    test(`law: ${law.name}`, () => expect(law.check()).resolves.toBeUndefined())

  test('writes by its contracts, also without anything optional', async () => {
    const { output, tools } = await callAgent(makeLetterAgent(), input)
    expect(output).toMatchObject({ decision: 'decline', reasonCodes: ['PD_HIGH'] })
    expect(tools).toEqual(['write-letter'])
  })

  test('a letter of the longest parts that the input allows fits its contract', async () => {
    const reasons = Array.from({ length: 200 }, (_, index) => ({ code: `X${index}`, text: '<'.repeat(1_000) }))
    const long = { ...input, applicationId: '['.repeat(200), reasons, applicant: { fullName: '*'.repeat(300) } }
    expect((await callAgent(makeLetterAgent(), long)).output?.reasonCodes).toHaveLength(1)
  })
})
