import { simulate, type SimulatedAgents } from '@flotilla/engine/testing'
import { expect, test } from 'vitest'
import { reactAgent } from './react-agent.js'
import { hasAnswer, toolResult, wantsCall } from './testing/action-outputs.js'
import { answering, stepsSent } from './testing/brief-world.js'

const run = (reason: SimulatedAgents[string]) =>
  simulate(
    reactAgent,
    { 'research.reason': reason ?? (() => ({ output: null })), 'research.act': () => ({ output: toolResult }) },
    { input: { question: 'Which colour?' } },
  )

test('reasoning and acting alternate until there is an answer', () => {
  const { state, commands } = run(answering(wantsCall, wantsCall, hasAnswer))
  expect(stepsSent(commands)).toEqual(['loop.reason', 'loop.act', 'loop.reason', 'loop.act', 'loop.reason'])
  expect(state.result).toMatchObject({ final_answer: 'White.', tool_calls_made: 2, capped: false })
})

test('messages are appended, never replaced', () => {
  const { state } = run(answering(wantsCall, hasAnswer))
  const { messages } = state.result as { messages: readonly { role: string }[] } // what the end's result maps
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
})

test('the engine stops a reasoner that never answers after ten calls', () => {
  const { state, commands } = run(() => ({ output: wantsCall }))
  expect(stepsSent(commands).filter((step) => step === 'loop.act')).toHaveLength(10)
  expect(stepsSent(commands).filter((step) => step === 'loop.reason')).toHaveLength(11)
  expect(state).toMatchObject({
    status: 'completed',
    result: { final_answer: 'Nothing yet.', tool_calls_made: 10, capped: true },
  })
})

test('a reasoner that asks for several calls at once is stopped by what it made, not by its turns', () => {
  const agents: SimulatedAgents = {
    'research.reason': () => ({ output: wantsCall }),
    'research.act': () => ({ output: { ...toolResult, calls: 4 } }),
  }
  const { state } = simulate(reactAgent, agents, { input: { question: 'Which colour?' } })
  expect(state.result).toMatchObject({ tool_calls_made: 12, capped: true })
})

test('a tool that fails for good fails the run, which can be resumed where it stood', () => {
  const broken: SimulatedAgents = {
    'research.reason': answering(wantsCall, hasAnswer),
    'research.act': () => ({ failed: { code: 'BROKEN', message: 'broken' } }),
  }
  const { state } = simulate(reactAgent, broken, { input: { question: 'Which colour?' } })
  expect(state).toMatchObject({ status: 'failed', error: { code: 'BROKEN' } })
  expect(state.steps['loop.reason']).toMatchObject({ status: 'done', visits: 1 })
})
