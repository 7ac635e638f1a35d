import {
  ArrayMaxSize,
  IsArray,
  IsIn,
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
import { Loan } from './application.js'
import {
  IncomeOutput,
  incomeRegularities,
  incomeVerdicts,
  type IncomeRegularity,
  type IncomeVerdict,
} from './income.js'
import { CreditFeatures } from './intake.js'

/** Why, with a code that a letter can look up. */
export class RiskReason {
  @Matches(/^[A-Z][A-Z0-9_]{1,59}$/) code!: string
  @IsString() @Length(1, 500) text!: string
}

/** One finding. */
export class RiskFinding {
  @Matches(/^[A-Z][A-Z0-9_]{1,59}$/) code!: string
  @IsIn(['info', 'low', 'medium', 'high']) severity!: 'info' | 'low' | 'medium' | 'high'
  @IsString() @Length(1, 500) text!: string
}

/** Input of `risk.pd`. */
export class RiskPdInput {
  @Nested(() => CreditFeatures) features!: CreditFeatures
}

/** What one feature adds to the score. */
export class RiskContribution {
  @IsString() @Length(1, 60) feature!: string
  /** As the scorecard reads it (after its transformation); null when the statement does not tell. */
  @Nullable() @IsNumber() value!: number | null
  /** Against the average applicant; negative is worse. */
  @IsNumber() points!: number
}

export const riskEvidences = ['sufficient', 'thin', 'none'] as const
/** How much statement the probability rests on. */
export type RiskEvidence = (typeof riskEvidences)[number]

/** Output of `risk.pd`. */
export class RiskPdOutput {
  @IsString() @Length(1, 60) model!: string
  /** Probability of default, 0 to 1. */
  @IsNumber() @Min(0) @Max(1) pd!: number
  /** 300 (worst) to 850. */
  @IsNumber() @Min(300) @Max(850) score!: number
  @IsIn(riskEvidences) evidence!: RiskEvidence
  @NestedList(() => RiskContribution, { max: 10 }) contributions!: RiskContribution[]
  /** What lowered the score most, worst first. */
  @NestedList(() => RiskReason, { max: 10 }) reasons!: RiskReason[]
  @NestedList(() => RiskFinding, { max: 10 }) findings!: RiskFinding[]
}

/** Input of `risk.affordability`. */
export class RiskAffordabilityInput {
  @Nested(() => IncomeOutput) income!: IncomeOutput
  @Nested(() => Loan) loan!: Loan
}

export const affordabilityVerdicts = ['affordable', 'tight', 'unaffordable', 'unknown'] as const
/** Whether the payment can be carried: also under stress, only as things stand, not, or cannot be told. */
export type AffordabilityVerdict = (typeof affordabilityVerdicts)[number]

/** Output of `risk.affordability`. Money is in units of the loan's currency a month. */
export class RiskAffordabilityOutput {
  @IsIn(affordabilityVerdicts) verdict!: AffordabilityVerdict
  @Nullable() @IsNumber() @Min(0) paymentToIncome!: number | null
  /** Disposable income less the payment. */
  @Nullable() @IsNumber() buffer!: number | null
  /** The same when income falls by the stress. */
  @Nullable() @IsNumber() stressedBuffer!: number | null
  /** The share of income that the stress takes away, 0 to 1. */
  @IsNumber() @Min(0) @Max(1) stress!: number
  @NestedList(() => RiskReason, { max: 10 }) reasons!: RiskReason[]
  @NestedList(() => RiskFinding, { max: 10 }) findings!: RiskFinding[]
}

/** A reason of another agent, as far as the policy reads it. */
export class PolicyReason {
  @IsOptional() @IsString() @MaxLength(100) code?: string | null
  @IsOptional() @IsString() @MaxLength(1_000) text?: string | null
}

/** What the policy reads of the identity check: its verdict `hit` or `refer`, any other stops nothing. */
export class PolicyKyc {
  @IsString() @Length(1, 60) verdict!: string
  @IsOptional() @NestedList(() => PolicyReason, { max: 200 }) reasons?: PolicyReason[] | null
}

/** What the policy reads of the fraud check: its verdict `block` or `refer`, any other stops nothing. */
export class PolicyFraud {
  @IsString() @Length(1, 60) verdict!: string
  @IsOptional() @IsNumber() score?: number | null
  @IsOptional() @NestedList(() => PolicyReason, { max: 200 }) reasons?: PolicyReason[] | null
}

/** What the policy reads of the income. */
export class PolicyIncome {
  @IsIn(incomeVerdicts) verdict!: IncomeVerdict
  @IsIn(incomeRegularities) regularity!: IncomeRegularity
}

/** Input of `risk.policy`. A check that is null was not made (its branch of the workflow gave up): a person looks. */
export class RiskPolicyInput {
  @IsOptional() @Nested(() => PolicyKyc) kyc?: PolicyKyc | null
  @IsOptional() @Nested(() => PolicyFraud) fraud?: PolicyFraud | null
  @IsOptional() @Nested(() => PolicyIncome) income?: PolicyIncome | null
  @IsOptional() @Nested(() => RiskPdOutput) pd?: RiskPdOutput | null
  @IsOptional() @Nested(() => RiskAffordabilityOutput) affordability?: RiskAffordabilityOutput | null
  @Nested(() => Loan) loan!: Loan
}

export const policyOutcomes = ['approve', 'decline', 'refer'] as const
/** What the policy proposes; `refer` opens the gate. */
export type PolicyOutcome = (typeof policyOutcomes)[number]

/** Output of `risk.policy`. */
export class RiskPolicyOutput {
  @IsIn(policyOutcomes) outcome!: PolicyOutcome
  /** What decided, weightiest first. */
  @NestedList(() => RiskReason, { max: 50 }) reasons!: RiskReason[]
  @Nullable() @IsNumber() @Min(0) @Max(1) pd!: number | null
  @Nullable() @IsNumber() score!: number | null
  /** The scorecard that gave `pd`; null without one. */
  @Nullable() @IsString() @Length(1, 60) model!: string | null
  /** The rules that fired, in their order. */
  @IsArray() @ArrayMaxSize(50) @IsString({ each: true }) rules!: string[]
  /** The version of the rules and cut-offs. */
  @IsString() @Length(1, 60) policy!: string
}

contract('risk.pd.input.v1', RiskPdInput)
contract('risk.pd.output.v1', RiskPdOutput)
contract('risk.affordability.input.v1', RiskAffordabilityInput)
contract('risk.affordability.output.v1', RiskAffordabilityOutput)
contract('risk.policy.input.v1', RiskPolicyInput)
contract('risk.policy.output.v1', RiskPolicyOutput)
