-- What a plan of a resume or fork needs to know of the ledger: steps and standings, never what was done.
create function known_effects(effects_run_id uuid) returns table (step text, visit integer, status text)
language sql stable security definer set search_path = public, pg_temp as $$
  select e.step, e.visit, e.status from run r
  join vault.effect e on e.root_run_id = r.id
  where r.id = effects_run_id and r.tenant_id = current_setting('flotilla.tenant', true)
$$;
revoke all on function known_effects(uuid) from public;
grant execute on function known_effects(uuid) to flotilla_gateway;
