import fs from 'node:fs'
import { checkDefinition } from '@flotilla/engine'
import { expect, test } from 'vitest'
import { readWorkflowYaml } from './index.js'

/** Tables of the demands as they are written, with everything that is wrong with them: line, code and what it names. */
const tables: Readonly<Record<string, readonly string[]>> = {
  'w6-brief-workflow': [
    '10 TARGET_DANGLING researching: timeout leads to research_timeout, which does not exist here',
    '21 TARGET_DANGLING research_error: escalate leads to human_review, which does not exist here',
    '27 TARGET_DANGLING outlining: outline_complete leads to drafting, which does not exist here',
    '33 STATE_UNREACHABLE completed: nothing leads to completed',
    '10 LOOP_UNBOUNDED researching: researching is on a loop without maxVisits',
    '21 LOOP_UNBOUNDED research_error: research_error is on a loop without maxVisits',
    '27 LOOP_UNBOUNDED outlining: outlining is on a loop without maxVisits',
    '7 DEADLINE_MISSING pending: start may never come',
    '21 DEADLINE_MISSING research_error: retry may never come',
  ],
  'w7-brief-state-machine': [
    '6 TARGET_DANGLING requested: invalid leads to rejected, which does not exist here',
    '11 TARGET_DANGLING researching: insufficient_sources leads to human_input_needed, which does not exist here',
    '11 TARGET_DANGLING researching: timeout leads to research_timeout, which does not exist here',
    '28 TARGET_DANGLING verifying: citations_failed leads to human_review, which does not exist here',
    '11 LOOP_UNBOUNDED researching: researching is on a loop without maxVisits',
    '20 LOOP_UNBOUNDED drafting: drafting is on a loop without maxVisits',
    '28 LOOP_UNBOUNDED verifying: verifying is on a loop without maxVisits',
    '6 DEADLINE_MISSING requested: validated may never come',
  ],
  'w8-training-state-machine': [
    '14 TARGET_DANGLING awaiting_objectives_approval: timeout leads to escalated, which does not exist here',
    ...[
      '8 LOOP_UNBOUNDED designing_objectives',
      '14 LOOP_UNBOUNDED awaiting_objectives_approval',
      '21 LOOP_UNBOUNDED designing_assessments',
      '26 LOOP_UNBOUNDED alignment_check',
      '31 LOOP_UNBOUNDED accessibility_check',
      '36 LOOP_UNBOUNDED awaiting_final_approval',
    ].map((start) => `${start}: ${start.split(' ').at(-1)} is on a loop without maxVisits`),
    '36 GATE_TIMEOUT_MISSING awaiting_final_approval: nothing follows when nobody decides in time',
    '5 DEADLINE_MISSING intake: constraints_confirmed may never come',
  ],
  'w11-manager-sign-off': [
    '4 TARGET_DANGLING manager_sign_off: approve leads to publishing, which does not exist here',
    '4 TARGET_DANGLING manager_sign_off: reject leads to revision_requested, which does not exist here',
    '4 TARGET_DANGLING manager_sign_off: timeout leads to escalated, which does not exist here',
  ],
}

const textOf = (name: string): string => fs.readFileSync(new URL(`fixtures/${name}.yaml`, import.meta.url), 'utf8')

for (const [name, expected] of Object.entries(tables))
  test(`${name} as it is written is refused, target by target`, () => {
    const { definition, lineOf } = readWorkflowYaml(textOf(name))
    const findings = checkDefinition(definition)
    expect(findings.map(({ where, code, message }) => `${lineOf(where)} ${code} ${where}: ${message}`)).toEqual(
      expected,
    )
    expect(findings.every(({ fix }) => fix !== '')).toBe(true)
  })

test('the manager sign-off is accepted once its targets are there', () => {
  const ends = ['publishing', 'revision_requested', 'escalated'].map((name) => `  ${name}: { type: final }\n`).join('')
  expect(checkDefinition(readWorkflowYaml(textOf('w11-manager-sign-off') + ends).definition)).toEqual([])
})
