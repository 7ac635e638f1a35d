import { contractById, jsonSchemaOf } from '@flotilla/contracts'
import { checkDefinition, type CheckOptions, type JsonObject } from '@flotilla/engine'
import { expect, test } from 'vitest'
import { creditDesk, shippedWorkflows } from './index.js'

const options: CheckOptions = {
  resolveContract: (id) => contractById(id) !== undefined,
  contractSchema: (id) => {
    const type = contractById(id)
    return type && (jsonSchemaOf(type) as JsonObject) // a schema is JSON
  },
}

for (const definition of shippedWorkflows)
  test(`${definition.name} version ${definition.version} passes the linter, contracts included, and is plain JSON`, () => {
    const json: unknown = JSON.parse(JSON.stringify(definition))
    expect(json).toEqual(definition)
    expect(checkDefinition(json, options)).toEqual([])
  })

test.each([
  ['output.statementCheck', 'output.statementChek', 'MEMBER_UNKNOWN', 'intake'],
  ['data.application.loan.amount', 'data.application.loan.amont', 'MEMBER_UNKNOWN', 'decision'],
  ['data.risk.outcome == \\"approve\\"', 'data.risk.outcome == \\"aprove\\"', 'COMPARISON_CONSTANT', 'decision'],
  ['"data.application.submittedOn"', '"data.application.loan"', 'INPUT_MISMATCH', 'kyc'],
])('%s mistaken for %s in the credit desk is found', (right, wrong, code, where) => {
  const mistaken: unknown = JSON.parse(JSON.stringify(creditDesk).replaceAll(right, wrong))
  const found = checkDefinition(mistaken, options).map((finding) => [finding.code, finding.where])
  expect(found).toContainEqual([code, where])
})
