import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { FraudInput, parseContract } from '@flotilla/contracts'
import { expect, test } from 'vitest'
import { assessFraud } from './assess-fraud.js'

const dataDir = process.env['FLOTILLA_DATA_DIR'] ?? path.resolve(import.meta.dirname, '../../../../shared/data')
const file = path.join(dataDir, 'loans/applications.jsonl')

test('of the real applications at most 3 % are referred or blocked, and at most 5 % are suspicious', ({ skip }) => {
  skip(!existsSync(file), 'no real data: set FLOTILLA_DATA_DIR')
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const outputs = lines.map((line) => {
    const input = parseContract(FraudInput, { ...JSON.parse(line), statementCheck: { ok: true, breaks: [] } })
    return assessFraud(input, { device: null, email: null, phone: null, iban: null })
  })
  const share = (...verdicts: string[]): number =>
    outputs.filter(({ verdict }) => verdicts.includes(verdict)).length / outputs.length
  expect(outputs.length).toBeGreaterThan(200)
  expect(share('refer', 'block')).toBeLessThanOrEqual(0.03)
  expect(share('suspicious')).toBeLessThanOrEqual(0.05)
})
