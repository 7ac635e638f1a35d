import { nextMoment } from '@flotilla/runtime'
import {
  carryOver,
  type Migration,
  type StepMapping,
  applyPatch,
  initialState,
  restsOnUndone,
  type Patch,
  type RunState,
} from '@flotilla/engine'
import {
  activateTriggers,
  appendAudit,
  appendCommand,
  asTenant,
  askAsTenant,
  countDeadLetters,
  decideGate,
  eraseRun,
  discardDeadLetters,
  findApiKey,
  forkRun,
  importRun,
  insertFirings,
  limitRun,
  listArtifacts,
  knowsIdempotencyKey,
  listAudit,
  readAuditHead,
  listEffects,
  listCheckpoints,
  listDeadLetters,
  listDefinitions,
  listGates,
  listItems,
  listKnownEffects,
  listLiveRuns,
  listMigrations,
  listQueueDepths,
  listRunGates,
  listRuns,
  listUsageSince,
  listTriggers,
  now,
  ping,
  publishSignal,
  readAllStream,
  readArtifact,
  readCheckpoint,
  readDefinition,
  readDefinitionsByHash,
  readInput,
  readRun,
  readState,
  readStateParts,
  readStream,
  readStreamEnd,
  readTrigger,
  registerDefinition,
  readWaitingRuns,
  replayDeadLetters,
  setQueuePaused,
  submitRuns,
  submitRunsIn,
  switchTrigger,
  tenantExists,
  touchApiKey,
  type RunDetail,
  type Store,
  type Tx,
} from '@flotilla/store'
import { limitFor } from './runs/limit-for.js'
import { makeHookPorts } from './hooks/hook-ports.js'
import { makeWebhookPorts } from './webhooks/webhook-ports.js'
import { shareReads } from './streams/share-reads.js'
import type { Actor, AskedCommand, HasEffect, RunWithGates, StorePorts } from './ports.js'

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never

/** Effects of a run that are shown. */
const effectsMax = 10_000

/** Dead letters that one transaction replays or discards. */
const resolveBatch = 500
/** Runs named per portion: whoever is woken for one finds the others. */
const toldOfPortion = 10

const withGates = async (tx: Tx, run: RunDetail): Promise<RunWithGates> => {
  const open = Object.keys(run.view?.gates ?? {})
  // The view says whether there are any, which spares most runs the question.
  const gates = open.length === 0 ? [] : await listRunGates(tx, run.runId)
  return { run, gates: gates.filter(({ status }) => status === 'open') }
}

const stateAt = async (tx: Tx, runId: string, checkpoint: string) => {
  const found = await readCheckpoint(tx, runId, checkpoint)
  const run = found === null ? null : await readRun(tx, runId)
  if (found === null || run === null) return null
  const { snapshot, patches } = await readStateParts(tx, runId, found.position)
  const start = snapshot ?? initialState({ runId, submittedBy: run.submittedBy })
  // Patches are what diffState gave when they were saved.
  const then = patches.reduce<RunState>((before, patch) => applyPatch(before, patch as Patch), start)
  return { number: found.number, position: found.position, checkpoint: found, state: then }
}

/** The state at a checkpoint as one of the version that the run is pinned to now; null where it cannot go on there. */
const restoredAt = async (tx: Tx, runId: string, checkpoint: string) => {
  const at = await stateAt(tx, runId, checkpoint)
  const rows = at === null ? [] : await listMigrations(tx, runId, at.position)
  if (at === null || rows.length === 0) return at
  const definitions = await readDefinitionsByHash(tx, [...new Set(rows.flatMap(({ from, to }) => [from, to]))])
  const migrations = rows.flatMap((row): Migration[] => {
    const [from, to] = [definitions.get(row.from), definitions.get(row.to)]
    return from && to ? [{ from, to, mapping: row.mapping as StepMapping }] : [] // as the event was written
  })
  const state = migrations.length < rows.length ? null : carryOver(at.state, migrations)
  return state === null ? null : { ...at, state }
}

/** Rolls a decision back that the gate would not take. */
class NotAccepted extends Error {}

/** The store's row is the arbiter, so the decision is made first; the run's state is then what it was made about. */
const decide = (pool: Store['pool'], ...[decision, accepts]: Parameters<StorePorts['decideGate']>) =>
  asTenant(pool, decision.tenant, async (tx) => {
    const decided = await decideGate(tx, decision)
    if (decided.outcome !== 'decided' && decided.outcome !== 'voted') return decided
    const state = (await readState(tx, decision.runId))?.state
    const at = decided.outcome === 'decided' ? decided.decidedAt : decided.votedAt
    if (state && !accepts(state, { gateId: decided.gateId, at: at.getTime() })) throw new NotAccepted()
    return decided
  }).catch((error: unknown) => {
    if (error instanceof NotAccepted) return { outcome: 'not-accepted' } as const
    throw error
  })

const isWithoutEffect = async (tx: Tx, runId: string, checkpoint: string | null, hasEffect: HasEffect) => {
  const found = await readRun(tx, runId)
  const state = found?.status === 'failed' ? (await readState(tx, runId))?.state : null
  if (!state) return false
  const restored = checkpoint === null ? null : ((await restoredAt(tx, runId, checkpoint))?.state ?? null)
  return !hasEffect(state, restored)
}

const ask = async (tx: Tx, actor: Actor, command: AskedCommand, hasEffect?: HasEffect) => {
  const { runId, event, traceparent, audit } = command
  const checkpoint = command.checkpoint === null ? null : await readCheckpoint(tx, runId, command.checkpoint)
  if (command.checkpoint !== null && checkpoint === null && (await readRun(tx, runId)) !== null)
    return { outcome: 'no-checkpoint' } as const
  if (hasEffect && (await isWithoutEffect(tx, runId, command.checkpoint, hasEffect)))
    return { outcome: 'no-effect' } as const
  const asked = event.type === 'ResumeRequested' ? { ...event, checkpoint: checkpoint?.number ?? null } : event
  const appended = await appendCommand(tx, { runId, event: asked, dedupKey: null, traceparent })
  if (appended.outcome === 'appended')
    await appendAudit(tx, {
      tenant: actor.tenantId,
      actor: actor.principal,
      action: audit.action,
      subject: runId,
      detail: { ...audit.detail, ...(checkpoint === null ? {} : { checkpoint: checkpoint.number }) },
    })
  return appended
}

const auditTrigger = (tx: Tx, actor: Actor, action: string, trigger: { workflow: string; name: string }) =>
  appendAudit(tx, {
    tenant: actor.tenantId,
    actor: actor.principal,
    action,
    subject: `${trigger.workflow}/${trigger.name}`,
    detail: {},
  })

const turn = async (tx: Tx, actor: Actor, ...[trigger, nextAt]: Tail<Parameters<StorePorts['switchTrigger']>>) => {
  const { workflow, name, enabled } = trigger
  const found = await readTrigger(tx, workflow, name)
  if (found === null) return null
  if (found.enabled !== enabled) {
    await switchTrigger(tx, { ...trigger, nextAt: nextAt(found, new Date(await now(tx))) })
    await auditTrigger(tx, actor, enabled ? 'trigger.switched-on' : 'trigger.switched-off', trigger)
  }
  return readTrigger(tx, workflow, name)
}

const fire = async (tx: Tx, actor: Actor, ...[trigger, submission]: Tail<Parameters<StorePorts['fireTrigger']>>) => {
  const { workflow, name } = trigger
  const found = await readTrigger(tx, workflow, name)
  if (found === null) return 'unknown' as const
  const definition = (await readDefinitionsByHash(tx, [found.definitionHash])).get(found.definitionHash)
  const run = definition ? submission(found, definition) : null
  if (run === null) return 'not-fireable' as const
  const { runId } = run
  const occasion = `hand:${runId}`
  const [submitted] = await submitRunsIn(tx, [run])
  if (submitted?.outcome === 'limited') return 'limited' as const
  await insertFirings(tx, [{ tenant: actor.tenantId, workflow, name, occasion, runId, error: null }])
  await auditTrigger(tx, actor, 'trigger.fired', trigger)
  return 'fired' as const
}

const recovery = async (tx: Tx, runId: string, checkpoint: string | null) => {
  const found = await readRun(tx, runId)
  const given = await readInput(tx, runId)
  if (found === null || given === null) return null
  const at = checkpoint === null ? null : await restoredAt(tx, runId, checkpoint)
  if (checkpoint !== null && at === null) return 'no-checkpoint' as const
  const state = (await readState(tx, runId))?.state ?? null
  return {
    status: found.status,
    input: given.input,
    now: state,
    undone: at !== null && state !== null && restsOnUndone(state, at.state),
    checkpoint: at?.number ?? null,
    restored: at?.state ?? null,
    effects: await listKnownEffects(tx, runId),
    usage: await listUsageSince(tx, runId, at?.position ?? null),
  }
}

const migrate = async (tx: Tx, actor: Actor, ...[command, judge]: Tail<Parameters<StorePorts['migrateRun']>>) => {
  const { runId, event } = command
  const appended = await appendCommand(tx, { ...command, dedupKey: null })
  if (appended.outcome !== 'appended') return appended
  judge((await readState(tx, runId))?.state ?? null)
  await appendAudit(tx, {
    tenant: actor.tenantId,
    actor: actor.principal,
    action: 'run.migrated',
    subject: runId,
    detail: { from: event.from.version, to: event.to.version },
  })
  return appended
}

const erase = async (tx: Tx, actor: Actor, runId: string) => {
  const erased = await eraseRun(tx, { runId, by: actor.principal })
  if (erased.outcome === 'erased' && !erased.again)
    await appendAudit(tx, {
      tenant: actor.tenantId,
      actor: actor.principal,
      action: 'run.erased',
      subject: runId,
      detail: { runs: erased.runIds.length },
    })
  return erased
}

const fork = async (tx: Tx, actor: Actor, ...[asked, inputOf]: Tail<Parameters<StorePorts['forkRun']>>) => {
  const found = await readInput(tx, asked.from)
  if (found === null) return { outcome: 'unknown' } as const
  const at = asked.checkpoint === null ? null : await restoredAt(tx, asked.from, asked.checkpoint)
  if (asked.checkpoint !== null && at === null) return { outcome: 'no-checkpoint' } as const
  const checkpoint = at?.number ?? null
  const current = at === null ? null : ((await readState(tx, asked.from))?.state ?? null)
  const undone = at !== null && current !== null && restsOnUndone(current, at.state)
  const input = inputOf({ input: found.input, checkpoint, restored: at?.state ?? null, undone })
  const artifacts = Object.entries(at?.state.artifacts ?? {}).map(([name, { version }]) => ({ name, version }))
  const forked = await forkRun(tx, { ...asked, checkpoint, input, artifacts, forkedBy: actor.principal })
  if (forked === null) return { outcome: 'unknown' } as const
  const definition = (await readDefinitionsByHash(tx, [asked.definitionHash])).get(asked.definitionHash)
  if (definition)
    await limitRun(tx, { runId: asked.runId, workflow: definition.name, limit: limitFor(definition, input) })
  await appendAudit(tx, {
    tenant: actor.tenantId,
    actor: actor.principal,
    action: 'run.forked',
    subject: asked.runId,
    detail: { from: asked.from, checkpoint, version: asked.version },
  })
  return { outcome: 'forked', priority: forked.priority } as const
}

/** Plugs the store in. Every function that takes a tenant runs in a transaction that sees that tenant alone. */
export const makeStorePorts = ({ pool }: Pick<Store, 'pool'>): StorePorts => {
  const as = <T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> => asTenant(pool, tenantId, work)
  return {
    ...makeWebhookPorts({ pool }),
    ...makeHookPorts({ pool }),
    findKey: (id) => findApiKey(pool, id),
    touchKey: (id) => touchApiKey(pool, id),
    listAudit: (tenant, page) => asTenant(pool, tenant, (tx) => listAudit(tx, tenant, page)),
    readAuditHead: (tenant) => asTenant(pool, tenant, (tx) => readAuditHead(tx, tenant)),
    tenantExists: (tenant) => asTenant(pool, tenant, (tx) => tenantExists(tx, tenant)),
    submit: (batch) => submitRuns(pool, batch),
    readWaitingRuns: (since) => readWaitingRuns(pool, since),
    knowsIdempotencyKey: (tenant, key) => askAsTenant(pool, tenant, (tx) => knowsIdempotencyKey(tx, tenant, key)),
    readDefinition: (tenantId, name, version) => askAsTenant(pool, tenantId, (tx) => readDefinition(tx, name, version)),
    readDefinitionByHash: async (tenantId, hash) =>
      (await as(tenantId, (tx) => readDefinitionsByHash(tx, [hash]))).get(hash) ?? null,
    listDefinitions: (tenantId) => as(tenantId, listDefinitions),
    registerDefinition: ({ tenantId, principal }, definition, hash, triggers = definition.triggers ?? []) =>
      as(tenantId, async (tx) => {
        const { name, version } = definition
        const outcome = await registerDefinition(tx, { name, version, hash, definition, createdBy: principal })
        if (outcome === 'created') {
          const at = new Date(await now(tx))
          await activateTriggers(tx, { name, version, hash, triggers }, (trigger) => nextMoment(trigger, at))
          await appendAudit(tx, {
            tenant: tenantId,
            actor: principal,
            action: 'workflow.registered',
            subject: name,
            detail: { version, hash },
          })
        }
        return outcome
      }),
    publishSignal: ({ tenantId, principal }, signal) =>
      as(tenantId, async (tx) => {
        const published = await publishSignal(tx, signal)
        await appendAudit(tx, {
          tenant: tenantId,
          actor: principal,
          action: 'signal.published',
          subject: signal.name,
          detail: { delivered: published.delivered, kept: published.kept },
        })
        return published
      }),
    listTriggers: (tenantId) => as(tenantId, listTriggers),
    switchTrigger: (actor, trigger, nextAt) => as(actor.tenantId, (tx) => turn(tx, actor, trigger, nextAt)),
    fireTrigger: (actor, trigger, submission) => as(actor.tenantId, (tx) => fire(tx, actor, trigger, submission)),
    readRun: (tenantId, runId) =>
      as(tenantId, async (tx) => {
        const run = await readRun(tx, runId)
        return run === null ? null : withGates(tx, run)
      }),
    listRuns: (tenantId, filter) =>
      as(tenantId, async (tx) => {
        const page: RunWithGates[] = []
        for (const run of await listRuns(tx, filter)) page.push(await withGates(tx, run))
        return page
      }),
    readState: (tenantId, runId) => as(tenantId, (tx) => readState(tx, runId)),
    readStream: shareReads(
      (tenantId, runId, after) => JSON.stringify([tenantId, runId, after.afterSeq, after.afterPosition, after.limit]),
      (tenantId, runId, after) => askAsTenant(pool, tenantId, (tx) => readStream(tx, runId, after)),
    ),
    readTenantStream: shareReads(
      (tenantId, page) => JSON.stringify([tenantId, page.after, page.limit]),
      (tenantId, page) => askAsTenant(pool, tenantId, (tx) => readAllStream(tx, page)),
    ),
    tenantStreamEnd: (tenantId) => askAsTenant(pool, tenantId, readStreamEnd),
    listCheckpoints: (tenantId, runId) => as(tenantId, (tx) => listCheckpoints(tx, runId)),
    stateAt: (tenantId, runId, checkpoint) => as(tenantId, (tx) => stateAt(tx, runId, checkpoint)),
    listItems: (tenantId, runId, page) => as(tenantId, (tx) => listItems(tx, runId, page)),
    listEffects: (tenantId, runId) => as(tenantId, (tx) => listEffects(tx, runId, effectsMax)),
    listArtifacts: (tenantId, runId) => as(tenantId, (tx) => listArtifacts(tx, runId)),
    readArtifact: (tenantId, runId, id) => as(tenantId, (tx) => readArtifact(tx, runId, id)),
    listGates: (tenantId, page) => as(tenantId, (tx) => listGates(tx, page)),
    decideGate: (decision, accepts) => decide(pool, decision, accepts),
    appendCommand: (actor, command, hasEffect) => as(actor.tenantId, (tx) => ask(tx, actor, command, hasEffect)),
    eraseRun: (actor, runId) => as(actor.tenantId, (tx) => erase(tx, actor, runId)),
    readRecovery: (tenantId, runId, checkpoint) => as(tenantId, (tx) => recovery(tx, runId, checkpoint)),
    listLiveRuns: (tenantId, page) => as(tenantId, (tx) => listLiveRuns(tx, page)),
    migrateRun: (actor, command, judge) => as(actor.tenantId, (tx) => migrate(tx, actor, command, judge)),
    forkRun: (actor, asked, inputOf) => as(actor.tenantId, (tx) => fork(tx, actor, asked, inputOf)),
    readInput: (tenantId, runId) => as(tenantId, (tx) => readInput(tx, runId)),
    importRun: ({ tenantId, principal }, submission, from) =>
      as(tenantId, async (tx) => {
        if (!(await importRun(tx, submission, from))) return false
        await appendAudit(tx, {
          tenant: tenantId,
          actor: principal,
          action: 'run.imported',
          subject: submission.runId,
          detail: { from: from.runId, checkpoint: from.checkpoint, version: submission.version },
        })
        return true
      }),
    listDeadLetters: (tenantId, page) => as(tenantId, (tx) => listDeadLetters(tx, page)),
    countDeadLetters: (tenantId, filter) => as(tenantId, (tx) => countDeadLetters(tx, filter)),
    resolveDeadLetters: async ({ tenantId, principal }, action, { filter, limit }) => {
      const work = action === 'replay' ? replayDeadLetters : discardDeadLetters
      // What fails again while the rest is sent would match, and be sent again without end.
      const began = new Date((await as(tenantId, now)) + 1)
      const before = filter.before && filter.before < began ? filter.before : began
      const runIds: string[] = []
      for (let done = 0; ;) {
        const portion = Math.min(resolveBatch, (limit ?? Number.POSITIVE_INFINITY) - done)
        const batch = await as(tenantId, async (tx) => {
          const order = { filter: { ...filter, before }, by: principal, limit: portion }
          const resolved = await work(tx, order)
          if (resolved.done > 0)
            await appendAudit(tx, {
              tenant: tenantId,
              actor: principal,
              action: action === 'replay' ? 'dead-letters.replayed' : 'dead-letters.discarded',
              subject: filter.queue ?? 'dead-letters',
              detail: { done: resolved.done, runIds: resolved.runIds.slice(0, 100) },
            })
          return resolved
        })
        done += batch.done
        runIds.push(...batch.runIds.slice(0, toldOfPortion))
        if (batch.done < portion || done === limit) return { done, runIds }
      }
    },
    listQueues: () => listQueueDepths(pool),
    setQueuePaused: ({ tenantId, principal }, name, paused) =>
      as(tenantId, async (tx) => {
        const known = await setQueuePaused(tx, name, paused)
        if (known)
          await appendAudit(tx, {
            tenant: tenantId,
            actor: principal,
            action: paused ? 'queue.paused' : 'queue.resumed',
            subject: name,
            detail: {},
          })
        return known
      }),
    ping: () => ping(pool),
  }
}
