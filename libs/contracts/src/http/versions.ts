import { IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, IsUUID, Max, Min } from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'
import { Nullable } from './nullable.js'

const versionMax = 2_147_483_647

/** Body of `POST /runs/{id}/migrate`. */
export class MigrateRun {
  @IsInt() @Min(1) @Max(versionMax) version!: number
  /** Steps of the run's version by the names that they have in the new one. */
  @IsOptional() @IsObject() mapping?: Record<string, string> | null
  /** Asks what would be done instead of doing it. */
  @IsOptional() @IsBoolean() plan?: boolean | null
}
contract('http.migrate-run.v1', MigrateRun)

/** Body of `POST /workflows/{name}/versions/{v}/check`; may be absent. */
export class CheckVersion {
  @IsOptional() @IsObject() mapping?: Record<string, string> | null
}
contract('http.check-version.v1', CheckVersion)

/** Body of `POST /workflows/{name}/migrate`. */
export class MigrateRuns {
  /** Only runs of this version; absent: of every other one. */
  @IsOptional() @IsInt() @Min(1) @Max(versionMax) from?: number | null
  @IsInt() @Min(1) @Max(versionMax) to!: number
  @IsOptional() @IsObject() mapping?: Record<string, string> | null
  @IsOptional() @IsBoolean() dryRun?: boolean | null
}
contract('http.migrate-runs.v1', MigrateRuns)

/** `safe`: goes on there; `needs-mapping`: once the mapping names what became of steps; `blocked`: not from where it stands. */
export const migrationVerdicts = ['safe', 'needs-mapping', 'blocked'] as const

/** Why a run cannot go on as it is: about a step of its version, or about the run. */
export class MigrationFindingView {
  @Nullable() @IsString() step!: string | null
  @IsString() verdict!: string
  @IsString() code!: string
}

/** Whether a run can go on under another version. */
export class MigrationPlanView {
  @IsIn(migrationVerdicts) verdict!: (typeof migrationVerdicts)[number]
  @NestedList(() => MigrationFindingView, { max: 10_000 }) findings!: MigrationFindingView[]
}

/** 200 of migrate with `plan: true`; nothing has happened. */
export class MigrationPlanned {
  @Nested(() => MigrationPlanView) plan!: MigrationPlanView
}

/** One live run as a version concerns it. */
export class ConcernedRunView extends MigrationPlanView {
  @IsUUID() runId!: string
  @IsInt() @Min(1) version!: number
  @IsString() status!: string
}

/** What a version would mean for the live runs of its workflow. Runs that are safe are only counted. */
export class VersionCheck {
  @IsString() workflow!: string
  @IsInt() @Min(1) version!: number
  /** The worst of all runs. */
  @IsIn(migrationVerdicts) verdict!: (typeof migrationVerdicts)[number]
  @IsInt() @Min(0) safe!: number
  @IsInt() @Min(0) needsMapping!: number
  @IsInt() @Min(0) blocked!: number
  /** The first 100 that are not safe. */
  @NestedList(() => ConcernedRunView, { max: 100 }) runs!: ConcernedRunView[]
}

/** 200 of `POST /workflows/{name}/migrate`. `done`: runs that were asked to go on under the version. */
export class RunsMigrated extends VersionCheck {
  @IsInt() @Min(0) matched!: number
  @IsInt() @Min(0) done!: number
}
