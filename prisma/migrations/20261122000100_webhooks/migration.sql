-- Webhooks: what is told to endpoints outside, and what endpoints outside tell us.
--
-- 1. A delivery is a debt: written in the transaction of what it tells, unique per endpoint and event, there until the
--    endpoint has answered or the schedule of attempts is over.
-- 2. Whoever sends one claims it for a while (`claimed_until`); one whose sender died is due again when that is over. So an
--    event comes at least once, under the same id each time.
-- 3. Secrets are sealed: the key ring is with the processes, not here.
-- 4. A call of an incoming hook is known by its id for twice the tolerance of timestamps: a second one changes nothing.

create table webhook_endpoint (
  id uuid not null default gen_random_uuid(),
  tenant_id text not null,
  url text not null,
  -- Empty: all.
  types text[] not null default '{}',
  workflows text[] not null default '{}',
  description text,
  secret text not null,
  previous_secret text,
  previous_until timestamptz(3),
  enabled boolean not null default true,
  disabled_reason text,
  created_at timestamptz(3) not null default now(),
  created_by text not null,
  constraint webhook_endpoint_pkey primary key (id)
);
create index webhook_endpoint_tenant_id_created_at_idx on webhook_endpoint (tenant_id, created_at);

create table webhook_delivery (
  id uuid not null default gen_random_uuid(),
  endpoint_id uuid not null,
  tenant_id text not null,
  event_id text not null,
  type text not null,
  run_id uuid,
  data jsonb not null,
  occurred_at timestamptz(3) not null,
  status text not null default 'pending',
  -- Of the present round: a redelivery begins a new one.
  attempts integer not null default 0,
  next_at timestamptz(3),
  claimed_until timestamptz(3),
  response_status integer,
  error text,
  -- The last attempts: [{ at, status, error, tookMs }]
  log jsonb not null default '[]',
  created_at timestamptz(3) not null default clock_timestamp(),
  delivered_at timestamptz(3),
  constraint webhook_delivery_pkey primary key (id),
  constraint webhook_delivery_endpoint_id_fkey foreign key (endpoint_id) references webhook_endpoint (id)
    on update cascade on delete cascade,
  constraint webhook_delivery_status_known check (status in ('pending', 'delivered', 'failed')),
  constraint webhook_delivery_due_when_pending check ((status = 'pending') = (next_at is not null))
);
create unique index webhook_delivery_endpoint_id_event_id_key on webhook_delivery (endpoint_id, event_id);
create index webhook_delivery_endpoint_id_created_at_id_idx on webhook_delivery (endpoint_id, created_at desc, id desc);
create index webhook_delivery_created_at_idx on webhook_delivery (created_at);
create index webhook_delivery_due on webhook_delivery (endpoint_id, next_at) where status = 'pending';

create table incoming_hook (
  id uuid not null default gen_random_uuid(),
  tenant_id text not null,
  name text not null,
  -- { when?, event?, start: { workflow, version?, input } } or { ..., signal: { name, key, payload? } }
  spec jsonb not null,
  description text,
  secret text not null,
  previous_secret text,
  previous_until timestamptz(3),
  created_at timestamptz(3) not null default now(),
  created_by text not null,
  constraint incoming_hook_pkey primary key (id)
);
create unique index incoming_hook_tenant_id_name_key on incoming_hook (tenant_id, name);

create table incoming_call (
  hook_id uuid not null,
  message_id text not null,
  tenant_id text not null,
  answer jsonb not null,
  received_at timestamptz(3) not null default clock_timestamp(),
  expires_at timestamptz(3) not null,
  constraint incoming_call_pkey primary key (hook_id, message_id),
  constraint incoming_call_hook_id_fkey foreign key (hook_id) references incoming_hook (id)
    on update cascade on delete cascade
);
create index incoming_call_expires_at_idx on incoming_call (expires_at);

-- Who a call of a hook is for is known by its id alone: what the tenant's policy hides until the tenant is known.
create function find_incoming_hook(hook uuid)
returns table (tenant_id text, name text, spec jsonb, secret text, previous_secret text)
language sql stable security definer set search_path = public, pg_temp as $$
  select h.tenant_id, h.name, h.spec, h.secret, case when h.previous_until > now() then h.previous_secret end
  from incoming_hook h where h.id = hook
$$;
revoke all on function find_incoming_hook(uuid) from public;
grant execute on function find_incoming_hook(uuid) to flotilla_gateway;

grant select, insert, delete on webhook_endpoint to flotilla_gateway;
grant update (secret, previous_secret, previous_until, enabled, disabled_reason) on webhook_endpoint to flotilla_gateway;
grant select, insert on webhook_delivery to flotilla_gateway;
grant update (status, attempts, next_at) on webhook_delivery to flotilla_gateway;
grant select, insert, delete on incoming_hook to flotilla_gateway;
grant update (secret, previous_secret, previous_until) on incoming_hook to flotilla_gateway;
grant select, insert, delete on incoming_call to flotilla_gateway;

grant select on webhook_endpoint to flotilla_engine;
grant update (enabled, disabled_reason) on webhook_endpoint to flotilla_engine;
grant select, insert, update, delete on webhook_delivery to flotilla_engine;
grant select, delete on incoming_call to flotilla_engine;

alter table webhook_endpoint enable row level security;
create policy gateway on webhook_endpoint to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
create policy engine on webhook_endpoint to flotilla_engine using (true);
alter table webhook_delivery enable row level security;
create policy gateway on webhook_delivery to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
create policy engine on webhook_delivery to flotilla_engine using (true);
alter table incoming_hook enable row level security;
create policy gateway on incoming_hook to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
alter table incoming_call enable row level security;
create policy gateway on incoming_call to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
create policy engine on incoming_call to flotilla_engine using (true);
