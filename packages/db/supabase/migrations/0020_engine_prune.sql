-- Clears away what nobody asks for any more: answers to requests whose Idempotency-Key has expired.
create function engine.prune(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_pruned integer;
begin
  delete from public.idempotency_keys k
  where k.ctid in (
    select old.ctid from public.idempotency_keys old
    where old.expires_at <= clock_timestamp()
    order by old.expires_at limit p_limit for update skip locked
  );
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$$;
grant execute on function engine.prune(integer) to nofx_worker;
