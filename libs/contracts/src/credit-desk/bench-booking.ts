import { IsBoolean, IsInt, IsOptional, Length, Matches, Max, Min } from 'class-validator'
import { contract } from '../contract.js'

/** Input of the benchmark's agents with an effect: what to book, or which booking to cancel. */
export class BenchBookingInput {
  @Matches(/^[a-z0-9-]{1,64}$/) booking!: string
  /** There is no room: the agent fails for good. */
  @IsOptional() @IsBoolean() full?: boolean | null
  /** How long the agent is still at work after the effect, in ms. */
  @IsOptional() @IsInt() @Min(0) @Max(30_000) holdMs?: number | null
}

/** Output: the key under which the provider knows the call. */
export class BenchBookingOutput {
  @Matches(/^[a-z0-9-]{1,64}$/) booking!: string
  @Length(1, 500) receipt!: string
}

contract('bench.booking.input.v1', BenchBookingInput)
contract('bench.booking.output.v1', BenchBookingOutput)
