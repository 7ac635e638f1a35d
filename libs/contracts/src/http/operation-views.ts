import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Min,
} from 'class-validator'
import { Nested, NestedList } from '../contract.js'
import { DeadLetterView } from './dead-letter-selection.js'
import { Nullable } from './nullable.js'
import { ErrorView, PendingVotes } from './run-view.js'

/** Shared state of a run: the root's input and data, and each sub-workflow's under its path. */
export class StateView {
  @IsUUID() runId!: string
  @IsString() status!: string
  @IsNumber() progress!: number
  @Nullable() @IsObject() input!: unknown
  @IsObject() data!: Record<string, unknown>
  /** Memory of sub-workflows by path. */
  @IsObject() scopes!: Record<string, unknown>
}

/** A position in a run's history from which it can go on. */
export class CheckpointView {
  @IsInt() @Min(1) number!: number
  @IsString() label!: string
  @Nullable() @IsString() step!: string | null
  @IsISO8601() createdAt!: string
}

/** Every checkpoint of a run, oldest first. */
export class CheckpointPage {
  @NestedList(() => CheckpointView, { max: 10_000 }) items!: CheckpointView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** One member in which two checkpoints differ; null where a side lacks it. */
export class DiffMember {
  @IsString() pointer!: string
  @IsIn(['added', 'removed', 'changed']) change!: string
  @Nullable() from!: unknown
  @Nullable() to!: unknown
}

/** The difference between two checkpoints' shared state. */
export class CheckpointDiff {
  @IsInt() from!: number
  @IsInt() to!: number
  @NestedList(() => DiffMember, { max: 100_000 }) changes!: DiffMember[]
}

/** Every status of an effect in the ledger. */
export const effectStatuses = ['intended', 'done', 'failed', 'unknown', 'compensated'] as const

/** A call with a consequence outside. What came of it is the agent's to know, and is never shown. */
export class EffectView {
  @IsString() step!: string
  @IsInt() @Min(1) visit!: number
  @IsString() name!: string
  @IsIn(effectStatuses) status!: (typeof effectStatuses)[number]
  /** When its latest call began. */
  @IsISO8601() at!: string
  @Nullable() @IsISO8601() doneAt!: string | null
  @IsBoolean() reversible!: boolean
  /** Whether the provider makes one call of several with the same key. */
  @IsBoolean() honoursKeys!: boolean
  /** The agent that undoes it, as the agent that did it says. */
  @Nullable() @IsString() compensatedBy!: string | null
  @Nullable() @IsISO8601() compensatedAt!: string | null
  /** 1, and one more each time that it was undone and done again. */
  @IsInt() @Min(1) generation!: number
  @IsInt() @Min(1) dispatch!: number
  @IsInt() @Min(1) attempt!: number
}

/** The ledger of a run's effects, oldest first. */
export class EffectPage {
  @NestedList(() => EffectView, { max: 10_000 }) items!: EffectView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** One version of an artifact. */
export class ArtifactView {
  @IsString() artifactId!: string
  @IsString() name!: string
  @IsInt() @Min(1) version!: number
  @IsString() type!: string
  @IsString() mediaType!: string
  @IsString() step!: string
  @Nullable() @IsString() parentId!: string | null
  @IsISO8601() createdAt!: string
  /** Whether the run stopped before it was done with it: it was cancelled, or has failed. */
  @IsBoolean() incomplete!: boolean
  /** Where it comes from: workflow, version, the step that made it. */
  @IsObject() metadata!: Record<string, unknown>
  @IsString() href!: string
}

/** Artifacts of a run, newest version of each name last. */
export class ArtifactPage {
  @NestedList(() => ArtifactView, { max: 10_000 }) items!: ArtifactView[]
  @Nullable() @IsString() nextCursor!: string | null
}

export const mapItemStatuses = ['open', 'done', 'failed'] as const

/** An item of a map. `open`: not started yet, or in hand. */
export class MapItemView {
  /** Path of the map. */
  @IsString() step!: string
  @IsInt() @Min(1) visit!: number
  /** From 0, in the order of the list. */
  @IsInt() @Min(0) index!: number
  @IsIn(mapItemStatuses) status!: (typeof mapItemStatuses)[number]
  /** What the item came to; any JSON value, null while it is open or when it failed. */
  @Nullable() output!: unknown
  @Nullable() @Nested(() => ErrorView) error!: ErrorView | null
}

export class MapItemPage {
  @NestedList(() => MapItemView, { max: 1_000 }) items!: MapItemView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** A version of a workflow in the catalogue. */
export class WorkflowView {
  @IsString() name!: string
  @IsInt() @Min(1) version!: number
  @IsString() title!: string
  @Nullable() @IsString() description!: string | null
  @IsString() hash!: string
  @IsBoolean() shipped!: boolean
  @IsISO8601() createdAt!: string
  @IsString() graph!: string
}

/** The catalogue: by name, newest version first. */
export class WorkflowPage {
  @NestedList(() => WorkflowView, { max: 10_000 }) items!: WorkflowView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** A gate that waits for a person. */
export class GateView {
  @IsUUID() runId!: string
  @IsString() workflow!: string
  @IsString() gate!: string
  @IsString() gateId!: string
  @IsISO8601() since!: string
  @Nullable() @IsISO8601() dueAt!: string | null
  @IsObject() shown!: Record<string, unknown>
  @IsString() shownHash!: string
  @IsArray() @IsString({ each: true }) outcomes!: string[]
  /** Whether its time is up. */
  @IsBoolean() overdue!: boolean
  /** Persons who voted, of how many must give the same decision. */
  @Nested(() => PendingVotes) votes!: PendingVotes
  /** The scope that a decider's key must hold beside hitl:decide; null: none. */
  @Nullable() @IsString() scope!: string | null
}

/** The inbox: what is due first comes first. */
export class GatePage {
  @NestedList(() => GateView, { max: 100 }) items!: GateView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** A page of dead letters, newest first. */
export class DeadLetterPage {
  @NestedList(() => DeadLetterView, { max: 100 }) items!: DeadLetterView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** Jobs of a queue: owed in Postgres and handed to Redis, and by BullMQ's states, which are null while Redis is away. */
export class QueueDepth {
  @IsInt() @Min(0) owed!: number
  @IsInt() @Min(0) sent!: number
  @Nullable() @IsInt() @Min(0) waiting!: number | null
  @Nullable() @IsInt() @Min(0) active!: number | null
  @Nullable() @IsInt() @Min(0) delayed!: number | null
  @Nullable() @IsInt() @Min(0) failed!: number | null
  @Nullable() @IsInt() @Min(0) completed!: number | null
}

/** One queue. What only Redis knows is null while it is away. */
export class QueueView {
  @IsString() name!: string
  @IsBoolean() paused!: boolean
  @Nullable() @IsInt() @Min(0) workers!: number | null
  @Nested(() => QueueDepth) depth!: QueueDepth
  /** Jobs that finished per second, over the last minutes. */
  @Nullable() @IsNumber() ratePerSecond!: number | null
}

/** Every queue, by name. */
export class QueuePage {
  @NestedList(() => QueueView, { max: 1_000 }) items!: QueueView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** 200 of pause and resume. */
export class QueuePaused {
  @IsString() name!: string
  @IsBoolean() paused!: boolean
}

/** 201 of `POST /tickets`: good for one request within its time, as `?ticket=`. */
export class TicketView {
  @IsString() ticket!: string
  @IsISO8601() expiresAt!: string
}

/** `/livez`. */
export class LivenessView {
  @IsIn(['alive']) status!: string
}

/** `/readyz`: 503 when not ready. */
export class ReadinessView {
  @IsIn(['ready', 'not-ready']) status!: string
  @IsObject() checks!: Record<string, unknown>
  @IsOptional() @IsObject() reported?: Record<string, unknown>
}
