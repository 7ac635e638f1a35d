import {
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  Validate,
  IsInt,
  Max,
  Min,
} from 'class-validator'
import { ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator'
import { contract } from '../contract.js'

/** A checkpoint's number, or its label. */
@ValidatorConstraint({ name: 'isCheckpoint' })
export class IsCheckpoint implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value === 'string') return value.length >= 1 && value.length <= 256
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
  }
  defaultMessage(): string {
    return 'checkpoint must be the number or the label of a checkpoint'
  }
}

/** Body of `POST /runs/{id}/hitl`. */
export class DecideGate {
  /** The state's name, or the gate's id; absent: the only open gate. */
  @IsOptional() @IsString() @Length(1, 256) gate?: string | null
  @IsString() @Length(1, 64) decision!: string
  @IsOptional() @IsObject() values?: Record<string, unknown> | null
  @IsOptional() @IsString() @MaxLength(2_000) comment?: string | null
  /** Hash of what the decider saw; absent: binds to what is shown now. */
  @IsOptional() @Matches(/^[0-9a-f]{64}$/) shownHash?: string | null
}
contract('http.decide-gate.v1', DecideGate)

/**
 * How a run is resumed: from where it stopped or the checkpoint that is named. `rollback` insists on a checkpoint, and
 * undoes first what was done since. `compensate` undoes all that was done and can be undone; the run stays failed. `abandon`
 * gives it up, `escalate` puts it before a person.
 */
export const resumeModes = ['resume', 'rollback', 'compensate', 'abandon', 'escalate'] as const

/** Body of `POST /runs/{id}/resume`; may be absent. */
export class ResumeRun {
  @IsOptional() @Validate(IsCheckpoint) checkpoint?: number | string | null
  @IsOptional() @IsIn(resumeModes) mode?: (typeof resumeModes)[number] | null
  /** Asks what would be done instead of doing it. */
  @IsOptional() @IsBoolean() plan?: boolean | null
}
contract('http.resume-run.v1', ResumeRun)

/** Body of `POST /runs/{id}/fork`; may be absent. */
export class ForkRun {
  /** Where the new run begins; absent: at the start. */
  @IsOptional() @Validate(IsCheckpoint) checkpoint?: number | string | null
  /** The new run's whole input; absent: the other run's. The workflow's own contract validates it. */
  @IsOptional() @IsObject() input?: Record<string, unknown> | null
  /** The version of the workflow that the new run goes on under; absent: the other run's. */
  @IsOptional() @IsInt() @Min(1) @Max(2_147_483_647) version?: number | null
  /** Steps of the other run's version by the names that they have in that one. */
  @IsOptional() @IsObject() mapping?: Record<string, string> | null
  /** Asks what would be done instead of doing it. */
  @IsOptional() @IsBoolean() plan?: boolean | null
}
contract('http.fork-run.v1', ForkRun)

/** Body of `POST /runs/{id}/cancel`; may be absent. */
export class CancelRun {
  @IsOptional() @IsString() @MaxLength(500) reason?: string | null
  /** Undoes what was done, also where the workflow leaves that to whoever asks. */
  @IsOptional() @IsBoolean() compensate?: boolean | null
}
contract('http.cancel-run.v1', CancelRun)
