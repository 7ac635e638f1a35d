import { IsOptional, IsUUID, Matches } from 'class-validator'
import { contract } from '../contract.js'
import { traceparentPattern } from './step-job.js'

/** A job on the `runs` queue: wakes the orchestrator for a run that Postgres holds already. Losing it costs a poll. */
export class RunNudge {
  @IsUUID() runId!: string
  @IsOptional() @Matches(traceparentPattern) traceparent!: string | null
}
contract('queue.run-nudge.v1', RunNudge)
