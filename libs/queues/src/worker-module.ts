/**
 * Workers as a Nest module.
 *
 * W1  A lost lock cancels the processor: BullMQ only tells of it.
 * W2  What is thrown reaches Redis in clear, so only codes are: message and stack are replaced.
 * W3  A job put off (`later`) costs no attempt.
 * W4  The last execution is the last by attempts or by starts, whichever is first: BullMQ retries neither.
 */
import { BullModule, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq'
import { Module, type DynamicModule, type Type } from '@nestjs/common'
import { metrics } from '@flotilla/telemetry'
import { DelayedError, UnrecoverableError, type Job } from 'bullmq'
import { backoffMs, backoffStrategy, type Backoff } from './backoff.js'
import { bullConnection, bullPrefix, workerOptions, type RedisPlace } from './connection.js'
import { JobFailure } from './job-failure.js'

/** A job as a processor sees it. */
export interface WorkerJob {
  readonly id: string
  readonly data: unknown
  /** n-th time that a worker began it, from 1; stalls count. */
  readonly attempt: number
  /** Whether BullMQ will not attempt it again after an ordinary failure. */
  readonly last: boolean
  /** The pause before the next attempt in ms, by the job's policy and not below `afterMs`. */
  readonly nextDelayMs: (afterMs?: number) => number
}

/** One worker of this process. */
export interface WorkerSettings {
  readonly queue: string
  /** Throw `JobFailure`; anything else counts as INTERNAL. `signal` is aborted when the lock is lost (W1). */
  readonly process: (job: WorkerJob, signal: AbortSignal) => Promise<void>
  readonly concurrency: number
  /** At most `max` jobs per `durationMs` over all workers of the queue. */
  readonly rate?: { readonly max: number; readonly durationMs: number } | null
  /** 10 s and 5 s recover a killed worker's job in 8 to 18 s (measured); BullMQ's defaults take up to 85 s. */
  readonly lockMs?: number
  readonly stalledIntervalMs?: number
  readonly maxStalledCount?: number
  readonly maxStartedAttempts?: number
  readonly onError?: (error: Error) => void
}

/** What a processor's failure becomes for BullMQ (W2). */
export const toBullError = (error: unknown): Error => {
  const failure = error instanceof JobFailure ? error : new JobFailure('INTERNAL')
  const coded: Error = failure.fate === 'terminal' ? new UnrecoverableError(failure.code) : new Error(failure.code)
  coded.stack = `${coded.name}: ${failure.code}`
  return failure.afterMs === undefined ? coded : Object.assign(coded, { afterMs: failure.afterMs })
}

const makeProcessor = (place: RedisPlace, settings: WorkerSettings): Type<WorkerHost> => {
  const { queue, rate, maxStartedAttempts: startsMax = 6 } = settings
  class QueueProcessor extends WorkerHost {
    // Three declared parameters are what makes BullMQ give a signal.
    async process(job: Job, token?: string, signal?: AbortSignal): Promise<void> {
      const last = job.attemptsMade + 1 >= (job.opts.attempts ?? 1) || job.attemptsStarted >= startsMax // W4
      const backoff = typeof job.opts.backoff === 'object' ? (job.opts.backoff as Partial<Backoff>) : {} // ours, or defaults
      const seen: WorkerJob = {
        id: job.id ?? '',
        data: job.data as unknown,
        attempt: job.attemptsStarted,
        last,
        nextDelayMs: (afterMs) => backoffMs(backoff, job.attemptsMade + 1, { afterMs }),
      }
      try {
        await settings.process(seen, signal ?? new AbortController().signal)
      } catch (error) {
        if (error instanceof JobFailure && error.fate === 'later') {
          await job.moveToDelayed(Date.now() + (error.afterMs ?? 0), token) // W3
          throw new DelayedError()
        }
        throw toBullError(error)
      }
    }

    @OnWorkerEvent('lockRenewalFailed')
    onLocksLost(jobIds: string[]): void {
      metrics.lockRenewalFailures.inc({ queue }, jobIds.length)
      for (const id of jobIds) this.worker.cancelJob(id, 'LOCK_LOST') // W1
    }

    @OnWorkerEvent('stalled')
    onStalled(): void {
      metrics.stalledJobs.inc({ queue })
    }

    @OnWorkerEvent('error')
    onError(error: Error): void {
      settings.onError?.(error)
    }
  }
  Processor(queue, {
    ...bullPrefix(place, queue),
    concurrency: settings.concurrency,
    ...(rate ? { limiter: { max: rate.max, duration: rate.durationMs } } : {}),
    lockDuration: settings.lockMs ?? 10_000,
    stalledInterval: settings.stalledIntervalMs ?? 5_000,
    maxStalledCount: settings.maxStalledCount ?? 3,
    maxStartedAttempts: startsMax,
    settings: { backoffStrategy },
  })(QueueProcessor)
  return QueueProcessor
}

@Module({})
// oxlint-disable-next-line typescript/no-extraneous-class -- Nest knows a module by its class
class WorkersModule {}

@Module({})
// oxlint-disable-next-line typescript/no-extraneous-class -- Nest knows a module by its class
class QueuesModule {}

/** A module with one worker per entry; they begin when the application starts and end (after their jobs) when it closes. */
export const workerModule = (place: RedisPlace, workers: readonly WorkerSettings[]): DynamicModule => ({
  module: WorkersModule,
  imports: [
    BullModule.forRoot({ connection: bullConnection(workerOptions(place)) }),
    // Registers no queue, but brings the part of the library that finds processors: without it no worker begins.
    BullModule.registerQueue(),
  ],
  providers: workers.map((settings) => makeProcessor(place, settings)),
})

/** A module that registers queues for injection by `queueToken(name)`, such as for the dashboard. */
export const queuesModule = (place: RedisPlace, names: readonly string[]): DynamicModule => {
  const queues = BullModule.registerQueue(...names.map((name) => ({ name, ...bullPrefix(place, name) })))
  return {
    module: QueuesModule,
    imports: [BullModule.forRoot({ connection: bullConnection(workerOptions(place)) }), queues],
    exports: [queues],
  }
}

export { getQueueToken as queueToken } from '@nestjs/bullmq'
