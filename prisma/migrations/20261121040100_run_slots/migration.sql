-- Limits on the runs of a workflow at once, per tenant and key.
--
-- 1. A run under a limit has `slot_key` and `slot_max`. It has a slot unless `slot_waits`, and only while it is under way:
--    a run that ends or is parked frees its slot by that alone, and no counter can drift.
-- 2. Slots are given by `grant_slot` alone, under the lock of the key, by statements that begin after the lock is held.
-- 3. Admissions pass over runs that wait for a slot by their index: runs without a limit cost nothing, nor do queued ones.
-- 4. What comes for a run that waits for a slot is held, cancellations excepted, until it has one.

alter table run
  add column slot_key text,
  add column slot_max integer,
  add column slot_waits boolean not null default false,
  add constraint run_slot_whole check ((slot_key is null) = (slot_max is null) and (slot_key is not null or not slot_waits));

drop index run_admission;
create index run_admission on run (tenant_id, order_key, id) where status = 'created' and not slot_waits;
create index run_slot_taken on run (tenant_id, slot_key)
  where slot_key is not null and not slot_waits and status in ('created', 'running', 'waiting');
create index run_slot_waiting on run (tenant_id, slot_key, order_key, id)
  where slot_waits and status in ('created', 'running', 'waiting', 'failed');

create function slot_lock(tenant text, slot text) returns bigint language sql immutable as $$
  select hashtextextended('flotilla.slot.' || tenant || ' ' || slot, 0)
$$;

-- Runs that have a slot or wait for one; counted no further than `enough`.
create function slots_taken(tenant text, slot text, enough integer) returns bigint language sql stable as $$
  select (select count(*) from (
    select from run r where r.tenant_id = tenant and r.slot_key = slot and r.slot_key is not null and not r.slot_waits
      and r.status in ('created', 'running', 'waiting') limit enough) x)
  + (select count(*) from (
    select from run r where r.tenant_id = tenant and r.slot_key = slot and r.slot_waits
      and r.status in ('created', 'running', 'waiting', 'failed') limit enough) x)
$$;

-- Gives the free slots of one limit to those that wait, in the order of admissions; how many got one. None while somebody
-- else is at it.
create function grant_slot(tenant text, slot text) returns integer
language plpgsql volatile as $$
declare
  most integer;
  taken integer;
  given integer;
begin
  if not pg_try_advisory_xact_lock(slot_lock(tenant, slot)) then return 0; end if;
  -- The first in line says how many there may be: of two versions with two limits, its own.
  select r.slot_max into most from run r
  where r.slot_waits and r.status in ('created', 'running', 'waiting', 'failed') and r.tenant_id = tenant and r.slot_key = slot
  order by r.order_key, r.id limit 1;
  if not found then return 0; end if;
  select count(*) into taken from (
    select from run r where r.tenant_id = tenant and r.slot_key = slot and r.slot_key is not null
      and not r.slot_waits and r.status in ('created', 'running', 'waiting') limit most) x;
  if taken >= most then return 0; end if;
  with next_in_line as (
    select r.id from run r
    where r.slot_waits and r.status in ('created', 'running', 'waiting', 'failed') and r.tenant_id = tenant and r.slot_key = slot
    order by r.order_key, r.id limit most - taken for no key update skip locked
  ), slotted as (
    -- A failed run that is to be resumed has its slot from now on, not only once it has begun again.
    update run r set slot_waits = false, status = case when r.status = 'failed' then 'running' else r.status end
    from next_in_line n where r.id = n.id returning r.id
  ), released as (
    update inbox i set held = false from slotted s where i.run_id = s.id and i.held
  )
  select count(*) into given from slotted;
  return given;
end
$$;

-- Gives free slots for at most `keys_max` limits after the one that is named: how many got one, and where to go on, nulls
-- when the last limit was seen.
create function grant_slots(keys_max integer, after_tenant text, after_key text)
returns table (granted integer, next_tenant text, next_key text)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  place record;
  seen integer := 0;
begin
  granted := 0;
  for place in
    with recursive waiting (tenant_id, slot_key, number) as (
      (select r.tenant_id, r.slot_key, 1 from run r
       where r.slot_waits and r.status in ('created', 'running', 'waiting', 'failed')
         and (r.tenant_id, r.slot_key) > (after_tenant, after_key)
       order by r.tenant_id, r.slot_key limit 1)
      union all
      select n.tenant_id, n.slot_key, w.number + 1 from waiting w cross join lateral (
        select r.tenant_id, r.slot_key from run r
        where r.slot_waits and r.status in ('created', 'running', 'waiting', 'failed')
          and (r.tenant_id, r.slot_key) > (w.tenant_id, w.slot_key)
        order by r.tenant_id, r.slot_key limit 1
      ) n where w.number < keys_max
    )
    select w.tenant_id, w.slot_key from waiting w
  loop
    granted := granted + grant_slot(place.tenant_id, place.slot_key);
    seen := seen + 1;
    next_tenant := place.tenant_id;
    next_key := place.slot_key;
  end loop;
  if seen < keys_max then
    next_tenant := null;
    next_key := null;
  end if;
  return next;
end
$$;

-- As before, with limits: a run that may wait does, one that may not is refused ('limited') while its slots are taken.
create or replace function submit_runs(batch jsonb)
returns table (ord integer, outcome text, run_id uuid, trace_id text, created_at timestamptz)
language plpgsql volatile security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  limited uuid[] := '{}';
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
  end if;
  if jsonb_path_exists(batch, '$[*] ? (@.slot_rejects == true)') then
    -- In order of the keys, so that two batches cannot wait for each other; what counts is read by a later statement.
    perform pg_advisory_xact_lock(l.key) from (
      select distinct slot_lock(b.tenant_id, b.slot_key) as key
      from jsonb_to_recordset(batch) as b(tenant_id text, slot_key text, slot_rejects boolean) where b.slot_rejects order by 1
    ) l;
    limited := array(
      select n.id from (
        select b.id, b.slot_max, slots_taken(b.tenant_id, b.slot_key, b.slot_max)
          + row_number() over (partition by b.tenant_id, b.slot_key order by b.ord) as number
        from jsonb_to_recordset(batch) as b(ord integer, id uuid, tenant_id text, slot_key text, slot_max integer,
          slot_rejects boolean, key text)
        left join idempotency i on i.tenant_id = b.tenant_id and i.key = b.key
        where b.slot_rejects and (b.key is null or i.run_id = b.id)
      ) n where n.number > n.slot_max);
    -- A refusal is no answer to keep: the same key may try again.
    delete from idempotency i where i.run_id = any(limited);
  end if;
  if jsonb_path_exists(batch, '$[*] ? (@.key != null)') then
    return query
    with row as (
      select * from jsonb_to_recordset(batch)
        as b(ord integer, id uuid, tenant_id text, workflow text, version integer, definition_hash text, semantics smallint,
             priority smallint, input jsonb, tags text[], submitted_by text, trace_id text, traceparent text,
             root_run_id uuid, parent_run_id uuid, chain_depth smallint, slot_key text, slot_max integer,
             slot_rejects boolean, key text, fingerprint text)
    ), judged as (
      select r.*, i.run_id as winner, i.trace_id as winner_trace,
        case when r.id = any(limited) then 'limited'
             when r.key is null or i.run_id = r.id then 'accepted'
             when i.run_id is null then 'limited' -- the same key in this batch, and its run was refused
             when i.fingerprint = r.fingerprint then 'replayed' else 'conflict' end as verdict
      from row r left join idempotency i on i.tenant_id = r.tenant_id and i.key = r.key
    ), inserted as (
      insert into run (id, tenant_id, workflow, version, definition_hash, semantics, priority, order_key, input, tags,
                       submitted_by, trace_id, traceparent, root_run_id, parent_run_id, chain_depth, slot_key, slot_max,
                       slot_waits)
      select j.id, j.tenant_id, j.workflow, j.version, j.definition_hash, coalesce(j.semantics, 1::smallint), j.priority,
        order_key_of(j.priority, now()), j.input, coalesce(j.tags, '{}'), j.submitted_by, j.trace_id, j.traceparent,
        j.root_run_id, j.parent_run_id, coalesce(j.chain_depth, 0::smallint), j.slot_key, j.slot_max,
        j.slot_key is not null and not coalesce(j.slot_rejects, false)
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
             root_run_id uuid, parent_run_id uuid, chain_depth smallint, slot_key text, slot_max integer, slot_rejects boolean)
    ), inserted as (
      insert into run (id, tenant_id, workflow, version, definition_hash, semantics, priority, order_key, input, tags,
                       submitted_by, trace_id, traceparent, root_run_id, parent_run_id, chain_depth, slot_key, slot_max,
                       slot_waits)
      select r.id, r.tenant_id, r.workflow, r.version, r.definition_hash, coalesce(r.semantics, 1::smallint), r.priority,
        order_key_of(r.priority, now()), r.input, coalesce(r.tags, '{}'), r.submitted_by, r.trace_id, r.traceparent,
        r.root_run_id, r.parent_run_id, coalesce(r.chain_depth, 0::smallint), r.slot_key, r.slot_max,
        r.slot_key is not null and not coalesce(r.slot_rejects, false)
      from row r where not r.id = any(limited) order by r.id
    )
    select r.ord, case when r.id = any(limited) then 'limited' else 'accepted' end, r.id, r.trace_id, now()
    from row r order by r.ord;
  end if;
  -- Where there is room it is given at once; where somebody else is giving, they or the next look will.
  if jsonb_path_exists(batch, '$[*] ? (@.slot_rejects == false)') then
    perform grant_slot(l.tenant_id, l.slot_key) from (
      select distinct b.tenant_id, b.slot_key from jsonb_to_recordset(batch)
        as b(tenant_id text, slot_key text, slot_rejects boolean) where not b.slot_rejects order by 1, 2
    ) l;
  end if;
end
$$;

revoke all on function slots_taken(text, text, integer), grant_slot(text, text), grant_slots(integer, text, text) from public;
grant execute on function grant_slot(text, text), grant_slots(integer, text, text) to flotilla_engine;
grant update (slot_key, slot_max, slot_waits) on run to flotilla_gateway;
