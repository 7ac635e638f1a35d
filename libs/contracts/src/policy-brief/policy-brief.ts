import { IsOptional, IsString, Length, MaxLength } from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { Quotation, StyleGuide } from './draft.js'
import { BriefTemplate } from './outline.js'
import { BriefConstraints, BriefQuote, briefQuotesMax, BriefSource, briefSourcesMax } from './source.js'

/** What a client asks for. */
export class PolicyBriefRequest {
  @IsString() @Length(1, 500) topic!: string
  @IsOptional() @Nested(() => BriefConstraints) constraints?: BriefConstraints | null
  @IsOptional() @Nested(() => BriefTemplate) template?: BriefTemplate | null
  @IsOptional() @Nested(() => StyleGuide) style_guide?: StyleGuide | null
  @IsOptional() @NestedList(() => Quotation, { max: 20 }) quotations?: Quotation[] | null
}

/** The same, where judging the topic is the workflow's own first state: an empty one is an answer, not an error. */
export class BriefRequest {
  @IsString() @MaxLength(500) topic!: string
  @IsOptional() @Nested(() => BriefConstraints) constraints?: BriefConstraints | null
  @IsOptional() @Nested(() => BriefTemplate) template?: BriefTemplate | null
  @IsOptional() @Nested(() => StyleGuide) style_guide?: StyleGuide | null
  @IsOptional() @NestedList(() => Quotation, { max: 20 }) quotations?: Quotation[] | null
}

/** The same for the state machine. */
export class BriefStateMachineInput extends BriefRequest {}

/** What the drafting phase is given by the research phase before it. */
export class DraftingPhaseInput {
  @IsString() @Length(1, 500) topic!: string
  @NestedList(() => BriefSource, { max: briefSourcesMax }) sources!: BriefSource[]
  @NestedList(() => BriefQuote, { max: briefQuotesMax }) quotes!: BriefQuote[]
  @IsOptional() @Nested(() => BriefTemplate) template?: BriefTemplate | null
  @IsOptional() @Nested(() => StyleGuide) style_guide?: StyleGuide | null
  @IsOptional() @NestedList(() => Quotation, { max: 20 }) quotations?: Quotation[] | null
  /** The run that found the sources. */
  @IsOptional() @IsString() @Length(1, 100) researchRunId?: string | null
}

contract('policy_brief_v1.input.v1', PolicyBriefRequest)
contract('brief_workflow.input.v1', BriefRequest)
contract('brief_state_machine.input.v1', BriefStateMachineInput)
contract('drafting_phase.input.v1', DraftingPhaseInput)
