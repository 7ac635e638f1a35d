import type { WaitingRuns } from '@flotilla/store'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../http/gateway-error.js'
import { makeAdmission } from './admission.js'

/** A fleet that drains `perSecond` of each tenant's runs, and a clock. */
const aDoor = (bounds: { readonly perTenantMax: number; readonly allMax: number }, perSecond = 100) => {
  let ms = 0
  let reads = 0
  const waiting = new Map<string, number>()
  let arrived = new Map<string, number>()
  const door = makeAdmission({
    ...bounds,
    nowMs: () => ms,
    random: () => 0,
    read: (since) => {
      reads += 1
      const tenants = [...waiting].map(([tenant, count]) => ({
        tenant,
        waiting: count,
        arrived: since === null ? 0 : (arrived.get(tenant) ?? 0),
      }))
      arrived = new Map()
      return Promise.resolve<WaitingRuns>({ tenants, newest: 'x' })
    },
  })
  const one = async (tenant: string, priority = 1): Promise<GatewayError | null> => {
    try {
      await door.admit(tenant, priority)
    } catch (error) {
      if (error instanceof GatewayError) return error
      throw error
    }
    waiting.set(tenant, (waiting.get(tenant) ?? 0) + 1)
    arrived.set(tenant, (arrived.get(tenant) ?? 0) + 1)
    return null
  }
  const flood = async (tenant: string, runs: number) => {
    for (let n = 0; n < runs; n += 1) await one(tenant)
  }
  /** Time goes by, and the fleet works. */
  const pass = async (seconds: number) => {
    for (let half = 0; half < seconds * 2; half += 1) {
      ms += 500
      for (const [tenant, count] of waiting) waiting.set(tenant, Math.max(0, count - perSecond / 2))
      await one('clock')
      await Promise.resolve()
    }
  }
  return { one, flood, pass, reads: () => reads, waiting }
}

const headerOf = (error: GatewayError | null) => Number(error?.headers['retry-after'])

describe('what waits', () => {
  test('A1: of a tenant is bounded, and another tenant is not refused for it', async () => {
    const door = aDoor({ perTenantMax: 50, allMax: 0 })
    await door.flood('flood', 80)
    expect(door.waiting.get('flood')).toBe(50)
    expect((await door.one('flood'))?.code).toBe('BACKLOG_FULL')
    expect(await door.one('quiet')).toBeNull()
  })
  test('A2: in all is bounded, and only who has his share of it is refused', async () => {
    const door = aDoor({ perTenantMax: 0, allMax: 60 })
    await door.flood('flood', 100)
    expect((await door.one('flood'))?.code).toBe('OVERLOADED')
    await door.flood('quiet', 100)
    expect(door.waiting.get('quiet')).toBe(30)
    expect((await door.one('quiet'))?.code).toBe('OVERLOADED')
  })
  test('A3: urgent runs find a tenth more room', async () => {
    const door = aDoor({ perTenantMax: 50, allMax: 0 })
    await door.flood('flood', 60)
    for (let n = 0; n < 5; n += 1) expect(await door.one('flood', 0)).toBeNull()
    expect((await door.one('flood', 0))?.code).toBe('BACKLOG_FULL')
  })
  test('0 is no bound, and nothing is read for it', async () => {
    const door = aDoor({ perTenantMax: 0, allMax: 0 })
    await door.flood('flood', 1_000)
    expect(door.waiting.get('flood')).toBe(1_000)
    expect(door.reads()).toBe(0)
  })
  test('what was drained makes room, at the next reading', async () => {
    const door = aDoor({ perTenantMax: 50, allMax: 0 })
    await door.flood('flood', 60)
    await door.pass(1)
    await door.flood('flood', 100)
    expect(door.waiting.get('flood')).toBe(50)
  })
})

describe('A4: who is refused is told to come back', () => {
  const afterSeconds = async (perSecond: number): Promise<number> => {
    const door = aDoor({ perTenantMax: 400, allMax: 0 }, perSecond)
    for (let second = 0; second < 20; second += 1) {
      await door.flood('flood', 400)
      await door.pass(1)
    }
    await door.flood('flood', 400)
    return headerOf(await door.one('flood'))
  }
  test('when a twentieth of the bound is drained, at the rate at which it is', async () => {
    expect(await afterSeconds(10)).toBeGreaterThanOrEqual(2)
    expect(await afterSeconds(10)).toBeLessThanOrEqual(3)
    expect(await afterSeconds(2)).toBeGreaterThanOrEqual(10)
    expect(await afterSeconds(2)).toBeLessThanOrEqual(13)
  })
  test('within a minute where nothing drains', async () => {
    expect(await afterSeconds(0)).toBe(60)
  })
})

test('a reading that fails refuses nobody: the store says itself what is wrong', async () => {
  const away = () => Promise.reject(new Error('away'))
  const door = makeAdmission({ read: away, nowMs: () => 0, random: () => 0, perTenantMax: 1, allMax: 1 })
  await door.admit('acme', 1)
  await expect(door.admit('acme', 1)).rejects.toThrow('BACKLOG_FULL')
})
