import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsObject,
  IsString,
  IsUUID,
  Matches,
  Min,
} from 'class-validator'
import { contract, Nested } from '../contract.js'
import { Nullable } from './nullable.js'

/** What a checkpoint document is called; another format gets another name. */
export const checkpointFormat = 'flotilla.checkpoint.v1'

/** Which definition the state belongs to: the hash is of its content. */
export class CheckpointWorkflow {
  @IsString() name!: string
  @IsInt() @Min(1) version!: number
  @Matches(/^[0-9a-f]{64}$/) definitionHash!: string
}

/** Where the run stood, for people and for programs that do not know the engine's state. */
export class CheckpointState {
  @IsString() status!: string
  @IsNumber() progress!: number
  @IsArray() @IsString({ each: true }) currentSteps!: string[]
  @IsArray() @IsString({ each: true }) completedSteps!: string[]
  /** The shared state that the steps have written. */
  @IsObject() data!: Record<string, unknown>
}

/** Who asked for the run, and what for. */
export class CheckpointContext {
  @IsString() userId!: string
  @Nullable() @IsObject() request!: unknown
}

/** A checkpoint as a file: everything that a new run needs to begin where this one stood. Holds personal data. */
export class CheckpointDocument {
  @IsIn([checkpointFormat]) format!: string
  @IsUUID() runId!: string
  @Nested(() => CheckpointWorkflow) workflow!: CheckpointWorkflow
  @IsInt() @Min(1) number!: number
  @IsString() label!: string
  @Nullable() @IsString() step!: string | null
  @IsISO8601() timestamp!: string
  @Nested(() => CheckpointState) state!: CheckpointState
  @Nested(() => CheckpointContext) context!: CheckpointContext
  /** Whether a run can begin from it: the run had not ended, and no map was going on, whose items stand elsewhere. */
  @IsBoolean() recoverable!: boolean
  /** The engine's own state. */
  @IsObject() engine!: Record<string, unknown>
  /** SHA-256 in hex over the RFC 8785 form of all other members: finds a file that was damaged, proves no origin. */
  @Matches(/^[0-9a-f]{64}$/) hash!: string
}
contract('http.checkpoint-document.v1', CheckpointDocument)
