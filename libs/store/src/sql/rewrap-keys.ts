/**
 * Keys of data under a new key of the ring, so that an old one can be taken out of it.
 *
 * N1  What is sealed with a data key stays as it is: only the data key is wrapped anew. What is sealed with a key of the
 *     tenant (it is few, and waits) is sealed anew.
 * N2  Each batch is a transaction: whoever ends in the middle begins where the last batch ended. Rows that others hold are
 *     left for the next round.
 * N3  What does not open is left as it is and counted: nothing is lost that another ring could open.
 */
import { openValue, sealValue } from '@flotilla/contracts/sealing'
import type { JsonObject } from '@flotilla/engine'
import { jsonText } from '../json-text.js'
import type { Store, Tx } from '../open-store.js'
import { sealingOf } from '../sealing/connection-sealing.js'
import { isTenantSealed, pending } from '../sealing/run-keys.js'
import { sealedMember } from '../sealing/sealed-event.js'
import { inTransaction } from '../transaction.js'
import { rowsOf } from './statement.js'

/** One round over one table. */
export interface Rewrapped {
  /** Rows that stand under the ring's current key now. */
  readonly rewrapped: number
  /** Rows that did not open (N3). */
  readonly unreadable: number
}

const keysUnderOthers = {
  name: 'rewrap-find-keys',
  text: `
select run_id as "keyRunId", tenant_id as "tenantId", key_id as "keyId", wrapped from run_key
where key_id <> $1 and (key_id, run_id) > ($2, $3::uuid) order by key_id, run_id limit $4 for update skip locked`,
}

const keepKeys = {
  name: 'rewrap-keep-keys',
  text: `
update run_key k set key_id = n.key_id, wrapped = decode(n.wrapped, 'base64')
from jsonb_to_recordset($1::jsonb) as n(run_id uuid, key_id text, wrapped text) where k.run_id = n.run_id`,
}

const firstId = '00000000-0000-0000-0000-000000000000'

const wrapperOf = (store: Store) => {
  const { wrapper } = sealingOf(store.pool)
  if (wrapper === 'open') throw new Error('keys are wrapped anew with a ring')
  return wrapper
}

interface KeyRow {
  readonly keyRunId: string
  readonly tenantId: string
  readonly keyId: string
  readonly wrapped: Buffer
}

/** Wraps data keys anew, `batch` in a transaction. `onBatch` is told how many so far; what it throws ends the work. */
export const rewrapDataKeys = async (
  store: Store,
  { batch = 500, onBatch }: { readonly batch?: number; readonly onBatch?: (rewrapped: number) => void } = {},
): Promise<Rewrapped> => {
  const wrapper = wrapperOf(store)
  let rewrapped = 0
  let unreadable = 0
  let from: readonly [string, string] = ['', firstId]
  for (;;) {
    const last = await inTransaction(store.pool, async (tx) => {
      const rows = await rowsOf<KeyRow>(tx, keysUnderOthers, [wrapper.current, ...from, batch])
      const renewed = rows.flatMap((row) => {
        try {
          const { keyId, wrapped } = wrapper.rewrap(row, row)
          return [{ run_id: row.keyRunId, key_id: keyId, wrapped: Buffer.from(wrapped).toString('base64') }]
        } catch {
          unreadable += 1 // N3
          return []
        }
      })
      await rowsOf(tx, keepKeys, [JSON.stringify(renewed)])
      rewrapped += renewed.length
      return rows.at(-1) ?? null
    })
    if (last === null) return { rewrapped, unreadable }
    from = [last.keyId, last.keyRunId]
    onBatch?.(rewrapped)
  }
}

const waitingTables = {
  inbox: {
    find: {
      name: 'rewrap-find-inbox',
      text: `
select i.id, r.tenant_id as "tenantId", i.event from inbox i join run r on r.id = i.run_id
where i.id > $2 and i.event -> '~sealed' ->> 'keyId' <> $1 order by i.id limit $3 for update of i skip locked`,
    },
    keep: { name: 'rewrap-keep-inbox', text: 'update inbox set event = $2::jsonb where id = $1' },
  },
  kept_signal: {
    find: {
      name: 'rewrap-find-signals',
      text: `
select id, tenant_id as "tenantId", event from kept_signal
where id > $2 and event -> '~sealed' ->> 'keyId' <> $1 order by id limit $3 for update skip locked`,
    },
    keep: { name: 'rewrap-keep-signals', text: 'update kept_signal set event = $2::jsonb where id = $1' },
  },
}

const renewEvent = async (
  tx: Tx,
  table: keyof typeof waitingTables,
  { id, tenantId, event }: { readonly id: number; readonly tenantId: string; readonly event: JsonObject },
): Promise<boolean> => {
  const { wrapper } = sealingOf(tx)
  const held = event[sealedMember] ?? null
  if (wrapper === 'open' || !isTenantSealed(held)) return false
  try {
    const value = openValue(wrapper.ofTenant(held.keyId, tenantId), pending(tenantId), held.sealed)
    const sealed = sealValue(wrapper.ofTenant(wrapper.current, tenantId), pending(tenantId), JSON.stringify(value))
    const renewed = { ...event, [sealedMember]: { keyId: wrapper.current, sealed } }
    await rowsOf(tx, waitingTables[table].keep, [id, jsonText(renewed)])
    return true
  } catch {
    return false // N3
  }
}

/** Seals anew what waits under keys of tenants: events that are kept for whoever will wait for them, and those of parked runs. */
export const rewrapWaiting = async (store: Store, { batch = 200 } = {}): Promise<Rewrapped> => {
  const { current } = wrapperOf(store)
  let rewrapped = 0
  let unreadable = 0
  for (const table of ['inbox', 'kept_signal'] as const) {
    for (let from = 0, more = true; more;) {
      await inTransaction(store.pool, async (tx) => {
        type Row = Parameters<typeof renewEvent>[2]
        const rows = await rowsOf<Row>(tx, waitingTables[table].find, [current, from, batch])
        for (const row of rows) {
          if (await renewEvent(tx, table, row)) rewrapped += 1
          else unreadable += 1
        }
        from = rows.at(-1)?.id ?? from
        more = rows.length > 0
      })
    }
  }
  return { rewrapped, unreadable }
}

const remaining = {
  name: 'rewrap-remaining',
  text: `
select place, key_id as "keyId", count(*)::integer as rows from (
  select 'data keys' as place, key_id from run_key
  union all select 'waiting events', event -> '~sealed' ->> 'keyId' from inbox where event -> '~sealed' ? 'keyId'
  union all select 'waiting events', event -> '~sealed' ->> 'keyId' from kept_signal where event -> '~sealed' ? 'keyId'
  union all select 'secrets of webhooks', split_part(s, '.', 2) from webhook_endpoint, unnest(array[secret, previous_secret]) s where s is not null
  union all select 'secrets of hooks', split_part(s, '.', 2) from incoming_hook, unnest(array[secret, previous_secret]) s where s is not null
  union all select 'large answers', split_part(convert_from(substr(body, 1, 64), 'SQL_ASCII'), '.', 2) from vault.payload
) x where key_id <> $1 group by 1, 2 order by 1, 2`,
}

/** What stands under other keys than the ring's current one, by place and key: none may be taken out of the ring before it is gone. */
export const listUnderOtherKeys = async (
  store: Store,
): Promise<readonly { readonly place: string; readonly keyId: string; readonly rows: number }[]> =>
  rowsOf(store.pool, remaining, [wrapperOf(store).current])
