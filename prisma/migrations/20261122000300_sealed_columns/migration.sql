-- Personal columns are sealed before they come here; data keys stand in a table of their own, so that what they sealed can
-- be destroyed with them.
--
-- 1. One data key per family: a run, its children and its forks. The head's id is the key's.
-- 2. Rows from before stay readable: a value that is no sealed text is what it says. A run that goes on is sealed as it is saved.
-- 3. What is sealed does not compress: the columns are stored as they are.

alter table run
  -- The run that heads the family; null: itself.
  add column key_run_id uuid,
  add column erased_at timestamptz(3);
create index run_family on run (key_run_id) where key_run_id is not null;

-- No foreign key to run: the key is written in the statement that writes its run, and outlives nothing.
create table run_key (
  run_id uuid not null,
  tenant_id text not null,
  key_id text not null,
  wrapped bytea not null,
  created_at timestamptz(3) not null default now(),
  constraint run_key_pkey primary key (run_id)
);
create index run_key_key_id_run_id_idx on run_key (key_id, run_id);

alter table run_key enable row level security;
create policy gateway on run_key to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
create policy engine on run_key to flotilla_engine using (true);
grant select, insert on run_key to flotilla_gateway;
grant select, insert, update (key_id, wrapped) on run_key to flotilla_engine;

-- Children and forks are of the family of the run that they come from.
create function inherit_run_key() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  select coalesce(r.key_run_id, r.id) into new.key_run_id from run r where r.id = coalesce(new.parent_run_id, new.forked_from);
  return new;
end
$$;
create trigger run_inherits_key before insert on run for each row
  when (new.parent_run_id is not null or new.forked_from is not null) execute function inherit_run_key();

-- `submit_runs`, and the data keys of those that are accepted: members key_id, wrapped (base64).
create function submit_sealed_runs(batch jsonb)
returns table (ord integer, outcome text, run_id uuid, trace_id text, created_at timestamptz)
language sql volatile security definer set search_path = public, pg_temp as $$
  with submitted as materialized (
    select * from submit_runs(batch)
  ), kept as (
    insert into run_key (run_id, tenant_id, key_id, wrapped)
    select b.id, b.tenant_id, b.key_id, decode(b.wrapped, 'base64')
    from jsonb_to_recordset(batch) as b(id uuid, tenant_id text, key_id text, wrapped text)
    join submitted s on s.run_id = b.id and s.outcome = 'accepted'
    where b.wrapped is not null
  )
  select * from submitted order by ord
$$;
revoke all on function submit_sealed_runs(jsonb) from public;
grant execute on function submit_sealed_runs(jsonb) to flotilla_gateway, flotilla_engine;

-- The data key of a run, for agents: they see no runs.
create function vault.read_run_key(key_of uuid)
returns table (key_run_id uuid, tenant_id text, erased boolean, key_id text, wrapped bytea)
language sql stable security definer set search_path = public, pg_temp as $$
  select coalesce(r.key_run_id, r.id), r.tenant_id, r.erased_at is not null, k.key_id, k.wrapped
  from run r left join run_key k on k.run_id = coalesce(r.key_run_id, r.id) where r.id = key_of
$$;
revoke all on function vault.read_run_key(uuid) from public;
grant execute on function vault.read_run_key(uuid) to flotilla_vault;

-- Erases a family of the tenant in `flotilla.tenant`: its data key, and whatever could still be read or never be needed. All
-- of it must have ended. `views`: by run id, what remains of its state; `clear_members`: members of events that remain.
-- Resolves with the number of runs; 0: there is no such family, or it has not ended.
create function erase_family(head uuid, views jsonb, clear_members text[], actor text) returns integer
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  family uuid[];
begin
  -- `for update`: whoever puts something into an inbox waits for the end of this.
  perform from run r where (r.id = head or r.key_run_id = head) and r.tenant_id = current_setting('flotilla.tenant', true)
  order by r.id for update;
  select array_agg(r.id) into family from run r
  where (r.id = head or r.key_run_id = head) and r.tenant_id = current_setting('flotilla.tenant', true);
  if family is null or exists (
    select from run r where r.id = any(family) and r.status not in ('completed', 'failed', 'cancelled')
  ) then
    return 0;
  end if;
  delete from run_key k where k.run_id = head;
  delete from inbox i where i.run_id = any(family);
  delete from outbox o where o.run_id = any(family);
  delete from subscription s where s.run_id = any(family);
  delete from idempotency i where i.run_id = any(family);
  update run r set input = 'null', result = null, state = nullif(views -> r.id::text, 'null'), tags = '{}',
    next_deadline_at = null, erased_at = coalesce(r.erased_at, clock_timestamp()) where r.id = any(family);
  update gate g set shown = '{}', "values" = null, comment = null where g.run_id = any(family);
  update gate_vote v set "values" = null, comment = null where v.run_id = any(family);
  update checkpoint c set data = null, snapshot = null where c.run_id = any(family);
  update artifact a set content = 'null' where a.run_id = any(family);
  update map_item m set item = 'null', output = null where m.run_id = any(family);
  update notification n set message = '' where n.run_id = any(family);
  update dead_letter d set status = 'discarded', resolved_at = clock_timestamp(), resolved_by = actor
  where d.run_id = any(family) and d.status = 'open';
  delete from vault.payload p where p.run_id = any(family);
  delete from vault.agent_checkpoint c where c.run_id = any(family);
  update vault.effect e set outcome = null, compensate = null, earlier = '[]' where e.root_run_id = any(family);
  -- Also what is sealed: nothing is left that a key found later could open.
  perform set_config('flotilla.retention', 'on', true);
  update history h set patch = null, event = (
    select coalesce(jsonb_object_agg(m.key, m.value), '{}') from jsonb_each(h.event) m where m.key = any(clear_members)
  ) where h.run_id = any(family);
  perform set_config('flotilla.retention', '', true);
  return cardinality(family);
end
$$;
revoke all on function erase_family(uuid, jsonb, text[], text) from public;
grant execute on function erase_family(uuid, jsonb, text[], text) to flotilla_gateway;

-- 3. Set on the parent it holds for the partitions too, and for those to come.
alter table run alter column input set storage external, alter column state set storage external,
  alter column result set storage external;
alter table history alter column event set storage external, alter column patch set storage external;
alter table outbox alter column payload set storage external;
alter table inbox alter column event set storage external;
alter table checkpoint alter column data set storage external, alter column snapshot set storage external;
alter table artifact alter column content set storage external;
alter table map_item alter column item set storage external, alter column output set storage external;
