import { parseContract, RunNudge, runsQueue } from '@flotilla/contracts'
import { withProcessSpan } from '@flotilla/telemetry'
import type { DynamicModule } from '@nestjs/common'
import type { RedisPlace } from './connection.js'
import { workerModule } from './worker-module.js'

/**
 * A Nest module that takes nudges off the `runs` queue and calls `onNudge`, which only wakes the tick: Postgres holds the
 * run. A malformed nudge is dropped.
 */
export const runsWorkerModule = (
  place: RedisPlace,
  options: {
    readonly onNudge: (runId: string) => void
    readonly concurrency?: number
    readonly onError?: (error: Error) => void
  },
): DynamicModule =>
  workerModule(place, [
    {
      queue: runsQueue,
      concurrency: options.concurrency ?? 32,
      ...(options.onError ? { onError: options.onError } : {}),
      process: async ({ id, data }) => {
        const { runId, traceparent } = parseContract(RunNudge, data)
        await withProcessSpan({ destination: runsQueue, messageId: id, runId, parent: traceparent }, () =>
          options.onNudge(runId),
        )
      },
    },
  ])
