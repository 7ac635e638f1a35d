import { Expose, Transform, type TransformFnParams } from 'class-transformer'
import { Equals, IsIn, IsObject, IsString, Length, Matches } from 'class-validator'
import { contract } from '../contract.js'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object itself as one member, so that a whitelist keeps what it cannot name. Wrapping twice changes nothing. */
const wrapped = ({ obj }: TransformFnParams): unknown =>
  isRecord(obj) && Object.keys(obj).length === 1 && isRecord(obj['payload']) ? obj['payload'] : obj

/**
 * The benchmark's input: any JSON object, kept whole as `payload`, because the benchmark is about carrying it. An input
 * that consists of one object named `payload` is taken as it is.
 */
export class BenchDeskInput {
  @Expose() @Transform(wrapped) @IsObject() payload!: Record<string, unknown>
}

/** Input of a benchmark step: the same object, whole or already under `payload`. */
export class BenchStepInput {
  @Expose() @Transform(wrapped) @IsObject() payload!: Record<string, unknown>
}

export const benchAgents = ['bench.kyc', 'bench.fraud', 'bench.income', 'bench.risk'] as const
/** An agent of the benchmark; `bench.kyc` is served by the queue `agent.bench-kyc`. */
export type BenchAgent = (typeof benchAgents)[number]

/** Output of a benchmark step: 300 bytes as JSON. */
export class BenchStepOutput {
  @IsIn(benchAgents) agent!: BenchAgent
  @Equals('pass') verdict!: 'pass'
  /** SHA-256 of the payload's JSON, which shows that it arrived. */
  @Matches(/^[0-9a-f]{64}$/) digest!: string
  @IsString() @Length(1, 300) note!: string
}

contract('bench-desk.input.v1', BenchDeskInput)
contract('bench.step.input.v1', BenchStepInput)
contract('bench.step.output.v1', BenchStepOutput)
