import { fileURLToPath } from 'node:url'
import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import type { ReactMessage } from '@flotilla/contracts'
import { expect, test } from 'vitest'
import { loadCorpus } from '../corpus/load-corpus.js'
import { makeActAgent, reasonAgent } from './react-agents.js'
import { amountsIn } from './reason.js'
import { useTool } from './use-tool.js'

const corpus = await loadCorpus(fileURLToPath(new URL('../../data/policies', import.meta.url)))
const act = makeActAgent(corpus)
const ask = (content: string): ReactMessage => ({ role: 'user', content, tool_calls: null, tool_call_id: null })

/** The loop of the workflow, without the engine. */
const converse = async (question: string) => {
  const messages = [ask(question)]
  const calls: string[] = []
  for (;;) {
    const { output } = await callAgent(reasonAgent, { messages })
    if (!output) throw new Error('the reasoner asked a person')
    messages.push(output.message)
    if (output.final_answer) return { answer: output.final_answer, calls }
    calls.push(...(output.message.tool_calls ?? []).map(({ id }) => id))
    messages.push(...((await callAgent(act, { messages })).output?.messages ?? []))
  }
}

test('a question of two parts is searched, read and added up', async () => {
  const { answer, calls } = await converse(
    'What is the combined budget of the shade tree plan and the cost of cool roofs?',
  )
  expect(calls).toEqual(['search-1', 'extract-1', 'search-2', 'extract-2', 'calculate-1'])
  expect(answer).toContain('14.5 million marks. [shade-trees-2022]')
  expect(answer).toContain('6.2 million marks')
  expect(answer).toContain('Together: 20700000 marks.')
})

test('a question that no policy answers is answered so', async () => {
  const { answer, calls } = await converse('submarine cables')
  expect(calls).toEqual(['search-1'])
  expect(answer).toBe('The policies say nothing about this.')
})

test('sums of money are read with their thousands and millions', () => {
  expect(amountsIn('1,150 marks to plant, 14.5 million marks, 3 trees')).toEqual([1_150, 14_500_000])
})

test('a call that cannot be carried out is a result that says so', () => {
  expect(useTool(corpus, { id: 'x', name: 'extract', arguments: { sourceId: 'nowhere' } })).toEqual({
    problem: 'SOURCE_UNKNOWN',
  })
  expect(useTool(corpus, { id: 'x', name: 'calculate', arguments: { add: ['a'] } })).toEqual({
    problem: 'NOT_A_NUMBER',
  })
})

for (const law of [
  ...agentLaws(reasonAgent, [{ messages: [ask('heat')] }, { messages: [] }]),
  ...agentLaws(act, [
    {
      messages: [
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'search-1', name: 'search', arguments: { query: 'heat' } }],
        },
      ],
    },
    { messages: [] },
  ]),
])
  test(`${law.name}`, async () => expect(await law.check()).toBeUndefined())
