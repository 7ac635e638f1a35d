import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { AccessibilityIssue, AlignmentGap } from './review.js'
import {
  Obligation,
  obligationSeverities,
  slugPattern,
  TrainingColours,
  TrainingConstraints,
  TrainingFinding,
  type ObligationSeverity,
} from './request.js'

export const bloomLevels = ['remember', 'understand', 'apply', 'analyse', 'evaluate'] as const
/** Levels of the cognitive domain as Anderson and Krathwohl revised Bloom's taxonomy (2001), as far as they are tested. */
export type BloomLevel = (typeof bloomLevels)[number]

/** What somebody can do after the training. */
export class LearningObjective {
  @Matches(slugPattern) id!: string
  @Matches(slugPattern) obligationId!: string
  @IsIn(bloomLevels) level!: BloomLevel
  @IsString() @Length(1, 40) verb!: string
  @IsString() @Length(1, 500) text!: string
  @IsIn(obligationSeverities) severity!: ObligationSeverity
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(20) @Matches(slugPattern, { each: true }) factIds!: string[]
}

/** What a person said when refusing the objectives. */
export class ObjectivesFeedback {
  /** Obligations that are not to be trained. */
  @IsOptional() @IsArray() @ArrayMaxSize(100) @Matches(slugPattern, { each: true }) exclude?: string[] | null
  /** The level to aim at; absent: one higher than before for what is severe. */
  @IsOptional() @IsIn(bloomLevels) level?: BloomLevel | null
}

/** Input of `training.objectives`. */
export class TrainingObjectivesInput {
  @NestedList(() => Obligation, { max: 100 }) obligations!: Obligation[]
  /** One per rejection, oldest first. */
  @IsOptional() @NestedList(() => ObjectivesFeedback, { max: 50 }) feedback?: ObjectivesFeedback[] | null
}

/** Output of `training.objectives`. */
export class TrainingObjectivesOutput {
  @IsIn(['objectives_ready', 'nothing_left']) outcome!: 'objectives_ready' | 'nothing_left'
  @NestedList(() => LearningObjective, { max: 100 }) objectives!: LearningObjective[]
}

/** A question with one right answer. */
export class AssessmentQuestion {
  @Matches(slugPattern) id!: string
  @Matches(slugPattern) objectiveId!: string
  @Matches(slugPattern) factId!: string
  @IsString() @Length(1, 700) stem!: string
  @IsArray()
  @ArrayMinSize(3)
  @ArrayMaxSize(6)
  @IsString({ each: true })
  @MaxLength(200, { each: true })
  options!: string[]
  /** Index of the right option. */
  @IsInt() @Min(0) @Max(5) answer!: number
  /** Shown after the answer. */
  @IsString() @Length(1, 1_000) rationale!: string
}

/** What reviews found in earlier rounds, oldest first. */
export class DesignFeedback {
  @NestedList(() => AlignmentGap, { max: 500 }) gaps!: AlignmentGap[]
  @NestedList(() => AccessibilityIssue, { max: 500 }) issues!: AccessibilityIssue[]
  /** Questions that a person wants no more. */
  @IsArray() @ArrayMaxSize(200) @Matches(slugPattern, { each: true }) removedQuestions!: string[]
}

/** Input of `training.assessments` and of `training.activities`. */
export class TrainingDesignInput {
  @NestedList(() => Obligation, { max: 100 }) obligations!: Obligation[]
  @NestedList(() => LearningObjective, { max: 100 }) objectives!: LearningObjective[]
  @Nested(() => TrainingConstraints) constraints!: TrainingConstraints
  @Nested(() => DesignFeedback) feedback!: DesignFeedback
}

/** Output of `training.assessments`. */
export class TrainingAssessmentsOutput {
  @NestedList(() => AssessmentQuestion, { max: 100 }) questions!: AssessmentQuestion[]
  /** Right answers that it takes to pass. */
  @IsInt() @Min(0) @Max(100) rightToPass!: number
}

export const activityKinds = ['reading', 'scenario', 'exercise', 'video'] as const
export type ActivityKind = (typeof activityKinds)[number]

/** A picture or a film in an activity. */
export class ActivityMedia {
  @IsIn(['image', 'video']) kind!: 'image' | 'video'
  @IsString() @Length(1, 200) path!: string
  @IsString() @Length(1, 200) title!: string
  @IsOptional() @IsString() @MaxLength(500) alt?: string | null
  /** WebVTT; null: a film without captions. */
  @IsOptional() @IsString() @MaxLength(20_000) captions?: string | null
}

/** One piece of the training. */
export class LearningActivity {
  @Matches(slugPattern) id!: string
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(100) @Matches(slugPattern, { each: true }) objectiveIds!: string[]
  @IsIn(activityKinds) kind!: ActivityKind
  @IsString() @Length(1, 200) title!: string
  /** Paragraphs. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(1_500, { each: true })
  paragraphs!: string[]
  @IsInt() @Min(1) @Max(480) minutes!: number
  @IsOptional() @Nested(() => ActivityMedia) media?: ActivityMedia | null
}

/** Output of `training.activities`. */
export class TrainingActivitiesOutput {
  @NestedList(() => LearningActivity, { max: 100 }) activities!: LearningActivity[]
  @IsInt() @Min(0) minutesTotal!: number
  @Nested(() => TrainingColours) colours!: TrainingColours
  @NestedList(() => TrainingFinding, { max: 50 }) findings!: TrainingFinding[]
}

contract('training.objectives.input.v1', TrainingObjectivesInput)
contract('training.objectives.output.v1', TrainingObjectivesOutput)
contract('training.design.input.v1', TrainingDesignInput)
contract('training.assessments.output.v1', TrainingAssessmentsOutput)
contract('training.activities.output.v1', TrainingActivitiesOutput)
