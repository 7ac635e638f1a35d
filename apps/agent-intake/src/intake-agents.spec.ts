import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { describe, expect, test } from 'vitest'
import { extractAgent, parseAgent } from './intake-agents.js'

const application = {
  applicationId: 'a-1',
  submittedOn: '1997-04-11',
  applicant: { fullName: ' Jana  Nováková ', document: { mrz: ['', ''] }, district: 'Praha' },
  loan: { amount: 12_000, currency: 'czk', durationMonths: 12, monthlyPayment: 1_000 },
  statement: [
    { date: '1997-01-01', amount: 1_000, balance: 1_000 },
    { date: '1997-01-31', amount: 9_000, balance: 10_000 },
  ],
  outcome: { good: false },
}

describe('the intake agents', () => {
  test('hand the parsed application from one to the other, without what no contract names', async () => {
    const parsed = await callAgent(parseAgent, application)
    expect(parsed.tools).toEqual(['statement-arithmetic'])
    expect(JSON.stringify(parsed.output)).not.toMatch(/outcome|district/)
    const extracted = await callAgent(extractAgent, { application: parsed.output?.application })
    expect(extracted.output?.features).toMatchObject({ currency: 'CZK', statementDays: 100, closingBalance: 10_000 })
  })

  const inputs = [application, { ...application, statement: [] }, { ...application, applicant: null, account: null }]
  for (const law of [
    ...agentLaws(parseAgent, inputs),
    ...agentLaws(
      extractAgent,
      inputs.map((input) => ({ application: input })),
    ),
  ])
    test(`${law.name}`, async () => expect(await law.check()).toBeUndefined())
})
