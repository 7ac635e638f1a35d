-- The ledger of effects says what became of each, also where nobody can know, and what undoes it.
--
-- 1. `unknown`: begun, and nobody knows whether it happened, at a provider that does not honour idempotency keys. A person
--    decides. `compensated`: what it did is undone; begun again it is another effect, of the next generation.
-- 2. Outcomes, keys and inputs may be personal: the gateway sees none of them.

alter table vault.effect
  add column honours_keys boolean not null default true,
  -- { agent, input }: what undoes it, as the agent that did it says.
  add column compensate jsonb,
  add column compensated_by text,
  add column generation integer not null default 1,
  -- Earlier generations, oldest first.
  add column earlier jsonb not null default '[]',
  add column undone_at timestamptz(3),
  drop constraint effect_status_known,
  add constraint effect_status_known check (status in ('intent', 'done', 'failed', 'unknown', 'compensated'));

grant usage on schema vault to flotilla_gateway;
grant select (root_run_id, step, visit, name, tenant_id, status, reversible, honours_keys, compensated_by, generation,
  dispatch, attempt, at, done_at, undone_at) on vault.effect to flotilla_gateway;
create policy gateway on vault.effect for select to flotilla_gateway
  using (tenant_id = current_setting('flotilla.tenant', true));

-- The engine marks what was undone, in the transaction that applies the undoing.
grant update (status, undone_at) on vault.effect to flotilla_engine;
create policy engine_marks on vault.effect for update to flotilla_engine using (true);
