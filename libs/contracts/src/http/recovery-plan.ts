import { IsInt, IsString, Min } from 'class-validator'
import { Nested, NestedList } from '../contract.js'
import { Nullable } from './nullable.js'

/** What a step that is carried out again used the last time. */
export class ChargedAgainView {
  @IsString() step!: string
  @Nullable() @IsString() model!: string | null
  @IsInt() @Min(0) tokens!: number
}

/** Why nothing would happen (`step` is null), or where the run would not go on by itself. */
export class BlockedView {
  @Nullable() @IsString() step!: string | null
  @IsString() reason!: string
}

/** What a resume, a rollback or a fork would do. Steps by path, in the definition's order. */
export class RecoveryPlanView {
  /** Steps whose recorded result stays. */
  @IsString({ each: true }) reused!: string[]
  /** Steps that are carried out again, if the run takes the way that it took. */
  @IsString({ each: true }) redone!: string[]
  @NestedList(() => ChargedAgainView, { max: 10_000 }) chargedAgain!: ChargedAgainView[]
  /** Steps that are undone first, in this order. */
  @IsString({ each: true }) compensated!: string[]
  @NestedList(() => BlockedView, { max: 10_000 }) blocked!: BlockedView[]
}

/** 200 of resume and fork with `plan: true`; nothing has happened. */
export class RecoveryPlanned {
  @Nested(() => RecoveryPlanView) plan!: RecoveryPlanView
}
