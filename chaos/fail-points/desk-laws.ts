import { withClient } from '../../tools/fleet/database.mjs'

/** One statement per law: it gives what breaks the law, for the runs in `$1`. */
const laws: Readonly<Record<string, string>> = {
  'positions of a history are gapless': `
    select run_id, count(*), max(position) from history where run_id = any($1) group by run_id
    having count(*) <> max(position)`,
  'numbers of a stream are gapless': `
    select * from (
      select run_id, (e.value ->> 'seq')::integer as seq,
        row_number() over (partition by run_id order by position, e.ordinality) as expected
      from history, jsonb_array_elements(published) with ordinality e where run_id = any($1)) s
    where seq <> expected`,
  'progress never falls': `
    select run_id, seq, progress from (
      select run_id, (e.value ->> 'seq')::integer as seq, (e.value ->> 'progress')::float as progress,
        max((e.value ->> 'progress')::float) over (partition by run_id order by (e.value ->> 'seq')::integer) as highest
      from history, jsonb_array_elements(published) e where run_id = any($1)) s where progress < highest`,
  'a step has one accepted result': `
    select run_id, event ->> 'step' as step, count(*) from history
    where run_id = any($1) and ignored is null and event ->> 'type' in ('StepSucceeded', 'StepFailed')
    group by 1, 2 having count(*) > 1`,
  'a run ends once': `
    select run_id, count(*) from history, jsonb_array_elements(published) e
    where run_id = any($1) and e.value ->> 'type' in ('run.completed', 'run.failed', 'run.cancelled')
    group by run_id having count(*) <> 1`,
  'a gate is decided once, and audited once': `
    select r.id, (select count(*) from history h where h.run_id = r.id and h.ignored is null
        and h.event ->> 'type' = 'GateDecided') as decided,
      (select count(*) from audit a where a.subject = r.id::text and a.action = 'gate.decided') as audited
    from run r where r.id = any($1) and exists (select from gate g where g.run_id = r.id and g.status = 'decided')
      and ((select count(*) from history h where h.run_id = r.id and h.ignored is null
        and h.event ->> 'type' = 'GateDecided') <> 1
      or (select count(*) from audit a where a.subject = r.id::text and a.action = 'gate.decided') <> 1)`,
  'a failed step has one dead letter': `
    select r.id from run r where r.id = any($1)
      and (r.status = 'failed')::integer <> (select count(*) from dead_letter d where d.run_id = r.id)`,
  'nothing is owed by a run that has ended': `
    select run_id::text, step from outbox where run_id = any($1)
    union all select run_id::text, event ->> 'type' from inbox where run_id = any($1)`,
  'an effect is recorded once, as done': `
    select root_run_id, step, status from vault.effect where root_run_id = any($1) and status <> 'done'`,
  'the audit is one chain': `
    select a.seq from audit a left join audit b on b.tenant_id = a.tenant_id and b.seq = a.seq - 1
    where a.seq > 1 and a.previous_hash is distinct from b.hash`,
}

/** The laws that Postgres shows to be broken for these runs, which have all ended; with what breaks them. */
export const brokenLaws = (superuserUrl: string, runIds: readonly string[]): Promise<readonly string[]> =>
  withClient(superuserUrl, async (client) => {
    const broken: string[] = []
    for (const [law, sql] of Object.entries(laws)) {
      const { rows } = await client.query(sql, sql.includes('$1') ? [runIds] : [])
      if (rows.length > 0) broken.push(`${law}: ${JSON.stringify(rows.slice(0, 3))}`)
    }
    return broken
  })
