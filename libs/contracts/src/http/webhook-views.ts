import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator'
import { contract, NestedList } from '../contract.js'
import { Nullable } from './nullable.js'

/** What an endpoint can be told of; outside each has `io.flotilla.` before it. */
export const toldTypes = [
  'run.completed',
  'run.failed',
  'run.cancelled',
  'run.parked',
  'hitl.requested',
  'hitl.reminded',
  'hitl.escalated',
] as const

/** What a delivery can have come to so far. */
export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const

/** How long two secrets sign beside one another when one is rotated: unless told, and at most. Milliseconds. */
export const secretOverlapMsDefault = 24 * 3_600_000
export const secretOverlapMsMax = 7 * 24 * 3_600_000

/** Body of `POST /webhooks`. */
export class RegisterWebhook {
  @IsString() @Length(1, 2_048) url!: string
  /** Absent or empty: all. */
  @IsOptional() @IsArray() @ArrayMaxSize(20) @ArrayUnique() @IsIn(toldTypes, { each: true }) types?: string[] | null
  /** Absent or empty: all. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  workflows?: string[] | null
  @IsOptional() @IsString() @Length(0, 500) description?: string | null
}
contract('http.register-webhook.v1', RegisterWebhook)

/** An endpoint that is told of events. */
export class WebhookView {
  @IsUUID() id!: string
  @IsString() url!: string
  @IsArray() @IsString({ each: true }) types!: string[]
  @IsArray() @IsString({ each: true }) workflows!: string[]
  @Nullable() @IsString() description!: string | null
  @IsBoolean() enabled!: boolean
  /** Why it is disabled: `GONE` where it answered 410. */
  @Nullable() @IsString() disabledReason!: string | null
  /** Until when a secret that was rotated signs beside the present one. */
  @Nullable() @IsISO8601() previousSecretUntil!: string | null
  /** Deliveries that are still owed. */
  @IsInt() @Min(0) pending!: number
  @IsISO8601() createdAt!: string
  @IsString() createdBy!: string
}

/** An endpoint with its secret, which is not shown again. */
export class WebhookCreated extends WebhookView {
  @IsString() @Matches(/^whsec_/) secret!: string
}

export class WebhookPage {
  @NestedList(() => WebhookView, { max: 1_000 }) items!: WebhookView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** Body of `POST /webhooks/{id}/rotate` and `POST /hooks/{id}/rotate`. */
export class RotateSecret {
  /** How long the secret before holds too; 0: no longer. */
  @IsOptional() @IsInt() @Min(0) @Max(secretOverlapMsMax) overlapMs?: number | null
}
contract('http.rotate-secret.v1', RotateSecret)

/** One attempt at an endpoint. */
export class WebhookAttempt {
  @IsISO8601() at!: string
  /** Null: no answer. */
  @Nullable() @IsInt() status!: number | null
  /** Why it failed, a code; null: delivered. */
  @Nullable() @IsString() error!: string | null
  @IsInt() @Min(0) tookMs!: number
}

/** One event on its way to one endpoint. */
export class DeliveryView {
  @IsUUID() id!: string
  /** `webhook-id`, the same in every attempt. */
  @IsString() eventId!: string
  @IsString() type!: string
  @Nullable() @IsUUID() runId!: string | null
  @IsIn(deliveryStatuses) status!: string
  /** Of the present round: a redelivery begins a new one. */
  @IsInt() @Min(0) attempts!: number
  @Nullable() @IsInt() responseStatus!: number | null
  @Nullable() @IsString() error!: string | null
  @Nullable() @IsISO8601() nextAttemptAt!: string | null
  @IsISO8601() createdAt!: string
  @Nullable() @IsISO8601() deliveredAt!: string | null
  /** The last ones, oldest first. */
  @NestedList(() => WebhookAttempt, { max: 100 }) log!: WebhookAttempt[]
}

export class DeliveryPage {
  @NestedList(() => DeliveryView, { max: 100 }) items!: DeliveryView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** 202 of `POST /webhooks/{id}/test` and of a redelivery. */
export class DeliveryAccepted {
  @IsUUID() deliveryId!: string
}
