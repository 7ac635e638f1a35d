import type { StepReply } from '@flotilla/contracts'
import type { ReplyEntry, ReplyReader, Sealer } from '@flotilla/queues'
import { expect, test, vi } from 'vitest'
import { makeReadReplies } from './read-replies.js'
import { makeRepliesInbox } from './replies-inbox.js'

const entryOf = (id: string): ReplyEntry => ({
  id,
  reply: {
    v: 1,
    kind: 'succeeded',
    runId: '0199a1b2-0000-7000-8000-000000000001',
    step: 'kyc',
    dispatch: 1,
    attempt: 1,
    worker: 'w',
    sealed: null,
    ref: `ref-${id}`,
    contract: null,
  } as unknown as StepReply, // what receiving looks at
})
const sealer = { open: () => ({ output: {} }) } as unknown as Sealer // nothing is sealed here

const make = (given: Partial<ReplyReader>, readPayloads: () => Promise<ReadonlyMap<string, string>>, heldMax = 10) => {
  const inbox = makeRepliesInbox()
  const claimDead = vi.fn<ReplyReader['claimDead']>(async () => [])
  const reader = { claimDead, claimIdle: async () => [], read: async () => [], ...given }
  const turn = makeReadReplies({
    reader: reader as unknown as ReplyReader, // what reading uses of it
    ...{ inbox, sealer, readPayloads, heldMax, claimEveryMs: -1 },
    onUnreadable: (id) => expect.fail(`${id} is not readable`),
    onReplies: () => undefined,
  })
  return { inbox, turn, claimDead }
}

test('replies that could not be handed on while Postgres was away are handed on by the next turn', async () => {
  const unread = [entryOf('1-0')]
  let away = true
  const { inbox, turn } = make({ read: async () => unread.splice(0) }, async () => {
    if (away) throw new Error('away')
    return new Map([['ref-1-0', 'sealed']])
  })
  await expect(turn()).rejects.toThrow('away')
  await expect(turn()).rejects.toThrow('away')
  expect(inbox.upToDate()).toBe(false)
  away = false
  await turn()
  expect(inbox.take(10).map(({ entryId }) => entryId)).toEqual(['1-0'])
  await turn()
  expect(inbox.size()).toBe(0)
})

test('a reader that has no room for more is heard of all the same, and claims nothing', async () => {
  const claimIdle = vi.fn<ReplyReader['claimIdle']>(async () => [])
  const { turn, claimDead } = make({ claimIdle }, async () => new Map(), 0)
  expect(await turn()).toBe('idle')
  expect(claimDead).toHaveBeenCalledWith({ most: 0 })
  expect(claimIdle).not.toHaveBeenCalled()
})

test('replies are read up to date after a batch that was not full, and no longer once a read fails', async () => {
  const batches: (readonly ReplyEntry[] | Error)[] = [
    Array.from({ length: 256 }, (_, index) => entryOf(`1-${index}`)),
    [],
    new Error('away'),
  ]
  const read = async () => {
    const batch = batches.shift()
    if (batch instanceof Error) throw batch
    return batch ?? []
  }
  const sealed = new Map(Array.from({ length: 256 }, (_, index) => [`ref-1-${index}`, 'sealed']))
  const { inbox, turn } = make({ read }, async () => sealed, 1_000)
  await turn()
  expect(inbox.take(256)).toHaveLength(256)
  expect(inbox.upToDate()).toBe(false)
  await turn()
  expect(inbox.upToDate()).toBe(true)
  await expect(turn()).rejects.toThrow('away')
  expect(inbox.upToDate()).toBe(false)
})
