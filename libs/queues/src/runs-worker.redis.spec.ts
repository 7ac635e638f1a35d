import { randomUUID } from 'node:crypto'
import { NestFactory } from '@nestjs/core'
import { expect, test, vi } from 'vitest'
import { aRedis } from '../../../tools/test-database.js'
import { makeQueueDesk } from './queue-desk.js'
import { makeRunsQueue } from './runs-queue.js'
import { runsWorkerModule } from './runs-worker.js'

test('a nudge wakes the orchestrator at once and leaves nothing behind, a broken one wakes nobody', async () => {
  const place = aRedis()
  const onNudge = vi.fn<(runId: string) => void>()
  const runs = makeRunsQueue(place)
  const desk = makeQueueDesk(place)
  const nest = await NestFactory.createApplicationContext(runsWorkerModule(place, { onNudge }), {
    logger: false,
    abortOnError: false,
  })
  try {
    await Promise.all([runs.ready(), desk.ready()])
    await desk.queue('runs').add('run', { runId: 'not an id' }, { removeOnFail: true, priority: 1 })
    const runId = randomUUID()
    expect(await runs.nudge(runId, 2, null)).toBe('sent')
    await vi.waitFor(() => expect(onNudge).toHaveBeenCalledExactlyOnceWith(runId))
    const none = { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0, paused: false }
    await vi.waitFor(async () => expect(await desk.queueCounts('runs')).toEqual(none))
    // The same run may be nudged again once its job is gone.
    expect(await runs.nudge(runId, 2, null)).toBe('sent')
    await vi.waitFor(() => expect(onNudge).toHaveBeenCalledTimes(2))
  } finally {
    await nest.close()
    await Promise.all([runs.close(), desk.close()])
  }
})
