-- Runs are erased when they are old enough, by rules of tenants and workflows.
--
-- 1. The rule that says most counts: of tenant and workflow, of the tenant, else what the orchestrators are told. No number
--    of days: the runs are kept.
-- 2. A family is erased as one: when all of it has ended, and the last of it is old enough for the strictest of its rules
--    to keep it no longer, so for the longest.

create table retention_rule (
  tenant_id text not null,
  -- Empty: all workflows of the tenant.
  workflow text not null default '',
  -- Null: kept.
  days integer,
  set_at timestamptz(3) not null default now(),
  constraint retention_rule_pkey primary key (tenant_id, workflow),
  constraint retention_rule_tenant_id_fkey foreign key (tenant_id) references tenant (id) on update cascade on delete cascade,
  constraint retention_rule_days_check check (days between 0 and 36500)
);

alter table retention_rule enable row level security;
create policy gateway on retention_rule to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
create policy engine on retention_rule to flotilla_engine using (true);
grant select on retention_rule to flotilla_gateway, flotilla_engine;

-- Families that are due: head and tenant, and the days that counted. `default_days` null: kept where no rule says otherwise.
create function retention_due(default_days integer, families integer)
returns table (head uuid, tenant_id text, days integer)
language sql stable security definer set search_path = public, pg_temp as $$
  with aged as (
    select coalesce(r.key_run_id, r.id) as head, r.tenant_id,
      case when w.tenant_id is not null then w.days when t.tenant_id is not null then t.days else default_days end as days,
      r.status, r.finished_at, r.erased_at
    from run r
    left join retention_rule w on w.tenant_id = r.tenant_id and w.workflow = r.workflow and w.workflow <> ''
    left join retention_rule t on t.tenant_id = r.tenant_id and t.workflow = ''
    where (default_days is not null or exists (select from retention_rule x where x.tenant_id = r.tenant_id and x.days is not null))
      and r.erased_at is null
  )
  select a.head, min(a.tenant_id), max(a.days) from aged a group by a.head
  having bool_and(a.status in ('completed', 'failed', 'cancelled')) and bool_and(a.days is not null)
    and bool_and(a.finished_at < now() - make_interval(days => a.days))
  order by max(a.finished_at) limit families
$$;
revoke all on function retention_due(integer, integer) from public;
grant execute on function retention_due(integer, integer) to flotilla_engine;
grant execute on function erase_family(uuid, jsonb, text[], text) to flotilla_engine;

-- Answers too large to travel are in the history once they are applied: those of runs that have ended serve nobody.
create function purge_payloads(hours integer, at_most integer) returns integer
language sql volatile security definer set search_path = public, pg_temp as $$
  with old as (
    select p.ref from vault.payload p join run r on r.id = p.run_id
    where r.status in ('completed', 'cancelled') and r.finished_at < now() - make_interval(hours => hours) limit at_most
  ), purged as (delete from vault.payload p using old o where p.ref = o.ref returning 1)
  select count(*)::integer from purged
$$;
revoke all on function purge_payloads(integer, integer) from public;
grant execute on function purge_payloads(integer, integer) to flotilla_engine;
