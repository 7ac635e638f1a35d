import type { SealingKeys } from '@flotilla/contracts/sealing'
import { PrismaPg } from '@prisma/adapter-pg'
import { Pool, types, type ClientBase, type ClientConfig } from 'pg'
import { freshenPlans } from './fresh-plans.js'
import { PrismaClient } from './generated/client.js'
import { giveSealing } from './sealing/connection-sealing.js'

/** What a statement runs on: the pool (a transaction of its own) or one connection. */
export type Db = Pool | ClientBase
/** A connection inside a transaction: what takes locks or must hold together asks for one. */
export type Tx = ClientBase

export interface StoreOptions {
  readonly url: string
  /** Connections at most. */
  readonly max: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** Role to become after login, where the login is a member of it and not the role itself. */
  readonly role?: 'flotilla_gateway' | 'flotilla_engine' | 'flotilla_vault'
  readonly statementTimeoutMs?: number
  readonly lockTimeoutMs?: number
  readonly idleInTransactionMs?: number
  readonly connectTimeoutMs?: number
  /**
   * How long an answer is waited for; without it as long as it takes. `statement_timeout` is Postgres' own: one that is
   * frozen, or behind a network that drops everything, never comes to apply it.
   */
  readonly answerTimeoutMs?: number
  /**
   * The ring that personal columns are sealed with. `open`: what is written stays readable and nothing sealed can be read;
   * for tests that look at rows themselves.
   */
  readonly sealing: SealingKeys | 'open'
  /** Told of a connection that broke while idle; the pool replaces it by itself. */
  readonly onError?: (error: Error) => void
}

export interface Store {
  readonly pool: Pool
  /** Prisma on the same pool, for everything off the hot path; made on first use. */
  readonly prisma: PrismaClient
  readonly close: () => Promise<void>
}

const bigintOid = 20

/**
 * Session settings; times in milliseconds. Statements here look up keys and take short windows of an index: they are planned
 * once and not at each call (`fresh-plans.ts` makes the plans anew as tables grow), and by index even where statistics,
 * which lag behind tables that fill within a minute, make reading everything look cheaper. Index scans, unlike bitmap
 * scans, also remember which entries are dead. What has no such plan is planned as usual.
 */
const sessionSettings = (options: Omit<StoreOptions, 'sealing'>): string =>
  Object.entries({
    plan_cache_mode: 'force_generic_plan',
    enable_seqscan: 'off',
    enable_bitmapscan: 'off',
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    lock_timeout: options.lockTimeoutMs ?? 5_000,
    idle_in_transaction_session_timeout: options.idleInTransactionMs ?? 30_000,
    TimeZone: 'UTC',
    jit: 'off',
    ...(options.role === undefined ? {} : { role: options.role }),
  })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')

/** Connection settings shared by the pool and by single connections (`holdName`). */
export const connectionConfig = (options: Omit<StoreOptions, 'max' | 'onError' | 'sealing'>): ClientConfig => ({
  connectionString: options.url,
  application_name: options.applicationName,
  options: sessionSettings({ ...options, max: 1 }),
  connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
  ...(options.answerTimeoutMs === undefined ? {} : { query_timeout: options.answerTimeoutMs }),
  keepAlive: true,
  // Statements that do not wait for each other share a round trip (see `transaction.ts`).
  pipeline: true,
  types: {
    // Ids and counters stay below 2^53; everything else as pg reads it (timestamptz becomes a Date).
    getTypeParser: ((oid: number, format: 'text' | 'binary') =>
      oid === bigintOid && format !== 'binary'
        ? Number
        : types.getTypeParser(oid, format)) as typeof types.getTypeParser, // overloads
  },
})

/** Opens a pool; connects lazily, so it succeeds while Postgres is away (`ping` tells). */
export const openStore = (options: StoreOptions): Store => {
  const pool = new Pool({ ...connectionConfig(options), max: options.max })
  pool.on('error', (error) => options.onError?.(error))
  // The pool listens to connections that lie idle only. One that is lost between two statements of a transaction would end the
  // process; the next statement rejects anyway.
  pool.on('connect', (client) => void client.on('error', () => undefined))
  giveSealing(pool, options.sealing)
  freshenPlans(pool)
  let prisma: PrismaClient | undefined
  return {
    pool,
    get prisma() {
      prisma ??= new PrismaClient({ adapter: new PrismaPg(pool) })
      return prisma
    },
    close: async () => {
      await prisma?.$disconnect()
      await pool.end()
    },
  }
}

/** Rejects with the driver's error while Postgres does not answer. */
export const ping = async (db: Db): Promise<void> => {
  await db.query('select 1')
}

/** Postgres' clock, epoch milliseconds: the only clock that business times come from. */
export const now = async (db: Db): Promise<number> => {
  const { rows } = await db.query<{ now: Date }>({
    name: 'now',
    text: 'select clock_timestamp()::timestamptz(3) as now',
  })
  return rows[0]?.now.getTime() ?? Number.NaN
}
