-- Forks: a run that begins with the state which another one had at a checkpoint.

alter table run
  add column forked_from uuid,
  add column forked_checkpoint integer,
  add column forked_by text,
  add column forked_mapping jsonb;
create index run_forked on run (forked_from) where forked_from is not null;

-- Makes the run, in the tenant of `flotilla.tenant`, with what belongs to the checkpoint: artifacts up to the versions
-- that its state knows, items of maps, effects and agents' own checkpoints up to its moment, so that nothing recorded is repeated. No row
-- where the other run, or its checkpoint, does not exist. `fork`: id, from, checkpoint, version, definition_hash,
-- semantics, input, submitted_by, forked_by, mapping, trace_id, traceparent, artifacts [{ name, version }].
create function fork_run(fork jsonb) returns table (run_id uuid, priority smallint)
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
                   submitted_by, trace_id, traceparent, forked_from, forked_checkpoint, forked_by, forked_mapping)
  values (new_id, parent.tenant_id, parent.workflow, (fork ->> 'version')::integer, fork ->> 'definition_hash',
    (fork ->> 'semantics')::smallint, parent.priority, order_key_of(parent.priority, now()), fork -> 'input', parent.tags,
    fork ->> 'submitted_by', fork ->> 'trace_id', fork ->> 'traceparent', parent.id,
    (fork ->> 'checkpoint')::integer, fork ->> 'forked_by', nullif(fork -> 'mapping', 'null'));

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
revoke all on function fork_run(jsonb) from public;
grant execute on function fork_run(jsonb) to flotilla_gateway;
