-- A courier for each shard of the queues: on a Redis Cluster each shard's keys lie in one slot, and its beat with them.
alter table courier drop constraint courier_single;
alter table courier add constraint courier_shard check (id between 1 and 1024);
alter table courier add column shards smallint not null default 1;
grant insert on courier to flotilla_engine;

-- Which shard a queue is of, from 0; libs/queues computes the same for its keys.
create function queue_shard(name text, shards integer) returns integer
language sql immutable strict parallel safe
as $$ select ('x' || substr(md5(name), 1, 4))::bit(16)::integer % shards $$;
