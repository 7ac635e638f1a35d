-- Gates that several persons decide, and what time and cancellation do to artifacts and checkpoints.

-- How many must give the same decision, and the scope that each of them must hold. `changed`: the gate showed what is no
-- longer so, and another has opened in its place.
alter table gate add column needed integer not null default 1;
alter table gate add column scope text;
alter table gate drop constraint gate_status_known;
alter table gate add constraint gate_status_known
  check (status in ('open', 'decided', 'expired', 'cancelled', 'changed'));
alter table gate add constraint gate_needed_positive check (needed > 0);

-- Each person once. What was given and said is personal data like the gate's own.
create table gate_vote (
  run_id uuid not null,
  gate_id text not null,
  principal text not null,
  tenant_id text not null,
  decision text not null,
  "values" jsonb,
  comment text,
  at timestamptz(3) not null default clock_timestamp(),
  constraint gate_vote_pkey primary key (run_id, gate_id, principal),
  constraint gate_vote_run_id_gate_id_fkey foreign key (run_id, gate_id) references gate (run_id, id)
    on update cascade on delete cascade
);

-- The inbox of decisions goes by what is due first.
drop index gate_open;
create index gate_inbox on gate (tenant_id, coalesce(due_at, timestamptz 'infinity'), run_id, id) where status = 'open';

grant select, insert on gate_vote to flotilla_gateway;
grant select on gate_vote to flotilla_engine;
-- Artifacts of a run that was cancelled or failed are marked incomplete; checkpoints of finished runs are swept.
grant update (metadata) on artifact to flotilla_engine;
grant delete on checkpoint to flotilla_engine;

alter table gate_vote enable row level security;
create policy gateway on gate_vote to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
create policy engine on gate_vote to flotilla_engine using (true);
