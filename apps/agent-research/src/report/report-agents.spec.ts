import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { expect, test } from 'vitest'
import { localMailer, makeSendAgent, synthesizeAgent } from './report-agents.js'

const source = { id: 'cool-roofs', title: 'Cool Roofs', issuer: 'Office', issuedOn: '2023-04-18', score: 3 }
const quote = { sourceId: 'cool-roofs', text: 'Roofs are white.', start: 0, end: 16, score: 3 }
const found = [
  { source, quotes: [quote, { ...quote, text: 'They stay cool.' }] },
  { source: { ...source, id: 'shade', title: 'Shade' }, quotes: [] },
]
const report = { title: 'Report on heat', body: '# Report on heat\n', quotes: 2, sources: [source] }
const mail = { report, addressee: 'team@example.org' }

test('a report quotes each source under its title and lists it; what says nothing is left out', async () => {
  const { output } = await callAgent(synthesizeAgent, { topic: 'heat', found })
  expect(output?.report).toMatchObject({ title: 'Report on heat', quotes: 2, sources: [{ id: 'cool-roofs' }] })
  expect(output?.report.body).toContain('- “They stay cool.” [1]')
  expect(output?.report.body).toContain('[1] Cool Roofs. Office, 2023-04-18.')
  expect(output?.report.body).not.toContain('Shade')
})

test('a report is sent through the ledger, under one key whoever it goes to', async () => {
  const { output, effects } = await callAgent(makeSendAgent(localMailer), mail)
  expect(effects).toEqual([{ name: 'send-report', key: 'report', idempotencyKey: expect.any(String) as string }])
  expect(output?.receipt.messageId).toHaveLength(24)
})

test.each(['nobody', 'a@b c', 'a@b\r\nBcc: c@d', 'a@b,c@d'])('%j is no addressee', async (addressee) => {
  await expect(callAgent(makeSendAgent(localMailer), { ...mail, addressee })).rejects.toThrow('/input/addressee')
})

for (const law of [
  ...agentLaws(synthesizeAgent, [{ topic: 'heat', found }]),
  ...agentLaws(makeSendAgent(localMailer), [mail]),
])
  test(`${law.name}`, async () => expect(await law.check()).toBeUndefined())
