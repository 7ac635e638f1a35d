import { IsIn, IsInt, IsISO8601, IsNumber, IsString, Length, Matches, Max, Min } from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { Nullable } from '../http/nullable.js'
import { calendarDayPattern, Loan, StatementEntry, statementEntriesMax } from './application.js'

/** Input of the income agent. */
export class IncomeInput {
  @Matches(calendarDayPattern) @IsISO8601({ strict: true }) submittedOn!: string
  @Nested(() => Loan) loan!: Loan
  @NestedList(() => StatementEntry, { max: statementEntriesMax }) statement!: StatementEntry[]
}

export const incomeVerdicts = ['sufficient', 'tight', 'insufficient', 'unknown'] as const
/** Whether what is left each month carries the payment: with a reserve, barely, not; `unknown` without enough statement. */
export type IncomeVerdict = (typeof incomeVerdicts)[number]

export const incomeRegularities = ['regular', 'irregular', 'none', 'unknown'] as const
/** How even the income of the months is; `none` when no money came in. */
export type IncomeRegularity = (typeof incomeRegularities)[number]

/** A finding that carried the verdict. */
export class IncomeReason {
  @Matches(/^[A-Z][A-Z0-9_]{1,59}$/) code!: string
  @IsString() @Length(1, 500) text!: string
}

/** One finding. */
export class IncomeFinding {
  @Matches(/^[A-Z][A-Z0-9_]{1,59}$/) code!: string
  @IsIn(['info', 'low', 'medium', 'high']) severity!: 'info' | 'low' | 'medium' | 'high'
  @IsString() @Length(1, 500) text!: string
}

/** Money that comes in by one way. */
export class IncomeSource {
  /** `bank_transfer` (salary, pension), `cash_deposit`, `interest` or `other`. */
  @IsIn(['bank_transfer', 'cash_deposit', 'interest', 'other']) kind!:
    'bank_transfer' | 'cash_deposit' | 'interest' | 'other'
  @IsNumber() @Min(0) perMonth!: number
  @IsInt() @Min(0) entries!: number
}

/** Money that has to be paid each month. */
export class IncomeObligation {
  @IsIn(['household', 'insurance', 'loan', 'leasing', 'standing_order']) kind!:
    'household' | 'insurance' | 'loan' | 'leasing' | 'standing_order'
  @IsNumber() @Min(0) perMonth!: number
  @IsInt() @Min(0) entries!: number
}

/** Money is in units of the loan's currency a month of 30 days; null: the statement does not tell. */
export class IncomeMetrics {
  /** Complete months before the application that were looked at. */
  @IsInt() @Min(0) @Max(12) monthsObserved!: number
  /** Median of the months where they are regular, else their mean. */
  @Nullable() @IsNumber() @Min(0) incomePerMonth!: number | null
  /** Standard deviation over mean of the months' income. */
  @Nullable() @IsNumber() @Min(0) incomeVariation!: number | null
  /** Share of the months that had income, 0 to 1. */
  @Nullable() @IsNumber() @Min(0) @Max(1) monthsWithIncome!: number | null
  @Nullable() @IsNumber() @Min(0) obligationsPerMonth!: number | null
  @Nullable() @IsNumber() @Min(0) livingCostsPerMonth!: number | null
  /** Income less obligations less living costs, before the new payment. */
  @Nullable() @IsNumber() disposablePerMonth!: number | null
  /** Disposable income less the new payment. */
  @Nullable() @IsNumber() bufferPerMonth!: number | null
  @Nullable() @IsNumber() @Min(0) paymentToIncome!: number | null
}

/** Output of the income agent. */
export class IncomeOutput {
  @IsIn(incomeVerdicts) verdict!: IncomeVerdict
  @IsIn(incomeRegularities) regularity!: IncomeRegularity
  @NestedList(() => IncomeReason, { max: 20 }) reasons!: IncomeReason[]
  @NestedList(() => IncomeFinding, { max: 20 }) findings!: IncomeFinding[]
  @NestedList(() => IncomeSource, { max: 10 }) sources!: IncomeSource[]
  @NestedList(() => IncomeObligation, { max: 10 }) obligations!: IncomeObligation[]
  @Nested(() => IncomeMetrics) metrics!: IncomeMetrics
}

contract('income.input.v1', IncomeInput)
contract('income.output.v1', IncomeOutput)
