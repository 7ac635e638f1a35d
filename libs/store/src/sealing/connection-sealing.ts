import {
  makeKeyCache,
  makeKeyWrapper,
  type KeyCache,
  type KeyWrapper,
  type SealingKeys,
} from '@flotilla/contracts/sealing'
import type { KeyObject } from 'node:crypto'
import type { Pool } from 'pg'

/** A run's family and its data key, as a process remembers them. */
export interface KnownKey {
  /** The run that heads the family: its children and forks are sealed with the same key. */
  readonly keyRunId: string
  readonly tenantId: string
  readonly key: KeyObject
}

/** What a store's connections seal with. `open`: what is written stays readable; nothing sealed can be read. */
export interface ConnectionSealing {
  readonly wrapper: KeyWrapper | 'open'
  readonly known: KeyCache<KnownKey>
}

const ofConnection = new WeakMap<object, ConnectionSealing>()

/** Lets a pool and every connection of it seal with a ring. */
export const giveSealing = (pool: Pool, ring: SealingKeys | 'open'): void => {
  const sealing: ConnectionSealing = {
    wrapper: ring === 'open' ? 'open' : makeKeyWrapper(ring),
    known: makeKeyCache<KnownKey>(),
  }
  ofConnection.set(pool, sealing)
  pool.on('connect', (client) => void ofConnection.set(client, sealing))
}

/** Lets a connection that is modelled write in the clear: it is no database, and keeps nothing. */
export const leaveOpen = (connection: object): void =>
  void ofConnection.set(connection, { wrapper: 'open', known: makeKeyCache<KnownKey>() })

/** What a connection seals with. Throws for one that no `openStore` made: nothing is written in the clear by accident. */
export const sealingOf = (connection: object): ConnectionSealing => {
  const sealing = ofConnection.get(connection)
  if (sealing === undefined) throw new Error('openStore makes the connections that data are sealed on')
  return sealing
}
