import 'reflect-metadata'
import { describe, expect, test } from 'vitest'
import { parseContract } from '../contract.js'
import { ContractError } from '../errors.js'
import { BenchDeskInput, BenchStepInput } from './bench.js'

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe("the benchmark's input", () => {
  test('any object is kept whole, also one with members that no class names', () => {
    const given = { id: 7, filler: 'x'.repeat(900), nested: { list: [1, null, { deep: true }] } }
    expect(plain(parseContract(BenchDeskInput, given))).toEqual({ payload: given })
  })
  test.each([[{}], [{ payload: 1 }], [{ payload: {}, other: 1 }], [{ payload: [1] }]])(
    '%j is kept under payload',
    (given) => {
      expect(plain(parseContract(BenchDeskInput, given))).toEqual({ payload: given })
    },
  )
  test('what was parsed once is parsed again without change', () => {
    const once = plain(parseContract(BenchDeskInput, { id: 7 }))
    expect(plain(parseContract(BenchStepInput, once))).toEqual({ payload: { id: 7 } })
  })
  test.each([[[]], [null], ['text'], [{ a: 'x\u0000' }]])('%j is refused', (given) => {
    expect(() => parseContract(BenchDeskInput, given)).toThrow(ContractError)
  })
})
