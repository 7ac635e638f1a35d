import { checkDefinition } from '@flotilla/engine'
import { describe, expect, test } from 'vitest'
import {
  agent,
  agentRef,
  append,
  branch,
  choice,
  defineWorkflow,
  end,
  event,
  failure,
  gate,
  log,
  map,
  parallel,
  pause,
  pick,
  region,
  set,
  subWorkflow,
  sum,
} from './index.js'

interface ResearchInput {
  topic: string
  constraints?: string[]
}
interface ResearchOutput {
  verdict: 'enough' | 'too_little'
  sources: string[]
}
const research = agentRef<ResearchInput, ResearchOutput>('research.search')
const deadline = '10m'
const head = { name: 'brief', version: 1, title: 'Brief', input: {}, deadline: null } as const

describe('what compiles', () => {
  const brief = defineWorkflow({
    ...head,
    checkpoint: { every: '5m' },
    retry: { attempts: 5, multiplier: 1 },
    cleanUp: '30s',
    states: {
      researching: agent(research, {
        input: { topic: 'input.topic' },
        outcome: { from: 'output.verdict', among: ['enough', 'too_little'] },
        deadline,
        maxVisits: 3,
        on: {
          enough: { to: 'sign_off', assign: { sources: append('output.sources'), rounds: sum('1') } },
          too_little: [{ when: 'data.rounds < 3', to: 'researching' }, { to: 'given_up' }],
          timeout: 'given_up',
        },
      }),
      sign_off: gate({
        shows: pick('data', ['sources']),
        outcomes: ['minor_changes'],
        deadline: '48h',
        on: { approve: 'published', reject: 'given_up', minor_changes: 'published', timeout: 'given_up' },
      }),
      published: end({ result: { sources: 'data.sources' } }),
      given_up: failure('TOO_FEW_SOURCES', 'Too few sources were found', { path: 'error', entry: [log('given up')] }),
    },
  })

  test('is a plain definition', () => {
    expect(JSON.parse(JSON.stringify(brief))).toEqual(brief)
    expect(brief).toMatchObject({
      semantics: 1,
      initial: 'researching',
      deadlineMs: null,
      checkpoint: { everyMs: 300_000 },
      retry: { attempts: 5, backoff: { delayMs: 500, multiplier: 1, maxMs: 60_000, jitter: 0.2 }, dispatches: 3 },
      cleanUpMs: 30_000,
    })
    expect(brief.states.map(({ name, kind }) => [name, kind])).toEqual([
      ['researching', 'agent'],
      ['sign_off', 'human'],
      ['published', 'end'],
      ['given_up', 'end'],
    ])
    expect(brief.states[0]).toEqual({
      kind: 'agent',
      name: 'researching',
      agent: 'research.search',
      input: { topic: 'input.topic' },
      inputContract: 'research.search.input.v1',
      outputContract: 'research.search.output.v1',
      outcome: 'output.verdict',
      deadlineMs: 600_000,
      maxVisits: 3,
      transitions: [
        {
          on: 'enough',
          to: 'sign_off',
          assign: [
            { to: 'sources', from: 'output.sources', reducer: 'append' },
            { to: 'rounds', from: '1', reducer: 'sum' },
          ],
        },
        { on: 'too_little', when: 'data.rounds < 3', to: 'researching' },
        { on: 'too_little', to: 'given_up' },
        { on: 'timeout', to: 'given_up' },
      ],
    })
  })

  test('compounds hold regions, each with names of its own', () => {
    const work = (name: string) =>
      region({
        [name]: agent(research, { input: { topic: 'input.topic' }, deadline, on: { done: `${name}_done` } }),
        [`${name}_done`]: end(),
      })
    const wide = defineWorkflow({
      ...head,
      states: {
        both: parallel({
          branches: { a: work('first'), b: branch('optional', work('second')) },
          join: { of: 1 },
          onBranchFailure: 'best-effort',
          on: { done: 'nap' },
        }),
        nap: pause({ for: '2s', on: { done: 'call' } }),
        call: event({ signal: 'documents', deadline: '1d', on: { documents: 'each', timeout: 'over' } }),
        each: map({
          items: 'input.topics',
          itemsMax: 50,
          concurrency: 5,
          onItemFailure: 'best-effort',
          each: work('topic'),
          on: { done: 'note' },
        }),
        note: set({ assign: { note: '"noted"' }, on: { done: 'sub' } }),
        sub: subWorkflow('publishing', 2, { input: {}, detached: true, deadline: '1h', on: { done: 'ask' } }),
        ask: choice([{ when: 'data.note == "noted"', to: 'over' }, { to: 'over' }]),
        over: end(),
      },
    })
    expect(wide.states.find(({ name }) => name === 'both')).toMatchObject({
      join: { policy: 'k-of-n', k: 1 },
      branches: [
        { name: 'a', initial: 'first' },
        { name: 'b', initial: 'second', requirement: 'optional' },
      ],
    })
    expect(wide.states.find(({ name }) => name === 'nap')).toMatchObject({ forMs: '2000' })
    expect(checkDefinition(JSON.parse(JSON.stringify(wide))).filter(({ code }) => code === 'SHAPE')).toEqual([])
  })
})

/** Never called: the compiler alone judges these, and refuses the file where one of them compiles. */
export const doesNotCompile = (): void => {
  const done = { done: 'over' } as const
  defineWorkflow({
    ...head,
    states: {
      // @ts-expect-error leads to a state that there is not
      work: agent(research, { input: { topic: 'x' }, deadline, on: { done: 'nowhere' } }),
      over: end(),
    },
  })
  defineWorkflow({
    ...head,
    // @ts-expect-error begins at a state that there is not
    initial: 'nowhere',
    states: { over: end() },
  })
  // @ts-expect-error an outcome without an edge
  agent(research, { input: { topic: 'x' }, deadline, outcome: { from: 'x', among: ['a', 'b'] }, on: { a: 'over' } })
  // @ts-expect-error an edge for an outcome that the agent does not come to
  agent(research, { input: { topic: 'x' }, deadline, on: { ...done, enough: 'over' } })
  // @ts-expect-error done is not answered
  agent(research, { input: { topic: 'x' }, deadline, on: { failed: 'over' } })
  // @ts-expect-error a member that the agent's input does not have
  agent(research, { input: { topic: 'x', subject: 'y' }, deadline, on: done })
  // @ts-expect-error a member that the agent's input needs
  agent(research, { input: {}, deadline, on: done })
  // @ts-expect-error no deadline
  agent(research, { input: { topic: 'x' }, on: done })
  // @ts-expect-error no duration
  agent(research, { input: { topic: 'x' }, deadline: '10 minutes', on: done })
  // @ts-expect-error rejection leads nowhere
  gate({ shows: {}, deadline: '48h', on: { approve: 'over', timeout: 'over' } })
  // @ts-expect-error nothing follows when nobody decides
  gate({ shows: {}, deadline: '48h', on: { approve: 'over', reject: 'over' } })
  const answered = { approve: 'over', reject: 'over', timeout: 'over' } as const
  // @ts-expect-error a declared outcome leads nowhere
  gate({ shows: {}, deadline: '48h', outcomes: ['minor_changes'], on: answered })
  // @ts-expect-error the last way has a guard: there is a gap
  choice([{ when: 'data.x', to: 'over' }])
  // @ts-expect-error nothing follows when the event does not come
  event({ signal: 'documents', deadline: '1d', on: { documents: 'over' } })
  // @ts-expect-error a branch leads out of its region
  region({ a: set({ assign: {}, on: { done: 'over' } }) })
  const undo = agentRef<{ id: string }>('undo')
  const compensated = { input: { topic: 'x' }, deadline, on: done } as const
  // @ts-expect-error what undoes the effect is not given what it needs
  agent(research, { ...compensated, compensate: { agent: undo, input: {} } })
}
