import { expect, test } from 'vitest'
import type { Json } from './json.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'

/** Waits for a retry, which is possible while `input.left` says so, or for an escalation. */
const asking = aDefinition(
  [
    {
      kind: 'wait',
      name: 'stuck',
      signal: 'retry',
      deadlineMs: 1_000,
      transitions: [
        { on: 'retry', when: 'event.left > 0', to: 'end' },
        { on: 'escalate', to: 'asked' },
        { on: 'timeout', to: 'asked' },
      ],
    },
    anEnd(),
    anEnd({ name: 'asked', result: { asked: 'true' } }),
  ],
  {},
)
const signal = (name: string, payload: Json = {}) => ({ type: 'SignalReceived', name, payload, by: 'someone' }) as const

test('a wait takes its signal and those that its transitions name', () => {
  expect(aRun(asking).give(signal('retry', { left: 1 })).state).toMatchObject({ status: 'completed', result: null })
  expect(aRun(asking).give(signal('escalate')).state.result).toEqual({ asked: true })
})

test('a signal that no guard accepts is ignored with a reason, and the wait goes on', () => {
  const run = aRun(asking).give(signal('retry', { left: 0 }))
  expect(run.last.ignored).toBe('not-accepted')
  expect(run.state.status).toBe('waiting')
  expect(run.give(signal('escalate')).state.result).toEqual({ asked: true })
})

test('of signals that came early the first that is accepted is taken', () => {
  const late = aDefinition(
    [anAgent({ name: 'first', transitions: [{ on: 'done', to: 'stuck' }] }), ...asking.states],
    {},
  )
  const run = aRun(late)
    .give(signal('retry', { left: 0 }))
    .give(signal('retry', { left: 2 }))
    .succeed('first')
  expect(run.state).toMatchObject({ status: 'completed', signals: { retry: [{ left: 0 }] } })
})

test("an end's entry actions happen, and its artifacts are kept", () => {
  const end = anEnd({
    entry: [{ do: 'notify', channel: 'user', message: 'there is a brief' }],
    artifacts: [{ name: 'brief', type: 'brief', mediaType: 'text/plain', content: 'output.text' }],
    result: { text: '"all done"' },
  })
  const run = aRun(aDefinition([anAgent({ name: 'write' }), end])).succeed('write')
  expect(run.state).toMatchObject({ status: 'completed', artifacts: { brief: { version: 1 } } })
  expect(run.commands).toContainEqual(expect.objectContaining({ type: 'Notify', message: 'there is a brief' }))
  expect(run.commands).toContainEqual(expect.objectContaining({ type: 'SaveArtifact', content: 'all done' }))
})
