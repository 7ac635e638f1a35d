import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator'
import { contract, Nested } from '../contract.js'
import { Nullable } from './nullable.js'

/** Which dead letters: every given member must hold. */
export class DeadLetterFilter {
  @IsOptional() @IsString() @Length(1, 128) queue?: string | null
  @IsOptional() @IsString() @Length(1, 128) workflow?: string | null
  @IsOptional() @IsString() @Length(1, 128) code?: string | null
  @IsOptional() @IsISO8601({ strict: true }) before?: string | null
  @IsOptional() @IsISO8601({ strict: true }) after?: string | null
}

/** Body of `POST /dead-letters/replay` and `/discard`: either `ids` or `filter`. */
export class DeadLetterSelection {
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  ids?: string[] | null
  @IsOptional() @Nested(() => DeadLetterFilter) filter?: DeadLetterFilter | null
  @IsOptional() @IsBoolean() dryRun?: boolean | null
  /** At most so many, oldest first: `matched - done` are left. Default all. */
  @IsOptional() @IsInt() @Min(1) @Max(100_000) limit?: number | null
}
contract('http.dead-letter-selection.v1', DeadLetterSelection)

/** What a replay or discard did; with `dryRun` nothing is done. */
export class DeadLettersDone {
  @IsInt() @Min(0) matched!: number
  @IsInt() @Min(0) done!: number
}

/** A job that failed for good. Its input stays where it is; `inputRef` names it. */
export class DeadLetterView {
  @IsString() id!: string
  @IsString() runId!: string
  @IsString() workflow!: string
  @IsString() queue!: string
  @IsString() agent!: string
  @IsString() step!: string
  @IsInt() visit!: number
  @IsInt() dispatch!: number
  @IsInt() attempts!: number
  @IsString() code!: string
  @IsString() message!: string
  @Nullable() @IsString() stack!: string | null
  @IsString() inputRef!: string
  @IsString() traceId!: string
  @IsISO8601() createdAt!: string
  @IsIn(['open', 'replayed', 'discarded']) status!: string
  @Nullable() @IsISO8601() resolvedAt!: string | null
  @Nullable() @IsString() resolvedBy!: string | null
}
