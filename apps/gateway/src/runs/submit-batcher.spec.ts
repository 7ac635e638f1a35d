import { describe, expect, test } from 'vitest'
import { makeBatcher } from './submit-batcher.js'

const aBatcher = (itemsMax = 100, waitingMax = 100) => {
  const batches: number[][] = []
  const gates: { readonly pass: () => void; readonly fail: (error: Error) => void }[] = []
  const batcher = makeBatcher<number, number>({
    itemsMax,
    waitingMax,
    overloaded: (waitMs) => new Error(`overloaded for ${waitMs} ms`),
    nowMs: () => performance.now(),
    save: (items) =>
      new Promise((resolve, reject) => {
        batches.push([...items])
        gates.push({ pass: () => resolve(items.map((item) => item * 10)), fail: reject })
      }),
  })
  return { batcher, batches, gates }
}

describe('makeBatcher', () => {
  test('the first item is saved at once, alone', () => {
    const { batcher, batches } = aBatcher()
    void batcher.add(1)
    expect(batches).toEqual([[1]])
  })
  test('B1 what comes while a batch is being saved shares the next one, up to its limit', async () => {
    const { batcher, batches, gates } = aBatcher(2)
    const all = Promise.all([1, 2, 3, 4].map(batcher.add))
    gates[0]?.pass()
    await expect.poll(() => batches.length).toBe(2)
    gates[1]?.pass()
    await expect.poll(() => batches.length).toBe(3)
    gates[2]?.pass()
    expect(await all).toEqual([10, 20, 30, 40])
    expect(batches).toEqual([[1], [2, 3], [4]])
  })
  test('B3 a batch that fails rejects its items, and the next goes on', async () => {
    const { batcher, gates } = aBatcher()
    const first = batcher.add(1)
    const second = batcher.add(2)
    gates[0]?.fail(new Error('away'))
    await expect(first).rejects.toThrow('away')
    await expect.poll(() => gates.length).toBe(2)
    gates[1]?.pass()
    expect(await second).toBe(20)
  })
  test('more than may wait are refused at once', async () => {
    const { batcher } = aBatcher(1, 2)
    void batcher.add(1)
    void batcher.add(2)
    void batcher.add(3)
    await expect(batcher.add(4)).rejects.toThrow('overloaded')
  })
  test('flush waits for everything that was added', async () => {
    const { batcher, gates } = aBatcher()
    const seen: string[] = []
    void batcher.add(1).then(() => seen.push('answered'))
    const flushed = batcher.flush().then(() => seen.push('flushed'))
    gates[0]?.pass()
    await flushed
    expect(seen).toEqual(['answered', 'flushed'])
  })
})
