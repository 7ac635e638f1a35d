import { IsIn, IsInt, IsISO8601, IsNumber, IsObject, IsString, IsUUID, Max, Min } from 'class-validator'
import { NestedList } from '../contract.js'
import { Nullable } from './nullable.js'

/** One event of a run's stream: the `data` line of SSE, and the item of its JSON form. */
export class StreamedEventView {
  @IsInt() @Min(1) seq!: number
  @IsUUID() runId!: string
  @IsISO8601() ts!: string
  @IsString() type!: string
  @Nullable() @IsString() phase!: string | null
  @IsIn(['running', 'waiting', 'done', 'error']) status!: string
  @IsString() message!: string
  @IsNumber() @Min(0) @Max(1) progress!: number
  @Nullable() @IsNumber() @Min(0) @Max(1) step_progress!: number | null
  @IsString() trace_id!: string
  @Nullable() @IsString() span_id!: string | null
  @IsObject() meta!: Record<string, unknown>
}

/** A page of a run's stream. */
export class StreamedEventPage {
  @NestedList(() => StreamedEventView, { max: 1_000 }) items!: StreamedEventView[]
  @Nullable() @IsString() nextCursor!: string | null
}
