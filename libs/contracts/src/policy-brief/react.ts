import { IsIn, IsInt, IsObject, IsOptional, IsString, Length, MaxLength, Min } from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'

/** The most messages of a conversation that travel. */
export const reactMessagesMax = 200

export const reactTools = ['search', 'extract', 'calculate'] as const
export type ReactTool = (typeof reactTools)[number]

/** A call that the reasoner wants made. */
export class ToolCall {
  @IsString() @Length(1, 60) id!: string
  @IsIn(reactTools) name!: ReactTool
  @IsObject() arguments!: Record<string, unknown>
}

/** A message of the conversation. A tool's result is JSON as text, and names the call that it answers. */
export class ReactMessage {
  @IsIn(['user', 'assistant', 'tool']) role!: 'user' | 'assistant' | 'tool'
  @IsString() @MaxLength(20_000) content!: string
  @IsOptional() @NestedList(() => ToolCall, { max: 10 }) tool_calls?: ToolCall[] | null
  @IsOptional() @IsString() @Length(1, 60) tool_call_id?: string | null
}

/** A question to the policies. */
export class ReactQuestion {
  @IsString() @Length(3, 2_000) question!: string
}

/** Input of the reasoner and of the tools: the conversation so far. */
export class ReactConversation {
  @NestedList(() => ReactMessage, { max: reactMessagesMax }) messages!: ReactMessage[]
}

/** Input of the reasoner. */
export class ResearchReasonInput extends ReactConversation {}
/** Input of the tools. */
export class ResearchActInput extends ReactConversation {}

/** Output of the reasoner: calls to make, or the answer. */
export class ResearchReasonOutput {
  @Nested(() => ReactMessage) message!: ReactMessage
  /** Null while calls are to be made. */
  @IsOptional() @IsString() @MaxLength(20_000) final_answer?: string | null
  /** What could be answered already. */
  @IsString() @MaxLength(20_000) answer_so_far!: string
}

/** Output of the tools: a message for each call of the last one. */
export class ResearchActOutput {
  @NestedList(() => ReactMessage, { max: 10 }) messages!: ReactMessage[]
  @IsInt() @Min(0) calls!: number
}

contract('react_agent.input.v1', ReactQuestion)
contract('research.reason.input.v1', ResearchReasonInput)
contract('research.reason.output.v1', ResearchReasonOutput)
contract('research.act.input.v1', ResearchActInput)
contract('research.act.output.v1', ResearchActOutput)
