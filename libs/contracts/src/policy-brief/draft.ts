import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { BriefOutline, briefSectionsMax, type SectionRole, sectionRoles } from './outline.js'
import { BriefQuote, briefQuotesMax, BriefSource, briefSourcesMax } from './source.js'

/** How a brief is to be written. */
export class StyleGuide {
  @IsOptional() @IsInt() @Min(0) @Max(20_000) wordsMin?: number | null
  @IsOptional() @IsInt() @Min(20) @Max(20_000) wordsMax?: number | null
  /** Headings that must be there. */
  @IsOptional() @IsArray() @ArrayMaxSize(20) @IsString({ each: true }) @Length(1, 120, { each: true }) sections?:
    string[] | null
  /** Words that must not occur, whatever their case. */
  @IsOptional() @IsArray() @ArrayMaxSize(50) @IsString({ each: true }) @Length(1, 60, { each: true }) forbidden?:
    string[] | null
}

/** Words that the client wants to see quoted. Taken as they are: whether they stand in the source, the audit finds. */
export class Quotation {
  @IsString() @Length(1, 100) sourceId!: string
  @IsString() @Length(1, 2_000) text!: string
  /** Whether it stays in the text even after an audit refused it. */
  @IsOptional() @IsBoolean() insist?: boolean | null
}

/** A sentence of a draft; `citation` is the number of the citation that it rests on. */
export class DraftSentence {
  @IsString() @Length(1, 3_000) text!: string
  @IsOptional() @IsInt() @Min(1) citation?: number | null
}

export class DraftSection {
  @IsString() @Length(1, 120) heading!: string
  @IsIn(sectionRoles) role!: SectionRole
  @NestedList(() => DraftSentence, { max: 200 }) sentences!: DraftSentence[]
}

/** What a number in brackets stands for. */
export class Citation {
  @IsInt() @Min(1) number!: number
  @IsString() @Length(1, 100) sourceId!: string
  @IsString() @Length(1, 2_000) quote!: string
}

export class BriefDraft {
  @IsString() @Length(1, 300) title!: string
  @IsInt() @Min(1) version!: number
  @NestedList(() => DraftSection, { max: briefSectionsMax }) sections!: DraftSection[]
  @NestedList(() => Citation, { max: 200 }) citations!: Citation[]
}

export const citationProblemCodes = [
  'SOURCE_UNKNOWN',
  'QUOTE_NOT_IN_SOURCE',
  'QUOTE_DIFFERS',
  'QUOTE_UNCITED',
  'NUMBER_UNDEFINED',
  'CITATION_UNUSED',
] as const
export type CitationProblemCode = (typeof citationProblemCodes)[number]

/** What is wrong with a citation; `number` is 0 where words are quoted without one. */
export class CitationProblem {
  @IsInt() @Min(0) number!: number
  @IsIn(citationProblemCodes) code!: CitationProblemCode
  /** What the source says instead, where it says something alike. */
  @IsOptional() @IsString() @Length(1, 2_000) instead?: string | null
}

export const complianceProblemCodes = [
  'TOO_SHORT',
  'TOO_LONG',
  'SECTION_MISSING',
  'SECTION_EMPTY',
  'WORD_FORBIDDEN',
] as const
export type ComplianceProblemCode = (typeof complianceProblemCodes)[number]

/** Where a draft breaks its style guide. */
export class ComplianceProblem {
  @IsIn(complianceProblemCodes) code!: ComplianceProblemCode
  /** The heading or the word in question; null where it is the length. */
  @IsOptional() @IsString() @Length(1, 120) about?: string | null
}

/** What the audit of a draft found. */
export class VerificationReport {
  @IsBoolean() passed!: boolean
  @IsInt() @Min(0) citationsChecked!: number
  @NestedList(() => CitationProblem, { max: 500 }) citations!: CitationProblem[]
  @NestedList(() => ComplianceProblem, { max: 200 }) compliance!: ComplianceProblem[]
  @IsInt() @Min(0) words!: number
}

/** Input of a draft: with a report, a revision that heeds it. */
export class ResearchDraftInput {
  @IsString() @Length(1, 500) topic!: string
  @Nested(() => BriefOutline) outline!: BriefOutline
  @NestedList(() => BriefSource, { max: briefSourcesMax }) sources!: BriefSource[]
  @NestedList(() => BriefQuote, { max: briefQuotesMax }) quotes!: BriefQuote[]
  @IsOptional() @Nested(() => StyleGuide) style_guide?: StyleGuide | null
  @IsOptional() @NestedList(() => Quotation, { max: 20 }) quotations?: Quotation[] | null
  /** The draft before and what the audit found in it. */
  @IsOptional() @Nested(() => BriefDraft) draft?: BriefDraft | null
  @IsOptional() @Nested(() => VerificationReport) verification_report?: VerificationReport | null
}

/** Output of a draft. */
export class ResearchDraftOutput {
  @Nested(() => BriefDraft) draft!: BriefDraft
  /** Headings that nothing could be written under. */
  @IsArray() @ArrayMaxSize(briefSectionsMax) @IsString({ each: true }) missing!: string[]
}

/** Input of the audit. */
export class ResearchVerifyInput {
  @Nested(() => BriefDraft) draft!: BriefDraft
  @IsOptional() @Nested(() => StyleGuide) style_guide?: StyleGuide | null
}

/** Output of the audit. */
export class ResearchVerifyOutput {
  @Nested(() => VerificationReport) verification_report!: VerificationReport
}

/** Input of the last step: a draft and what was found in it. */
export class ResearchFinalizeInput {
  @Nested(() => BriefDraft) draft!: BriefDraft
  @NestedList(() => BriefSource, { max: briefSourcesMax }) sources!: BriefSource[]
  @Nested(() => VerificationReport) verification_report!: VerificationReport
  @IsOptional() @Nested(() => StyleGuide) style_guide?: StyleGuide | null
}

/** A finished brief. */
export class FinalBrief {
  @IsString() @Length(1, 300) title!: string
  /** Markdown, sources at its end. */
  @IsString() @Length(1, 200_000) body!: string
  @IsInt() @Min(0) words!: number
  @NestedList(() => Citation, { max: 200 }) citations!: Citation[]
  /** What was changed because of the report, in words. */
  @IsArray() @ArrayMaxSize(700) @IsString({ each: true }) changes!: string[]
}

/** Output of the last step. */
export class ResearchFinalizeOutput {
  @Nested(() => FinalBrief) final_brief!: FinalBrief
}

contract('research.draft.input.v1', ResearchDraftInput)
contract('research.draft.output.v1', ResearchDraftOutput)
contract('research.verify.input.v1', ResearchVerifyInput)
contract('research.verify.output.v1', ResearchVerifyOutput)
contract('research.finalize.input.v1', ResearchFinalizeInput)
contract('research.finalize.output.v1', ResearchFinalizeOutput)
