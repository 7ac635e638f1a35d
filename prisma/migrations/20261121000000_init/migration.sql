-- The first shape of Flotilla's data. Written by hand; `schema.prisma` says the same as far as Prisma can say it.
--
-- 1. Applied by the owner of the database: no superuser, but with CREATEROLE. What Prisma must not see lives in schemas
--    of its own: `parts` (partitions), `vault` (what agents keep).
-- 2. The product connects as flotilla_gateway, flotilla_engine or flotilla_vault: none owns, bypasses or is forced to
--    nothing; each has what it uses and no more.
-- 3. Every table with a tenant has row-level security. The gateway sees the tenant in `flotilla.tenant`, and nothing
--    without it; the engine and the vault span tenants.
-- 4. history and audit only grow.
-- 5. Indexes on queue-like tables are partial: they hold what is open, so a million finished runs cost nothing.

-- Roles belong to the cluster: another database of it may be creating them at this moment.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['flotilla_gateway', 'flotilla_engine', 'flotilla_vault'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin nosuperuser nobypassrls noinherit', wanted);
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    -- The owner may become each role (the local fleet has one login); a cluster set up by another owner grants it by hand.
    for attempt in 1..20 loop
      begin
        if not pg_has_role(current_user, wanted, 'set') then
          execute format('grant %I to %I with set true, inherit false', wanted, current_user);
        end if;
        exit;
      exception
        when insufficient_privilege then exit;
        when internal_error or unique_violation then perform pg_sleep(0.02 * attempt); -- tuple concurrently updated
      end;
    end loop;
  end loop;
end
$$;

create schema parts;
create schema vault;

-- Tenants and keys ------------------------------------------------------------------------------------------------

create table tenant (
  id text not null,
  name text not null,
  created_at timestamptz(3) not null default now(),
  constraint tenant_pkey primary key (id)
);

create table api_key (
  id text not null,
  tenant_id text not null,
  principal text not null,
  secret_hash bytea not null,
  scopes text[] not null default '{}',
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  last_used_at timestamptz(3),
  constraint api_key_pkey primary key (id),
  constraint api_key_tenant_id_fkey foreign key (tenant_id) references tenant (id) on update cascade on delete cascade
);
create index api_key_tenant_id_idx on api_key (tenant_id);

-- Definitions: a version names a content, a run pins the content --------------------------------------------------

create table definition_content (
  hash text not null,
  definition jsonb not null,
  created_at timestamptz(3) not null default now(),
  constraint definition_content_pkey primary key (hash)
);

-- tenant_id '*': ships with the product, everybody may read it.
create table workflow_definition (
  tenant_id text not null,
  name text not null,
  version integer not null,
  hash text not null,
  created_at timestamptz(3) not null default now(),
  created_by text not null,
  constraint workflow_definition_pkey primary key (tenant_id, name, version),
  constraint workflow_definition_hash_fkey foreign key (hash) references definition_content (hash)
    on update cascade on delete restrict
);
create index workflow_definition_hash_idx on workflow_definition (hash);

-- Runs --------------------------------------------------------------------------------------------------------------

-- No foreign key to tenant: each insert would lock the one row of a busy tenant for key share (multixacts).
create table run (
  id uuid not null,
  tenant_id text not null,
  workflow text not null,
  version integer not null,
  definition_hash text not null,
  semantics smallint not null default 1,
  status text not null default 'created',
  parked_reason text,
  priority smallint not null default 1,
  order_key double precision not null,
  input jsonb not null,
  state jsonb,
  position integer not null default 0,
  published integer not null default 0,
  progress real not null default 0,
  next_deadline_at timestamptz(3),
  tags text[] not null default '{}',
  submitted_by text not null,
  trace_id text not null,
  traceparent text,
  created_at timestamptz(3) not null default now(),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  result jsonb,
  error jsonb,
  crashes smallint not null default 0,
  openings smallint not null default 0,
  root_run_id uuid,
  parent_run_id uuid,
  constraint run_pkey primary key (id),
  constraint run_status_known check
    (status in ('created', 'running', 'waiting', 'completed', 'failed', 'cancelled', 'parked')),
  constraint run_priority_known check (priority between 0 and 2)
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
create index run_tenant_id_id_idx on run (tenant_id, id desc);
create index run_admission on run (tenant_id, order_key, id) where status = 'created';
create index run_open on run (status, tenant_id, id) where status not in ('completed', 'cancelled');
create index run_deadline on run (next_deadline_at) where next_deadline_at is not null;
create index run_suspect on run (id) where crashes > 0;
create index run_parent on run (parent_run_id) where parent_run_id is not null;
create index run_tags on run using gin (tags) where tags <> '{}';

-- What has happened and is not applied yet; small, because a row goes when its event is applied.
create table inbox (
  id bigint generated by default as identity,
  run_id uuid not null,
  event jsonb not null,
  dedup_key text,
  at timestamptz(3) not null default clock_timestamp(),
  held boolean not null default false,
  traceparent text,
  constraint inbox_pkey primary key (id),
  constraint inbox_run_id_fkey foreign key (run_id) references run (id) on update cascade on delete cascade
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
        autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
create unique index inbox_run_id_dedup_key_key on inbox (run_id, dedup_key);
create index inbox_waiting on inbox (id) where not held;

-- What was applied: one row per event, with what it changed and what it published. `commit` orders the stream over all
-- runs: a sequence would show number 8 before a slower transaction commits its 7.
create table history (
  run_id uuid not null,
  position integer not null,
  tenant_id text not null,
  at timestamptz(3) not null,
  event jsonb not null,
  ignored text,
  patch jsonb,
  published jsonb,
  seq_from integer,
  seq_to integer,
  commit xid8 not null default pg_current_xact_id(),
  constraint history_pkey primary key (run_id, position)
) partition by range (run_id);
create index history_stream on history (tenant_id, commit, run_id, position) where seq_to is not null;
create table parts.history_default partition of history default;

-- Debts: a row lives until the reply or the deadline of its dispatch is applied.
create table outbox (
  run_id uuid not null,
  step text not null,
  dispatch integer not null,
  tenant_id text not null,
  queue text not null,
  agent text not null,
  visit integer not null,
  payload jsonb not null,
  retry jsonb not null,
  deadline_ms bigint not null,
  priority smallint not null,
  order_key double precision not null,
  traceparent text,
  owed_at timestamptz(3) not null default clock_timestamp(),
  sent_at timestamptz(3),
  beat bigint,
  constraint outbox_pkey primary key (run_id, step, dispatch)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
create index outbox_owed on outbox (queue, order_key) where sent_at is null;
create index outbox_sent on outbox (queue, beat) where sent_at is not null;

-- One row per agent queue; whoever relays for a queue holds its row.
create table queue (
  name text not null,
  window_max integer,
  paused boolean not null default false,
  constraint queue_pkey primary key (name)
);

create table courier (
  id smallint not null,
  last_beat bigint not null default 0,
  constraint courier_pkey primary key (id),
  constraint courier_single check (id = 1)
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
insert into courier (id) values (1);

create table gate (
  run_id uuid not null,
  id text not null,
  tenant_id text not null,
  workflow text not null,
  gate text not null,
  step text not null,
  visit integer not null,
  status text not null default 'open',
  shown jsonb not null,
  shown_hash text not null,
  outcomes text[] not null,
  opened_at timestamptz(3) not null,
  due_at timestamptz(3),
  decision text,
  "values" jsonb,
  comment text,
  decided_by text,
  decided_at timestamptz(3),
  submitted_by text not null,
  constraint gate_pkey primary key (run_id, id),
  constraint gate_run_id_fkey foreign key (run_id) references run (id) on update cascade on delete cascade,
  constraint gate_status_known check (status in ('open', 'decided', 'expired', 'cancelled'))
);
create index gate_open on gate (tenant_id, opened_at, run_id, id) where status = 'open';

create table checkpoint (
  run_id uuid not null,
  number integer not null,
  label text not null,
  step text,
  position integer not null,
  data jsonb,
  snapshot jsonb,
  created_at timestamptz(3) not null default now(),
  constraint checkpoint_pkey primary key (run_id, number)
);

create table artifact (
  run_id uuid not null,
  id text not null,
  tenant_id text not null,
  name text not null,
  version integer not null,
  type text not null,
  media_type text not null,
  content jsonb not null,
  sha256 text not null,
  created_at timestamptz(3) not null default now(),
  step text not null,
  parent_id text,
  metadata jsonb,
  constraint artifact_pkey primary key (run_id, id),
  constraint artifact_run_id_fkey foreign key (run_id) references run (id) on update cascade on delete cascade
);
create unique index artifact_run_id_name_version_key on artifact (run_id, name, version);

create table dead_letter (
  id uuid not null,
  tenant_id text not null,
  run_id uuid not null,
  workflow text not null,
  queue text not null,
  agent text not null,
  step text not null,
  visit integer not null,
  dispatch integer not null,
  code text not null,
  message text not null,
  stack text,
  attempts integer not null,
  input_ref text not null,
  trace_id text not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  status text not null default 'open',
  resolved_at timestamptz(3),
  resolved_by text,
  mirrored boolean not null default false,
  constraint dead_letter_pkey primary key (id),
  constraint dead_letter_run_id_fkey foreign key (run_id) references run (id) on update cascade on delete cascade,
  constraint dead_letter_status_known check (status in ('open', 'replayed', 'discarded'))
);
create unique index dead_letter_run_id_step_dispatch_key on dead_letter (run_id, step, dispatch);
create index dead_letter_tenant_id_id_idx on dead_letter (tenant_id, id desc);
create index dead_letter_open on dead_letter (tenant_id, created_at) where status = 'open';
create index dead_letter_unmirrored on dead_letter (id) where not mirrored;

create table audit (
  tenant_id text not null,
  seq bigint not null,
  at timestamptz(3) not null,
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null,
  previous_hash bytea not null,
  hash bytea not null,
  constraint audit_pkey primary key (tenant_id, seq)
);
create table audit_head (
  tenant_id text not null,
  seq bigint not null,
  hash bytea not null,
  constraint audit_head_pkey primary key (tenant_id)
);

create table idempotency (
  tenant_id text not null,
  key text not null,
  fingerprint text not null,
  run_id uuid not null,
  trace_id text not null,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  constraint idempotency_pkey primary key (tenant_id, key)
);
create index idempotency_expires_at_idx on idempotency (expires_at);

create table notification (
  id uuid not null default gen_random_uuid(),
  run_id uuid not null,
  tenant_id text not null,
  channel text not null,
  message text not null,
  step text not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  sent_at timestamptz(3),
  constraint notification_pkey primary key (id)
);
create index notification_owed on notification (created_at) where sent_at is null;

-- What an orchestrator has in hand: written before it folds, so that a run that kills it can be named.
create table claim (
  orchestrator text not null,
  run_ids uuid[] not null,
  positions integer[] not null,
  at timestamptz(3) not null default clock_timestamp(),
  constraint claim_pkey primary key (orchestrator)
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What agents keep --------------------------------------------------------------------------------------------------

create table vault.payload (
  ref text not null,
  tenant_id text not null,
  run_id uuid not null,
  body bytea not null,
  created_at timestamptz(3) not null default now(),
  constraint payload_pkey primary key (ref)
);
create index payload_run on vault.payload (run_id);

create table vault.effect (
  root_run_id uuid not null,
  step text not null,
  visit integer not null,
  name text not null,
  key text not null,
  tenant_id text not null,
  status text not null,
  outcome jsonb,
  reversible boolean not null,
  idempotency_key text not null,
  dispatch integer not null,
  attempt integer not null,
  at timestamptz(3) not null default clock_timestamp(),
  done_at timestamptz(3),
  constraint effect_pkey primary key (root_run_id, step, visit, name, key),
  constraint effect_status_known check (status in ('intent', 'done', 'failed'))
);

-- Keyed hashes of what was seen, per application: for counting, never for reading back.
create table vault.fact (
  tenant_id text not null,
  kind text not null,
  hash bytea not null,
  subject text not null,
  at timestamptz(3) not null,
  constraint fact_pkey primary key (tenant_id, kind, hash, subject)
);
create index fact_at on vault.fact (at);

create table vault.agent_checkpoint (
  run_id uuid not null,
  step text not null,
  visit integer not null,
  id text not null,
  label text not null,
  data jsonb not null,
  at timestamptz(3) not null default clock_timestamp(),
  constraint agent_checkpoint_pkey primary key (run_id, step, visit, id)
);

-- Insert-only -------------------------------------------------------------------------------------------------------

create function refuse_change() returns trigger language plpgsql as $$
begin
  if current_setting('flotilla.retention', true) = 'on'
     and pg_has_role(current_user, (select relowner from pg_class where oid = tg_relid), 'usage') then
    return case tg_op when 'DELETE' then old else new end;
  end if;
  raise exception '% only grows: % refused', tg_table_name, tg_op using errcode = '42501';
end
$$;
create trigger history_only_grows before update or delete on history for each row execute function refuse_change();
create trigger audit_only_grows before update or delete on audit for each row execute function refuse_change();

-- Functions that cross tenants or own what the product's roles do not -------------------------------------------------

-- Monthly partitions by the time in a UUIDv7, for this month and the months ahead; returns how many were made. A month
-- of which rows already lie in the default partition is left there.
create function ensure_history_partitions(months_ahead integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  month timestamptz;
  lower_bound uuid;
  upper_bound uuid;
  made integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('flotilla.history_partitions', 0));
  for ahead in 0..least(greatest(months_ahead, 0), 24) loop
    month := date_trunc('month', (now() at time zone 'utc') + make_interval(months => ahead)) at time zone 'utc';
    if to_regclass('parts.history_' || to_char(month at time zone 'utc', 'YYYY_MM')) is null then
      lower_bound := (lpad(to_hex((extract(epoch from month) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
      upper_bound := (lpad(to_hex((extract(epoch from
        (month at time zone 'utc' + interval '1 month') at time zone 'utc') * 1000)::bigint), 12, '0')
        || repeat('0', 20))::uuid;
      begin
        execute format('create table parts.%I partition of public.history for values from (%L) to (%L)',
          'history_' || to_char(month at time zone 'utc', 'YYYY_MM'), lower_bound, upper_bound);
        made := made + 1;
      exception when check_violation then
        raise notice 'rows of % lie in the default partition and stay there', to_char(month, 'YYYY-MM');
      end;
    end if;
  end loop;
  return made;
end
$$;
select ensure_history_partitions(3);

-- The key, before anybody knows the tenant.
create function find_api_key(key_id text)
returns table (id text, tenant_id text, principal text, secret_hash bytea, scopes text[], expires_at timestamptz,
               revoked_at timestamptz, last_used_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select k.id, k.tenant_id, k.principal, k.secret_hash, k.scopes, k.expires_at, k.revoked_at, k.last_used_at
  from api_key k where k.id = key_id
$$;

-- At most one write a minute and key.
create function touch_api_key(key_id text) returns void
language sql volatile security definer set search_path = public, pg_temp as $$
  update api_key set last_used_at = now()
  where id = key_id and (last_used_at is null or last_used_at < now() - interval '1 minute')
$$;

-- The static key that admissions and the relay sort by: waiting ages a run, a priority is worth a fixed head start
-- (urgent ten minutes, batch an hour behind), so nothing starves. Seconds.
create function order_key_of(priority smallint, at timestamptz) returns double precision language sql stable as $$
  select extract(epoch from at)::double precision + case priority when 0 then -600 when 2 then 3600 else 0 end
$$;

-- A batch of submissions of several tenants. The row of an idempotency key decides which submission is the run: the one
-- whose id stands in it. Keys are taken in order, so that two batches cannot wait for each other.
create function submit_runs(batch jsonb)
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
             root_run_id uuid, parent_run_id uuid, key text, fingerprint text)
    ), judged as (
      select r.*, i.run_id as winner, i.trace_id as winner_trace,
        case when r.key is null or i.run_id = r.id then 'accepted'
             when i.fingerprint = r.fingerprint then 'replayed' else 'conflict' end as verdict
      from row r left join idempotency i on i.tenant_id = r.tenant_id and i.key = r.key
    ), inserted as (
      insert into run (id, tenant_id, workflow, version, definition_hash, semantics, priority, order_key, input, tags,
                       submitted_by, trace_id, traceparent, root_run_id, parent_run_id)
      select j.id, j.tenant_id, j.workflow, j.version, j.definition_hash, coalesce(j.semantics, 1::smallint), j.priority,
        order_key_of(j.priority, now()), j.input, coalesce(j.tags, '{}'), j.submitted_by, j.trace_id, j.traceparent,
        j.root_run_id, j.parent_run_id
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
             root_run_id uuid, parent_run_id uuid)
    ), inserted as (
      insert into run (id, tenant_id, workflow, version, definition_hash, semantics, priority, order_key, input, tags,
                       submitted_by, trace_id, traceparent, root_run_id, parent_run_id)
      select r.id, r.tenant_id, r.workflow, r.version, r.definition_hash, coalesce(r.semantics, 1::smallint), r.priority,
        order_key_of(r.priority, now()), r.input, coalesce(r.tags, '{}'), r.submitted_by, r.trace_id, r.traceparent,
        r.root_run_id, r.parent_run_id
      from row r order by r.id
    )
    select r.ord, 'accepted'::text, r.id, r.trace_id, now() from row r order by r.ord;
  end if;
end
$$;

-- Registers a version for the tenant in `flotilla.tenant`: 'created', 'same' or 'different' (nothing changed then).
create function register_definition(def_name text, def_version integer, def_hash text, def jsonb, actor text) returns text
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  owner_tenant text := nullif(current_setting('flotilla.tenant', true), '');
  stored text;
begin
  if owner_tenant is null then raise exception 'flotilla.tenant is not set' using errcode = '42501'; end if;
  insert into definition_content (hash, definition) values (def_hash, def) on conflict do nothing;
  insert into workflow_definition (tenant_id, name, version, hash, created_by)
  values (owner_tenant, def_name, def_version, def_hash, actor) on conflict do nothing;
  if found then return 'created'; end if;
  select hash into stored from workflow_definition
  where tenant_id = owner_tenant and name = def_name and version = def_version;
  return case when stored = def_hash then 'same' else 'different' end;
end
$$;

-- The hash of an entry: SHA-256 over the hash before it and the entry as jsonb prints it (keys sorted, so one text).
create function audit_hash(previous bytea, tenant text, seq bigint, at timestamptz, actor text, action text, subject text,
                           detail jsonb) returns bytea language sql immutable as $$
  select sha256(previous || convert_to(jsonb_build_object('tenant', tenant, 'seq', seq,
    'at', (extract(epoch from at) * 1000)::bigint, 'actor', actor, 'action', action, 'subject', subject,
    'detail', detail)::text, 'UTF8'))
$$;

-- Appends to the tenant's chain and returns the number; the head's row orders concurrent writers.
create function append_audit(tenant text, actor text, action text, subject text, detail jsonb) returns bigint
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  bound text := nullif(current_setting('flotilla.tenant', true), '');
  head audit_head;
  entry_at timestamptz(3) := clock_timestamp();
  entry_hash bytea;
begin
  if bound is not null and bound <> tenant then
    raise exception 'the audit of another tenant' using errcode = '42501';
  end if;
  insert into audit_head (tenant_id, seq, hash) values (tenant, 0, '\x') on conflict do nothing;
  select * into head from audit_head h where h.tenant_id = tenant for update;
  entry_hash := audit_hash(head.hash, tenant, head.seq + 1, entry_at, actor, action, subject, coalesce(detail, '{}'));
  insert into audit (tenant_id, seq, at, actor, action, subject, detail, previous_hash, hash)
  values (tenant, head.seq + 1, entry_at, actor, action, subject, coalesce(detail, '{}'), head.hash, entry_hash);
  update audit_head h set seq = head.seq + 1, hash = entry_hash where h.tenant_id = tenant;
  return head.seq + 1;
end
$$;

-- Depth of every queue, over all tenants: numbers only.
create function queue_depths()
returns table (name text, window_max integer, paused boolean, owed bigint, sent bigint, oldest_owed_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select q.name, q.window_max, q.paused, count(o.run_id) filter (where o.sent_at is null),
    count(o.run_id) filter (where o.sent_at is not null), min(o.owed_at) filter (where o.sent_at is null)
  from queue q left join outbox o on o.queue = q.name group by q.name order by q.name
$$;

-- The input of an owed job that is too large to travel in it; null once the debt is paid.
create function vault.read_input(input_run_id uuid, input_step text, input_dispatch integer) returns jsonb
language sql stable security definer set search_path = public, pg_temp as $$
  select o.payload -> 'input' from outbox o
  where o.run_id = input_run_id and o.step = input_step and o.dispatch = input_dispatch
$$;

revoke all on function ensure_history_partitions(integer), find_api_key(text), touch_api_key(text), submit_runs(jsonb),
  register_definition(text, integer, text, jsonb, text), append_audit(text, text, text, text, jsonb), queue_depths(),
  vault.read_input(uuid, text, integer) from public;
grant execute on function find_api_key(text), touch_api_key(text) to flotilla_gateway;
grant execute on function submit_runs(jsonb), register_definition(text, integer, text, jsonb, text), queue_depths(),
  append_audit(text, text, text, text, jsonb) to flotilla_gateway, flotilla_engine;
grant execute on function ensure_history_partitions(integer) to flotilla_engine;
grant execute on function vault.read_input(uuid, text, integer) to flotilla_vault;

-- Privileges --------------------------------------------------------------------------------------------------------

revoke all on schema public from public;
grant usage on schema public to flotilla_gateway, flotilla_engine;
grant usage on schema vault to flotilla_vault, flotilla_engine;

grant select on tenant, workflow_definition, definition_content, run, inbox, history, outbox, queue, gate, checkpoint,
  artifact, dead_letter, audit to flotilla_gateway;
grant insert on inbox, queue to flotilla_gateway;
grant update (held) on inbox to flotilla_gateway;
grant update (status, parked_reason, next_deadline_at, crashes) on run to flotilla_gateway;
grant update (paused) on queue to flotilla_gateway;
grant update (status, decision, "values", comment, decided_by, decided_at) on gate to flotilla_gateway;
grant update (status, resolved_at, resolved_by) on dead_letter to flotilla_gateway;

grant select on tenant, workflow_definition, definition_content, run, inbox, history, outbox, queue, courier, gate,
  checkpoint, artifact, dead_letter, audit, idempotency, notification, claim to flotilla_engine;
grant insert on inbox, history, outbox, queue, gate, checkpoint, artifact, dead_letter, notification, claim
  to flotilla_engine;
grant update on run, inbox, outbox, queue, courier, gate, notification, claim to flotilla_engine;
grant update (mirrored, status, resolved_at, resolved_by) on dead_letter to flotilla_engine;
grant delete on inbox, outbox, idempotency, notification, claim to flotilla_engine;

grant select, insert, delete on vault.payload, vault.fact to flotilla_vault;
grant select, insert, update on vault.effect, vault.agent_checkpoint to flotilla_vault;
grant select on vault.payload, vault.effect, vault.agent_checkpoint to flotilla_engine;

-- Row-level security ------------------------------------------------------------------------------------------------

do $$
declare
  tab text;
begin
  -- Tables with a tenant of their own.
  foreach tab in array array['api_key', 'run', 'history', 'outbox', 'gate', 'artifact', 'dead_letter', 'audit',
                             'audit_head', 'idempotency', 'notification'] loop
    execute format('alter table %I enable row level security', tab);
    execute format('create policy gateway on %I to flotilla_gateway using (tenant_id = current_setting(''flotilla.tenant'', true))', tab);
    execute format('create policy engine on %I to flotilla_engine using (true)', tab);
  end loop;
  -- Tables whose tenant is the run's: visible where the run is.
  foreach tab in array array['inbox', 'checkpoint'] loop
    execute format('alter table %I enable row level security', tab);
    execute format('create policy gateway on %I to flotilla_gateway using (exists (select from run r where r.id = run_id))', tab);
    execute format('create policy engine on %I to flotilla_engine using (true)', tab);
  end loop;
  foreach tab in array array['payload', 'effect', 'fact', 'agent_checkpoint'] loop
    execute format('alter table vault.%I enable row level security', tab);
    execute format('create policy vault on vault.%I to flotilla_vault using (true)', tab);
    execute format('create policy engine on vault.%I for select to flotilla_engine using (true)', tab);
  end loop;
end
$$;

alter table tenant enable row level security;
create policy gateway on tenant to flotilla_gateway using (id = current_setting('flotilla.tenant', true));
create policy engine on tenant to flotilla_engine using (true);

alter table workflow_definition enable row level security;
create policy gateway on workflow_definition for select to flotilla_gateway
  using (tenant_id in ('*', current_setting('flotilla.tenant', true)));
create policy engine on workflow_definition to flotilla_engine using (true);

alter table definition_content enable row level security;
create policy gateway on definition_content for select to flotilla_gateway
  using (exists (select from workflow_definition d where d.hash = definition_content.hash));
create policy engine on definition_content to flotilla_engine using (true);

-- A partition is a table of its own to whoever names it: nobody but the owner may.
revoke all on schema parts from public;
