import { IsIn, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator'
import { slugPattern } from './request.js'

export const gapKinds = [
  'NO_QUESTION',
  'NO_ACTIVITY',
  'UNKNOWN_OBJECTIVE',
  'WRONG_KEY',
  'TOO_MANY_QUESTIONS',
  'TOO_LONG',
] as const

/** What does not fit together in a design. */
export class AlignmentGap {
  @IsIn(gapKinds) kind!: (typeof gapKinds)[number]
  /** Null for a gap of the whole. */
  @IsOptional() @Matches(slugPattern) objectiveId?: string | null
  @IsString() @Length(1, 500) text!: string
}

export const accessibilityRules = ['READING_LEVEL', 'ALT_TEXT', 'CAPTIONS', 'CONTRAST'] as const

/** What keeps somebody from using a page. */
export class AccessibilityIssue {
  @IsIn(accessibilityRules) rule!: (typeof accessibilityRules)[number]
  /** A question's or an activity's id; null for the whole. */
  @IsOptional() @Matches(slugPattern) where?: string | null
  @IsString() @MaxLength(100) found!: string
  @IsString() @MaxLength(100) wanted!: string
}
