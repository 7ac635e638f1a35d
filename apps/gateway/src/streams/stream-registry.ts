import { metrics } from '@flotilla/telemetry'
import { GatewayError } from '../http/gateway-error.js'
import type { SseWriter } from './sse-writer.js'

/** Limits of event streams; times in ms. */
export interface StreamLimits {
  readonly heartbeatMs: number
  /** A client that takes nothing for this long is disconnected. */
  readonly stallMs: number
  /** How often it is looked whether the key of an open stream is still good, at most a minute. */
  readonly recheckMs: number
  /** Longest time between two readings while hints arrive, and while they cannot. */
  readonly sweepMs: number
  readonly sweepWithoutHintsMs: number
}

/** The open streams of this process: counted per tenant, ended together. */
export interface StreamRegistry {
  /** Throws RATE_LIMITED when the tenant has too many open. Returns how to give the place back. */
  readonly enter: (tenantId: string) => () => void
  readonly add: (writer: SseWriter) => void
  readonly endAll: () => void
  readonly open: () => number
}

/** Makes a registry that allows `perTenantMax` open streams per tenant. */
export const makeStreamRegistry = (perTenantMax: number): StreamRegistry => {
  const writers = new Set<SseWriter>()
  const places = new Map<string, number>()
  const change = (tenantId: string, by: number): void => {
    const next = (places.get(tenantId) ?? 0) + by
    if (next === 0) places.delete(tenantId)
    else places.set(tenantId, next)
    metrics.sseConnections.inc(by)
  }
  return {
    enter: (tenantId) => {
      if ((places.get(tenantId) ?? 0) >= perTenantMax)
        throw new GatewayError('RATE_LIMITED', 'Too many streams are open.', { 'retry-after': '5' })
      change(tenantId, 1)
      let left = false
      return () => {
        if (left) return
        left = true
        change(tenantId, -1)
      }
    },
    add: (writer) => {
      writers.add(writer)
      writer.closed.addEventListener('abort', () => writers.delete(writer), { once: true })
    },
    endAll: () => {
      for (const writer of writers) writer.end()
    },
    open: () => writers.size,
  }
}
