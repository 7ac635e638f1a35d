import { expect, test } from 'vitest'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'

test('what an expression gave of the steps stays as it was, whatever the same event changes after it', () => {
  const it = aRun(
    aDefinition([
      anAgent({ name: 'first', transitions: [{ on: 'done', to: 'keep' }] }),
      {
        kind: 'set',
        name: 'keep',
        assign: [{ to: 'seen', from: 'steps' }],
        transitions: [{ on: 'done', to: 'second' }],
      },
      anAgent({ name: 'second', transitions: [{ on: 'done', to: 'end' }] }),
      anEnd({}),
    ]),
  ).succeed('first')
  expect(it.step('second').status).not.toBe('pending')
  const seen = it.state.scopes['']?.data['seen']
  expect(seen).toMatchObject({ first: { status: 'done' }, keep: { status: 'running' } })
  expect(seen).not.toHaveProperty('second')
})
