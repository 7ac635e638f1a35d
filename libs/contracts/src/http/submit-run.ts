import { ArrayMaxSize, IsArray, IsIn, IsInt, IsObject, IsOptional, IsString, Length, Max, Min } from 'class-validator'
import { contract } from '../contract.js'

/** Priorities of a run, most urgent first. */
export const runPriorities = ['urgent', 'normal', 'batch'] as const
export type RunPriority = (typeof runPriorities)[number]

/** Body of `POST /runs`. The workflow's own contract validates `input`. */
export class SubmitRun {
  @IsString() @Length(1, 128) workflow!: string
  @IsOptional() @IsInt() @Min(1) @Max(2_147_483_647) version?: number | null
  @IsObject() input!: Record<string, unknown>
  @IsOptional() @IsIn(runPriorities) priority?: RunPriority | null
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  tags?: string[] | null
}
contract('http.submit-run.v1', SubmitRun)
