import { fileURLToPath } from 'node:url'
import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { expect, test } from 'vitest'
import { loadCorpus } from '../corpus/load-corpus.js'
import { localNoticeBoard, makeExecuteAgent, makeProposeAgent } from './action-agents.js'

const corpus = await loadCorpus(fileURLToPath(new URL('../../data/policies', import.meta.url)))
const propose = makeProposeAgent(corpus)
const asOf = '2026-01-01'

test('an old policy with duties is a case for a notice, with the duties as reasons', async () => {
  const { output } = await callAgent(propose, { policyId: 'shade-trees-2022', asOf })
  expect(output).toMatchObject({
    due: true,
    proposed_action: {
      addressee: 'Parks Department',
      duties: ['Trees that die within three years must be replaced in the next planting season.'],
    },
  })
  expect(output?.agent_reasoning).toMatch(/1184 days old .* cannot be taken back/)
})

test.each([
  ['an unknown policy', 'nowhere', asOf],
  ['a young policy', 'shade-trees-2022', '2022-12-01'],
  ['a policy that demands nothing', 'library-lending-2024', asOf],
])('%s is no case for a notice', async (_, policyId, day) => {
  expect((await callAgent(propose, { policyId, asOf: day })).output?.due).toBe(false)
})

test('a notice is published once, under the key of the step', async () => {
  const { output: proposed } = await callAgent(propose, { policyId: 'shade-trees-2022', asOf })
  const input = { proposed_action: proposed?.proposed_action, approvedBy: 'ann' }
  const call = await callAgent(makeExecuteAgent(localNoticeBoard), input)
  expect(call.effects).toEqual([
    { name: 'publish-notice', key: 'shade-trees-2022', idempotencyKey: expect.any(String) as string },
  ])
  expect(call.output?.receipt.addressee).toBe('Parks Department')
})

const notice = { kind: 'publish_notice', policyId: 'p', addressee: 'Office', text: 'Please.', duties: [] }
for (const law of [
  ...agentLaws(propose, [
    { policyId: 'shade-trees-2022', asOf },
    { policyId: 'nowhere', asOf },
  ]),
  ...agentLaws(makeExecuteAgent(localNoticeBoard), [{ proposed_action: notice, approvedBy: 'ann' }]),
])
  test(`${law.name}`, async () => expect(await law.check()).toBeUndefined())
