import {
  ContractError,
  type CheckVersion,
  type ConcernedRunView,
  type MigrateRun,
  type MigrateRuns,
  type MigrationPlanned,
  type MigrationPlanView,
  type RunCommandAccepted,
  type RunsMigrated,
  type VersionCheck,
} from '@flotilla/contracts'
import { planMigration, type RunState, type StepMapping, type WorkflowDefinition } from '@flotilla/engine'
import type { LiveRun } from '@flotilla/store'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import type { StoredDefinition } from '../ports.js'
import { findRun } from '../runs/find-run.js'
import type { RunRequest } from '../runs/ask-run.js'

/**
 * Changes of version of live runs.
 *
 * M1 the engine judges from the state that the run has in the same transaction; it judges again when it applies the event,
 *    so a run that has moved on meanwhile keeps its version, and its history says why.
 */

const liveRunsPage = 100
const shownMax = 100
const pathPattern = /^[A-Za-z0-9_.-]{1,256}$/

/** A mapping as it came. Throws ContractError where it is none. */
export const mappingOf = (mapping: Readonly<Record<string, unknown>> | null | undefined): StepMapping => {
  const wrong = Object.entries(mapping ?? {}).filter(
    ([from, to]) => typeof to !== 'string' || !pathPattern.test(from) || !pathPattern.test(to),
  )
  if (wrong.length > 0)
    throw new ContractError('mapping', [
      { pointer: '/mapping', code: 'PATHS', detail: 'must name steps by their paths' },
    ])
  return (mapping ?? {}) as StepMapping // strings by the check
}

const safe: MigrationPlanView = { verdict: 'safe', findings: [] }

/** A run that has not begun begins under its own version and changes at once. */
const planOf = (
  versions: readonly [WorkflowDefinition, WorkflowDefinition],
  state: RunState | null,
  mapping: StepMapping,
): MigrationPlanView => {
  if (state === null) return safe
  const { verdict, findings } = planMigration(versions, state, mapping)
  return { verdict, findings: findings.map((finding) => ({ ...finding })) }
}

/** What stands in the way, by step. */
interface Stands {
  readonly findings: readonly { readonly step: string | null; readonly code: string }[]
}

/** 409 with what stands in the way. */
export const notMigratable = ({ findings }: Stands): GatewayError =>
  new GatewayError(
    'RUN_NOT_MIGRATABLE',
    'The run cannot go on under this version from where it stands.',
    {},
    findings.map(({ step, code }) => ({ pointer: '/mapping', code, detail: step ?? 'the run' })),
  )

interface Asked {
  readonly runId: string
  readonly traceparent: string
  readonly to: StoredDefinition
  readonly mapping: StepMapping
}

const askOne = async (gateway: Gateway, principal: Principal, { runId, traceparent, to, mapping }: Asked) => {
  const { run } = await findRun(gateway, principal.tenantId, runId)
  const from = await gateway.catalogue.byHash(principal.tenantId, run.definitionHash)
  const event = {
    type: 'RunMigrated',
    by: principal.principal,
    from: { version: run.version, hash: run.definitionHash },
    to: { version: to.version, hash: to.hash },
    mapping,
  } as const
  const asked = await gateway.store.migrateRun(principal, { runId, event, traceparent }, (state) => {
    const plan = planOf([from, to.definition], state, mapping)
    if (plan.verdict !== 'safe') throw notMigratable(plan) // M1
  })
  if (asked.outcome === 'unknown') throw new GatewayError('RUN_UNKNOWN')
  if (asked.outcome === 'refused') throw new GatewayError('RUN_NOT_MIGRATABLE', `The run is ${asked.status}.`)
  void gateway.queues.nudge({ runId, priority: 0, traceparent }).catch(() => undefined)
}

/** Has a run go on under another version of its workflow, or says with `plan` whether it can. */
export const migrateRun = async (
  gateway: Gateway,
  { principal, runId, traceparent }: RunRequest,
  body: MigrateRun,
): Promise<RunCommandAccepted | MigrationPlanned> => {
  const { tenantId } = principal
  const mapping = mappingOf(body.mapping)
  const { run } = await findRun(gateway, tenantId, runId)
  const to = await gateway.catalogue.find(tenantId, run.workflow, body.version)
  if (body.plan === true) {
    const from = await gateway.catalogue.byHash(tenantId, run.definitionHash)
    const state = (await gateway.store.readState(tenantId, runId))?.state ?? null
    return { plan: planOf([from, to.definition], state, mapping) }
  }
  await askOne(gateway, principal, { runId, traceparent, to, mapping })
  return { runId }
}

interface Concerned {
  readonly tenantId: string
  readonly to: StoredDefinition
  readonly from: number | null
  readonly mapping: StepMapping
}

/** Every live run that the version concerns, with what it means for it, a page at a time. */
async function* concernedRuns(gateway: Gateway, { tenantId, to, from, mapping }: Concerned) {
  for (let after: string | null = null; ;) {
    const page: readonly LiveRun[] = await gateway.store.listLiveRuns(tenantId, {
      workflow: to.name,
      version: from,
      exceptHash: to.hash,
      after,
      limit: liveRunsPage,
    })
    for (const { runId, version, status, state, definitionHash } of page) {
      const pinned = await gateway.catalogue.byHash(tenantId, definitionHash)
      yield { runId, version, status, ...planOf([pinned, to.definition], state, mapping) }
    }
    after = page.at(-1)?.runId ?? null
    if (after === null || page.length < liveRunsPage) return
  }
}

const tally = () => {
  const counts = { safe: 0, 'needs-mapping': 0, blocked: 0 }
  const runs: ConcernedRunView[] = []
  return {
    add: (run: ConcernedRunView): void => {
      counts[run.verdict] += 1
      if (run.verdict !== 'safe' && runs.length < shownMax) runs.push(run)
    },
    checkOf: ({ name: workflow, version }: StoredDefinition): VersionCheck => ({
      workflow,
      version,
      verdict: counts.blocked > 0 ? 'blocked' : counts['needs-mapping'] > 0 ? 'needs-mapping' : 'safe',
      safe: counts.safe,
      needsMapping: counts['needs-mapping'],
      blocked: counts.blocked,
      runs,
    }),
  }
}

/** Compares a version with where the live runs of its workflow stand; changes nothing. */
export const checkVersion = async (
  gateway: Gateway,
  { tenantId }: Principal,
  { name, version, body }: { readonly name: string; readonly version: number; readonly body: CheckVersion },
): Promise<VersionCheck> => {
  const mapping = mappingOf(body.mapping)
  const to = await gateway.catalogue.find(tenantId, name, version)
  const found = tally()
  for await (const run of concernedRuns(gateway, { tenantId, to, from: null, mapping })) found.add(run)
  return found.checkOf(to)
}

/** Has every live run that can go on under a version; with `dryRun` it only says which. The others keep theirs. */
export const migrateRuns = async (
  gateway: Gateway,
  { principal, traceparent }: Omit<RunRequest, 'runId'>,
  { name, body }: { readonly name: string; readonly body: MigrateRuns },
): Promise<RunsMigrated> => {
  const mapping = mappingOf(body.mapping)
  const to = await gateway.catalogue.find(principal.tenantId, name, body.to)
  const found = tally()
  let matched = 0
  let done = 0
  const asked = { tenantId: principal.tenantId, to, from: body.from ?? null, mapping }
  for await (const run of concernedRuns(gateway, asked)) {
    matched += 1
    found.add(run)
    if (run.verdict !== 'safe' || body.dryRun === true) continue
    try {
      await askOne(gateway, principal, { runId: run.runId, traceparent, to, mapping })
      done += 1
    } catch (error) {
      // It has moved on since it was listed: it is one of those that stay.
      if (!(error instanceof GatewayError)) throw error
    }
  }
  return { ...found.checkOf(to), matched, done }
}
