import {
  appendCommand,
  asTenant,
  decideGate,
  replayDeadLetters,
  submitRuns,
  unparkRuns,
  type AskedEvent,
  type Store,
} from '@flotilla/store'
import type { Json } from '@flotilla/engine'
import { chanceAt } from './chance-at.js'
import type { Tables } from './model-tables.js'
import type { Process, Scheduler } from './scheduler.js'

/**
 * People and programs at the gateway: clients that submit again when they got no answer, deciders who decide twice and at
 * once, operators who cancel, resume, signal, replay and unpark. All through the store's own functions.
 */

/** A run that a client wants, whatever happens to its request. */
export interface Wanted {
  readonly key: string
  readonly runId: string
  readonly workflow: string
  readonly hash: string
  readonly input: Json
  readonly submitAtMs: number
  /** Cancel it so long after it was submitted; null: never. */
  readonly cancelAfterMs: number | null
  /** Signals sent at random moments. */
  readonly signals: readonly string[]
}

export interface ClientWorld {
  readonly seed: number
  readonly scheduler: Scheduler
  readonly tables: Tables
  readonly storeFor: (process: Process) => Store
  readonly onSubmitted: (wanted: Wanted, runId: string) => void
  readonly onDecided: (runId: string, gateId: string) => void
  /** Decides for a person: one of the outcomes, or null to leave the gate to its deadline. */
  readonly decide: (gateId: string, outcomes: readonly string[], person: number) => string | null
  readonly resumesMax: number
}

export const tenant = 'acme'

/** Submits until it is answered: the same key, a run id of its own each time. */
export const startSubmitter = (world: ClientWorld, process: Process, wanted: Wanted): void => {
  const { scheduler, storeFor, onSubmitted } = world
  const store = storeFor(process)
  const append = (event: AskedEvent, runId: string, dedupKey: string | null): Promise<unknown> =>
    asTenant(store.pool, tenant, (tx) => appendCommand(tx, { runId, event, dedupKey, traceparent: null })).catch(
      () => null,
    )
  void (async () => {
    await scheduler.sleep(process, wanted.submitAtMs)
    let submitted: string | null = null
    for (let number = 0; submitted === null; number += 1) {
      const runId = `${wanted.runId.slice(0, -1)}${number % 10}`
      const [answer] = await submitRuns(store.pool, [
        {
          runId,
          tenant,
          workflow: wanted.workflow,
          version: 1,
          definitionHash: wanted.hash,
          priority: 1,
          input: wanted.input,
          tags: [],
          submittedBy: 'a-submitter',
          traceId: '0af7651916cd43dd8448eb211c80319c',
          traceparent: null,
          idempotencyKey: wanted.key,
          fingerprint: 'f',
        },
      ]).catch(() => [])
      if (answer === undefined || answer.outcome === 'refused') await scheduler.sleep(process, 50)
      else submitted = answer.runId
    }
    onSubmitted(wanted, submitted)
    const { cancelAfterMs, signals } = wanted
    for (const name of signals) {
      await scheduler.sleep(process, 20)
      await append({ type: 'SignalReceived', name, payload: {}, by: 'a-program' }, submitted, `signal:${name}`)
    }
    if (cancelAfterMs === null) return
    await scheduler.sleep(process, cancelAfterMs)
    await append({ type: 'CancelRequested', by: 'an-operator', reason: null }, submitted, null)
  })()
}

/** Looks for open gates and decides them, again and again, whatever became of the decision before. */
export const startDecider = (world: ClientWorld, process: Process, person: number): void => {
  const { scheduler, tables, storeFor, decide, onDecided } = world
  const store = storeFor(process)
  const done = new Set<string>()
  const todo = () => {
    for (const gate of tables.gate.values())
      if (gate.status === 'open' && !done.has(`${gate.runId} ${gate.id}`)) return gate
    return undefined
  }
  void (async () => {
    for (;;) {
      await scheduler.idle(process, 'idle decider', 'news', () => todo() !== undefined)
      const gate = todo()
      if (!gate) continue
      done.add(`${gate.runId} ${gate.id}`)
      const decision = decide(gate.id, gate.outcomes, person)
      if (decision === null) continue
      const { runId, id } = gate
      const rest = { holds: () => true, values: null, comment: null, shownHash: null, tenant, traceparent: null }
      const order = { runId, gate: id, decision, decidedBy: `person-${person}`, ...rest }
      const decided = await asTenant(store.pool, tenant, (tx) => decideGate(tx, order)).catch(() => null)
      if (decided?.outcome === 'decided') onDecided(runId, id)
    }
  })()
}

/** Takes up what failed or was parked, a few times. */
export const startOperator = (world: ClientWorld, process: Process): void => {
  const { seed, scheduler, tables, storeFor, resumesMax } = world
  const store = storeFor(process)
  const helped = new Map<string, number>()
  const todo = () => {
    for (const run of tables.run.values())
      if (run.status === 'parked' || (run.status === 'failed' && (helped.get(run.id) ?? 0) < resumesMax)) return run
    return undefined
  }
  void (async () => {
    for (;;) {
      await scheduler.idle(process, 'idle operator', 'news', () => todo() !== undefined)
      const run = todo()
      if (!run) continue
      const times = (helped.get(run.id) ?? 0) + 1
      helped.set(run.id, times)
      const way = chanceAt(seed, times, 31) % 3
      const event = { type: 'ResumeRequested' as const, by: 'an-operator', checkpoint: null }
      const letters = [...tables.deadLetter.values()].filter((one) => one.runId === run.id && one.status === 'open')
      const done = (async () => {
        if (run.status === 'parked' && way === 0) return unparkRuns(store.pool, [run.id])
        if (letters.length > 0 && way === 1)
          return asTenant(store.pool, tenant, (tx) =>
            replayDeadLetters(tx, { filter: { ids: letters.map(({ id }) => id) }, by: 'an-operator', limit: 10 }),
          )
        const numbers = tables.checkpoint.get(run.id) ?? []
        const checkpoint = way === 2 ? (numbers[chanceAt(seed, times, 32) % Math.max(1, numbers.length)] ?? null) : null
        return asTenant(store.pool, tenant, (tx) =>
          appendCommand(tx, {
            runId: run.id,
            event: { ...event, checkpoint: checkpoint?.number ?? null },
            dedupKey: null,
            traceparent: null,
          }),
        )
      })()
      await done.catch(() => undefined)
      await scheduler.sleep(process, 100)
    }
  })()
}
