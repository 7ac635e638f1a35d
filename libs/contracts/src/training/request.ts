import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { calendarDayPattern } from '../credit-desk/application.js'

/** Names of roles, regulations, trainings: lower-case words joined by hyphens. */
export const slugPattern = /^[a-z0-9][a-z0-9-]{0,59}$/
const colourPattern = /^#[0-9a-fA-F]{6}$/

/** Text and background of every page, as `#rrggbb`. */
export class TrainingColours {
  @Matches(colourPattern) text!: string
  @Matches(colourPattern) background!: string
}

/** What the training may take and must reach. */
export class TrainingConstraints {
  /** Of all activities together. */
  @IsInt() @Min(5) @Max(480) minutesMax!: number
  @IsInt() @Min(1) @Max(100) questionsMax!: number
  /** Per cent of the questions. */
  @IsInt() @Min(50) @Max(100) passMark!: number
  /** Highest grade of reading that a text may ask for (Automated Readability Index). */
  @IsNumber() @Min(1) @Max(18) readingGradeMax!: number
  @Nested(() => TrainingColours) colours!: TrainingColours
}

/** Input of the workflow `training_state_machine`: what training is wanted, for whom, by when. */
export class TrainingRequest {
  @Matches(slugPattern) programmeId!: string
  @IsString() @Length(1, 200) title!: string
  @Matches(calendarDayPattern) @IsISO8601({ strict: true }) requestedOn!: string
  @Matches(calendarDayPattern) @IsISO8601({ strict: true }) dueOn!: string
  /** Role of the people who are to be trained. */
  @Matches(slugPattern) audience!: string
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(20)
  @ArrayUnique()
  @Matches(slugPattern, { each: true })
  regulations!: string[]
  @Nested(() => TrainingConstraints) constraints!: TrainingConstraints
}

export const obligationSeverities = ['high', 'medium', 'low'] as const
/** How bad a breach would be. */
export type ObligationSeverity = (typeof obligationSeverities)[number]

/** One thing that can be known, and asked. */
export class ObligationFact {
  @Matches(slugPattern) id!: string
  /** As the regulation has it. */
  @IsString() @Length(1, 1_000) binding!: string
  /** The same in plain words. */
  @IsString() @Length(1, 1_000) plain!: string
  @IsString() @Length(1, 500) question!: string
  /** The question put as a case, for objectives above understanding. */
  @IsString() @Length(1, 700) case!: string
  @IsString() @Length(1, 200) answer!: string
  @IsArray()
  @ArrayMinSize(2)
  @ArrayMaxSize(5)
  @IsString({ each: true })
  @MaxLength(200, { each: true })
  wrong!: string[]
}

/** A picture or a film that belongs to an obligation. */
export class ObligationMedia {
  @IsIn(['image', 'video']) kind!: 'image' | 'video'
  @IsString() @Length(1, 200) path!: string
  @IsString() @Length(1, 200) title!: string
  /** What is to be seen, in words. */
  @IsString() @Length(1, 500) shows!: string
  /** What is said; null for a picture. */
  @IsOptional() @IsString() @MaxLength(4_000) transcript?: string | null
  @IsOptional() @IsInt() @Min(1) @Max(60) minutes?: number | null
}

/** A duty under a regulation. */
export class Obligation {
  @Matches(slugPattern) id!: string
  @Matches(slugPattern) regulation!: string
  @IsString() @Length(1, 200) title!: string
  @IsIn(obligationSeverities) severity!: ObligationSeverity
  @NestedList(() => ObligationFact, { max: 20 }) facts!: ObligationFact[]
  @IsOptional() @Nested(() => ObligationMedia) media?: ObligationMedia | null
}

export const trainingPriorities = ['urgent', 'normal', 'batch'] as const
/** Due in less than 30 days, in less than 90, or later. */
export type TrainingPriority = (typeof trainingPriorities)[number]

/** A constraint that cannot be kept, or a wish that cannot be met. */
export class TrainingFinding {
  @Matches(/^[A-Z][A-Z0-9_]{1,59}$/) code!: string
  @IsString() @Length(1, 500) text!: string
}

/** Input of `training.intake`. */
export class TrainingIntakeInput {
  @Nested(() => TrainingRequest) request!: TrainingRequest
}

export const intakeOutcomes = ['constraints_confirmed', 'constraints_conflict'] as const

/** Output of `training.intake`. */
export class TrainingIntakeOutput {
  @IsIn(intakeOutcomes) outcome!: (typeof intakeOutcomes)[number]
  @IsIn(trainingPriorities) priority!: TrainingPriority
  @IsInt() daysLeft!: number
  /** Of the regulations that apply to the audience. */
  @NestedList(() => Obligation, { max: 100 }) obligations!: Obligation[]
  @NestedList(() => TrainingFinding, { max: 50 }) findings!: TrainingFinding[]
}

contract('training_state_machine.input.v1', TrainingRequest)
contract('training.intake.input.v1', TrainingIntakeInput)
contract('training.intake.output.v1', TrainingIntakeOutput)
