import { IsBoolean, IsIn, IsInt, IsISO8601, IsString, IsUUID, Min } from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { Nullable } from './nullable.js'

/** Why a trigger that went off started no run. */
export class TriggerErrorView {
  @IsString() code!: string
  @IsISO8601() at!: string
  /** A moment, or the id of the run that had ended. */
  @IsString() occasion!: string
}

/** What starts runs of a workflow by itself. */
export class TriggerView {
  @IsString() workflow!: string
  @IsInt() @Min(1) version!: number
  @IsString() name!: string
  @IsIn(['schedule', 'completion']) kind!: string
  @IsBoolean() enabled!: boolean
  /** Comes with the product: off until it is switched on. */
  @IsBoolean() shipped!: boolean
  @Nullable() @IsString() cron!: string | null
  @Nullable() @IsString() timeZone!: string | null
  /** Of a completion: the workflow whose end it waits for, and which end. */
  @Nullable() @IsString() after!: string | null
  @Nullable() @IsString() status!: string | null
  /** When a schedule that is on goes off next. */
  @Nullable() @IsISO8601() nextAt!: string | null
  @Nullable() @IsISO8601() lastFiredAt!: string | null
  @Nullable() @IsUUID() lastRunId!: string | null
  @Nullable() @Nested(() => TriggerErrorView) lastError!: TriggerErrorView | null
}

/** Every trigger that the tenant has or could switch on, by workflow and name. */
export class TriggerPage {
  @NestedList(() => TriggerView, { max: 10_000 }) items!: TriggerView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** Body of `PUT /triggers/{workflow}/{name}`. */
export class SwitchTrigger {
  @IsBoolean() enabled!: boolean
}
contract('http.switch-trigger.v1', SwitchTrigger)
