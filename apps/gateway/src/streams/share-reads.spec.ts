import { expect, test } from 'vitest'
import { shareReads } from './share-reads.js'

test('those who ask in one turn share an answer, those who come later get a newer one', async () => {
  let asked = 0
  const read = shareReads(
    (tenant: string, after: number) => `${tenant} ${after}`,
    (tenant, after) => Promise.resolve(`${tenant} ${after} ${(asked += 1)}`),
  )
  const together = [read('a', 1), read('a', 1), read('b', 1), read('a', 2)]
  expect(await Promise.all(together)).toEqual(['a 1 1', 'a 1 1', 'b 1 2', 'a 2 3'])
  expect(await read('a', 1)).toBe('a 1 4')
})

test('a question that fails fails for those who shared it, and is asked again', async () => {
  let fails = true
  const read = shareReads(
    () => 'same',
    () => (fails ? Promise.reject(new Error('away')) : Promise.resolve('here')),
  )
  const both = [read(), read()]
  await expect(Promise.allSettled(both)).resolves.toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
  fails = false
  await expect(read()).resolves.toBe('here')
})
