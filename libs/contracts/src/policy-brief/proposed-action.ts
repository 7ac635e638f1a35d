import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsISO8601, IsString, Length } from 'class-validator'
import { contract, Nested } from '../contract.js'

/** What a client asks for: see to a policy whose duties may be open. */
export class ActionRequest {
  @IsString() @Length(1, 100) policyId!: string
  /** The day as of which duties are looked at. */
  @IsISO8601({ strict: true }) asOf!: string
}

/** An action that has consequences outside: a public notice to the office that issued a policy. */
export class ProposedAction {
  @IsIn(['publish_notice']) kind!: 'publish_notice'
  @IsString() @Length(1, 100) policyId!: string
  @IsString() @Length(1, 200) addressee!: string
  @IsString() @Length(1, 5_000) text!: string
  /** What the policy asks for, in its words. */
  @IsArray() @ArrayMaxSize(50) @IsString({ each: true }) duties!: string[]
}

/** Input of the proposal. */
export class ResearchProposeInput extends ActionRequest {}

/** Output of the proposal. */
export class ResearchProposeOutput {
  /** Whether there is anything to do. */
  @IsBoolean() due!: boolean
  @Nested(() => ProposedAction) proposed_action!: ProposedAction
  @IsString() @Length(1, 5_000) agent_reasoning!: string
}

/** Input of the execution: what was approved, and by whom. */
export class ResearchExecuteInput {
  @Nested(() => ProposedAction) proposed_action!: ProposedAction
  @IsString() @Length(1, 300) approvedBy!: string
}

/** What the notice board answered. */
export class NoticeReceipt {
  @IsString() @Length(1, 100) receiptId!: string
  @IsString() @Length(1, 200) addressee!: string
}

/** Output of the execution. */
export class ResearchExecuteOutput {
  @Nested(() => NoticeReceipt) receipt!: NoticeReceipt
}

contract('approve_then_act.input.v1', ActionRequest)
contract('research.propose.input.v1', ResearchProposeInput)
contract('research.propose.output.v1', ResearchProposeOutput)
contract('research.execute.input.v1', ResearchExecuteInput)
contract('research.execute.output.v1', ResearchExecuteOutput)
