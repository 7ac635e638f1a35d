import { IsBoolean, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator'
import { contract } from '../contract.js'

/** How long an event is kept for a run that begins to wait later: unless told, and at most. Milliseconds. */
export const keepForMsDefault = 24 * 3_600_000
export const keepForMsMax = 7 * 24 * 3_600_000

/** Body of `POST /signals/{name}`. */
export class PublishSignal {
  /** What runs correlate by. */
  @IsString() @Length(1, 512) key!: string
  /** Any JSON. */
  @IsOptional() payload?: unknown
  /** Where nobody waits; 0: not at all. */
  @IsOptional() @IsInt() @Min(0) @Max(keepForMsMax) keepForMs?: number | null
}
contract('http.publish-signal.v1', PublishSignal)

/** 202 of `POST /signals/{name}`. */
export class SignalPublished {
  @IsString() name!: string
  /** How many steps that waited got it. */
  @IsInt() @Min(0) delivered!: number
  /** Nobody waited: it is there for the first that will. */
  @IsBoolean() kept!: boolean
}
