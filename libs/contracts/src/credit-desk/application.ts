import {
  ArrayMaxSize,
  IsArray,
  IsInt,
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

/**
 * The largest amount or balance, in units of the currency: its cents, and the cents of every balance that can be
 * reached from it, stay exact in a double.
 */
export const amountMax = 1e12

/** The most entries that a statement may have. */
export const statementEntriesMax = 20_000

/** A calendar day, optionally followed by a time that is ignored. */
export const calendarDayPattern = /^\d{4}-\d{2}-\d{2}(T.*)?$/

/** A loan that is asked for. */
export class Loan {
  /** What is lent, in units of `currency`. */
  @IsNumber() @IsPositive() @Max(amountMax) amount!: number
  /** ISO 4217. */
  @Matches(/^\s*[A-Za-z]{3}\s*$/) currency!: string
  @IsInt() @Min(1) @Max(600) durationMonths!: number
  /** What is paid back each month, in units of `currency`. */
  @IsNumber() @IsPositive() @Max(amountMax) monthlyPayment!: number
}

/** One entry of a bank statement. Entries of one day may come in any order. */
export class StatementEntry {
  @Matches(calendarDayPattern) @IsISO8601({ strict: true }) date!: string
  /** Signed: credits positive, debits negative. */
  @IsNumber() @Min(-amountMax) @Max(amountMax) amount!: number
  /** After this entry. */
  @IsNumber() @Min(-amountMax) @Max(amountMax) balance!: number
  /** How the money moved, in the bank's words; null where the bank recorded nothing. */
  @IsOptional() @IsString() @MaxLength(200) operation?: string | null
  /** What for, in the bank's words; null where the bank recorded nothing. */
  @IsOptional() @IsString() @MaxLength(200) purpose?: string | null
}

/** An identity document as the applicant gave it. */
export class IdentityDocument {
  /** `passport`, `id_card` or `visa`; other words are a finding. */
  @IsOptional() @IsString() @MaxLength(40) type?: string | null
  /** The lines of the machine-readable zone, ICAO 9303. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(3)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  mrz?: string[] | null
}

/** Who asks. Everything may be missing: that is a finding, never an error. */
export class Applicant {
  @IsOptional() @IsString() @MaxLength(300) fullName?: string | null
  @IsOptional() @IsString() @MaxLength(40) birthDate?: string | null
  @IsOptional() @IsString() @MaxLength(320) email?: string | null
  @IsOptional() @IsString() @MaxLength(60) phone?: string | null
  @IsOptional() @IsString() @MaxLength(600) address?: string | null
  @IsOptional() @IsString() @MaxLength(100) nationality?: string | null
  @IsOptional() @Nested(() => IdentityDocument) document?: IdentityDocument | null
  @IsOptional() @IsString() @MaxLength(300) deviceId?: string | null
  @IsOptional() @IsString() @MaxLength(60) ip?: string | null
}

/** The account that the statement belongs to. */
export class Account {
  @IsOptional() @IsString() @MaxLength(40) openedOn?: string | null
  @IsOptional() @IsString() @MaxLength(60) iban?: string | null
}

/** The credit desk's input as a client sends it: unknown members (such as a data set's outcome) are dropped. */
export class CreditApplication {
  @IsString() @Length(1, 200) applicationId!: string
  /** The day of the application. */
  @Matches(calendarDayPattern) @IsISO8601({ strict: true }) submittedOn!: string
  @IsOptional() @Nested(() => Applicant) applicant?: Applicant | null
  @IsOptional() @Nested(() => Account) account?: Account | null
  @Nested(() => Loan) loan!: Loan
  /** Oldest first by day; may be empty, which is a finding. */
  @NestedList(() => StatementEntry, { max: statementEntriesMax }) statement!: StatementEntry[]
}

contract('credit-desk.input.v1', CreditApplication)
