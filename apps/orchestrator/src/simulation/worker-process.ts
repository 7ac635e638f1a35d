import { jobIdOf, type StepJob, type StepReply, type StepReplyBodies } from '@flotilla/contracts'
import type { Json, JsonObject } from '@flotilla/engine'
import type { ModelRedis, TakenJob } from './model-redis.js'
import type { Process, Scheduler } from './scheduler.js'

/**
 * Workers as the SDK makes them: the answer is sent before the job completes (J2), a final failure is told before the job
 * fails (J3), a missed deadline is not answered (J4), effects are recorded and carry a key.
 */

/** What an agent does with a dispatch. */
export type Script =
  | { readonly does: 'answer'; readonly output: Json; readonly effect: boolean; readonly progress: boolean }
  | { readonly does: 'fail'; readonly final: boolean }
  | { readonly does: 'ask'; readonly payload: JsonObject; readonly deadlineMs: number | null }
  | { readonly does: 'nothing' }

/** A service outside that knows keys: the same key is carried out once. */
export interface Provider {
  readonly performed: Map<string, number>
  readonly asked: Map<string, number>
}

export interface WorkerWorld {
  readonly scheduler: Scheduler
  readonly redis: ModelRedis
  readonly provider: Provider
  /** Outcomes that the ledger has recorded, by key. */
  readonly ledger: Map<string, number>
  /** Whether an attempt says that it began with its last word only. */
  readonly quick: (job: StepJob, attempt: number) => boolean
  readonly script: (job: StepJob, attempt: number, decided: boolean) => Script
  /** For planted bugs: the key under which an effect is carried out. */
  readonly effectKey: (job: StepJob, attempt: number) => string
}

export const effectKeyOf = (job: StepJob): string => `${job.rootRunId}/${job.step}/${job.visit}/effect/once`

/** Runs one worker: takes jobs and carries them out until its process dies. */
export const startWorker = (world: WorkerWorld, process: Process): void => {
  const { scheduler, redis, provider, ledger, script, quick, effectKey } = world

  const reply = <Kind extends keyof StepReplyBodies>(
    { job, attempt }: TakenJob,
    kind: Kind,
    body: StepReplyBodies[Kind],
    ranMs?: number,
  ): Promise<void> => {
    const { runId, step, dispatch } = job
    const told: StepReply = {
      v: 1,
      kind,
      runId,
      step,
      dispatch,
      attempt,
      ...(ranMs === undefined ? {} : { ranMs }),
      spanId: null,
      traceparent: null,
      contract: null,
      sealed: body === null ? null : JSON.stringify(body),
      ref: null,
      hash: null,
      worker: 'w',
    }
    return redis.write(process, told)
  }

  const effect = async ({ job, attempt }: TakenJob): Promise<void> => {
    const recordKey = effectKeyOf(job)
    const recorded = await scheduler.io(process, 'vault begin-effect', () => ledger.get(recordKey))
    if (recorded !== undefined) return
    const key = effectKey(job, attempt)
    await scheduler.io(process, 'provider call', () => {
      provider.asked.set(key, (provider.asked.get(key) ?? 0) + 1)
      if (!provider.performed.has(key)) provider.performed.set(key, provider.performed.size)
    })
    await scheduler.io(process, 'vault finish-effect', () => ledger.set(recordKey, 1))
  }

  const carryOut = async (taken: TakenJob): Promise<'completed' | 'failed' | 'again'> => {
    const { job, attempt, last, delayMs } = taken
    const body = JSON.parse(job.sealed ?? '{}') as { decision?: JsonObject | null }
    const does = script(job, attempt, (body.decision ?? null) !== null)
    const isQuick = quick(job, attempt) && does.does !== 'nothing' && !(does.does === 'answer' && does.progress)
    if (!isQuick) await reply(taken, 'started', null)
    const lastWord = <Kind extends keyof StepReplyBodies>(kind: Kind, told: StepReplyBodies[Kind]): Promise<void> =>
      reply(taken, kind, told, isQuick ? 1 : undefined)
    if (does.does === 'nothing') {
      await scheduler.sleep(process, job.deadlineMs + 5)
      return 'failed'
    }
    if (does.does === 'ask') {
      await lastWord('asked', { payload: does.payload, deadlineMs: does.deadlineMs })
      return 'completed'
    }
    if (does.does === 'fail') {
      const error = { code: does.final ? 'NEVER' : 'BUSY', message: 'as the story wants it' }
      if (!does.final && !last) {
        await lastWord('retrying', { ...error, afterMs: delayMs })
        return 'again'
      }
      await lastWord('failed', { ...error, stack: null, attempts: attempt, usage: null })
      return 'failed'
    }
    if (does.progress) {
      await reply(taken, 'progressed', { fraction: 0.5, message: 'half', emitted: null, payload: null })
      await reply(taken, 'checkpointed', { id: jobIdOf(job), label: 'half', data: { half: true } })
    }
    if (does.effect) await effect(taken)
    await lastWord('succeeded', { output: does.output, usage: null })
    return 'completed'
  }

  void (async () => {
    for (;;) {
      await scheduler.idle(process, 'idle worker', 'news', redis.hasWork)
      const taken = await redis.take(process).catch(() => null)
      if (taken === null) continue
      const how = await carryOut(taken).catch(() => 'again' as const)
      await redis.finish(process, taken, how).catch(() => undefined)
    }
  })()
}
