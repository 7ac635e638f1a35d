import {
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { Nullable } from './nullable.js'

/** The run that an incoming hook starts. */
export class HookStart {
  @IsString() @Length(1, 128) workflow!: string
  /** Absent: the newest. */
  @IsOptional() @IsInt() @Min(1) @Max(2_147_483_647) version?: number | null
  /** CEL over `event`, by member of the workflow's input; `{{ event.x }}` will do too. */
  @IsObject() input!: Record<string, string>
}

/** The event that an incoming hook gives to runs that wait. */
export class HookSignal {
  @IsString() @Matches(/^[a-z][A-Za-z0-9_.-]{0,127}$/) name!: string
  /** CEL over `event`: what runs correlate by. */
  @IsString() @Length(1, 2_000) key!: string
  /** CEL over `event`; absent: the event itself. */
  @IsOptional() @IsString() @Length(1, 2_000) payload?: string | null
}

/** Body of `POST /hooks`: exactly one of `start` and `signal`. */
export class RegisterHook {
  /** Who calls; unique in the tenant. Runs are submitted by `hook:<name>`. */
  @IsString() @Matches(/^[a-z][a-z0-9_-]{0,63}$/) name!: string
  @IsOptional() @IsString() @Length(0, 500) description?: string | null
  /** The `type` (or `event`) of events that are heeded; absent: every one. */
  @IsOptional() @IsString() @Length(1, 256) event?: string | null
  /** A guard, CEL over `event`. */
  @IsOptional() @IsString() @Length(1, 2_000) when?: string | null
  @IsOptional() @Nested(() => HookStart) start?: HookStart | null
  @IsOptional() @Nested(() => HookSignal) signal?: HookSignal | null
}
contract('http.register-hook.v1', RegisterHook)

/** A hook that endpoints outside call. */
export class HookView {
  @IsUUID() id!: string
  @IsString() name!: string
  /** Where it is called, relative to the gateway. */
  @IsString() url!: string
  @Nullable() @IsString() description!: string | null
  @Nullable() @IsString() event!: string | null
  @Nullable() @IsString() when!: string | null
  @Nullable() @Nested(() => HookStart) start!: HookStart | null
  @Nullable() @Nested(() => HookSignal) signal!: HookSignal | null
  /** Until when a secret that was rotated holds beside the present one. */
  @Nullable() @IsISO8601() previousSecretUntil!: string | null
  @IsISO8601() createdAt!: string
  @IsString() createdBy!: string
}

/** A hook with its secret, which is not shown again. */
export class HookCreated extends HookView {
  @IsString() @Matches(/^whsec_/) secret!: string
}

export class HookPage {
  @NestedList(() => HookView, { max: 1_000 }) items!: HookView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** 202 of `POST /hooks/{id}`; the same for the same `webhook-id`. */
export class HookAnswer {
  /** `ignored`: not of the type that is heeded, or the guard does not hold. */
  @IsIn(['started', 'delivered', 'kept', 'ignored']) outcome!: string
  @Nullable() @IsUUID() runId!: string | null
  /** How many steps that waited got it. */
  @IsInt() @Min(0) delivered!: number
}
