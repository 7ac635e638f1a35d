import { IsIn, IsInt, IsOptional, IsString, IsUUID, Matches, MaxLength, Min } from 'class-validator'
import { contract } from '../contract.js'
import { traceparentPattern } from './step-job.js'

/** What an agent tells: pick-up, signs of life, and the one answer. */
export const replyKinds = ['started', 'progressed', 'retrying', 'checkpointed', 'succeeded', 'failed', 'asked'] as const
export type ReplyKind = (typeof replyKinds)[number]

/** One entry of the `replies` stream. `sealed` and `ref` are both null for `started`, else exactly one is set. */
export class StepReply {
  @IsIn([1]) v!: 1
  @IsIn(replyKinds) kind!: ReplyKind
  @IsUUID() runId!: string
  @IsString() @MaxLength(256) step!: string
  @IsInt() @Min(1) dispatch!: number
  @IsInt() @Min(1) attempt!: number
  /** Of a last word whose `started` was not told before it: for how many ms the agent ran. */
  @IsOptional() @IsInt() @Min(0) ranMs?: number
  /** The agent's span. */
  @IsOptional() @Matches(/^(?!0{16})[0-9a-f]{16}$/) spanId!: string | null
  @IsOptional() @Matches(traceparentPattern) traceparent!: string | null
  /** Contract id of the output, for `succeeded`. */
  @IsOptional() @IsString() @MaxLength(128) contract!: string | null
  @IsOptional() @IsString() @MaxLength(131_072) sealed!: string | null
  @IsOptional() @IsString() @MaxLength(256) ref!: string | null
  @IsOptional() @IsString() @MaxLength(128) hash!: string | null
  /** Which process answered: service and a random part, no host name. */
  @IsString() @MaxLength(128) worker!: string
}
contract('queue.step-reply.v1', StepReply)

/** What a model call cost, as replies carry it. */
export interface ReplyUsage {
  readonly model: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheHit?: boolean
}

/** Plaintext of a reply by its kind; the members are those of the run's events of the same name. */
export interface StepReplyBodies {
  readonly started: null
  readonly progressed: {
    readonly fraction: number | null
    readonly message: string
    readonly emitted: string | null
    readonly payload: unknown
  }
  readonly retrying: { readonly code: string; readonly message: string; readonly afterMs: number }
  readonly checkpointed: { readonly id: string; readonly label: string; readonly data: unknown }
  readonly succeeded: { readonly output: unknown; readonly usage: ReplyUsage | null }
  readonly failed: {
    readonly code: string
    readonly message: string
    readonly stack: string | null
    readonly attempts: number
    readonly usage: ReplyUsage | null
  }
  readonly asked: { readonly payload: Readonly<Record<string, unknown>>; readonly deadlineMs: number | null }
}
