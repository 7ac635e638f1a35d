import { expect, test, vi } from 'vitest'
import { makeRepliesInbox, type ReceivedReply } from './replies-inbox.js'

const aReply = (entryId: string): ReceivedReply => ({
  entryId,
  runId: 'r',
  toEvent: (at) => ({ type: 'ItemsRead', at }) as never,
})

test('it is emptied when the last has been taken, or after a while', async () => {
  vi.useFakeTimers()
  try {
    const inbox = makeRepliesInbox()
    await inbox.emptied(1_000)
    inbox.add(['a', 'b', 'c'].map(aReply))
    const over: string[] = []
    void inbox.emptied(1_000).then(() => over.push('taken'))
    inbox.take(2)
    await vi.advanceTimersByTimeAsync(500)
    expect(over).toEqual([])
    inbox.take(2)
    await vi.advanceTimersByTimeAsync(0)
    expect(over).toEqual(['taken'])

    inbox.putBack([aReply('c')])
    void inbox.emptied(1_000).then(() => over.push('late'))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(over).toEqual(['taken', 'late'])
  } finally {
    vi.useRealTimers()
  }
})
