import { expect, test, vi } from 'vitest'
import { withPatience } from './with-patience.js'

const refused = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

test('an operation waits for Postgres and gives what it gave then', async () => {
  const save = vi.fn<(body: string) => Promise<string>>().mockResolvedValue('kept')
  save.mockRejectedValueOnce(refused()).mockRejectedValueOnce(Object.assign(new Error(), { code: '57P03' }))
  const vault = withPatience({ save }, 5_000)
  expect(await vault.save('body')).toBe('kept')
  expect(save.mock.calls).toEqual([['body'], ['body'], ['body']])
})

test('what Postgres refuses is not repeated', async () => {
  const save = vi.fn<() => Promise<string>>().mockRejectedValue(Object.assign(new Error(), { code: '23505' }))
  await expect(withPatience({ save }, 5_000).save()).rejects.toMatchObject({ code: '23505' })
  expect(save).toHaveBeenCalledTimes(1)
})

test('patience ends', async () => {
  const save = vi.fn<() => Promise<string>>().mockImplementation(() => Promise.reject(refused()))
  await expect(withPatience({ save }, 250).save()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect(save).toHaveBeenCalledTimes(2)
})
