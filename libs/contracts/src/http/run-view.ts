import {
  IsArray,
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
} from 'class-validator'
import { Nested, NestedList } from '../contract.js'
import { Nullable } from './nullable.js'

/** Every status of a run; `completed` and `cancelled` are final. */
export const runStatuses = ['created', 'running', 'waiting', 'completed', 'failed', 'cancelled', 'parked'] as const
export type RunViewStatus = (typeof runStatuses)[number]

/** Every status of a step. */
export const stepStatuses = ['pending', 'running', 'waiting', 'done', 'failed', 'skipped', 'cancelled'] as const
export type StepViewStatus = (typeof stepStatuses)[number]

/** What had failed before something else did. */
export class CauseView {
  @IsString() code!: string
  @IsString() message!: string
  @IsOptional() @IsString() step?: string
}

/** A coded failure, without personal data. */
export class ErrorView {
  @IsString() code!: string
  @IsString() message!: string
  @IsOptional() @IsString() step?: string
  /** What had failed before: why the run failed, where what it did could not be undone. */
  @IsOptional() @Nested(() => CauseView) cause?: CauseView
}

/** Progress of a map's items. */
export class ItemsView {
  @IsInt() @Min(0) total!: number
  @IsInt() @Min(0) done!: number
  @IsInt() @Min(0) failed!: number
}

/** One state of the definition; of a loop, its last visit. */
export class StepView {
  @IsString() name!: string
  @IsIn(stepStatuses) status!: StepViewStatus
  @IsInt() @Min(0) attempts!: number
  @IsInt() @Min(0) visits!: number
  @Nullable() @IsISO8601() startedAt!: string | null
  @Nullable() @IsISO8601() finishedAt!: string | null
  @Nullable() @Nested(() => ErrorView) error!: ErrorView | null
  @IsOptional() @Nested(() => ItemsView) items?: ItemsView
}

/** An open gate, or what else a run waits for. */
export class WaitingForView {
  @IsString() kind!: string
  @IsOptional() @IsString() gate?: string
  @IsOptional() @IsString() gateId?: string
  /** The step that waits for an event or a time. */
  @IsOptional() @IsString() step?: string
  /** The event that it waits for, where any run may be meant by its key. */
  @IsOptional() @IsString() signal?: string
  @Nullable() @IsISO8601() since!: string | null
  @Nullable() @IsISO8601() dueAt!: string | null
  @IsOptional() @IsObject() shown?: Record<string, unknown>
  @IsOptional() @IsString() shownHash?: string
  @IsOptional() outcomes?: string[]
}

/** Addresses of what belongs to a run, relative to the gateway. */
export class RunLinks {
  @IsString() self!: string
  @IsString() events!: string
  @IsString() state!: string
  @IsString() checkpoints!: string
  @IsString() artifacts!: string
  @IsString() graph!: string
}

/** 202 of `POST /runs`. */
export class RunAccepted {
  @IsUUID() runId!: string
  @IsString() traceId!: string
  @Nested(() => RunLinks) links!: RunLinks
}

/** The run that a run was forked off; `checkpoint` is null when it began at the start. */
export class ForkedFromView {
  @IsUUID() runId!: string
  @Nullable() @IsInt() checkpoint!: number | null
}

/** One run. */
export class RunView {
  @IsUUID() runId!: string
  @IsString() workflow!: string
  @IsInt() @Min(1) version!: number
  @IsIn(runStatuses) status!: RunViewStatus
  @IsNumber() @Min(0) @Max(1) progress!: number
  @IsString() traceId!: string
  /** The run that started this one and waits for it; null for a root run. */
  @Nullable() @IsUUID() parentRunId!: string | null
  @NestedList(() => StepView, { max: 10_000 }) steps!: StepView[]
  @Nullable() @Nested(() => WaitingForView) waitingFor!: WaitingForView | null
  /** Every open gate, in the order in which they opened. */
  @NestedList(() => WaitingForView, { max: 10_000 }) gates!: WaitingForView[]
  @Nullable() @IsObject() result!: unknown
  @Nullable() @Nested(() => ErrorView) error!: ErrorView | null
  @IsISO8601() createdAt!: string
  @Nullable() @IsISO8601() finishedAt!: string | null
  @Nullable() @Nested(() => ForkedFromView) forkedFrom!: ForkedFromView | null
  @Nested(() => RunLinks) links!: RunLinks
}

/** A page of runs, newest first. */
export class RunPage {
  @NestedList(() => RunView, { max: 100 }) items!: RunView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** 202 of cancel and resume. */
export class RunCommandAccepted {
  @IsUUID() runId!: string
}

/** 200 of `POST /runs/{id}/erase`: the runs whose personal data are gone, the run's own and those of its children and forks. */
export class RunErased {
  @IsUUID() runId!: string
  @IsUUID(undefined, { each: true }) erased!: string[]
}

/** How many persons gave the same decision, of how many that must. */
export class PendingVotes {
  @IsInt() @Min(1) needed!: number
  @IsInt() @Min(0) given!: number
}

/** 200 of `POST /runs/{id}/hitl`. `pending` where the vote counts but does not decide yet; it is null once decided. */
export class GateDecision {
  @IsUUID() runId!: string
  @IsString() gate!: string
  @IsString() decision!: string
  /** Principals, in the order of their votes, separated by commas; null while others must decide the same. */
  @Nullable() @IsString() decidedBy!: string | null
  @Nullable() @IsISO8601() decidedAt!: string | null
  @IsArray() @IsString({ each: true }) deciders!: string[]
  @Nullable() @Nested(() => PendingVotes) pending!: PendingVotes | null
}
