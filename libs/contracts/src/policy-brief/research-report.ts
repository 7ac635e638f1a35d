import { ArrayMinSize, IsInt, IsString, Length, Matches, Min, IsOptional } from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { BriefConstraints, BriefSource, briefSourcesMax, ResearchWorkOutput } from './source.js'

/** A mailbox, as far as a report can be sent there: one `@`, no spaces, no header lines. */
const mailbox = /^[^\s@<>,;:]{1,64}@[^\s@<>,;:]{1,190}$/

/** What a client asks for: a report on a topic, sent to somebody. */
export class ResearchReportRequest {
  @IsString() @Length(1, 500) topic!: string
  @IsString() @Length(3, 255) @Matches(mailbox) addressee!: string
  @IsOptional() @Nested(() => BriefConstraints) constraints?: BriefConstraints | null
}

/** A report in Markdown, with the sources that it names by number. */
export class ResearchReport {
  @IsString() @Length(1, 600) title!: string
  @IsString() @Length(1, 200_000) body!: string
  @IsInt() @Min(0) quotes!: number
  @NestedList(() => BriefSource, { max: briefSourcesMax }) sources!: BriefSource[]
}

/** Input of the synthesis: what was found about each part of the topic. */
export class ResearchSynthesizeInput {
  @IsString() @Length(1, 500) topic!: string
  @NestedList(() => ResearchWorkOutput, { max: briefSourcesMax }) @ArrayMinSize(1) found!: ResearchWorkOutput[]
}

/** Output of the synthesis. */
export class ResearchSynthesizeOutput {
  @Nested(() => ResearchReport) report!: ResearchReport
}

/** Input of the sending. */
export class ResearchSendInput {
  @Nested(() => ResearchReport) report!: ResearchReport
  @IsString() @Length(3, 255) @Matches(mailbox) addressee!: string
}

/** What the mail service answered. */
export class ReportReceipt {
  @IsString() @Length(1, 100) messageId!: string
}

/** Output of the sending. */
export class ResearchSendOutput {
  @Nested(() => ReportReceipt) receipt!: ReportReceipt
}

contract('research_report.input.v1', ResearchReportRequest)
contract('research.synthesize.input.v1', ResearchSynthesizeInput)
contract('research.synthesize.output.v1', ResearchSynthesizeOutput)
contract('research.send.input.v1', ResearchSendInput)
contract('research.send.output.v1', ResearchSendOutput)
