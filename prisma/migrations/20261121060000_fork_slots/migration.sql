-- A forked run stands under the limit on runs at once that the other run stands under, and waits for a slot like any other.
create or replace function fork_run(fork jsonb) returns table (run_id uuid, priority smallint)
language plpgsql volatile security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  new_id uuid := (fork ->> 'id')::uuid;
  parent run;
  until_at timestamptz;
begin
  select * into parent from run r
  where r.id = (fork ->> 'from')::uuid and r.tenant_id = current_setting('flotilla.tenant', true);
  if parent.id is null then return; end if;
  if fork ->> 'checkpoint' is not null then
    select c.created_at into until_at from checkpoint c
    where c.run_id = parent.id and c.number = (fork ->> 'checkpoint')::integer;
    if until_at is null then return; end if;
  end if;

  insert into run (id, tenant_id, workflow, version, definition_hash, semantics, priority, order_key, input, tags,
                   submitted_by, trace_id, traceparent, forked_from, forked_checkpoint, forked_by, forked_mapping,
                   slot_key, slot_max, slot_waits)
  values (new_id, parent.tenant_id, parent.workflow, (fork ->> 'version')::integer, fork ->> 'definition_hash',
    (fork ->> 'semantics')::smallint, parent.priority, order_key_of(parent.priority, now()), fork -> 'input', parent.tags,
    fork ->> 'submitted_by', fork ->> 'trace_id', fork ->> 'traceparent', parent.id,
    (fork ->> 'checkpoint')::integer, fork ->> 'forked_by', nullif(fork -> 'mapping', 'null'),
    parent.slot_key, parent.slot_max, parent.slot_key is not null);
  if parent.slot_key is not null then perform grant_slot(parent.tenant_id, parent.slot_key); end if;

  if until_at is not null then
    insert into artifact select (jsonb_populate_record(a, jsonb_build_object('run_id', new_id))).*
    from artifact a join jsonb_to_recordset(fork -> 'artifacts') as k(name text, version integer)
      on k.name = a.name and a.version <= k.version
    where a.run_id = parent.id;
    insert into map_item select (jsonb_populate_record(m, jsonb_build_object('run_id', new_id))).*
    from map_item m where m.run_id = parent.id;
    insert into vault.effect
    select (jsonb_populate_record(e, jsonb_build_object('root_run_id', new_id))).*
    from vault.effect e where e.root_run_id = parent.id and e.at <= until_at;
    insert into vault.agent_checkpoint
    select (jsonb_populate_record(c, jsonb_build_object('run_id', new_id))).*
    from vault.agent_checkpoint c where c.run_id = parent.id and c.at <= until_at;
  end if;
  return query select new_id, parent.priority;
end
$$;
