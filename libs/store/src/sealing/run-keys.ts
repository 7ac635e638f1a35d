/**
 * Data keys of runs.
 *
 * R1  A run's family (the run, its children, its forks) has one data key, in a row of its own. It is destroyed with the row.
 * R2  A run that has no key gets one when something of it is first written: it is older than the sealing of columns.
 * R3  An erased run never gets another.
 * R4  What belongs to no run yet, or waits for one whose key does not open, is sealed with a key of the tenant: it is taken
 *     out again when it is applied, and deleted when the run is erased.
 */
import { CodedError } from '@flotilla/contracts'
import { isSealed, openValue, sealValue, type SealedPlace } from '@flotilla/contracts/sealing'
import type { Json, JsonObject } from '@flotilla/engine'
import { isPlainText, jsonText } from '../json-text.js'
import type { Db } from '../open-store.js'
import { rowsOf } from '../sql/statement.js'
import { sealingOf, type ConnectionSealing, type KnownKey } from './connection-sealing.js'

/** Where a value stands. `run`: the row belongs to the run; `family`: a fork copies the row as it is. */
export type ColumnPlace = Omit<SealedPlace, 'owner'> & { readonly bound?: 'run' | 'family' }

/** The keys of some runs. A run of which there is none says why when something of it is sealed or opened. */
export interface RunKeys {
  /** Why nothing of the run can be sealed or opened; null: it can. */
  readonly problem: (runId: string) => 'RUN_ERASED' | 'RUN_UNKNOWN' | 'DATA_KEY_UNREADABLE' | null
  /** What is stored in place of a JSON value; null stays null. `rowRunId`: the run of the row, where it is another of the family. */
  readonly seal: (runId: string, place: ColumnPlace, value: unknown, rowRunId?: string) => Json
  /** Of what these keys sealed of a run: whether jsonb keeps all of it as it is, and its longest text in characters. Null: nothing. */
  readonly sealedOf: (runId: string) => { readonly isPlain: boolean; readonly longest: number } | null
  /** The value again; one from before the sealing of columns is given as it is. Throws `CodedError`. */
  readonly open: (runId: string, place: ColumnPlace, stored: unknown) => Json
  /** R4 */
  readonly sealForTenant: (runId: string, value: JsonObject) => Json
  readonly openForTenant: (runId: string, stored: TenantSealed) => Json
}

/** R4: sealed with a key of the tenant, which no row holds. */
export interface TenantSealed extends JsonObject {
  readonly keyId: string
  readonly sealed: string
}

export const isTenantSealed = (stored: Json): stored is TenantSealed =>
  typeof stored === 'object' && stored !== null && 'keyId' in stored && 'sealed' in stored

/** The code of an error, for what is stored and logged in place of what could not be read. */
export const codeOf = (error: unknown): string => (error instanceof CodedError ? error.code : 'DATA_UNREADABLE')

/** Where a value stands that is sealed with a key of its tenant. */
export const pending = (tenantId: string) => ({ table: 'inbox', column: 'pending', owner: tenantId })

const sealTenant = (wrapper: ConnectionSealing['wrapper'], tenantId: string, value: JsonObject): Json =>
  wrapper === 'open'
    ? value
    : {
        keyId: wrapper.current,
        sealed: sealValue(wrapper.ofTenant(wrapper.current, tenantId), pending(tenantId), jsonText(value)),
      }

/** Seals what belongs to a tenant, and to no run yet (R4). */
export const sealForTenant = (db: Db, tenantId: string, value: JsonObject): Json =>
  sealTenant(sealingOf(db).wrapper, tenantId, value)

interface KeyRow {
  readonly runId: string
  readonly keyRunId: string
  readonly tenantId: string
  readonly erased: boolean
  readonly keyId: string | null
  readonly wrapped: Buffer | null
}

const find = {
  name: 'find-run-keys',
  text: `
select r.id as "runId", coalesce(r.key_run_id, r.id) as "keyRunId", r.tenant_id as "tenantId",
  r.erased_at is not null as erased, k.key_id as "keyId", k.wrapped
from run r left join run_key k on k.run_id = coalesce(r.key_run_id, r.id) where r.id = any($1::uuid[])`,
}

const keep = {
  name: 'keep-run-keys',
  text: `
insert into run_key (run_id, tenant_id, key_id, wrapped)
select run_id, tenant_id, key_id, decode(wrapped, 'base64') from jsonb_to_recordset($1::jsonb)
  as k(run_id uuid, tenant_id text, key_id text, wrapped text)
on conflict do nothing`,
}

/** A new run's wrapped key as the members of a row that `keep_run_keys` and the statements take. */
export interface NewKey {
  readonly key_id: string
  /** base64 */
  readonly wrapped: string
}

/** Makes the key of a run that is about to be submitted, and seals with it. Null: nothing is sealed here. */
export const newRunKey = (
  db: Db,
  owner: { readonly keyRunId: string; readonly tenantId: string },
): { readonly row: NewKey; readonly known: KnownKey } | null => {
  const { wrapper } = sealingOf(db)
  if (wrapper === 'open') return null
  const { keyId, wrapped, key } = wrapper.make(owner)
  return { row: { key_id: keyId, wrapped: Buffer.from(wrapped).toString('base64') }, known: { ...owner, key } }
}

/** Seals one value with a key in hand. */
export const sealWith = (
  known: KnownKey,
  { bound = 'run', ...place }: ColumnPlace,
  runId: string,
  value: unknown,
): Json =>
  value === null || value === undefined
    ? null
    : // Cleaned like everything that is stored, so that what is read back does not depend on whether it was sealed.
      sealValue(known.key, { ...place, owner: bound === 'family' ? known.keyRunId : runId }, jsonText(value))

const openRing: RunKeys = {
  problem: () => null,
  seal: (_runId, _place, value) => (value ?? null) as Json, // JSON by the callers' types
  sealedOf: () => null,
  open: (_runId, _place, stored) => {
    if (isSealed(stored)) throw new CodedError('DATA_KEY_UNREADABLE')
    return (stored ?? null) as Json // as it was stored
  },
  sealForTenant: (_runId, value) => value,
  openForTenant: () => {
    throw new CodedError('DATA_KEY_UNREADABLE')
  },
}

/**
 * The keys of runs, from memory or by one statement; unknown runs and those whose key does not open are named by `problem`.
 * `make`: those that have none get one (R2).
 */
export const runKeys = async (
  db: Db,
  runIds: readonly string[],
  { make = false }: { readonly make?: boolean } = {},
): Promise<RunKeys> => {
  const { wrapper, known } = sealingOf(db)
  if (wrapper === 'open') return openRing
  const keys = new Map<string, KnownKey>()
  const problems = new Map<string, 'RUN_ERASED' | 'DATA_KEY_UNREADABLE' | 'keyless'>()
  const tenants = new Map<string, string>()
  const missing: string[] = []
  for (const runId of new Set(runIds)) {
    const cached = known.get(runId)
    if (cached === undefined) missing.push(runId)
    else keys.set(runId, cached)
  }

  const take = (row: KeyRow): boolean => {
    const { runId, keyRunId, tenantId, keyId, wrapped } = row
    problems.delete(runId)
    tenants.set(runId, tenantId)
    if (row.erased)
      problems.set(runId, 'RUN_ERASED') // R3
    else if (keyId === null || wrapped === null) problems.set(runId, 'keyless')
    else {
      try {
        const entry = { keyRunId, tenantId, key: wrapper.unwrap({ tenantId, keyRunId }, { keyId, wrapped }) }
        keys.set(runId, entry)
        known.set(runId, entry)
      } catch {
        problems.set(runId, 'DATA_KEY_UNREADABLE')
      }
    }
    return problems.get(runId) === 'keyless'
  }

  if (missing.length > 0) {
    const rows = await rowsOf<KeyRow>(db, find, [missing])
    const keyless = rows.filter(take)
    if (make && keyless.length > 0) {
      const heads = [...new Map(keyless.map((row) => [row.keyRunId, row])).values()]
      await rowsOf(db, keep, [
        JSON.stringify(
          heads.map(({ keyRunId, tenantId }) => {
            const { keyId, wrapped } = wrapper.make({ tenantId, keyRunId })
            return {
              run_id: keyRunId,
              tenant_id: tenantId,
              key_id: keyId,
              wrapped: Buffer.from(wrapped).toString('base64'),
            }
          }),
        ),
      ])
      // Read again: somebody else may have been first.
      for (const row of await rowsOf<KeyRow>(db, find, [keyless.map(({ runId }) => runId)])) take(row)
    }
  }

  const problem: RunKeys['problem'] = (runId) => {
    if (keys.has(runId)) return null
    const found = problems.get(runId)
    return found === undefined ? 'RUN_UNKNOWN' : found === 'keyless' ? 'DATA_KEY_UNREADABLE' : found
  }
  const keyOf = (runId: string): KnownKey => {
    const entry = keys.get(runId)
    if (entry === undefined) throw new CodedError(problem(runId) ?? 'DATA_KEY_UNREADABLE')
    return entry
  }
  const tenantOf = (runId: string): string => {
    const tenantId = keys.get(runId)?.tenantId ?? tenants.get(runId)
    if (tenantId === undefined) throw new CodedError('RUN_UNKNOWN')
    return tenantId
  }
  const written = new Map<string, { readonly isPlain: boolean; readonly longest: number }>()
  return {
    problem,
    sealedOf: (runId) => written.get(runId) ?? null,
    sealForTenant: (runId, value) => sealTenant(wrapper, tenantOf(runId), value),
    openForTenant: (runId, { keyId, sealed }) => {
      const tenantId = tenantOf(runId)
      return openValue(wrapper.ofTenant(keyId, tenantId), pending(tenantId), sealed) as Json // as it was sealed
    },
    seal: (runId, { bound = 'run', ...place }, value, rowRunId = runId) => {
      if (value === null || value === undefined) return null
      const { key, keyRunId } = keyOf(runId)
      const text = JSON.stringify(value)
      const isPlain = isPlainText(text)
      const { isPlain: wasPlain, longest } = written.get(runId) ?? { isPlain: true, longest: 0 }
      written.set(runId, { isPlain: isPlain && wasPlain, longest: Math.max(longest, text.length) })
      const owner = bound === 'family' ? keyRunId : rowRunId
      return sealValue(key, { ...place, owner }, isPlain ? text : jsonText(value))
    },
    open: (runId, { bound = 'run', ...place }, stored) => {
      if (!isSealed(stored)) return (stored ?? null) as Json // from before the sealing of columns
      const { key, keyRunId } = keyOf(runId)
      return openValue(key, { ...place, owner: bound === 'family' ? keyRunId : runId }, stored) as Json // as it was sealed
    },
  }
}

/** The keys that `saveApplied` seals runs with, where it must send its statement without waiting for them. */
export const keysForSaving = (db: Db, runIds: readonly string[]): Promise<RunKeys> =>
  runKeys(db, runIds, { make: true })

/** Forgets what is remembered of runs: they were erased. */
export const forgetRunKeys = (db: Db, runIds: readonly string[]): void => {
  const { known } = sealingOf(db)
  for (const runId of runIds) known.delete(runId)
}
