import type { PublishedEvent, RunStream } from '@flotilla/store'
import { expect, test } from 'vitest'
import { followRun, type ReadRunStream } from './follow-run.js'
import { readLastEventId } from './last-event-id.js'
import type { SseWriter } from './sse-writer.js'
import { makeWake } from './wake.js'

const published = (seq: number, type: string): PublishedEvent => ({
  seq,
  type,
  phase: null,
  status: 'running',
  message: '',
  progress: 0,
  stepProgress: null,
  step: null,
  spanKey: 'run',
  spanId: null,
  meta: {},
})

/** A writer that keeps the numbers that it was given. */
const aWriter = () => {
  const sent: string[] = []
  const closing = new AbortController()
  const writer: SseWriter = {
    closed: closing.signal,
    end: () => closing.abort(),
    write: (events) => {
      sent.push(...events.map(({ id }) => id))
      return Promise.resolve()
    },
  }
  return { writer, sent, close: () => closing.abort() }
}
/** A stream that is read in parts of two entries. */
const reading =
  (types: () => readonly string[]): ReadRunStream =>
  ({ afterSeq, afterPosition }) => {
    const all = types().map((type, index) => published(index + 1, type))
    const part = all.filter(({ seq }) => seq > afterSeq && seq > afterPosition).slice(0, 2)
    const stream: RunStream = {
      status: 'running',
      published: all.length,
      traceId: 't',
      items: part.map((event) => ({ at: new Date(0), event })),
      position: part.at(-1)?.seq ?? afterPosition,
    }
    return Promise.resolve(stream)
  }
const follow = (read: ReadRunStream, writer: SseWriter, wake: ReturnType<typeof makeWake>, after = 0) =>
  followRun(read, writer, { runId: 'r', after, wake })

test('a stream is read in parts and ends with its terminal event', async () => {
  const { writer, sent } = aWriter()
  const wake = makeWake({ subscribe: () => () => undefined, sweepMs: () => 60_000 })
  await follow(
    reading(() => ['run.started', 'progress', 'progress', 'progress', 'run.completed']),
    writer,
    wake,
    1,
  )
  expect(sent).toEqual(['2', '3', '4', '5'])
})
test('a terminal event that others follow does not end it', async () => {
  const { writer, sent } = aWriter()
  const wake = makeWake({ subscribe: () => () => undefined, sweepMs: () => 60_000 })
  const types = ['run.started', 'run.failed', 'run.resumed', 'run.completed']
  await follow(
    reading(() => types),
    writer,
    wake,
  )
  expect(sent).toEqual(['1', '2', '3', '4'])
})
test('a hint brings the next events, also one that comes while it reads', async () => {
  const types = ['run.started']
  let hint = (): void => undefined
  const wake = makeWake({
    subscribe: (onHint) => {
      hint = onHint
      return () => undefined
    },
    sweepMs: () => 60_000,
  })
  const read = reading(() => [...types])
  let raced = false
  const { writer, sent } = aWriter()
  await follow(
    async (after) => {
      const part = await read(after)
      if (!raced) {
        raced = true
        types.push('run.completed')
        hint() // after the reading, before the waiting
      }
      return part
    },
    writer,
    wake,
  )
  expect(sent).toEqual(['1', '2'])
})
test('without hints the sweep finds the next events', async () => {
  const types = ['run.started']
  const wake = makeWake({ subscribe: () => () => undefined, sweepMs: () => 5 })
  const { writer, sent } = aWriter()
  const following = follow(
    reading(() => types),
    writer,
    wake,
  )
  types.push('run.cancelled')
  await following
  expect(sent).toEqual(['1', '2'])
})
test('a client that goes ends it', async () => {
  const { writer, close } = aWriter()
  const wake = makeWake({ subscribe: () => () => undefined, sweepMs: () => 60_000 })
  const following = follow(
    reading(() => ['run.started']),
    writer,
    wake,
  )
  close()
  await expect(following).resolves.toBeUndefined()
})
test.each([
  [null, 0],
  ['', 0],
  ['0', 0],
  ['5', 5],
])('Last-Event-ID %j is %i', (value, expected) => {
  expect(readLastEventId(value, 5)).toBe(expected)
})
test.each(['6', '-1', '1.5', 'x', '5 ', '1e1', '0x1'])('Last-Event-ID %j is refused', (value) => {
  expect(() => readLastEventId(value, 5)).toThrow(expect.objectContaining({ code: 'LAST_EVENT_ID_INVALID' }))
})
