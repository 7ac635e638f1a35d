import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsISO8601,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'

/** The most sources that a brief draws on. */
export const briefSourcesMax = 20
/** The most quotes that a brief draws on. */
export const briefQuotesMax = 80

/** What a search keeps to. */
export class BriefConstraints {
  /** At most so many sources. */
  @IsOptional() @IsInt() @Min(1) @Max(briefSourcesMax) sourcesMax?: number | null
  /** Fewer are too few. */
  @IsOptional() @IsInt() @Min(0) @Max(briefSourcesMax) sourcesMin?: number | null
  /** First and last day of issue that count. */
  @IsOptional() @IsISO8601({ strict: true }) issuedSince?: string | null
  @IsOptional() @IsISO8601({ strict: true }) issuedUntil?: string | null
}

/** A document that a brief draws on. */
export class BriefSource {
  @IsString() @Length(1, 100) id!: string
  @IsString() @Length(1, 300) title!: string
  @IsString() @Length(1, 200) issuer!: string
  @IsISO8601({ strict: true }) issuedOn!: string
  /** How well it fits what was asked; BM25, comparable within one search. */
  @IsNumber() @Min(0) score!: number
}

/** Words of a source, with their place in its text: offsets of the first character and of the one after the last. */
export class BriefQuote {
  @IsString() @Length(1, 100) sourceId!: string
  @IsString() @Length(1, 2_000) text!: string
  @IsInt() @Min(0) start!: number
  @IsInt() @Min(0) end!: number
  /** How well it fits; comparable within one search. */
  @IsNumber() @Min(0) score!: number
}

/** Input of a search: what for, what beside it, and within what. */
export class ResearchExtractInput {
  @IsString() @Length(1, 500) topic!: string
  @IsOptional() @Nested(() => BriefConstraints) constraints?: BriefConstraints | null
  /** Further words to search for, each with the topic: what an outline or a draft found missing. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @Length(1, 300, { each: true })
  also?: string[] | null
}

/** Output of a search: what was found, best first. */
export class ResearchExtractOutput {
  @NestedList(() => BriefSource, { max: briefSourcesMax }) sources!: BriefSource[]
  @NestedList(() => BriefQuote, { max: briefQuotesMax }) quotes!: BriefQuote[]
  /** How many sources would have been enough; see `constraints`. */
  @IsInt() @Min(0) @Max(briefSourcesMax) sourcesMin!: number
}

/** What one worker does: read one source. */
export class ResearchTask {
  @IsString() @Length(1, 100) sourceId!: string
  /** What to look for in it. */
  @IsString() @Length(1, 5_000) query!: string
  @IsNumber() @Min(0) score!: number
}

/** Input of the supervisor's plan. */
export class ResearchPlanInput extends ResearchExtractInput {}

/** Output of the supervisor's plan: a task for each source worth reading. */
export class ResearchPlanOutput {
  @NestedList(() => ResearchTask, { max: briefSourcesMax }) tasks!: ResearchTask[]
  @IsInt() @Min(0) @Max(briefSourcesMax) sourcesMin!: number
}

/** Input of a worker. */
export class ResearchWorkInput {
  @Nested(() => ResearchTask) task!: ResearchTask
}

/** Output of a worker. */
export class ResearchWorkOutput {
  @Nested(() => BriefSource) source!: BriefSource
  @NestedList(() => BriefQuote, { max: 10 }) quotes!: BriefQuote[]
}

/** Input of the supervisor's review: what the workers that came back brought. */
export class ResearchGatherInput {
  @NestedList(() => ResearchWorkOutput, { max: briefSourcesMax }) found!: ResearchWorkOutput[]
  @IsInt() @Min(0) @Max(briefSourcesMax) sourcesMin!: number
}

/** Output of the supervisor's review. */
export class ResearchGatherOutput extends ResearchExtractOutput {
  @IsBoolean() enough!: boolean
}

contract('research.plan.input.v1', ResearchPlanInput)
contract('research.plan.output.v1', ResearchPlanOutput)
contract('research.work.input.v1', ResearchWorkInput)
contract('research.work.output.v1', ResearchWorkOutput)
contract('research.gather.input.v1', ResearchGatherInput)
contract('research.gather.output.v1', ResearchGatherOutput)
contract('research.extract.input.v1', ResearchExtractInput)
contract('research.extract.output.v1', ResearchExtractOutput)
