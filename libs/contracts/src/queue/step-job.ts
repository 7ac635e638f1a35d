import { IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUUID, Matches, Max, MaxLength, Min } from 'class-validator'
import { contract } from '../contract.js'

/** W3C trace context, version 00. */
export const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/**
 * What a job on an agent queue carries (BullMQ's `job.data`). Ids in clear, everything personal sealed.
 * `sealed` holds the body. Of a body above 64 KiB the input stays in Postgres: `ref` is set, `sealed` holds the rest.
 */
export class StepJob {
  @IsIn([1]) v!: 1
  @IsUUID() runId!: string
  /** The run at the root of detached children; effects are keyed by it. */
  @IsUUID() rootRunId!: string
  @IsString() @MaxLength(128) tenantId!: string
  @IsString() @MaxLength(128) workflow!: string
  @IsInt() @Min(1) workflowVersion!: number
  /** Path of the step, with the names of enclosing sub-workflows before it. */
  @IsString() @MaxLength(256) step!: string
  @IsInt() @Min(1) visit!: number
  @IsInt() @Min(1) dispatch!: number
  @IsString() @MaxLength(128) agent!: string
  /** Contract ids; null where the definition has an inline schema, which the engine checks. */
  @IsOptional() @IsString() @MaxLength(128) inputContract!: string | null
  @IsOptional() @IsString() @MaxLength(128) outputContract!: string | null
  /** From pick-up to reply, in ms. */
  @IsInt() @Min(1) @Max(31 * 24 * 3_600_000) deadlineMs!: number
  /** How often BullMQ may execute this dispatch. */
  @IsInt() @Min(1) @Max(100) attemptsMax!: number
  /** Whether its start is told at once, because what it does can be undone; absent: no. */
  @IsOptional() @IsBoolean() undoable?: boolean
  /** `v1.<keyId>.<iv>.<data>` over a `StepJobBody`, or null. */
  @IsOptional() @IsString() @MaxLength(131_072) sealed!: string | null
  /** Set when the input is to be read from the owed row, by run, step and dispatch; else null. */
  @IsOptional() @IsString() @MaxLength(256) ref!: string | null
  /** Keyed hash of the body. */
  @IsString() @MaxLength(128) hash!: string
  /** The step's own span: the agent's span becomes its child. */
  @Matches(traceparentPattern) traceparent!: string
  @IsOptional() @IsString() @MaxLength(512) tracestate!: string | null
}
contract('queue.step-job.v1', StepJob)

/** Plaintext of a job. */
export interface StepJobBody {
  readonly input: unknown
  /** The decision that the agent asked for with requestHitl, else null. */
  readonly decision: Readonly<Record<string, unknown>> | null
  /** The run's shared state as of the dispatch, where the definition lets the agent see it. */
  readonly snapshot?: Readonly<Record<string, unknown>> | null
}
