import { describe, expect, test } from 'vitest'
import { checkDefinition } from '../check-definition.js'
import type { AgentState, StateDefinition, WorkflowDefinition } from '../definition.js'
import type { JsonObject } from '../json.js'
import { aDefinition, anAgent, anEnd } from '../testing/a-definition.js'

const object = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required,
})
const schemas: Readonly<Record<string, JsonObject>> = {
  'desk.input.v1': object({ topic: { type: 'string' }, years: { type: ['integer', 'null'] } }, ['topic']),
  'work.input.v1': object(
    { topic: { type: 'string' }, years: { type: 'integer' }, options: object({ deep: { type: 'boolean' } }, ['deep']) },
    ['topic'],
  ),
  'work.output.v1': object({
    verdict: { enum: ['good', 'bad'] },
    sources: { type: 'array', items: object({ title: { type: 'string' }, rank: { type: 'number' } }) },
    summary: { type: ['string', 'null'] },
  }),
}

const work = (given: Partial<AgentState> = {}): AgentState =>
  anAgent({
    name: 'work',
    input: { topic: 'input.topic' },
    inputContract: 'work.input.v1',
    outputContract: 'work.output.v1',
    ...given,
  })

const found = (states: readonly StateDefinition[], given: Partial<WorkflowDefinition> = {}): readonly string[] =>
  checkDefinition(aDefinition(states, { input: 'desk.input.v1', ...given }), {
    contractSchema: (id) => schemas[id],
  }).map(({ code, message }) => `${code} ${message}`)

const on = (transition: object) => work({ transitions: [{ on: 'done', to: 'end', ...transition }] })
/** A choice after the work, whose output is `data.result`. */
const asking = (when: string): readonly StateDefinition[] => [
  work({ transitions: [{ on: 'done', to: 'ask', assign: [{ to: 'result', from: 'output' }] }] }),
  { kind: 'choice', name: 'ask', transitions: [{ when, to: 'end' }, { to: 'other' }] },
  anEnd(),
  anEnd({ name: 'other' }),
]

test('what fits has no findings', () => {
  expect(found(asking('data.result.verdict == "good" && size(data.result.sources) > 2'))).toEqual([])
  expect(found(asking('data.result.sources.exists(s, s.rank > 0.5) || has(data.result.nothing)'))).toEqual([])
  expect(found(asking('input.years > 3 && data.result.summary != null && run.id != ""'))).toEqual([])
})

describe('names', () => {
  test.each([
    [
      'of the input',
      work({ input: { topic: 'input.subject' } }),
      /MEMBER_UNKNOWN .*there is no subject; there is topic/,
    ],
    ['of the output', on({ assign: [{ to: 'x', from: 'output.verdct' }] }), /MEMBER_UNKNOWN .*no verdct/],
    ['of an item', on({ when: 'output.sources.all(s, s.rang > 1)' }), /MEMBER_UNKNOWN .*no rang/],
    ['of the run', on({ when: 'run.submitter == "x"' }), /MEMBER_UNKNOWN .*no submitter/],
    ['of a step', on({ when: 'steps.werk.visits > 3' }), /MEMBER_UNKNOWN .*no werk/],
    ['of an artifact', on({ assign: [{ to: 'x', from: 'artifacts.letter.id' }] }), /MEMBER_UNKNOWN .*no letter/],
    ['of the shared state', on({ when: 'data.count > 3' }), /DATA_UNWRITTEN .*nothing writes data.count/],
    ['in a word', on({ when: 'input.topic.years > 3' }), /TYPE_MISMATCH .*a string has no member years/],
  ])('%s that are not there are found', (_, state, message) => {
    expect(found([state])).toContainEqual(expect.stringMatching(message))
  })

  test('an inline schema that is open gives a warning', () => {
    const state = work({ outputContract: object({ verdict: { type: 'string' } }) })
    const findings = checkDefinition(
      aDefinition([
        {
          ...state,
          transitions: [
            { on: 'done', when: 'output.x', to: 'end' },
            { on: 'done', to: 'end' },
          ],
        },
      ]),
    )
    expect(findings.map(({ code, severity }) => [code, severity])).toContainEqual(['MEMBER_UNDECLARED', 'warning'])
  })

  test('the shared state has the members of what is assigned, through sub-workflows and maps', () => {
    const each: StateDefinition = {
      kind: 'map',
      name: 'each',
      items: 'data.result.sources',
      concurrency: 1,
      itemsMax: 9,
      onItemFailure: 'best-effort',
      initial: 'sub',
      states: [
        {
          kind: 'workflow',
          name: 'sub',
          workflow: 'inner',
          version: 1,
          input: { title: 'input.item.title' },
          body: { initial: 'over', states: [anEnd({ name: 'over', result: { t: 'input.titel' } })] },
          transitions: [{ on: 'done', to: 'sub_over', assign: [{ to: 't', from: 'output.t' }] }],
        },
        anEnd({ name: 'sub_over', result: { t: 'data.t' } }),
      ],
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'all', from: 'output.map(o, o.u)' }] }],
    }
    const first = work({ transitions: [{ on: 'done', to: 'each', assign: [{ to: 'result', from: 'output' }] }] })
    expect(found([first, each])).toEqual([
      expect.stringMatching(/^MEMBER_UNKNOWN data.all: o.u: there is no u; there is t/),
      expect.stringMatching(/^MEMBER_UNKNOWN result t: input.titel: there is no titel; there is title/),
    ])
  })
})

describe('types', () => {
  test.each([
    ['a comparison', 'data.result.summary > 3', /TYPE_MISMATCH .*a string cannot be compared with a number/],
    ['an equality', 'data.result.sources == "x"', /COMPARISON_CONSTANT .*a list is never equal to a string/],
    ['a word', 'data.result.verdict == "goood"', /COMPARISON_CONSTANT .*goood is not one of good, bad/],
    ['a sum', 'data.result.summary + 1 == "x"', /TYPE_MISMATCH .*do not add/],
    ['a guard', 'data.result.summary', /TYPE_MISMATCH .*not a boolean/],
    ['an operand', 'data.result.sources && true', /TYPE_MISMATCH .*a list where a boolean/],
  ])('%s that cannot be is found', (_, when, message) => {
    expect(found(asking(when))).toContainEqual(expect.stringMatching(message))
  })

  test.each<[string, AgentState['input'], RegExp]>([
    [
      'a member that there is not',
      { topic: 'input.topic', toppic: '"x"' },
      /INPUT_UNKNOWN the input of work has no toppic/,
    ],
    ['a member that is needed', { years: 'input.years' }, /INPUT_MISSING the input of work needs topic/],
    ['the wrong type', { topic: 'input.years' }, /INPUT_MISMATCH .*topic is a number or null, not a string/],
    ['the wrong type inside', { topic: '"x"', options: '{"deep": 1}' }, /INPUT_MISMATCH .*options.deep is a number/],
    ['a lacking member inside', { topic: '"x"', options: '{"flat": 1}' }, /INPUT_MISMATCH .*options has no deep/],
    ['nothing', { topic: 'null' }, /INPUT_MISMATCH .*topic is null, not a string/],
  ])('along an edge: %s', (_, input, message) => {
    expect(found([work({ input })])).toContainEqual(expect.stringMatching(message))
  })

  test('a result that is not what the workflow says it gives', () => {
    const end = anEnd({ result: { score: '"high"' } })
    const output = object({ score: { type: 'number' }, name: { type: 'string' } }, ['score', 'name'])
    expect(found([work(), end], { output })).toEqual([
      "INPUT_MISSING the workflow's output needs name",
      "INPUT_MISMATCH the workflow's output: score is a string, not a number",
    ])
  })
})

test('an outcome that the schema lists is answered, and what is answered may come', () => {
  const transitions = [
    { on: 'good', to: 'end' },
    { on: 'goood', to: 'end' },
  ]
  expect(found([work({ outcome: 'output.verdict', transitions })])).toEqual([
    'OUTCOME_UNANSWERED no transition answers bad',
    'OUTCOME_IMPOSSIBLE goood never comes: the outcome is good or bad',
  ])
})

test('a long chain of keys that depend on one another is judged without an end', () => {
  const assign = Array.from({ length: 900 }, (_, n) => ({ to: `k${n}`, from: n === 899 ? '1' : `data.k${n + 1}` }))
  const set: StateDefinition = { kind: 'set', name: 'chain', assign, transitions: [{ on: 'done', to: 'end' }] }
  expect(found([set, anEnd({ result: { k: 'data.k0', kk: '{"a": data.k1, "b": data.k1}' } })])).toEqual([])
})
