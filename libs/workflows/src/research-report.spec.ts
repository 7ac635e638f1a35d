import { simulate, type SimulatedAgents } from '@flotilla/engine/testing'
import { expect, test } from 'vitest'
import { researchReport } from './research-report.js'
import { reportOutputs } from './testing/action-outputs.js'
import { alwaysAnswering, stepsSent } from './testing/brief-world.js'

const input = { topic: 'summer heat', addressee: 'team@example.org' }
const tasks = ['a', 'b', 'c'].map((sourceId) => ({ sourceId, query: 'heat', score: 1 }))
const agents = alwaysAnswering({ ...reportOutputs, 'research.plan': { tasks, sourcesMin: 2 } })

test('the parts are researched, made into one report, and that is sent once', () => {
  const { state, commands } = simulate(researchReport, agents, { input })
  expect(stepsSent(commands)).toEqual([
    'plan',
    'research.0.part',
    'research.1.part',
    'research.2.part',
    'synthesize',
    'send_report',
  ])
  expect(state).toMatchObject({ status: 'completed', result: { messageId: 'message-1' } })
})

test('parts that fail are left out, and what the others brought is reported', () => {
  const failing: SimulatedAgents = {
    ...agents,
    'research.1.part': () => ({ failed: { code: 'SOURCE_UNKNOWN', message: 'gone' } }),
  }
  const { state, commands } = simulate(researchReport, failing, { input })
  const synthesis = commands.find((command) => command.type === 'Dispatch' && command.step === 'synthesize')
  expect(synthesis).toMatchObject({
    input: { found: [reportOutputs['research.work'], reportOutputs['research.work']] },
  })
  expect(state.status).toBe('completed')
})

test('where nothing is known, nothing is sent', () => {
  const silent = alwaysAnswering({ ...reportOutputs, 'research.plan': { tasks: [], sourcesMin: 2 } })
  const { state, commands } = simulate(researchReport, silent, { input })
  expect(stepsSent(commands)).toEqual(['plan'])
  expect(state).toMatchObject({ status: 'failed', error: { code: 'NOTHING_FOUND' } })
})
