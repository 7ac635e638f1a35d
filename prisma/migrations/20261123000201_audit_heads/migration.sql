-- The heads of all audits, for whoever signs them and keeps them elsewhere: numbers and hashes, and nothing of what was done.
create function list_audit_heads() returns table (tenant_id text, seq bigint, hash text)
language sql stable security definer set search_path = public, pg_temp as $$
  select h.tenant_id, h.seq, encode(h.hash, 'hex') from audit_head h order by h.tenant_id
$$;
revoke all on function list_audit_heads() from public;
grant execute on function list_audit_heads() to flotilla_gateway;
