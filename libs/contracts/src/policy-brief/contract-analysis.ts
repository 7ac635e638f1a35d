import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  MaxLength,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'

/** The most clauses of a contract. */
export const clausesMax = 300

/** A contract to be read. */
export class ContractAnalysisRequest {
  @IsString() @Length(1, 200) contractId!: string
  @IsString() @Length(1, 200_000) text!: string
}

/** A numbered part of a contract, with the place of its text. */
export class ContractClause {
  @IsString() @Length(1, 20) number!: string
  @IsString() @MaxLength(300) heading!: string
  @IsString() @MaxLength(50_000) text!: string
  @IsInt() @Min(0) start!: number
  @IsInt() @Min(0) end!: number
}

/** What a contract says, where it says it; null: it says nothing. */
export class ContractFacts {
  @IsArray() @ArrayMaxSize(10) @IsString({ each: true }) parties!: string[]
  /** The largest sum named beside liability, in marks. */
  @IsOptional() @IsNumber() value?: number | null
  @IsOptional() @IsNumber() liability?: number | null
  @IsOptional() @IsInt() noticeDays?: number | null
  @IsOptional() @IsInt() paymentDays?: number | null
  @IsOptional() @IsInt() renewalMonths?: number | null
  @IsOptional() @IsString() @MaxLength(200) law?: string | null
  @IsBoolean() personalData!: boolean
}

export const contractFindingCodes = [
  'LIABILITY_TOO_LOW',
  'LIABILITY_MISSING',
  'NOTICE_TOO_LONG',
  'NOTICE_MISSING',
  'RENEWS_ITSELF',
  'LAW_MISSING',
  'LAW_FOREIGN',
  'PAYMENT_TOO_SLOW',
  'PERSONAL_DATA_UNPROTECTED',
] as const
export type ContractFindingCode = (typeof contractFindingCodes)[number]

/** Where a contract departs from the city's rules of procurement. */
export class ContractFinding {
  @IsIn(contractFindingCodes) code!: ContractFindingCode
  @IsIn(['low', 'medium', 'high']) severity!: 'low' | 'medium' | 'high'
  /** The clause in question; null where something is missing. */
  @IsOptional() @IsString() @Length(1, 20) clause?: string | null
  @IsString() @Length(1, 1_000) text!: string
}

export class ContractsSplitInput {
  @IsString() @Length(1, 200_000) text!: string
}
export class ContractsSplitOutput {
  @NestedList(() => ContractClause, { max: clausesMax }) clauses!: ContractClause[]
  /** What stands before the first clause. */
  @IsString() @MaxLength(50_000) preamble!: string
}
export class ContractsExtractInput extends ContractsSplitOutput {}
export class ContractsExtractOutput {
  @Nested(() => ContractFacts) facts!: ContractFacts
}
export class ContractsRiskAssessInput {
  @NestedList(() => ContractClause, { max: clausesMax }) clauses!: ContractClause[]
  @Nested(() => ContractFacts) facts!: ContractFacts
}
export class ContractsRiskAssessOutput {
  @NestedList(() => ContractFinding, { max: 50 }) findings!: ContractFinding[]
  @IsIn(['low', 'medium', 'high']) level!: 'low' | 'medium' | 'high'
}
export class ContractsReportInput extends ContractsRiskAssessOutput {
  @IsString() @Length(1, 200) contractId!: string
  @Nested(() => ContractFacts) facts!: ContractFacts
}
export class ContractsReportOutput {
  /** Markdown. */
  @IsString() @Length(1, 100_000) report!: string
}

contract('contract_analysis.input.v1', ContractAnalysisRequest)
contract('contracts.split.input.v1', ContractsSplitInput)
contract('contracts.split.output.v1', ContractsSplitOutput)
contract('contracts.extract.input.v1', ContractsExtractInput)
contract('contracts.extract.output.v1', ContractsExtractOutput)
contract('contracts-risk.assess.input.v1', ContractsRiskAssessInput)
contract('contracts-risk.assess.output.v1', ContractsRiskAssessOutput)
contract('contracts.report.input.v1', ContractsReportInput)
contract('contracts.report.output.v1', ContractsReportOutput)
