import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator'
import { contract, NestedList } from '../contract.js'
import { Citation } from './draft.js'
import { BriefQuote, briefQuotesMax, BriefSource, briefSourcesMax } from './source.js'

/** The most passages that an answer is made from. */
export const passagesMax = 12

/** A question to be answered from the policies. */
export class SequentialRagRequest {
  @IsString() @Length(1, 500) question!: string
}

/** A passage that an answer may rest on; answers name it by its number. */
export class RagPassage {
  @IsInt() @Min(1) @Max(passagesMax) number!: number
  @IsString() @Length(1, 100) sourceId!: string
  @IsString() @Length(1, 300) title!: string
  @IsString() @Length(1, 2_000) text!: string
}

/** Input of the second step: a question and what was retrieved for it. */
export class ResearchAugmentInput {
  @IsString() @Length(1, 500) question!: string
  @NestedList(() => BriefSource, { max: briefSourcesMax }) sources!: BriefSource[]
  @NestedList(() => BriefQuote, { max: briefQuotesMax }) @ArrayMinSize(1) quotes!: BriefQuote[]
}

/** Output of the second step: the passages, best first, and the question put with them. */
export class ResearchAugmentOutput {
  @NestedList(() => RagPassage, { max: passagesMax }) @ArrayMinSize(1) passages!: RagPassage[]
  @IsString() @Length(1, 40_000) prompt!: string
}

/** Input of the third step. */
export class ResearchGenerateInput extends ResearchAugmentOutput {
  @IsString() @Length(1, 500) question!: string
}

/** Output of the third step: an answer whose sentences name the passages that they rest on. */
export class ResearchGenerateOutput {
  @IsString() @Length(1, 20_000) answer!: string
  @NestedList(() => Citation, { max: passagesMax }) citations!: Citation[]
}

/** Input of the last step. */
export class ResearchValidateInput extends ResearchGenerateOutput {
  @NestedList(() => RagPassage, { max: passagesMax }) passages!: RagPassage[]
}

export const ragProblemCodes = ['UNCITED', 'PASSAGE_UNKNOWN', 'QUOTE_NOT_IN_PASSAGE', 'NUMBER_NOT_IN_PASSAGE'] as const

/** Output of the last step: whether all of the answer stands in its passages, and what does not. */
export class ResearchValidateOutput {
  @IsBoolean() grounded!: boolean
  @IsArray() @ArrayMaxSize(200) @IsIn(ragProblemCodes, { each: true }) problems!: (typeof ragProblemCodes)[number][]
}

contract('sequential_rag.input.v1', SequentialRagRequest)
contract('research.augment.input.v1', ResearchAugmentInput)
contract('research.augment.output.v1', ResearchAugmentOutput)
contract('research.generate.input.v1', ResearchGenerateInput)
contract('research.generate.output.v1', ResearchGenerateOutput)
contract('research.validate.input.v1', ResearchValidateInput)
contract('research.validate.output.v1', ResearchValidateOutput)
