import { createHash } from 'node:crypto'
import type { Checkpoints, EffectKey, Effects, FactStore } from '@flotilla/vault'

/** A fact that the world knows already, in clear: it is hashed as the SDK does. */
export interface KnownFact {
  readonly kind: string
  readonly value: string
  readonly subject: string
  /** Epoch ms. */
  readonly at: number
}

/** Everything that outlives one call of an agent, in memory. Share one between calls to play a second attempt. */
export interface World {
  readonly effects: Effects
  readonly facts: FactStore
  readonly checkpoints: Checkpoints
  readonly hash: (purpose: string, text: string) => string
}

/** Tenant of unit tests. */
export const testTenant = 'test-tenant'

const effectId = ({ rootRunId, step, visit, name, key }: EffectKey): string =>
  JSON.stringify([rootRunId, step, visit, name, key])
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null)) as unknown

interface KeptEffect {
  readonly status: 'intent' | 'done' | 'failed' | 'unknown'
  readonly outcome: unknown
  readonly idempotencyKey: string
  readonly at: number
  readonly dispatch: number
  readonly attempt: number
}

/** The ledger in memory, as vault's `effects.ts` has it; what is undone is the engine's to say, so nothing is. */
const makeEffects = (): Effects => {
  const rows = new Map<string, KeptEffect>()
  const change = (key: EffectKey, from: KeptEffect['status'], changed: Partial<KeptEffect>): KeptEffect | undefined => {
    const row = rows.get(effectId(key))
    if (row?.status !== from) return undefined
    rows.set(effectId(key), { ...row, ...changed })
    return row
  }
  return {
    begin: (intent) => {
      const { idempotencyKey, dispatch, attempt, honoursKeys = true } = intent
      const row = rows.get(effectId(intent))
      if (row?.status === 'done') return Promise.resolve({ status: 'done', outcome: row.outcome })
      if (row && row.status !== 'failed' && !honoursKeys) {
        change(intent, 'intent', { status: 'unknown' })
        return Promise.resolve({ status: 'unknown', at: row.at, dispatch: row.dispatch, attempt: row.attempt })
      }
      const kept = { outcome: null, idempotencyKey, at: Date.now(), dispatch, attempt, ...row }
      rows.set(effectId(intent), { ...kept, status: 'intent', dispatch, attempt })
      return Promise.resolve({ status: 'open', idempotencyKey: kept.idempotencyKey })
    },
    finish: (key, outcome) => {
      const id = effectId(key)
      const row = rows.get(id)
      if (row?.status === 'done') return Promise.resolve(row.outcome)
      const begun = row ?? { idempotencyKey: '', at: Date.now(), dispatch: 1, attempt: 1 }
      rows.set(id, { ...begun, status: 'done', outcome: asJson(outcome) })
      return Promise.resolve(asJson(outcome))
    },
    fail: (key) => {
      change(key, 'intent', { status: 'failed' })
      return Promise.resolve()
    },
    doubt: (key) => {
      change(key, 'intent', { status: 'unknown' })
      return Promise.resolve()
    },
    retake: (key, by) => {
      const row = change(key, 'unknown', { status: 'intent', at: Date.now(), ...by })
      return row ? Promise.resolve(row.idempotencyKey) : Promise.reject(new Error('EFFECT_NOT_IN_DOUBT'))
    },
  }
}

const makeFacts = (): FactStore => {
  const seen = new Map<string, { readonly group: string; readonly subject: string; readonly at: number }>()
  const groupOf = (tenantId: string, kind: string, hash: Uint8Array): string =>
    JSON.stringify([tenantId, kind, Buffer.from(hash).toString('hex')])
  return {
    record: ({ tenantId, kind, hash, subject, at }) => {
      const group = groupOf(tenantId, kind, hash)
      const id = JSON.stringify([group, subject])
      if (!seen.has(id)) seen.set(id, { group, subject, at })
      return Promise.resolve()
    },
    count: ({ tenantId, kind, hash, since, until, excludingSubject }) => {
      const group = groupOf(tenantId, kind, hash)
      const counted = [...seen.values()].filter(
        (fact) => fact.group === group && fact.at >= since && fact.at < until && fact.subject !== excludingSubject,
      )
      return Promise.resolve(counted.length)
    },
  }
}

const makeCheckpoints = (): Checkpoints => {
  const kept = new Map<string, Map<string, unknown>>()
  return {
    save: ({ runId, step, visit }, { id, data }) => {
      const scope = JSON.stringify([runId, step, visit])
      const inScope = kept.get(scope) ?? new Map<string, unknown>()
      // Deleted first, so that the latest saved is the last.
      inScope.delete(id)
      kept.set(scope, inScope.set(id, asJson(data)))
      return Promise.resolve()
    },
    read: ({ runId, step, visit }, id, excluding) => {
      const inScope = kept.get(JSON.stringify([runId, step, visit])) ?? new Map<string, unknown>()
      if (id !== null) return Promise.resolve(inScope.get(id) ?? null)
      return Promise.resolve([...inScope].findLast(([key]) => !key.startsWith(excluding))?.[1] ?? null)
    },
  }
}

/** A fresh world with the given facts. */
export const aWorld = (facts: readonly KnownFact[] = []): World => {
  const hash = (purpose: string, text: string): string =>
    createHash('sha256').update(`${purpose}|${text}`).digest('base64url')
  const store = makeFacts()
  for (const { kind, value, subject, at } of facts) {
    const hashed = Buffer.from(hash('fact', JSON.stringify([testTenant, kind, value])), 'base64url')
    void store.record({
      tenantId: testTenant,
      kind,
      hash: hashed,
      subject: hash('fact.subject', JSON.stringify([testTenant, subject])),
      at,
    })
  }
  return { effects: makeEffects(), facts: store, checkpoints: makeCheckpoints(), hash }
}
