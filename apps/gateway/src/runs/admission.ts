import { metrics } from '@flotilla/telemetry'
import type { WaitingRuns } from '@flotilla/store'
import { backlogFull, overloaded, type GatewayError } from '../http/gateway-error.js'

/**
 * Whether one more run may wait.
 *
 * A1 A tenant that has `perTenantMax` runs waiting is refused with 429: what is accepted is bounded, and is carried out.
 * A2 With `allMax` waiting in all, those tenants are refused with 503 that have their share of it waiting (`allMax` over
 *    the tenants that wait) or more: one tenant's flood shuts the door for no other.
 * A3 Urgent runs find a tenth more room: they pass the backlog, so it must not shut them out.
 * A4 `Retry-After` is the time in which a twentieth of the bound drains at the rate of the last seconds, up to half as
 *    much again by chance, so that those who were refused together do not come back together.
 * A5 Counts are read again when older than half a second, or twenty times what the reading took; in between this process counts
 *    what it accepts itself. Several gateways may exceed a bound by what the others accept meanwhile.
 */
export interface AdmissionOptions {
  readonly read: (since: string | null) => Promise<WaitingRuns>
  readonly nowMs: () => number
  /** 0 to 1. */
  readonly random: () => number
  /** 0: without bound. */
  readonly perTenantMax: number
  readonly allMax: number
}

/** The bounds on what waits. */
export interface Admission {
  /**
   * Counts one more run of a tenant, or throws BACKLOG_FULL or OVERLOADED with when to come back. `priority`: 0 is urgent.
   * Resolves without an answer of the store's where that cannot be had: what comes next will say so.
   */
  readonly admit: (tenant: string, priority: number) => Promise<void>
}

interface Tenant {
  /** As it was read, and what this process accepted since. */
  waiting: number
  readonly read: number
  /** Runs that left the backlog per second, smoothed. */
  readonly drained: number
}

const freshMs = 500
/** A reading may take this share of the time between two. */
const readingShare = 1 / 20
/** After this long without a reading nothing is believed: somebody waits for the next, but not as long as for an answer. */
const staleMs = 5_000
const patienceMs = 250
const urgentRoom = 1.1
const slice = 0.05
const retryAfterMaxS = 60
/** Weight of the newest of readings, which are half a second apart. */
const weight = 0.2

const refused = (error: GatewayError): GatewayError => {
  metrics.admissionsRefused.inc({ code: error.code })
  return error
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, one) => total + one, 0)

/** Makes the bounds; nothing is read before somebody comes. */
export const makeAdmission = ({ read, nowMs, random, perTenantMax, allMax }: AdmissionOptions): Admission => {
  let tenants = new Map<string, Tenant>()
  let newest: string | null = null
  let all = 0
  let readAt = Number.NEGATIVE_INFINITY
  let pauseMs = freshMs
  let reading: Promise<void> | null = null

  const take = (rows: WaitingRuns['tenants'], seconds: number): void => {
    const next = new Map<string, Tenant>()
    for (const { tenant, waiting, arrived } of rows) {
      const before = tenants.get(tenant)
      const drained = before ? Math.max(0, before.read + arrived - waiting) / seconds : 0
      const smoothed = before ? before.drained + (drained - before.drained) * weight : drained
      next.set(tenant, { waiting, read: waiting, drained: smoothed })
    }
    tenants = next
    all = sum(rows.map(({ waiting }) => waiting))
    metrics.runsWaiting.set(all)
  }
  const look = async (): Promise<void> => {
    const from = nowMs()
    try {
      const found = await read(newest)
      take(found.tenants, Number.isFinite(readAt) ? Math.max(0.05, (from - readAt) / 1000) : 1)
      newest = found.newest
      readAt = from
    } finally {
      pauseMs = Math.max(freshMs, (nowMs() - from) / readingShare)
      reading = null
    }
  }
  const refresh = async (): Promise<void> => {
    const age = nowMs() - readAt
    if (age < pauseMs) return
    reading ??= look().catch(() => undefined)
    if (age < pauseMs + staleMs) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)))
    await Promise.race([reading, late])
    clearTimeout(timer)
  }
  const retryAfterS = (bound: number, drained: number): number => {
    const seconds = (bound * slice) / Math.max(drained, 0.001)
    return Math.min(retryAfterMaxS, Math.max(1, seconds * (1 + random() / 2)))
  }

  return {
    admit: async (tenant, priority) => {
      if (perTenantMax === 0 && allMax === 0) return
      await refresh() // A5
      const room = priority === 0 ? urgentRoom : 1 // A3
      const own = tenants.get(tenant) ?? { waiting: 0, read: 0, drained: 0 }
      if (perTenantMax > 0 && own.waiting >= Math.floor(perTenantMax * room))
        throw refused(backlogFull(retryAfterS(perTenantMax, own.drained))) // A1
      if (allMax > 0 && all >= Math.floor(allMax * room)) {
        const waiting = [...tenants.values()].filter((one) => one.waiting > 0)
        const share = allMax / Math.max(1, waiting.length)
        const drained = sum(waiting.map((one) => one.drained))
        if (own.waiting >= share) throw refused(overloaded(retryAfterS(allMax, drained))) // A2
      }
      own.waiting += 1
      all += 1
      tenants.set(tenant, own)
    },
  }
}
