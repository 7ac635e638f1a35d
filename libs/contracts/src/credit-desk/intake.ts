import { IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsString, Length, Matches, Max, Min } from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { Nullable } from '../http/nullable.js'
import { CreditApplication } from './application.js'

export const intakeSeverities = ['info', 'low', 'medium', 'high'] as const
/** How much a finding weighs; `info` weighs nothing. */
export type IntakeSeverity = (typeof intakeSeverities)[number]

/** One finding. `text` names members and counts, never the personal data it is about. */
export class IntakeFinding {
  @Matches(/^[A-Z][A-Z0-9_]{1,59}$/) code!: string
  @IsIn(intakeSeverities) severity!: IntakeSeverity
  @IsString() @Length(1, 500) text!: string
}

/** Input of `intake.parse`: the application as the client sent it. */
export class IntakeParseInput extends CreditApplication {}

export const statementBreakCodes = ['BALANCE_GAP', 'DAY_INCONSISTENT'] as const
/**
 * `BALANCE_GAP`: the day begins from another balance than the day before ended with. `DAY_INCONSISTENT`: no order of
 * the day's entries gives its balances.
 */
export type StatementBreakCode = (typeof statementBreakCodes)[number]

/** A day on which the statement's balances do not follow from its entries. */
export class StatementBreak {
  @IsString() @Length(10, 10) date!: string
  @IsIn(statementBreakCodes) code!: StatementBreakCode
  /** Balance found less balance expected, in units of the currency; null within an inconsistent day. */
  @Nullable() @IsNumber() difference!: number | null
}

/** The most breaks that are listed; `breaksTotal` counts all. */
export const statementBreaksMax = 100

/** What the check of the statement's arithmetic found. */
export class StatementCheck {
  /** Whether every day follows from the day before; true for an empty statement, of which nothing is wrong. */
  @IsBoolean() ok!: boolean
  @IsInt() @Min(0) daysChecked!: number
  @IsInt() @Min(0) entriesChecked!: number
  /** How far a balance may be off because the bank rounds amounts and balances by themselves, in units of the currency. */
  @IsNumber() @Min(0) @Max(1) tolerance!: number
  @Nullable() @IsNumber() openingBalance!: number | null
  @Nullable() @IsNumber() closingBalance!: number | null
  @IsInt() @Min(0) breaksTotal!: number
  @NestedList(() => StatementBreak, { max: statementBreaksMax }) breaks!: StatementBreak[]
}

/** Output of `intake.parse`. */
export class IntakeParseOutput {
  /** The application in one spelling: members that are absent or unreadable are null, the statement is by day. */
  @Nested(() => CreditApplication) application!: CreditApplication
  @IsArray() @NestedList(() => IntakeFinding, { max: 100 }) findings!: IntakeFinding[]
  @Nested(() => StatementCheck) statementCheck!: StatementCheck
}

/** Input of `intake.extract`. */
export class IntakeExtractInput {
  @Nested(() => CreditApplication) application!: CreditApplication
}

/**
 * What the statement and the loan say in numbers. Money is in units of the loan's currency, a month is 30 days, a
 * window of N days ends on the day before the application. Null: the statement does not tell.
 * Nothing about the person (sex, age, nationality, district) is a feature.
 */
export class CreditFeatures {
  @Matches(/^[A-Z]{3}$/) currency!: string
  /** Days from the first entry to the application. */
  @IsInt() @Min(0) statementDays!: number
  @IsInt() @Min(0) statementEntries!: number
  @IsBoolean() statementConsistent!: boolean
  @Nullable() @IsNumber() closingBalance!: number | null
  @Nullable() @IsNumber() meanBalance90!: number | null
  @Nullable() @IsNumber() meanBalance365!: number | null
  @Nullable() @IsNumber() lowestBalance90!: number | null
  @Nullable() @IsNumber() lowestBalance365!: number | null
  /** The balance that was undercut on one day in ten of the last 365. */
  @Nullable() @IsNumber() lowDecileBalance365!: number | null
  /** Standard deviation of the end-of-day balance over its mean; 10 where that mean is not positive. */
  @Nullable() @IsNumber() @Min(0) @Max(10) balanceVariation90!: number | null
  @Nullable() @IsNumber() @Min(0) @Max(10) balanceVariation180!: number | null
  @Nullable() @IsNumber() @Min(0) @Max(10) balanceVariation365!: number | null
  /** 1 when any balance of the statement was below zero or interest was charged for that, else 0. */
  @Nullable() @IsIn([0, 1]) negativeBalance!: 0 | 1 | null
  @IsInt() @Min(0) negativeBalanceDays!: number
  @IsInt() @Min(0) sanctionInterestCount!: number
  /** All credits but interest and the first deposit, a month. */
  @Nullable() @IsNumber() @Min(0) creditsPerMonth!: number | null
  @Nullable() @IsNumber() @Min(0) debitsPerMonth!: number | null
  /** Ratios, all without unit. */
  @Nullable() @IsNumber() lowestBalance90ToPayment!: number | null
  @Nullable() @IsNumber() lowestBalance365ToPayment!: number | null
  @Nullable() @IsNumber() lowDecileBalanceToPayment!: number | null
  @Nullable() @IsNumber() closingBalanceToPayment!: number | null
  @Nullable() @IsNumber() netFlowToPayment!: number | null
  /** 10 where there is no income. */
  @Nullable() @IsNumber() @Min(0) @Max(10) paymentToIncome!: number | null
  /** Loan over the mean balance of 365 days; 1,000 where that mean is not positive. */
  @Nullable() @IsNumber() @Min(0) @Max(1_000) amountToBalance!: number | null
}

/** Output of `intake.extract`. */
export class IntakeExtractOutput {
  @Nested(() => CreditFeatures) features!: CreditFeatures
}

contract('intake.parse.input.v1', IntakeParseInput)
contract('intake.parse.output.v1', IntakeParseOutput)
contract('intake.extract.input.v1', IntakeExtractInput)
contract('intake.extract.output.v1', IntakeExtractOutput)
