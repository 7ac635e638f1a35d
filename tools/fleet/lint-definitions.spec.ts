import fs from 'node:fs'
import { readWorkflowYaml } from '@flotilla/builder'
import { dueDeadlines } from '@flotilla/engine'
import { aRun, type TestRun } from '@flotilla/engine/testing'
import { expect, test } from 'vitest'
import { linesOf, lintShipped, lintTexts } from './lint-definitions.mjs'

const good = 'name: child\nstates:\n  over: { type: final }\n'
const parent = 'name: parent\nstates:\n  work: { workflow: child, on: { done: over } }\n  over: { type: final }\n'
const codesOf = (...texts: readonly string[]): readonly (readonly string[])[] =>
  lintTexts(texts.map((text, index) => ({ name: `${index}`, text }))).map(({ findings }) =>
    findings.map(({ code, line }) => `${line} ${code}`),
  )

test('what ships has no findings', () => {
  expect(lintShipped().flatMap(({ findings }) => findings)).toEqual([])
})

test('findings name the line, what is wrong and what to do', () => {
  const [linted] = lintTexts([{ name: 'x.yaml', text: good.replace('type: final', 'wait: 5m, on: { done: nowhere }') }])
  expect(linted && linesOf(linted)).toEqual([
    'x.yaml',
    '  error   TARGET_DANGLING  line 3, over',
    '          done leads to nowhere, which does not exist here',
    '          Define the state in the same region, or lead to one that exists.',
  ])
})

test('a contract that nobody registered and a cron expression that is none are found', () => {
  expect(codesOf(`${good}input: nobody.v1\ntriggers: [{ type: schedule, cron: every monday }]\n`)).toEqual([
    ['1 CONTRACT_UNKNOWN', '5 SCHEDULE_INVALID'],
  ])
})

test('a sub-workflow is found among the files given', () => {
  expect(codesOf(parent, good)).toEqual([[], []])
  expect(codesOf(parent)).toEqual([['1 WORKFLOW_UNKNOWN']])
})

test('JSON is read like YAML, tabs and all', () => {
  const json = JSON.stringify({ name: 'w', states: { over: { type: 'final' } } }, null, '\t')
  expect(codesOf(json, '{"name": "w", "states": {"over": {"type": "finl"}}}')).toEqual([[], ['1 YAML_VALUE']])
})

test('the example of the docs has no findings and runs as they say', () => {
  const text = fs.readFileSync(new URL('../../docs/workflows/press-release.yaml', import.meta.url), 'utf8')
  expect(lintTexts([{ name: 'press-release.yaml', text }])[0]?.findings).toEqual([])
  const { definition } = readWorkflowYaml(text, { version: 1 })
  const decide = (run: TestRun, decision: string): TestRun => {
    const gateId = Object.keys(run.state.gates)[0] ?? ''
    return run.give({ type: 'GateDecided', gateId, decision, values: null, comment: null, decidedBy: 'a-manager' })
  }
  const asked = (): TestRun => {
    const run = aRun(definition, { topic: 'Opening hours' }).later(1_000)
    for (const due of dueDeadlines(run.state, run.now)) run.give(due)
    return run
  }
  expect(decide(asked(), 'approve').state).toMatchObject({ status: 'completed', result: { topic: 'Opening hours' } })
  const revised = decide(decide(decide(asked(), 'reject'), 'reject'), 'reject')
  expect(revised.state).toMatchObject({ status: 'failed', error: { code: 'WITHDRAWN' } })
})
