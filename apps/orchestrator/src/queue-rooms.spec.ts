import { expect, test } from 'vitest'
import { makeQueueRooms, roomUnasked } from './queue-rooms.js'

/** Rooms over a Redis in which so many jobs are, and a clock that each pass moves by 100 ms. */
const aRelay = (depth: { waiting: number; active: number }) => {
  let ms = 0
  let asked = 0
  const rooms = makeQueueRooms({
    nowMs: () => ms,
    depths: (names) => {
      asked += names.length
      return Promise.resolve(new Map(names.map((name) => [name, depth])))
    },
  })
  /** One pass that has so many to send; gives how many went. */
  const pass = async (owed: number): Promise<number> => {
    const room = (await rooms.ask())['agent.kyc'] ?? roomUnasked
    ms += 100
    const sent = Math.min(owed, room)
    rooms.sent(sent === 0 ? new Map() : new Map([['agent.kyc', sent]]))
    return sent
  }
  return { pass, rooms, asked: () => asked, depth }
}

test('W2: while little is sent Redis is not asked', async () => {
  const relay = aRelay({ waiting: 0, active: 0 })
  for (let n = 0; n < 5; n += 1) expect(await relay.pass(10)).toBe(10)
  expect(relay.asked()).toBe(0)
  expect(relay.rooms.isCut()).toBe(false)
})

test('W1: half as many wait in Redis as the agents have at work', async () => {
  const relay = aRelay({ waiting: 0, active: 50 })
  expect(await relay.pass(1_000)).toBe(roomUnasked)
  Object.assign(relay.depth, { waiting: 14 })
  expect(await relay.pass(1_000)).toBe(11)
  expect(relay.rooms.isCut()).toBe(true)
  Object.assign(relay.depth, { waiting: 50 })
  expect(await relay.pass(1_000)).toBe(0)
})

test('W1: slow agents are sent a few', async () => {
  const relay = aRelay({ waiting: 0, active: 1 })
  await relay.pass(100)
  Object.assign(relay.depth, { waiting: 64 })
  for (let n = 0; n < 30; n += 1) expect(await relay.pass(100)).toBe(0)
  Object.assign(relay.depth, { waiting: 1 })
  expect(await relay.pass(100)).toBe(3)
})

test('W4: a queue that runs dry between two passes is sent more with each', async () => {
  const relay = aRelay({ waiting: 0, active: 2 })
  const passes: number[] = []
  for (let n = 0; n < 5; n += 1) passes.push(await relay.pass(10_000))
  expect(passes).toEqual([64, 128, 256, 512, 1_024])
})

test('W2, W3: a queue that takes all it is owed is not cut, and is forgotten', async () => {
  const relay = aRelay({ waiting: 0, active: 50 })
  await relay.pass(60)
  for (let n = 0; n < 30; n += 1) await relay.pass(1)
  const before = relay.asked()
  await relay.pass(1)
  expect(relay.asked()).toBe(before)
  expect(relay.rooms.isCut()).toBe(false)
})
