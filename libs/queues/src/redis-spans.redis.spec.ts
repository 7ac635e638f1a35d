import { randomUUID } from 'node:crypto'
import { startExport, startOtlpReceiver } from '@flotilla/telemetry/testing'
import { withSpan } from '@flotilla/telemetry'
import { expect, test } from 'vitest'
import { aRedis } from '../../../tools/test-database.js'

const token = `ZZPII-${randomUUID()}`

test('a Redis span names the command and never what it carried, and idle polling makes none', async () => {
  const place = aRedis()
  const receiver = await startOtlpReceiver()
  await startExport({ endpoint: receiver.endpoint, toConsole: false, serviceName: 'test' })
  // After the export has started, as with the preloaded register: the instrumentation must see ioredis being loaded.
  const { makeQueueDesk } = await import('./queue-desk.js')
  const { connect, disconnect, producerOptions, untilReady } = await import('./connection.js')
  const desk = makeQueueDesk(place)
  const redis = connect(producerOptions(place))
  try {
    await Promise.all([desk.ready(), untilReady(redis)])
    await redis.set(`${place.prefix}:outside`, 'no parent span')
    await withSpan('work', {}, async () => {
      await redis.set(`${place.prefix}:inside`, token)
      await desk.queue('agent.spans').add('job', { planted: token }, { jobId: `job-${token}` })
    })
    const spans = await receiver.until((all) => all.some(({ name }) => name === 'work'))
    const work = spans.find(({ name }) => name === 'work')
    const children = spans.filter(({ parentSpanId }) => parentSpanId === work?.spanId)
    const texts = children.map(({ attributes }) => attributes['db.query.text'] ?? attributes['db.statement'])
    expect(texts).toContain('set')
    expect(texts.some((text) => String(text).startsWith('eval'))).toBe(true)
    expect(texts.every((text) => /^[a-z]+$/.test(String(text)))).toBe(true)
    // In a cluster a command may be sent on by the node that was asked first.
    expect(texts.filter((text) => text === 'set').length).toBeLessThanOrEqual(place.clusterNodes ? 2 : 1)
    expect(receiver.raw()).not.toContain(token)
  } finally {
    await Promise.all([desk.close(), disconnect(redis), receiver.close()])
  }
})
