import { aRun, simulate } from '@flotilla/engine/testing'
import { expect, test } from 'vitest'
import { policyBriefV1 } from './policy-brief-v1.js'
import { briefAgents, briefOutputs, stepsSent } from './testing/brief-world.js'

const input = { topic: 'summer heat' }
const steps = ['research', 'outline', 'draft', 'verify', 'finalize'] as const
const outputOf = {
  research: briefOutputs['research.extract'],
  outline: briefOutputs['research.outline'],
  draft: briefOutputs['research.draft'],
  verify: briefOutputs['research.verify'],
  finalize: briefOutputs['research.finalize'],
}

test('five steps follow each other, and the last gives the brief', () => {
  const { state, commands } = simulate(policyBriefV1, briefAgents(), { input })
  expect(stepsSent(commands)).toEqual(steps)
  expect(state.status).toBe('completed')
  expect(state.result).toMatchObject({
    final_brief: { title: 'A brief' },
    verification_report: { passed: true },
    artifactId: 'run-1.brief.v1',
  })
})

test('each step leaves a checkpoint and an artifact', () => {
  const { commands } = simulate(policyBriefV1, briefAgents(), { input })
  const labels = commands.flatMap((command) => (command.type === 'SaveCheckpoint' ? [command.label] : []))
  expect(labels).toEqual(steps)
  const artifacts = commands.flatMap((command) => (command.type === 'SaveArtifact' ? [command.name] : []))
  expect(artifacts).toEqual(['sources', 'outline', 'draft', 'verification', 'brief'])
})

test.each(steps.map((step, position) => [step, position] as const))(
  'a failure of %s is taken up again without repeating an earlier step',
  (failed, position) => {
    const run = aRun(policyBriefV1, input)
    for (const step of steps.slice(0, position)) run.start(step).succeed(step, outputOf[step])
    run.start(failed).fail(failed)
    expect(run.state.status).toBe('failed')
    run.give({ type: 'ResumeRequested', by: 'an-operator', checkpoint: null })
    expect(stepsSent(run.commands)).toEqual([failed])
    for (const step of steps.slice(position)) run.start(step).succeed(step, outputOf[step])
    expect(run.state.status).toBe('completed')
    for (const step of steps.slice(0, position))
      expect(run.step(step)).toMatchObject({ dispatches: 1, visits: 1, attempts: 1 })
  },
)
