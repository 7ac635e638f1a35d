import { fileURLToPath } from 'node:url'
import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { expect, test } from 'vitest'
import { loadCorpus } from '../corpus/load-corpus.js'
import { extractSources } from './extract-sources.js'
import { gatherAgent, makePlanAgent, makeWorkAgent } from './supervisor-agents.js'

const corpus = await loadCorpus(fileURLToPath(new URL('../../data/policies', import.meta.url)))
const [plan, work] = [makePlanAgent(corpus), makeWorkAgent(corpus)]
const topic = 'protection against summer heat'

test('a supervisor and its workers find together what one agent finds alone', async () => {
  const { output: planned } = await callAgent(plan, { topic })
  const tasks = planned?.tasks ?? []
  expect(tasks.length).toBeGreaterThan(5)
  const found = await Promise.all(tasks.map(async (task) => (await callAgent(work, { task })).output))
  const { output } = await callAgent(gatherAgent, { found, sourcesMin: planned?.sourcesMin })
  expect(output).toEqual({ ...extractSources(corpus, { topic }), enough: true })
})

test('a topic that nothing is known about gives no task, and what came back is not enough', async () => {
  expect((await callAgent(plan, { topic: 'submarine cables' })).output?.tasks).toEqual([])
  expect((await callAgent(gatherAgent, { found: [], sourcesMin: 2 })).output?.enough).toBe(false)
})

test('a source that is not there can never be read', async () => {
  const task = { sourceId: 'nowhere', query: 'heat', score: 1 }
  await expect(callAgent(work, { task })).rejects.toThrow('SOURCE_UNKNOWN')
})

for (const law of [
  ...agentLaws(plan, [{ topic }, { topic, also: ['costs'], constraints: { sourcesMax: 1 } }]),
  ...agentLaws(work, [{ task: { sourceId: 'heat-action-plan-2024', query: topic, score: 1 } }]),
  ...agentLaws(gatherAgent, [{ found: [], sourcesMin: 0 }]),
])
  test(`${law.name}`, async () => expect(await law.check()).toBeUndefined())
