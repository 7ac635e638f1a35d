import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { BriefQuote, briefQuotesMax, BriefSource, briefSourcesMax } from './source.js'

/** The most sections that a brief has. */
export const briefSectionsMax = 12

export const sectionRoles = ['summary', 'findings', 'recommendations'] as const
/** What a section is for: the whole in short, what is, or what should be done. */
export type SectionRole = (typeof sectionRoles)[number]

/** A section that a template asks for. */
export class TemplateSection {
  @IsString() @Length(1, 120) heading!: string
  @IsIn(sectionRoles) role!: SectionRole
  /** What its quotes have to be about; without it, whatever fits its role. */
  @IsOptional() @IsString() @Length(1, 300) about?: string | null
}

/** The shape of a brief. */
export class BriefTemplate {
  @IsOptional() @IsString() @Length(1, 200) title?: string | null
  @NestedList(() => TemplateSection, { max: briefSectionsMax }) @ArrayMinSize(1) sections!: TemplateSection[]
}

/** A section of an outline, with the quotes that it rests on, by their positions in the list of quotes. */
export class OutlineSection {
  @IsString() @Length(1, 120) heading!: string
  @IsIn(sectionRoles) role!: SectionRole
  @IsArray()
  @ArrayMaxSize(briefQuotesMax)
  @IsInt({ each: true })
  @Min(0, { each: true })
  @Max(briefQuotesMax, { each: true })
  quotes!: number[]
}

export class BriefOutline {
  @IsString() @Length(1, 300) title!: string
  @NestedList(() => OutlineSection, { max: briefSectionsMax }) sections!: OutlineSection[]
}

/** Input of the outline. */
export class ResearchOutlineInput {
  @IsString() @Length(1, 500) topic!: string
  @NestedList(() => BriefSource, { max: briefSourcesMax }) sources!: BriefSource[]
  @NestedList(() => BriefQuote, { max: briefQuotesMax }) quotes!: BriefQuote[]
  @IsOptional() @Nested(() => BriefTemplate) template?: BriefTemplate | null
}

/** Output of the outline. */
export class ResearchOutlineOutput {
  @Nested(() => BriefOutline) outline!: BriefOutline
  /** Whether every section has something to rest on. */
  @IsBoolean() complete!: boolean
  /** What to search for where it does not. */
  @IsArray() @ArrayMaxSize(briefSectionsMax) @IsString({ each: true }) missing!: string[]
}

contract('research.outline.input.v1', ResearchOutlineInput)
contract('research.outline.output.v1', ResearchOutlineOutput)
