import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'

const calendarDay = /^\d{4}-\d{2}-\d{2}$/

/** An identity document as the applicant gave it; the lines of its machine-readable zone, ICAO 9303. */
export class KycDocument {
  @IsOptional() @IsString() @MaxLength(40) type?: string | null
  @IsOptional() @IsArray() @ArrayMaxSize(3) @IsString({ each: true }) @MaxLength(100, { each: true }) mrz?:
    string[] | null
}

/** Who is checked. Whatever is missing becomes a finding, never an error. */
export class KycApplicant {
  @IsOptional() @IsString() @MaxLength(300) fullName?: string | null
  /** `YYYY-MM-DD`; anything else counts as not given and is a finding. */
  @IsOptional() @IsString() @MaxLength(40) birthDate?: string | null
  /** ISO 3166 code of two or three letters, or the country's English name. */
  @IsOptional() @IsString() @MaxLength(100) nationality?: string | null
  @IsOptional() @IsString() @MaxLength(600) address?: string | null
  @IsOptional() @Nested(() => KycDocument) document?: KycDocument | null
}

/** What the kyc agent is asked. */
export class KycInput {
  /** The day at which ages and expiry are computed. */
  @Matches(calendarDay) @IsISO8601({ strict: true }) submittedOn!: string
  @IsOptional() @Nested(() => KycApplicant) applicant?: KycApplicant | null
}

/** `hit`: a listed person; `refer`: a person has to look; `unverified`: identity not (fully) evidenced; `clear`. */
export const kycVerdicts = ['clear', 'hit', 'refer', 'unverified'] as const
export type KycVerdict = (typeof kycVerdicts)[number]

/** Why the verdict is `hit` or `refer`; empty for the others. */
export const kycReasonCodes = [
  'SANCTIONS_MATCH',
  'SANCTIONS_POSSIBLE_MATCH',
  'DOCUMENT_CHECK_DIGIT',
  'DOCUMENT_EXPIRED',
  'DOCUMENT_REVOKED',
  'DOCUMENT_NAME_MISMATCH',
  'DOCUMENT_BIRTH_DATE_MISMATCH',
  'UNDER_AGE',
  'OVER_AGE',
] as const
export type KycReasonCode = (typeof kycReasonCodes)[number]

export const findingSeverities = ['info', 'warn', 'block'] as const

/** One reason, without personal data. */
export class KycReason {
  @IsIn(kycReasonCodes) code!: KycReasonCode
  @IsString() @MaxLength(300) text!: string
}

/** Something noticed, without personal data. */
export class KycFinding {
  @Matches(/^[A-Z][A-Z0-9_]{2,60}$/) code!: string
  @IsIn(findingSeverities) severity!: (typeof findingSeverities)[number]
  @IsString() @MaxLength(300) text!: string
}

/** Outcome of the sanctions screening. */
export class KycScreening {
  /** False where there was no name to screen. */
  @IsBoolean() screened!: boolean
  /** Agreement of the best match that counts, 0 to 1. */
  @IsOptional() @IsNumber() @Min(0) @Max(1) score!: number | null
  /** Uid of the list's entry, such as `ofac:12345`; never a name. */
  @IsOptional() @Matches(/^[a-z]+:[0-9]+$/) listed!: string | null
  /** Listed people of a like name who are not the applicant, by their dates of birth. */
  @IsInt() @Min(0) clearedNamesakes!: number
}

/** Outcome of the document check. */
export class KycDocumentCheck {
  /** False where no document was given. */
  @IsBoolean() checked!: boolean
  /** Readable, all check digits right; null where not checked. */
  @IsOptional() @IsBoolean() valid!: boolean | null
  @IsOptional() @IsBoolean() expired!: boolean | null
  /** `passport`, `id_card`, `visa`, `other`. */
  @IsOptional() @IsString() @MaxLength(20) type!: string | null
}

/** What the kyc agent answers. */
export class KycOutput {
  @IsIn(kycVerdicts) verdict!: KycVerdict
  @NestedList(() => KycReason, { max: 20 }) reasons!: KycReason[]
  @NestedList(() => KycFinding, { max: 50 }) findings!: KycFinding[]
  @Nested(() => KycScreening) screening!: KycScreening
  @Nested(() => KycDocumentCheck) document!: KycDocumentCheck
  /** Full years on the day of the application; null where no birth date is known. */
  @IsOptional() @IsInt() @Min(0) @Max(150) ageYears!: number | null
}

contract('kyc.input.v1', KycInput)
contract('kyc.output.v1', KycOutput)
