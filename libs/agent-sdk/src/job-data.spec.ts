import 'reflect-metadata'
import {
  BenchDeskInput,
  BenchStepOutput,
  contract,
  Nested,
  parseContract,
  StepJob,
  type ContractClass,
} from '@flotilla/contracts'
import { IsArray, IsInt, IsNumber, IsObject, IsOptional, IsString, Max } from 'class-validator'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defineAgent } from './define-agent.js'
import { validOutput } from './job-data.js'

class Part {
  @IsOptional() @IsString() text?: string | null
  @IsOptional() @IsNumber() number?: number | null
}
class Whole {
  @Nested(() => Part) part!: Part
  @IsOptional() @IsArray() list?: unknown[] | null
  @IsOptional() @IsObject() bag?: Record<string, unknown> | null
}
class Stricter {
  @Nested(() => Part) part!: Part
  @IsOptional() @IsInt() @Max(5) size?: number
}
contract('test.stricter.v1', Stricter)

const job = (outputContract: string | null): StepJob => Object.assign(new StepJob(), { outputContract })
const agentOf = (output: ContractClass) =>
  defineAgent<object, object>('test', { input: Whole, output, run: () => ({}) })

type Outcome = { readonly text: string } | { readonly problems: unknown } | { readonly thrown: string }
const outcomeOf = (make: () => unknown): Outcome => {
  try {
    return { text: JSON.stringify(make()) }
  } catch (error) {
    const { problems, name } = error as Error & { problems?: unknown } // only those are thrown here
    return problems === undefined ? { thrown: name } : { problems }
  }
}
/** By way of JSON, always. */
const byText = (type: ContractClass, output: unknown): unknown =>
  parseContract(type, JSON.parse(JSON.stringify(output ?? null)), { pointer: '/output' })

class Money {
  constructor(readonly cents: number) {}
  toJSON(): unknown {
    return { number: this.cents / 100 }
  }
}
const strangers: readonly (() => unknown)[] = [
  ...[undefined, null, -0, Number.NaN, Infinity, '\ud800', 'a\0', 7n, Symbol('s'), 'a', 1].map((value) => () => value),
  ...[() => new Date(0), () => new Money(5), () => ({ toJSON: () => ({ text: 'b' }) }), () => new Map([['a', 1]])],
  ...[() => [undefined, () => 1], () => new Array<unknown>(2), () => ({ a: undefined, b: -0 }), () => () => 1],
  ...[
    () => new String('a'),
    () => Object.create({ text: 'a' }) as unknown,
    () => ({ toString: 'a' }),
    () => new Part(),
  ],
]
const stranger = fc.constantFrom(...strangers).map((make) => make())
const anything = fc.oneof(stranger, fc.jsonValue({ maxDepth: 2 }))
const outputs = fc.oneof(
  { weight: 6, arbitrary: fc.record({ part: fc.record({ text: anything, number: anything }, { requiredKeys: [] }) }) },
  {
    weight: 6,
    arbitrary: fc.record(
      { part: fc.constant({ text: 'a' }), list: anything, bag: anything, more: anything },
      { requiredKeys: ['part'] },
    ),
  },
  { weight: 1, arbitrary: stranger },
)

describe('validOutput', () => {
  test.each([
    ['of a class', Whole],
    ['that is taken whole', BenchDeskInput],
  ] as const)('an output %s is what it is as JSON, and so are the errors', (_, type) => {
    fc.assert(
      fc.property(outputs, (output) => {
        expect(outcomeOf(() => validOutput(agentOf(type), job(null), output))).toEqual(
          outcomeOf(() => byText(type, output)),
        )
      }),
      { seed: Number(process.env['SEED'] ?? 20_261_122), numRuns: Number(process.env['OUTPUTS'] ?? 400) },
    )
  })
  test('an output of the agent’s class is judged by the definition’s contract too', () => {
    const output = { part: { text: 'a' }, size: 6 }
    expect(() => validOutput(agentOf(Whole), job('test.stricter.v1'), output)).toThrow('test.stricter.v1')
    const valid = validOutput(agentOf(Whole), job('test.stricter.v1'), { ...output, size: 5 })
    expect(JSON.stringify(valid)).toBe('{"part":{"text":"a"}}')
    expect(valid).toBeInstanceOf(Whole)
  })
  test('an instance does not change with what the agent keeps', () => {
    const list = [{ a: 1 }]
    const valid = validOutput(agentOf(Whole), job(null), { part: {}, list }) as Whole
    list[0] = { a: 2 }
    expect(valid.list).toEqual([{ a: 1 }])
  })
  test('an instance of a contract is taken like what it is as JSON', () => {
    const output = { agent: 'bench.kyc', verdict: 'pass', digest: 'c'.repeat(64), note: 'n' }
    const instance = Object.assign(new BenchStepOutput(), output, { extra: 1 })
    const agent = defineAgent<object, object>('test', { input: Whole, output: BenchStepOutput, run: () => ({}) })
    expect(JSON.stringify(validOutput(agent, job('bench.step.output.v1'), instance))).toBe(JSON.stringify(output))
  })
})
