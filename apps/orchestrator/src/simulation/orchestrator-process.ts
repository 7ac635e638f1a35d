import { makeLogger } from '@flotilla/telemetry'
import { clearClaim, markClaim, readDefinitionsByHash, readPayloads, type Store } from '@flotilla/store'
import type { Sealer } from '@flotilla/queues'
import { afterTick } from '../after-tick.js'
import { makeDefinitions } from '../definitions.js'
import { makeKnownStates } from '../known-states.js'
import { makeReadReplies } from '../read-replies.js'
import { relay } from '../relay.js'
import { makeRepliesInbox } from '../replies-inbox.js'
import { restoreCheckpoint } from '../restore-checkpoint.js'
import { sweep } from '../sweep.js'
import { tick } from '../tick.js'
import type { ModelPostgres } from './model-postgres.js'
import type { ModelRedis } from './model-redis.js'
import type { Process, Scheduler } from './scheduler.js'

/** The product's functions that a planted bug may stand in for. */
export interface Replaceable {
  readonly tick: typeof tick
  readonly relay: typeof relay
  readonly sweep: typeof sweep
  readonly afterTick: typeof afterTick
  readonly makeReadReplies: typeof makeReadReplies
}
export const theProduct: Replaceable = { tick, relay, sweep, afterTick, makeReadReplies }

export interface OrchestratorWorld {
  readonly scheduler: Scheduler
  readonly postgres: ModelPostgres
  readonly redis: ModelRedis
  readonly product: Replaceable
  readonly onParked: (runId: string, reason: string, error: unknown) => void
}

/** What is sealed is not the matter here: a seal that everybody opens. */
export const openSeal: Sealer = {
  seal: (value) => JSON.stringify(value),
  sealText: (json) => json,
  open: (sealed) => JSON.parse(sealed) as unknown,
  hash: () => 'h',
}

const silentLog = makeLogger('simulation', { write: () => undefined })
/** Small, so that batches are cut. */
const limits = { runsMax: 3, admissionsMax: 2, inFlightMax: 20, eventsMax: 12, bytesMax: 1_000_000 }

const suspectsEveryMs = 250

interface Woken {
  nudged: boolean
  readonly nudge: () => void
}

/** The loops of one orchestrator as `main.ts` starts them, over the modelled servers. */
export const startOrchestrator = (world: OrchestratorWorld, process: Process): void => {
  const { scheduler, postgres, redis, product, onParked } = world
  const store: Store = postgres.storeFor(process)
  const queues = redis.queuesFor(process)
  const reader = redis.readerFor(process)
  const desk = redis.deskFor(process)
  const inbox = makeRepliesInbox()
  const states = makeKnownStates()
  const known: typeof states = {
    ...states,
    // Nothing is sealed here, and the modelled tables keep text as it is.
    learn: (saved) => states.learn(saved.map((one) => ({ ...one, sealed: { isPlain: true, longest: 0 } }))),
  }
  const definitions = makeDefinitions(async (hash) => (await readDefinitionsByHash(store.pool, [hash])).get(hash))
  postgres.names.add(process.name)
  process.whenDead.push(() => postgres.names.delete(process.name))

  const loop = (point: string, run: () => Promise<'more' | 'idle'>): Woken => {
    const woken: Woken = { nudged: true, nudge: () => void (woken.nudged = true) }
    void (async () => {
      for (;;) {
        if (!woken.nudged)
          await scheduler.idle(process, `idle ${point}`, point === 'sweep' ? 'slow-poll' : 'poll', () => woken.nudged)
        woken.nudged = false
        try {
          if ((await run()) === 'more') woken.nudged = true
        } catch (error) {
          if (error instanceof TypeError || error instanceof RangeError) throw error
          await scheduler.sleep(process, 100)
          woken.nudged = true
        }
      }
    })().catch((error: unknown) => world.onParked('', 'LOOP_BROKE', error))
    return woken
  }

  let fromTenant = ''
  let marked = false
  let soughtAt = 0
  const relayLoop = loop('relay', () =>
    product.relay({ store, queues, sealer: openSeal, windowMax: 3, onLost: () => undefined }),
  )
  const tickLoop = loop('tick', async () => {
    const upToDate = inbox.upToDate()
    const replies = inbox.take(limits.eventsMax)
    const lookForSuspects = scheduler.now() - soughtAt > suspectsEveryMs
    if (lookForSuspects) soughtAt = scheduler.now()
    try {
      const ticked = await product.tick(
        {
          store,
          definitions,
          limits,
          markClaim: (runs) => {
            marked = true
            return markClaim(store.pool, process.name, runs)
          },
          restoreCheckpoint,
          known,
          onParked: (run, reason, error) => onParked(run.runId, reason, error),
        },
        { replies, repliesUpToDate: upToDate, fromTenant, lookForSuspects },
      )
      fromTenant = ticked.nextTenant
      const signals = {
        cancel: () => Promise.resolve(),
        history: () => Promise.resolve(),
        ready: () => Promise.resolve(),
        close: () => Promise.resolve(),
      }
      product.afterTick(
        {
          reader,
          signals,
          queues,
          log: silentLog,
          onOwed: () => relayLoop.nudge(),
          onRoom: () => undefined,
          onTold: () => undefined,
        },
        ticked,
      )
      const more = ticked.more || inbox.size() > 0
      if (!more && marked && ticked.runs.length === 0) {
        marked = false
        await clearClaim(store.pool, process.name).catch(() => undefined)
      }
      return more ? 'more' : 'idle'
    } catch (error) {
      inbox.putBack(replies)
      throw error
    }
  })
  loop(
    'replies',
    product.makeReadReplies({
      reader,
      inbox,
      sealer: openSeal,
      readPayloads: (refs) => readPayloads(store.pool, refs),
      onUnreadable: (entryId, reply, code) => onParked(reply.runId, code, new Error(entryId)),
      onReplies: () => tickLoop.nudge(),
      heldMax: limits.eventsMax,
      claimEveryMs: -1, // the wall clock has no say here
    }),
  )
  loop('sweep', async () => {
    await product.sweep({
      store,
      queues,
      desk,
      orchestrator: process.name,
      onBlamed: () => undefined,
      onWork: () => {
        tickLoop.nudge()
        relayLoop.nudge()
      },
    })
    return 'idle'
  })
}
