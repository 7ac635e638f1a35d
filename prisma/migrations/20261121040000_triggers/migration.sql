-- What starts runs by itself: schedules, and the ends of other runs.
--
-- 1. A row per tenant, workflow and trigger: those of the workflow's newest version. Rows of tenant '*' are what ships:
--    never enabled themselves, they become a tenant's own when it switches them on.
-- 2. A firing is unique per trigger and occasion (a moment, or the run that ended): whoever inserts it starts the run, in
--    the same transaction. So nothing is started twice, by two orchestrators or after a crash.

-- How many completions of other runs led to this one; bounded, or a circle of triggers would never end.
alter table run add column chain_depth smallint not null default 0;

create table trigger (
  tenant_id text not null,
  workflow text not null,
  name text not null,
  kind text not null,
  version integer not null,
  definition_hash text not null,
  spec jsonb not null,
  enabled boolean not null,
  shipped boolean not null,
  next_at timestamptz(3),
  source_workflow text,
  source_status text,
  created_at timestamptz(3) not null default now(),
  constraint trigger_pkey primary key (tenant_id, workflow, name),
  constraint trigger_kind_known check (kind in ('schedule', 'completion')),
  constraint trigger_shipped_off check (tenant_id <> '*' or not enabled)
);
create index trigger_due on trigger (next_at) where enabled and next_at is not null;
create index trigger_completion on trigger (tenant_id, source_workflow, source_status) where enabled and kind = 'completion';

-- `run_id` null: it could not be started, `error` says why.
create table trigger_firing (
  tenant_id text not null,
  workflow text not null,
  name text not null,
  occasion text not null,
  run_id uuid,
  error text,
  fired_at timestamptz(3) not null default clock_timestamp(),
  constraint trigger_firing_pkey primary key (tenant_id, workflow, name, occasion)
);
create index trigger_firing_tenant_id_workflow_name_fired_at_idx on trigger_firing (tenant_id, workflow, name, fired_at desc);
create index trigger_firing_fired_at_idx on trigger_firing (fired_at);

-- Makes the triggers of a version the active ones of the tenant in `flotilla.tenant`; where that is '*', also of every
-- tenant that has switched an older version's on. Nothing happens unless the version is the newest. A trigger of the same
-- name stays switched on or off; while its schedule stays the same its next moment does, so none is lost.
-- wanted: [{ name, kind, spec, next_at, source_workflow, source_status }]
create function activate_triggers(def_name text, def_version integer, def_hash text, wanted jsonb) returns boolean
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  owner_tenant text := nullif(current_setting('flotilla.tenant', true), '');
begin
  if owner_tenant is null then raise exception 'flotilla.tenant is not set' using errcode = '42501'; end if;
  -- One at a time and workflow: of two versions that are registered at once, both would take themselves for the newest.
  perform pg_advisory_xact_lock(hashtextextended('flotilla.triggers.' || def_name, 0));
  if exists (select from workflow_definition d
             where d.name = def_name and d.tenant_id in ('*', owner_tenant) and d.version > def_version) then
    return false;
  end if;
  delete from trigger t
  where t.workflow = def_name and t.version < def_version and (t.tenant_id = owner_tenant or owner_tenant = '*')
    and not exists (select from jsonb_to_recordset(wanted) as w(name text) where w.name = t.name);
  update trigger t set kind = w.kind, version = def_version, definition_hash = def_hash, spec = w.spec,
    shipped = owner_tenant = '*', source_workflow = w.source_workflow, source_status = w.source_status,
    next_at = case when t.spec -> 'cron' = w.spec -> 'cron' and t.spec -> 'timeZone' is not distinct from w.spec -> 'timeZone'
      then coalesce(t.next_at, w.next_at) else w.next_at end
  from jsonb_to_recordset(wanted) as w(name text, kind text, spec jsonb, next_at timestamptz, source_workflow text,
    source_status text)
  where t.workflow = def_name and t.name = w.name and t.version < def_version
    and (t.tenant_id = owner_tenant or owner_tenant = '*');
  insert into trigger (tenant_id, workflow, name, kind, version, definition_hash, spec, enabled, shipped, next_at,
                       source_workflow, source_status)
  select owner_tenant, def_name, w.name, w.kind, def_version, def_hash, w.spec, owner_tenant <> '*', owner_tenant = '*',
    case when owner_tenant <> '*' then w.next_at end, w.source_workflow, w.source_status
  from jsonb_to_recordset(wanted) as w(name text, kind text, spec jsonb, next_at timestamptz, source_workflow text,
    source_status text)
  on conflict do nothing;
  return true;
end
$$;

-- As before, with the depth of a chain.
create or replace function submit_runs(batch jsonb)
returns table (ord integer, outcome text, run_id uuid, trace_id text, created_at timestamptz)
language plpgsql volatile security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  if jsonb_path_exists(batch, '$[*] ? (@.key != null)') then
    delete from idempotency i using jsonb_to_recordset(batch) as b(tenant_id text, key text)
    where i.tenant_id = b.tenant_id and i.key = b.key and i.expires_at <= now();
    insert into idempotency (tenant_id, key, fingerprint, run_id, trace_id, expires_at)
    select b.tenant_id, b.key, b.fingerprint, b.id, b.trace_id, now() + interval '24 hours'
    from jsonb_to_recordset(batch)
      as b(ord integer, id uuid, tenant_id text, key text, fingerprint text, trace_id text)
    where b.key is not null
    order by b.tenant_id, b.key, b.ord
    on conflict do nothing;
    return query
    with row as (
      select * from jsonb_to_recordset(batch)
        as b(ord integer, id uuid, tenant_id text, workflow text, version integer, definition_hash text, semantics smallint,
             priority smallint, input jsonb, tags text[], submitted_by text, trace_id text, traceparent text,
             root_run_id uuid, parent_run_id uuid, chain_depth smallint, key text, fingerprint text)
    ), judged as (
      select r.*, i.run_id as winner, i.trace_id as winner_trace,
        case when r.key is null or i.run_id = r.id then 'accepted'
             when i.fingerprint = r.fingerprint then 'replayed' else 'conflict' end as verdict
      from row r left join idempotency i on i.tenant_id = r.tenant_id and i.key = r.key
    ), inserted as (
      insert into run (id, tenant_id, workflow, version, definition_hash, semantics, priority, order_key, input, tags,
                       submitted_by, trace_id, traceparent, root_run_id, parent_run_id, chain_depth)
      select j.id, j.tenant_id, j.workflow, j.version, j.definition_hash, coalesce(j.semantics, 1::smallint), j.priority,
        order_key_of(j.priority, now()), j.input, coalesce(j.tags, '{}'), j.submitted_by, j.trace_id, j.traceparent,
        j.root_run_id, j.parent_run_id, coalesce(j.chain_depth, 0::smallint)
      from judged j where j.verdict = 'accepted' order by j.id
    )
    select j.ord, j.verdict, coalesce(j.winner, j.id), coalesce(j.winner_trace, j.trace_id)::text, now()
    from judged j order by j.ord;
  else
    return query
    with row as (
      select * from jsonb_to_recordset(batch)
        as b(ord integer, id uuid, tenant_id text, workflow text, version integer, definition_hash text, semantics smallint,
             priority smallint, input jsonb, tags text[], submitted_by text, trace_id text, traceparent text,
             root_run_id uuid, parent_run_id uuid, chain_depth smallint)
    ), inserted as (
      insert into run (id, tenant_id, workflow, version, definition_hash, semantics, priority, order_key, input, tags,
                       submitted_by, trace_id, traceparent, root_run_id, parent_run_id, chain_depth)
      select r.id, r.tenant_id, r.workflow, r.version, r.definition_hash, coalesce(r.semantics, 1::smallint), r.priority,
        order_key_of(r.priority, now()), r.input, coalesce(r.tags, '{}'), r.submitted_by, r.trace_id, r.traceparent,
        r.root_run_id, r.parent_run_id, coalesce(r.chain_depth, 0::smallint)
      from row r order by r.id
    )
    select r.ord, 'accepted'::text, r.id, r.trace_id, now() from row r order by r.ord;
  end if;
end
$$;

revoke all on function activate_triggers(text, integer, text, jsonb) from public;
grant execute on function activate_triggers(text, integer, text, jsonb) to flotilla_gateway, flotilla_engine;

grant select, insert on trigger to flotilla_gateway;
grant update (enabled, next_at) on trigger to flotilla_gateway;
grant select, insert on trigger_firing to flotilla_gateway;
grant select on trigger to flotilla_engine;
grant update (next_at) on trigger to flotilla_engine;
grant select, insert, delete on trigger_firing to flotilla_engine;

alter table trigger enable row level security;
create policy gateway on trigger to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
create policy gateway_shipped on trigger for select to flotilla_gateway using (tenant_id = '*');
create policy engine on trigger to flotilla_engine using (true);
alter table trigger_firing enable row level security;
create policy gateway on trigger_firing to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
create policy engine on trigger_firing to flotilla_engine using (true);
