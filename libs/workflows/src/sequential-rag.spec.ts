import { simulate } from '@flotilla/engine/testing'
import { expect, test } from 'vitest'
import { sequentialRag } from './sequential-rag.js'
import { ragOutputs } from './testing/action-outputs.js'
import { alwaysAnswering, briefAgents, stepsSent } from './testing/brief-world.js'

const options = { input: { question: 'Which colour?' } }
const agents = briefAgents(alwaysAnswering(ragOutputs))

test('four steps in a row, a checkpoint after each', () => {
  const { state, commands } = simulate(sequentialRag, agents, options)
  const steps = ['retrieve', 'augment', 'generate', 'validate']
  expect(stepsSent(commands)).toEqual(steps)
  const saved = commands.flatMap((command) => (command.type === 'SaveCheckpoint' ? [command.step] : []))
  expect(saved).toEqual(expect.arrayContaining(steps))
  expect(state).toMatchObject({ status: 'completed', result: { citations: [{ sourceId: 'cool-roofs' }] } })
})

test('an answer that its passages do not bear out is not given', () => {
  const wrong = { ...ragOutputs, 'research.validate': { grounded: false, problems: ['UNCITED'] } }
  const { state } = simulate(sequentialRag, briefAgents(alwaysAnswering(wrong)), options)
  expect(state).toMatchObject({ status: 'failed', error: { code: 'UNGROUNDED' }, result: null })
})

test('where nothing is found, nothing is generated', () => {
  const none = { 'research.extract': () => ({ output: { sources: [], quotes: [], sourcesMin: 2 } }) }
  const { state, commands } = simulate(sequentialRag, briefAgents({ ...alwaysAnswering(ragOutputs), ...none }), options)
  expect(stepsSent(commands)).toEqual(['retrieve'])
  expect(state.error?.code).toBe('NOTHING_FOUND')
})
