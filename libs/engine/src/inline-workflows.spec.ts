import { expect, test } from 'vitest'
import type { SubWorkflowState } from './definition.js'
import { inlineWorkflows } from './inline-workflows.js'
import { aDefinition, anAgent } from './testing/a-definition.js'

const holding = (workflow: string): SubWorkflowState => ({
  kind: 'workflow',
  name: 'sub',
  workflow,
  version: 1,
  input: {},
  transitions: [{ on: 'done', to: 'end' }],
})
const retry = { attempts: 9, backoff: { delayMs: 1, multiplier: 1, maxMs: 1, jitter: 0 }, dispatches: 1 }

test('a body is put in with its own retry policy and deadline', () => {
  const inner = aDefinition([anAgent({ name: 'work' })], { name: 'inner', retry, deadlineMs: 5 })
  const outer = inlineWorkflows(aDefinition([holding('inner')]), () => inner)
  expect(outer.states[0]).toMatchObject({
    body: { initial: 'work', deadlineMs: 5, states: [{ name: 'work', retry }, { name: 'end' }] },
  })
})

test('bodies are put in at any depth', () => {
  const inner = aDefinition([anAgent({ name: 'work' })], { name: 'inner' })
  const middle = aDefinition([holding('inner')], { name: 'middle' })
  const outer = inlineWorkflows(aDefinition([holding('middle')]), (name) => (name === 'inner' ? inner : middle))
  expect(outer.states[0]).toMatchObject({ body: { states: [{ body: { initial: 'work' } }, {}] } })
})

test('a workflow that holds itself is refused', () => {
  const inner = aDefinition([holding('inner')], { name: 'inner' })
  expect(() => inlineWorkflows(aDefinition([holding('inner')]), () => inner)).toThrow(
    expect.objectContaining({ code: 'WORKFLOW_RECURSIVE' }),
  )
})

test('an unknown workflow is refused', () => {
  expect(() => inlineWorkflows(aDefinition([holding('inner')]), () => undefined)).toThrow(
    expect.objectContaining({ code: 'WORKFLOW_UNKNOWN' }),
  )
})
