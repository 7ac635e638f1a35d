import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreditApplication, parseContract } from '@flotilla/contracts'
import { beforeEach, describe, expect, test } from 'vitest'
import { extractFeatures } from './features/extract-features.js'
import { parseApplication } from './parse-application.js'
import { checkStatement } from './statement/check-statement.js'

const dataDir = process.env['FLOTILLA_DATA_DIR'] ?? join(import.meta.dirname, '../../../../shared/data')
const path = join(dataDir, 'loans/applications.jsonl')
const absent = !existsSync(path)

const readApplications = (): CreditApplication[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseContract(CreditApplication, JSON.parse(line)))

beforeEach(({ skip }) => skip(absent, 'no real data: set FLOTILLA_DATA_DIR'))

describe('the real applications', () => {
  test('all have statements whose balances follow from their entries', () => {
    const checks = readApplications().map((application) => parseApplication(application).statementCheck)
    expect(checks).toHaveLength(218)
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    expect(new Set(checks.map(({ tolerance }) => tolerance))).toEqual(new Set([0, 0.1]))
  })

  test('lose their good standing when any one entry is taken out of the middle', () => {
    const statements = readApplications().map(({ statement }) => statement)
    const cut = statements.filter(({ length }) => length > 20).map((s) => s.toSpliced(Math.floor(s.length / 2), 1))
    const found = cut.filter((statement) => !checkStatement(statement).check.ok)
    expect(found.length / cut.length).toBe(1)
  })

  test('lose their good standing when a balance is raised by one unit', () => {
    const statements = readApplications().map(({ statement }) => statement)
    const raised = statements.map((s) =>
      s.map((entry, index) => (index === Math.floor(s.length / 2) ? { ...entry, balance: entry.balance + 1 } : entry)),
    )
    const found = raised.filter((statement) => !checkStatement(statement).check.ok)
    expect(found.length / raised.length).toBeGreaterThan(0.99)
  })

  test('have no finding worse than information', () => {
    const codes = readApplications().flatMap((application) =>
      parseApplication(application)
        .findings.filter(({ severity }) => severity !== 'info')
        .map(({ code }) => code),
    )
    expect(new Set(codes)).toEqual(new Set())
  })

  test('give features from what was known on the day before alone', () => {
    for (const application of readApplications().slice(0, 20)) {
      const later = { date: application.submittedOn, amount: -99_999, balance: -99_999 }
      const known = parseApplication(application).application
      expect(extractFeatures({ ...known, statement: [...known.statement, later] })).toEqual(extractFeatures(known))
    }
  })
})
