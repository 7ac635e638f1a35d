import { simulate, type Decision } from '@flotilla/engine/testing'
import { expect, test } from 'vitest'
import { approveThenAct } from './approve-then-act.js'
import { actionOutputs } from './testing/action-outputs.js'
import { alwaysAnswering, stepsSent } from './testing/brief-world.js'

const agents = alwaysAnswering(actionOutputs)
const run = (decision: Decision | null, other = agents) =>
  simulate(approveThenAct, other, { input: { policyId: 'p-1', asOf: '2026-01-01' }, decide: () => decision })

test('the gate shows the proposed action and the reasoning of the agent, before anything is done', () => {
  const { commands } = run(null)
  expect(commands.find(({ type }) => type === 'OpenGate')).toMatchObject({
    gate: 'approval',
    shown: {
      proposed_action: actionOutputs['research.propose'].proposed_action,
      agent_reasoning: 'It is old.',
    },
  })
  expect(stepsSent(commands)).toEqual(['propose'])
})

test('an approved action is executed once and recorded with who approved', () => {
  const { state, commands } = run({ decision: 'approve', decidedBy: 'ann' })
  expect(stepsSent(commands)).toEqual(['propose', 'execute'])
  expect(state.result).toMatchObject({
    decision: 'approved',
    decidedBy: 'ann',
    receipt: { receiptId: 'receipt-1' },
    recordArtifactId: 'run-1.decision.v1',
  })
})

test('a rejected action is recorded and never executed', () => {
  const { state, commands } = run({ decision: 'reject', decidedBy: 'ann' })
  expect(stepsSent(commands)).toEqual(['propose'])
  expect(state.result).toMatchObject({ decision: 'rejected', decidedBy: 'ann', receipt: null })
  expect(commands.find(({ type }) => type === 'SaveArtifact')).toMatchObject({
    name: 'decision',
    content: { decision: 'rejected', decidedBy: 'ann', agent_reasoning: 'It is old.' },
  })
})

test('nobody deciding for two days is a rejection', () => {
  const { state, commands } = run(null)
  expect(stepsSent(commands)).toEqual(['propose'])
  expect(state.result).toMatchObject({ decision: 'rejected', decidedBy: 'timeout' })
})

test('what a person adjusts is what is executed', () => {
  const { commands } = run({ decision: 'adjust', values: { text: 'Say it now.' } })
  const executed = commands.find((command) => command.type === 'Dispatch' && command.step === 'execute')
  expect(executed).toMatchObject({ input: { proposed_action: { kind: 'publish_notice', text: 'Say it now.' } } })
})

test('where there is nothing to do nobody is asked', () => {
  const idle = { ...agents, propose: () => ({ output: { ...actionOutputs['research.propose'], due: false } }) }
  const { state, commands } = run({ decision: 'approve' }, idle)
  expect(commands.some(({ type }) => type === 'OpenGate')).toBe(false)
  expect(state.result).toMatchObject({ decision: 'none', proposed_action: null })
})
