import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  Length,
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
}
contract('http.dead-letter-selection.v1', DeadLetterSelection)

/** What a replay or discard did; with `dryRun` nothing is done. */
export class DeadLettersDone {
  @IsInt() @Min(0) matched!: number
  @IsInt() @Min(0) done!: number
}

/** A job that failed for good. The input itself stays sealed; `inputRef` says where it is. */
export class DeadLetterView {
  @IsString() id!: string
  @IsString() runId!: string
  @IsString() workflow!: string
  @IsInt() version!: number
  @IsString() step!: string
  @IsInt() dispatch!: number
  @IsString() agent!: string
  @IsString() queue!: string
  @IsInt() attempts!: number
  @IsObject() error!: { code: string; message: string }
  @Nullable() @IsString() stack!: string | null
  @Nullable() @IsString() inputRef!: string | null
  @IsString() traceId!: string
  @IsISO8601() diedAt!: string
  @IsString() status!: string
}
