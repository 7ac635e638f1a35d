import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreditApplication,
  parseContract,
  RiskPolicyInput,
  type CreditFeatures,
  type IncomeInput,
  type IncomeOutput,
} from '@flotilla/contracts'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { assessAffordability } from './assess-affordability.js'
import { fitScorecard, validateScorecard } from './fitting/fit-scorecard.js'
import { parseCase } from './fitting/read-cases.js'
import { decidePolicy } from './policy/decide-policy.js'
import { pdScorecard } from './scorecard/pd-scorecard-1.js'
import { scorePd } from './scorecard/score-pd.js'

const dataDir = process.env['FLOTILLA_DATA_DIR'] ?? join(import.meta.dirname, '../../../../shared/data')
const path = join(dataDir, 'loans/applications.jsonl')

/** What the agents before risk do with an application. */
interface EarlierAgents {
  readonly normaliseApplication: (application: CreditApplication) => CreditApplication
  readonly extractFeatures: (application: CreditApplication) => CreditFeatures
  readonly assessIncome: (input: IncomeInput) => IncomeOutput
}

interface RealApplication {
  readonly applicationId: string
  readonly applicant: Record<string, unknown>
  readonly outcome: { readonly good: boolean }
}

/** Loaded by path: no agent imports another, and this test alone plays the whole way of an application. */
const loadEarlierAgents = async (): Promise<EarlierAgents> => {
  const load = (app: string): Promise<unknown> => import(join(import.meta.dirname, `../../${app}/src/index.ts`))
  return { ...((await load('agent-intake')) as object), ...((await load('agent-income')) as object) } as EarlierAgents // their index files export these
}

let agents: EarlierAgents
let applications: RealApplication[] = []

beforeAll(async () => {
  agents = await loadEarlierAgents()
  if (existsSync(path))
    applications = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RealApplication) // the data set's own format, read by contract below
})

beforeEach(({ skip }) => skip(!existsSync(path), 'no real data: set FLOTILLA_DATA_DIR'))

const featuresOf = (row: unknown): CreditFeatures =>
  agents.extractFeatures(agents.normaliseApplication(parseContract(CreditApplication, row)))

const casesOf = (rows: readonly RealApplication[]) =>
  rows.map((row) => parseCase(JSON.stringify({ ...row, features: featuresOf(row) })))

/** The whole way with an identity that nobody evidenced and no suspicion of fraud. */
const decide = (row: unknown) => {
  const application = agents.normaliseApplication(parseContract(CreditApplication, row))
  const income = agents.assessIncome(application)
  return decidePolicy(
    parseContract(RiskPolicyInput, {
      kyc: { verdict: 'unverified', reasons: [] },
      fraud: { verdict: 'clear', score: 0, reasons: [] },
      income,
      pd: scorePd(agents.extractFeatures(application)),
      affordability: assessAffordability(income, application.loan),
      loan: application.loan,
    }),
  )
}

describe('on the real applications', () => {
  test('refitting gives the scorecard that is served', () => {
    const { scorecard } = fitScorecard(casesOf(applications), pdScorecard.model)
    expect(scorecard.terms.map(({ feature }) => feature)).toEqual(pdScorecard.terms.map(({ feature }) => feature))
    expect(scorecard.intercept).toBeCloseTo(pdScorecard.intercept, 5)
    scorecard.terms.forEach(({ mean, deviation, coefficient }, place) => {
      expect(mean).toBeCloseTo(pdScorecard.terms[place]?.mean ?? NaN, 5)
      expect(deviation).toBeCloseTo(pdScorecard.terms[place]?.deviation ?? NaN, 5)
      expect(coefficient).toBeCloseTo(pdScorecard.terms[place]?.coefficient ?? NaN, 5)
    })
  }, 120_000)

  test('nested cross-validation keeps the area under the curve above 0.85, its lower bound above 0.80', () => {
    const { area, areaInterval, calibrationSlope } = validateScorecard(casesOf(applications), 2)
    expect(area).toBeGreaterThan(0.85)
    expect(areaInterval[0]).toBeGreaterThan(0.8)
    expect(calibrationSlope).toBeGreaterThan(0.6)
  }, 120_000)

  test('the mean probability of default is the share of bad ones', () => {
    const pds = applications.map((row) => scorePd(featuresOf(row)).pd)
    expect(pds.reduce((sum, pd) => sum + pd, 0) / pds.length).toBeCloseTo(19 / 218, 3)
  })

  test('neither sex, age, nationality nor district changes a score', () => {
    for (const row of applications.slice(0, 50)) {
      const other = {
        birthDate: '1931-01-01',
        sex: row.applicant['sex'] === 'M' ? 'F' : 'M',
        nationality: 'VN',
        district: 'elsewhere',
        region: 'elsewhere',
        districtAverageSalary: 1,
        districtUnemploymentRate: 99,
      }
      expect(scorePd(featuresOf({ ...row, applicant: other }))).toEqual(scorePd(featuresOf(row)))
      expect(decide({ ...row, applicant: other })).toEqual(decide(row))
    }
  })

  test('most good ones are approved and few bad ones are', () => {
    const table: Record<string, number> = {}
    for (const row of applications) {
      const cell = `${row.outcome.good ? 'good' : 'bad'}: ${decide(row).outcome}`
      table[cell] = (table[cell] ?? 0) + 1
    }
    console.log(table)
    expect(table['good: approve']).toBeGreaterThanOrEqual(0.78 * 199)
    expect(table['good: decline'] ?? 0).toBeLessThanOrEqual(0.03 * 199)
    expect(table['bad: approve'] ?? 0).toBeLessThanOrEqual(2)
    expect(table['bad: decline']).toBeGreaterThanOrEqual(9)
  })
})
