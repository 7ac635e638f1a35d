import type { SealingKeys } from '@flotilla/contracts/sealing'
import type { Pool } from 'pg'
import { makeCheckpoints, type Checkpoints } from './checkpoints.js'
import { makeEffects, type Effects } from './effects.js'
import { makeFacts, type FactStore } from './facts.js'
import { makePayloads, type Payloads } from './payloads.js'
import { makePool } from './pool.js'
import { makeVaultKeys } from './vault-keys.js'
import { withPatience } from './with-patience.js'

/** What agents may keep in Postgres, under a role that sees nothing else. */
export interface Vault {
  readonly payloads: Payloads
  readonly effects: Effects
  readonly facts: FactStore
  readonly checkpoints: Checkpoints
  /** Resolves when Postgres answers. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}

/** The vault over a pool of the caller's. `open`: nothing is sealed, for tests that look at rows themselves. */
export const vaultOver = (pool: Pool, sealing: SealingKeys | 'open'): Omit<Vault, 'close'> => {
  const keys = makeVaultKeys(pool, sealing)
  return {
    payloads: makePayloads(pool, keys),
    effects: makeEffects(pool, keys),
    facts: makeFacts(pool),
    checkpoints: makeCheckpoints(pool, keys),
    ping: async () => void (await pool.query('select 1')),
  }
}

/** Opens the vault; `databaseUrl` is that of role flotilla_vault. */
export const openVault = (
  databaseUrl: string,
  options: {
    /** The ring that what agents keep is sealed with. */
    readonly sealing: SealingKeys | 'open'
    readonly connectionsMax?: number
    /** How long an operation waits for a Postgres that is away, ms; default 0. */
    readonly patienceMs?: number
    readonly onError?: (error: Error) => void
  },
): Vault => {
  const pool = makePool(databaseUrl, options)
  const { payloads, effects, facts, checkpoints, ping } = vaultOver(pool, options.sealing)
  const patient = <T extends object>(operations: T): T => withPatience(operations, options.patienceMs ?? 0)
  return {
    payloads: patient(payloads),
    effects: patient(effects),
    facts: patient(facts),
    checkpoints: patient(checkpoints),
    ping,
    close: () => pool.end(),
  }
}
