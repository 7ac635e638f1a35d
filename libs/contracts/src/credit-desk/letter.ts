import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsISO8601,
  IsNumber,
  IsOptional,
  IsPositive,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { amountMax, calendarDayPattern, Loan } from './application.js'

export const letterDecisions = ['approve', 'decline', 'refer'] as const
/** What the letter tells: granted, refused, or still with a person. */
export type LetterDecision = (typeof letterDecisions)[number]

/** Why, as the credit desk's result has it. */
export class LetterReason {
  @IsString() @Length(1, 100) code!: string
  /** Used where the letter's catalogue does not know the code. */
  @IsOptional() @IsString() @MaxLength(1_000) text?: string | null
}

/** To whom. */
export class LetterAddressee {
  @IsOptional() @IsString() @MaxLength(300) fullName?: string | null
}

/** Input of the decision letter. */
export class LetterInput {
  @IsString() @Length(1, 200) applicationId!: string
  @Matches(calendarDayPattern) @IsISO8601({ strict: true }) submittedOn!: string
  @IsIn(letterDecisions) decision!: LetterDecision
  @NestedList(() => LetterReason, { max: 200 }) reasons!: LetterReason[]
  /** Probability of default, 0 to 1. Never printed: the letter names reasons, not internals. */
  @IsOptional() @IsNumber() @Min(0) @Max(1) pd?: number | null
  @IsOptional() @IsNumber() score?: number | null
  /** `policy`, `timeout`, or the principal of the person who decided. */
  @IsString() @Length(1, 300) decidedBy!: string
  @Nested(() => Loan) loan!: Loan
  /** The amount that was granted where a person changed it, in units of the loan's currency. */
  @IsOptional() @IsNumber() @IsPositive() @Max(amountMax) adjustedAmount?: number | null
  @IsOptional() @Nested(() => LetterAddressee) applicant?: LetterAddressee | null
}

/** A document. */
export class LetterDocument {
  @IsIn(['text/markdown']) mediaType!: 'text/markdown'
  @IsString() @Length(1, 20_000) body!: string
}

/** Output of the decision letter. */
export class LetterOutput {
  @Nested(() => LetterDocument) letter!: LetterDocument
  @IsIn(letterDecisions) decision!: LetterDecision
  /** Codes of the reasons that the letter names, in its order; empty unless it declines. */
  @IsArray() @ArrayMaxSize(4) @IsString({ each: true }) reasonCodes!: string[]
}

contract('letter.write.input.v1', LetterInput)
contract('letter.write.output.v1', LetterOutput)
