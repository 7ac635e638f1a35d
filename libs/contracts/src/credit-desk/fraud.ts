import {
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { Nullable } from '../http/nullable.js'
import { Account, Applicant, calendarDayPattern, Loan, StatementEntry, statementEntriesMax } from './application.js'

/** A day on which the statement's balances do not follow from its entries. */
export class FraudStatementBreak {
  @IsOptional() @IsString() @MaxLength(40) date?: string | null
  @IsOptional() @IsString() @MaxLength(60) code?: string | null
  /** Balance found less balance expected, in units of the currency. */
  @IsOptional() @IsNumber() difference?: number | null
}

/** What intake found when it checked the statement's arithmetic, per day. */
export class FraudStatementCheck {
  @IsBoolean() ok!: boolean
  /** All breaks, of which `breaks` lists the first. */
  @IsOptional() @IsInt() @Min(0) breaksTotal?: number | null
  @IsOptional() @NestedList(() => FraudStatementBreak, { max: statementEntriesMax }) breaks?:
    FraudStatementBreak[] | null
}

/** Input of the fraud agent: the application, and intake's check of its statement where there is one. */
export class FraudInput {
  @IsString() @Length(1, 200) applicationId!: string
  @Matches(calendarDayPattern) @IsISO8601({ strict: true }) submittedOn!: string
  @IsOptional() @Nested(() => Applicant) applicant?: Applicant | null
  @IsOptional() @Nested(() => Account) account?: Account | null
  @Nested(() => Loan) loan!: Loan
  @NestedList(() => StatementEntry, { max: statementEntriesMax }) statement!: StatementEntry[]
  @IsOptional() @Nested(() => FraudStatementCheck) statementCheck?: FraudStatementCheck | null
}

export const fraudVerdicts = ['clear', 'suspicious', 'refer', 'block'] as const
/** `clear`, `suspicious` (noted, no reason to stop), `refer` (a person looks), `block` (not to be granted). */
export type FraudVerdict = (typeof fraudVerdicts)[number]

export const fraudSeverities = ['info', 'low', 'medium', 'high', 'critical'] as const
/** How much a finding weighs; `info` weighs nothing. */
export type FraudSeverity = (typeof fraudSeverities)[number]

/** One finding. `text` holds counts, dates and amounts, never the personal data it is about. */
export class FraudFinding {
  @Matches(/^[A-Z][A-Z0-9_]{1,59}$/) code!: string
  @IsIn(fraudSeverities) severity!: FraudSeverity
  @IsString() @Length(1, 500) text!: string
}

/** A finding that carried the verdict. */
export class FraudReason {
  @Matches(/^[A-Z][A-Z0-9_]{1,59}$/) code!: string
  @IsString() @Length(1, 500) text!: string
}

/** How many other applications showed the same identifier; null where the application has none. */
export class FraudVelocity {
  @Nullable() @IsInt() @Min(0) device!: number | null
  @Nullable() @IsInt() @Min(0) email!: number | null
  @Nullable() @IsInt() @Min(0) phone!: number | null
  @Nullable() @IsInt() @Min(0) iban!: number | null
}

/** Whether an IBAN was given, and whether its country, length and check digits fit; null when none was given. */
export class FraudIban {
  @IsBoolean() checked!: boolean
  @Nullable() @IsBoolean() valid!: boolean | null
}

/** Credits shortly before the application against the applicant's own history; null where there is too little of it. */
export class FraudInflow {
  /** Credits of the last 30 days, in units of the currency. */
  @Nullable() @IsNumber() recent!: number | null
  /** The largest sum of credits in any earlier 30 days. */
  @Nullable() @IsNumber() priorMax!: number | null
  @Nullable() @IsNumber() ratio!: number | null
}

/** Output of the fraud agent. */
export class FraudOutput {
  @IsIn(fraudVerdicts) verdict!: FraudVerdict
  /** 0 (nothing found) to 1. */
  @IsNumber() @Min(0) @Max(1) score!: number
  @NestedList(() => FraudReason, { max: 100 }) reasons!: FraudReason[]
  @NestedList(() => FraudFinding, { max: 100 }) findings!: FraudFinding[]
  @Nested(() => FraudVelocity) velocity!: FraudVelocity
  @Nested(() => FraudIban) iban!: FraudIban
  @Nested(() => FraudInflow) inflow!: FraudInflow
}

contract('fraud.input.v1', FraudInput)
contract('fraud.output.v1', FraudOutput)
