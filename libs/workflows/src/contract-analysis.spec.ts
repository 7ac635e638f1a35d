import { aRun, simulate } from '@flotilla/engine/testing'
import { expect, test } from 'vitest'
import { contractAnalysis } from './contract-analysis.js'
import { contractOutputs } from './testing/action-outputs.js'
import { alwaysAnswering, stepsSent } from './testing/brief-world.js'

const input = { contractId: 'c-1', text: '1. Scope' }
const agents = alwaysAnswering(contractOutputs)

test('four steps read a contract, with a checkpoint after each', () => {
  const { state, commands } = simulate(contractAnalysis, agents, { input })
  expect(stepsSent(commands)).toEqual(['split', 'extract', 'assess', 'report'])
  const labels = commands.flatMap((command) => (command.type === 'SaveCheckpoint' ? [command.label] : []))
  expect(labels).toEqual(['split', 'extract', 'assess', 'report'])
  expect(state.result).toMatchObject({ level: 'medium', report: '# Contract', artifactId: 'run-1.report.v1' })
})

test('a step that nobody picks up fails the run, and a resume goes on there without repeating what was done', () => {
  const run = aRun(contractAnalysis, input)
  run.start('split').succeed('split', contractOutputs['contracts.split'])
  run.start('extract').succeed('extract', contractOutputs['contracts.extract'])
  const { dispatch } = run.step('assess')
  run.later(20_000).give({ type: 'DeadlineReached', deadline: 'queue', step: 'assess', dispatch, gateId: null })
  expect(run.state).toMatchObject({ status: 'failed', error: { code: 'QUEUE_DEADLINE' } })
  run.give({ type: 'ResumeRequested', by: 'an-operator', checkpoint: null })
  expect(stepsSent(run.commands)).toEqual(['assess'])
  run.start('assess').succeed('assess', contractOutputs['contracts-risk.assess'])
  run.start('report').succeed('report', contractOutputs['contracts.report'])
  expect(run.state.status).toBe('completed')
  for (const step of ['split', 'extract']) expect(run.step(step)).toMatchObject({ visits: 1, dispatches: 1 })
})
