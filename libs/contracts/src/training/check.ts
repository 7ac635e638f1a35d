import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { LearningObjective, TrainingActivitiesOutput, TrainingAssessmentsOutput } from './design.js'
import { Obligation, slugPattern, TrainingConstraints } from './request.js'
import { AccessibilityIssue, AlignmentGap } from './review.js'

/** Input of `training.alignment`. */
export class TrainingAlignmentInput {
  @NestedList(() => Obligation, { max: 100 }) obligations!: Obligation[]
  @NestedList(() => LearningObjective, { max: 100 }) objectives!: LearningObjective[]
  @Nested(() => TrainingConstraints) constraints!: TrainingConstraints
  @Nested(() => TrainingAssessmentsOutput) assessments!: TrainingAssessmentsOutput
  @Nested(() => TrainingActivitiesOutput) activities!: TrainingActivitiesOutput
}

/** One objective with what teaches and what tests it. */
export class AlignmentRow {
  @Matches(slugPattern) objectiveId!: string
  @IsArray() @ArrayMaxSize(100) @Matches(slugPattern, { each: true }) questionIds!: string[]
  @IsArray() @ArrayMaxSize(100) @Matches(slugPattern, { each: true }) activityIds!: string[]
  @IsBoolean() covered!: boolean
}

/** Output of `training.alignment`. */
export class TrainingAlignmentOutput {
  @IsIn(['aligned', 'gaps_found']) outcome!: 'aligned' | 'gaps_found'
  @NestedList(() => AlignmentRow, { max: 100 }) matrix!: AlignmentRow[]
  @NestedList(() => AlignmentGap, { max: 500 }) gaps!: AlignmentGap[]
}

/** Input of `training.accessibility`. */
export class TrainingAccessibilityInput {
  @Nested(() => TrainingConstraints) constraints!: TrainingConstraints
  @Nested(() => TrainingAssessmentsOutput) assessments!: TrainingAssessmentsOutput
  @Nested(() => TrainingActivitiesOutput) activities!: TrainingActivitiesOutput
}

/** Output of `training.accessibility`. */
export class TrainingAccessibilityOutput {
  @IsIn(['passed', 'issues_found']) outcome!: 'passed' | 'issues_found'
  /** Of the hardest text. */
  @IsNumber() readingGrade!: number
  @IsNumber() @Min(1) contrast!: number
  @NestedList(() => AccessibilityIssue, { max: 500 }) issues!: AccessibilityIssue[]
}

/** Input of `training.export`. */
export class TrainingExportInput {
  @Matches(slugPattern) programmeId!: string
  @IsString() @Length(1, 200) title!: string
  @NestedList(() => LearningObjective, { max: 100 }) objectives!: LearningObjective[]
  @Nested(() => TrainingAssessmentsOutput) assessments!: TrainingAssessmentsOutput
  @Nested(() => TrainingActivitiesOutput) activities!: TrainingActivitiesOutput
  /** What was still open when a person accepted the design nonetheless. */
  @IsOptional() @NestedList(() => AlignmentGap, { max: 500 }) openGaps?: AlignmentGap[] | null
  @IsOptional() @NestedList(() => AccessibilityIssue, { max: 500 }) openIssues?: AccessibilityIssue[] | null
}

/** A file of the package. */
export class PackageFile {
  @Matches(/^[a-z0-9][a-z0-9./-]{0,199}$/) path!: string
  @IsString() @Length(1, 100) mediaType!: string
  /** Of its UTF-8 bytes, in lower-case hexadecimal. */
  @Matches(/^[0-9a-f]{64}$/) sha256!: string
  @IsInt() @Min(0) bytes!: number
  @IsString() @MaxLength(200_000) content!: string
}

/** Output of `training.export`. */
export class TrainingExportOutput {
  /** `imsmanifest.xml`. */
  @IsString() @Length(1, 200_000) manifest!: string
  /** Of the manifest, which holds the checksums of every file. */
  @Matches(/^[0-9a-f]{64}$/) sha256!: string
  @NestedList(() => PackageFile, { max: 300 }) files!: PackageFile[]
}

contract('training.alignment.input.v1', TrainingAlignmentInput)
contract('training.alignment.output.v1', TrainingAlignmentOutput)
contract('training.accessibility.input.v1', TrainingAccessibilityInput)
contract('training.accessibility.output.v1', TrainingAccessibilityOutput)
contract('training.export.input.v1', TrainingExportInput)
contract('training.export.output.v1', TrainingExportOutput)
