import {
  ArrayMaxSize,
  ArrayUnique,
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { calendarDayPattern } from '../credit-desk/application.js'
import { slugPattern } from './request.js'

/** What a role must have done, and how often. */
export class TrainingRule {
  @Matches(slugPattern) role!: string
  @Matches(slugPattern) training!: string
  @IsInt() @Min(1) @Max(3_660) everyDays!: number
  /** Days that somebody new to the role has. */
  @IsInt() @Min(0) @Max(365) graceDays!: number
}

/** Somebody, by number only: the register holds no names. */
export class TrainedPerson {
  @Matches(/^[A-Za-z0-9-]{1,40}$/) id!: string
  @Matches(slugPattern) role!: string
  @Matches(calendarDayPattern) @IsISO8601({ strict: true }) inRoleSince!: string
}

/** One training that somebody has passed. */
export class TrainingCompletion {
  @Matches(/^[A-Za-z0-9-]{1,40}$/) person!: string
  @Matches(slugPattern) training!: string
  @Matches(calendarDayPattern) @IsISO8601({ strict: true }) passedOn!: string
}

/** The register of trainings. */
export class TrainingRegister {
  @NestedList(() => TrainingRule, { max: 200 }) rules!: TrainingRule[]
  @NestedList(() => TrainedPerson, { max: 5_000 }) people!: TrainedPerson[]
  @NestedList(() => TrainingCompletion, { max: 20_000 }) completions!: TrainingCompletion[]
}

/** Input of the workflow `weekly_compliance_check`. */
export class ComplianceCheckRequest {
  @Nested(() => TrainingRegister) register!: TrainingRegister
  /** How many days ahead an expiry is told of. */
  @IsInt() @Min(0) @Max(365) noticeDays!: number
  /** The day to judge by; absent or null: the day on which the run began. */
  @IsOptional() @Matches(calendarDayPattern) @IsISO8601({ strict: true }) asOf?: string | null
}

/** Input of `training.compliance`. */
export class ComplianceInput {
  @Nested(() => TrainingRegister) register!: TrainingRegister
  @IsInt() @Min(0) @Max(365) noticeDays!: number
  @IsOptional() @Matches(calendarDayPattern) @IsISO8601({ strict: true }) asOf?: string | null
  /** When the run began, in epoch ms. */
  @IsNumber() @Min(0) startedAtMs!: number
}

/** One role's standing in one training. People by id. */
export class RoleStanding {
  @Matches(slugPattern) role!: string
  @Matches(slugPattern) training!: string
  @IsInt() @Min(0) people!: number
  /** Never passed it, or too long ago. */
  @ArrayMaxSize(5_000) @ArrayUnique() @IsString({ each: true }) overdue!: string[]
  /** Runs out within the notice. */
  @ArrayMaxSize(5_000) @ArrayUnique() @IsString({ each: true }) dueSoon!: string[]
}

/** What is wrong with the register itself. */
export class ComplianceFinding {
  @Matches(/^[A-Z][A-Z0-9_]{1,59}$/) code!: string
  @IsString() @Length(1, 300) text!: string
}

/** Output of `training.compliance`. */
export class ComplianceOutput {
  @IsIn(['compliant', 'overdue_found']) outcome!: 'compliant' | 'overdue_found'
  @Matches(calendarDayPattern) asOf!: string
  @IsInt() @Min(0) overdueTotal!: number
  /** Duties kept of all duties, 0 to 1; 1 without any. */
  @IsNumber() @Min(0) @Max(1) rate!: number
  @NestedList(() => RoleStanding, { max: 200 }) standings!: RoleStanding[]
  @NestedList(() => ComplianceFinding, { max: 500 }) findings!: ComplianceFinding[]
  /** Markdown, people by id only. */
  @IsString() @Length(1, 200_000) report!: string
}

contract('weekly_compliance_check.input.v1', ComplianceCheckRequest)
contract('training.compliance.input.v1', ComplianceInput)
contract('training.compliance.output.v1', ComplianceOutput)
