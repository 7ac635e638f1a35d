-- Items of maps, and which run is whose child.

-- One row per item: a run's state holds the items in hand alone, so that it does not grow with the list.
create table map_item (
  run_id uuid not null,
  step text not null,
  visit integer not null,
  index integer not null,
  tenant_id text not null,
  item jsonb not null,
  status text not null default 'open',
  output jsonb,
  error jsonb,
  constraint map_item_pkey primary key (run_id, step, visit, index),
  constraint map_item_run_id_fkey foreign key (run_id) references run (id) on update cascade on delete cascade,
  constraint map_item_status_known check (status in ('open', 'done', 'failed'))
) with (fillfactor = 80);

-- The step of another run that waits for a run's end, and the dispatch by which it knows it.
create table child_run (
  run_id uuid not null,
  parent_run_id uuid not null,
  step text not null,
  dispatch integer not null,
  tenant_id text not null,
  constraint child_run_pkey primary key (run_id),
  constraint child_run_run_id_fkey foreign key (run_id) references run (id) on update cascade on delete cascade
);
create index child_run_parent on child_run (parent_run_id, step, dispatch);

alter table map_item enable row level security;
create policy gateway on map_item to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
create policy engine on map_item to flotilla_engine using (true);
alter table child_run enable row level security;
create policy gateway on child_run to flotilla_gateway using (tenant_id = current_setting('flotilla.tenant', true));
create policy engine on child_run to flotilla_engine using (true);

grant select on map_item, child_run to flotilla_gateway;
grant select, insert, update on map_item to flotilla_engine;
grant select, insert on child_run to flotilla_engine;
