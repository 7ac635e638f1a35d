-- How many runs wait to be admitted, by tenant, for the door: over all tenants, so not under row-level security. `arrived`
-- counts those accepted after `since`, the `newest` of the reading before (ids are by time); what waited less, although as
-- many arrived, was drained. An idle fleet gives one row, with the newest id alone.
create function waiting_runs(since uuid)
returns table (tenant_id text, waiting integer, arrived integer, newest uuid)
language sql stable security definer set search_path = public, pg_temp as $$
  with waits as (
    select r.tenant_id, count(*)::integer as waiting from run r where r.status = 'created' group by r.tenant_id
  ), came as (
    select r.tenant_id, count(*)::integer as arrived from run r where r.id > since group by r.tenant_id
  ), last as (
    select r.id from run r order by r.id desc limit 1
  )
  select coalesce(w.tenant_id, c.tenant_id), coalesce(w.waiting, 0), coalesce(c.arrived, 0), l.id
  from last l left join (waits w full join came c on c.tenant_id = w.tenant_id) on true
$$;
revoke all on function waiting_runs(uuid) from public;
grant execute on function waiting_runs(uuid) to flotilla_gateway;

-- The window of a queue is filled in turns of the tenants: what one of them owes is found without reading the others' rows.
create index outbox_owed_tenant on outbox (queue, tenant_id, order_key) where sent_at is null;

-- Whether a key is known: who tries an accepted submission again is answered although the backlog is full.
grant select (tenant_id, key, expires_at) on idempotency to flotilla_gateway;
