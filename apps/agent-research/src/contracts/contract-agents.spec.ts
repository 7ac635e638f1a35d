import { readFileSync } from 'node:fs'
import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { expect, test } from 'vitest'
import { assessContract } from './assess-contract.js'
import { assessAgent, factsAgent, reportAgent, splitAgent } from './contract-agents.js'
import { extractFacts } from './extract-facts.js'
import { splitClauses } from './split-clauses.js'

const sample = new URL('../../../../tools/demo-inputs/contract_analysis.json', import.meta.url)
const { text } = JSON.parse(readFileSync(sample, 'utf8')) as { text: string } // the sample's shape
const split = splitClauses(text)
const facts = extractFacts(split)

test('clauses keep number, heading and place', () => {
  expect(split.clauses.map(({ number, heading }) => `${number} ${heading}`)).toEqual([
    '1 Scope',
    '2 Term and renewal',
    '3 Notice',
    '4 Liability',
    '5 Invoices',
    '6 Staff lists',
    '7 Law',
  ])
  for (const { start, end, text: words } of split.clauses) expect(text.slice(start, end)).toContain(words)
})

test('facts are read out of the clauses that they stand in', () => {
  expect(facts).toEqual({
    parties: ['the City of Lindmere', 'Brightwater Cleaning'],
    value: 420_000,
    liability: 50_000,
    noticeDays: 180,
    paymentDays: 30,
    renewalMonths: 24,
    law: 'Lindmere',
    personalData: true,
  })
})

test('each departure from the rules of procurement is a finding with its clause', () => {
  const { findings, level } = assessContract({ clauses: split.clauses, facts })
  expect(findings.map(({ code, clause }) => [code, clause])).toEqual([
    ['LIABILITY_TOO_LOW', '4'],
    ['NOTICE_TOO_LONG', '3'],
    ['RENEWS_ITSELF', '2'],
    ['PERSONAL_DATA_UNPROTECTED', '6'],
  ])
  expect(level).toBe('high')
})

test('a contract that keeps the rules has no finding, and a small one needs less', () => {
  const fair = splitClauses(
    'Between A (a) and B (b).\n1. Price\n200,000 marks.\n2. Liability\nLiable up to 250,000 marks.\n3. Notice\n60 days of notice.\n4. Law\nThe laws of Lindmere apply.\n',
  )
  expect(assessContract({ clauses: fair.clauses, facts: extractFacts(fair) })).toEqual({ findings: [], level: 'low' })
  const small = splitClauses('1. Price\nThe price is 900 marks.\n')
  expect(assessContract({ clauses: small.clauses, facts: extractFacts(small) }).findings).toEqual([])
})

test('a large contract that is silent lacks liability, notice and law', () => {
  const silent = splitClauses('1. Price\nThe price is 2 million marks.\n')
  const { findings } = assessContract({ clauses: silent.clauses, facts: extractFacts(silent) })
  expect(findings.map(({ code }) => code)).toEqual(['LIABILITY_MISSING', 'NOTICE_MISSING', 'LAW_MISSING'])
})

test('the report names risk, parties and findings', async () => {
  const assessed = assessContract({ clauses: split.clauses, facts })
  const { output } = await callAgent(reportAgent, { contractId: 'c-1', facts, ...assessed })
  expect(output?.report).toContain('Risk: high. Between the City of Lindmere and Brightwater Cleaning.')
  expect(output?.report).toContain('- **medium** NOTICE_TOO_LONG (clause 3): 180 days of notice are more than 90.')
})

for (const law of [
  ...agentLaws(splitAgent, [{ text }, { text: 'no clause' }]),
  ...agentLaws(factsAgent, [split, { clauses: [], preamble: '' }]),
  ...agentLaws(assessAgent, [{ clauses: split.clauses, facts }]),
  ...agentLaws(reportAgent, [{ contractId: 'c-1', facts, findings: [], level: 'low' }]),
])
  test(`${law.name}`, async () => expect(await law.check()).toBeUndefined())
