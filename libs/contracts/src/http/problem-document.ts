import { IsInt, IsString, Matches, Max, Min } from 'class-validator'
import { NestedList } from '../contract.js'

/** One member that is wrong: RFC 6901 pointer from the body's root. */
export class ProblemMember {
  @IsString() pointer!: string
  @IsString() code!: string
  @IsString() detail!: string
}

/** RFC 9457 `application/problem+json`: every error of the gateway. */
export class ProblemDocument {
  @IsString() type!: string
  @IsString() title!: string
  @IsInt() @Min(400) @Max(599) status!: number
  @IsString() detail!: string
  @IsString() instance!: string
  @IsString() code!: string
  @Matches(/^[0-9a-f]{32}$/) traceId!: string
  @NestedList(() => ProblemMember, { max: 1_000 }) errors!: ProblemMember[]
}
