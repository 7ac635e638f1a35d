/**
 * Names the runs that an orchestrator has in hand, so that one which kills it can be found.
 *
 * M1  The marker is committed before the runs are folded, on a connection of its own, without waiting for the disk: it
 *     guards against the death of a process, not of the machine.
 * M2  An orchestrator is alive as long as its session holds the advisory lock on its name.
 * M3  Only runs that have not moved since are blamed: what was committed before the death is nobody's fault.
 */
import { Client, type Pool } from 'pg'
import { connectionConfig, type Db, type StoreOptions } from '../open-store.js'
import { inTransaction } from '../transaction.js'
import { tellParked } from './parking.js'
import { rowsOf } from './statement.js'

export interface ClaimedPosition {
  readonly runId: string
  readonly position: number
}

const marker = {
  name: 'mark-claim',
  text: `
insert into claim as c (orchestrator, run_ids, positions) values ($1, $2::uuid[], $3::integer[])
on conflict (orchestrator) do update set run_ids = excluded.run_ids, positions = excluded.positions, at = clock_timestamp()`,
}

/** Replaces the orchestrator's marker by these runs (M1). Give it a pool of its own with `synchronous_commit` off. */
export const markClaim = async (db: Db, orchestrator: string, runs: readonly ClaimedPosition[]): Promise<void> => {
  await rowsOf(db, marker, [orchestrator, runs.map(({ runId }) => runId), runs.map(({ position }) => position)])
}

/** Empties the marker: before going idle and when stopping. Between two ticks the next `markClaim` replaces it. */
export const clearClaim = (db: Db, orchestrator: string): Promise<void> => markClaim(db, orchestrator, [])

const lockKey = `hashtextextended('flotilla.orchestrator ' || $1::text, 0)`

export interface HeldName {
  /** The connection that holds the name, for `markClaim`: its commits do not wait for the disk. */
  readonly client: Client
  /** Resolves when the session is lost: others may now take this orchestrator for dead, so stop claiming. */
  readonly lost: Promise<Error>
  readonly release: () => Promise<void>
}

/**
 * Opens a connection that holds the orchestrator's name for as long as it lives (M2). Null when another
 * live session holds it.
 */
export const holdName = async (
  options: Omit<StoreOptions, 'max' | 'onError' | 'sealing'>,
  orchestrator: string,
): Promise<HeldName | null> => {
  const client = new Client({ ...connectionConfig(options) })
  const lost = new Promise<Error>((resolve) => {
    client.once('error', resolve)
    client.once('end', () => resolve(new Error('the session that holds the name has ended')))
  })
  client.on('error', () => undefined) // a second one after `lost` has said it must not crash the process
  await client.connect()
  const { rows } = await client.query<{ held: boolean }>(`select pg_try_advisory_lock(${lockKey}) as held`, [
    orchestrator,
  ])
  if (rows[0]?.held !== true) {
    await client.end()
    return null
  }
  await client.query('set synchronous_commit = off')
  return { client, lost, release: () => client.end() }
}

const claims = { name: 'list-claims', text: 'select orchestrator from claim where orchestrator <> $1 order by 1' }
const tryName = { name: 'try-name', text: `select pg_try_advisory_xact_lock(${lockKey}) as dead` }
const blame = {
  name: 'blame-runs',
  text: `
with dead as (
  delete from claim where orchestrator = $1 returning run_ids, positions
), blamed as (
  update run r set crashes = r.crashes + 1,
    status = case when r.crashes + 1 >= $2 then 'parked' else r.status end,
    parked_reason = case when r.crashes + 1 >= $2 then 'CRASHED' else r.parked_reason end,
    next_deadline_at = case when r.crashes + 1 >= $2 then null else r.next_deadline_at end
  from dead d cross join unnest(d.run_ids, d.positions) as c(run_id, position)
  where r.id = c.run_id and r.position = c.position and r.status in ('created', 'running', 'waiting', 'failed')
  returning r.id, r.status
), held as (
  update inbox i set held = true from blamed b where i.run_id = b.id and b.status = 'parked' and not i.held
)
select id, status from blamed order by id`,
}

export interface Blamed {
  readonly orchestrator: string
  readonly runId: string
  /** It has now brought three down and is not claimed again until somebody unparks it. */
  readonly parked: boolean
}

/**
 * Finds orchestrators that died with runs in hand and counts it against those runs (M3): they are claimed one by one from
 * then on (`claimSuspect`) and parked with the third. A run that is saved in between is cleared of it.
 */
export const blameDeadOrchestrators = async (pool: Pool, self: string, crashesMax = 3): Promise<Blamed[]> => {
  const found: Blamed[] = []
  for (const { orchestrator } of await rowsOf<{ orchestrator: string }>(pool, claims, [self])) {
    const blamed = await inTransaction(pool, async (tx) => {
      const [name] = await rowsOf<{ dead: boolean }>(tx, tryName, [orchestrator])
      if (name?.dead !== true) return []
      const runs = await rowsOf<{ id: string; status: string }>(tx, blame, [orchestrator, crashesMax])
      await tellParked(
        tx,
        runs.flatMap(({ id, status }) => (status === 'parked' ? [id] : [])),
      )
      return runs
    })
    found.push(...blamed.map(({ id, status }) => ({ orchestrator, runId: id, parked: status === 'parked' })))
  }
  return found
}
