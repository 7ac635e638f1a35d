import { CodedError, RetryableError, TerminalError } from '@flotilla/contracts'
import {
  isSealed,
  makeKeyCache,
  makeKeyWrapper,
  openValue,
  sealValue,
  type SealingKeys,
} from '@flotilla/contracts/sealing'
import type { KeyObject } from 'node:crypto'
import type { Pool } from 'pg'

/** Where a value of an agent's stands. Rows that a fork copies are bound to the run's family, not to the run. */
export interface VaultPlace {
  readonly table: 'effect' | 'agent_checkpoint' | 'outbox'
  readonly column: string
  readonly row: readonly (string | number)[]
  readonly bound: 'run' | 'family'
}

/** One run's key in hand. */
export interface VaultKey {
  /** Null stays null. */
  readonly seal: (place: VaultPlace, value: unknown) => unknown
  /** The value again; one from before the sealing of columns as it is. Throws `TerminalError` when it does not open. */
  readonly open: (place: VaultPlace, stored: unknown) => unknown
}

/** Data keys of runs, for agents. */
export interface VaultKeys {
  /**
   * Throws `TerminalError` RUN_ERASED, or DATA_KEY_UNREADABLE where the ring does not open the run's key; `RetryableError`
   * DATA_KEY_MISSING where it has none yet.
   */
  readonly of: (runId: string) => Promise<VaultKey>
}

interface Row {
  readonly key_run_id: string
  readonly tenant_id: string
  readonly erased: boolean
  readonly key_id: string | null
  readonly wrapped: Buffer | null
}

const openKey: VaultKey = {
  seal: (_place, value) => value ?? null,
  open: (_place, stored) => {
    if (isSealed(stored)) throw new TerminalError('DATA_KEY_UNREADABLE')
    return stored ?? null
  },
}

/** Keys by `vault.read_run_key`. `open`: nothing is sealed, and nothing sealed can be read; for tests. */
export const makeVaultKeys = (pool: Pool, ring: SealingKeys | 'open'): VaultKeys => {
  if (ring === 'open') return { of: () => Promise.resolve(openKey) }
  const wrapper = makeKeyWrapper(ring)
  const known = makeKeyCache<{ readonly keyRunId: string; readonly key: KeyObject }>()

  const find = async (runId: string) => {
    const cached = known.get(runId)
    if (cached) return cached
    const { rows } = await pool.query<Row>('select * from vault.read_run_key($1)', [runId])
    const [row] = rows
    if (row?.erased) throw new TerminalError('RUN_ERASED')
    // A run from before the sealing of columns: the orchestrator makes its key when it next saves it, such as for this job's start.
    if (!row || row.key_id === null || row.wrapped === null) throw new RetryableError('DATA_KEY_MISSING')
    const { key_run_id: keyRunId, tenant_id: tenantId, key_id: keyId, wrapped } = row
    try {
      const entry = { keyRunId, key: wrapper.unwrap({ tenantId, keyRunId }, { keyId, wrapped }) }
      known.set(runId, entry)
      return entry
    } catch (error) {
      throw new TerminalError(error instanceof CodedError ? error.code : 'DATA_KEY_UNREADABLE')
    }
  }

  return {
    of: async (runId) => {
      const { keyRunId, key } = await find(runId)
      const ownerOf = ({ bound }: VaultPlace): string => (bound === 'family' ? keyRunId : runId)
      return {
        seal: (place, value) =>
          value === null || value === undefined
            ? null
            : sealValue(
                key,
                { table: place.table, column: place.column, row: place.row, owner: ownerOf(place) },
                JSON.stringify(value),
              ),
        open: (place, stored) => {
          if (!isSealed(stored)) return stored ?? null
          try {
            const { table, column, row } = place
            return openValue(key, { table, column, row, owner: ownerOf(place) }, stored)
          } catch {
            throw new TerminalError('DATA_UNREADABLE')
          }
        },
      }
    },
  }
}
