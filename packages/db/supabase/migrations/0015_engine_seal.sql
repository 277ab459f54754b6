-- The sealer: gives each tenant's events their gapless sequence, in the order their transactions became visible.
--
-- It reads only what lies behind pg_snapshot_xmin: every transaction before that has ended, so no event with a smaller
-- place can appear later, and a cursor on seq never skips a late commit. One sealer at a time, by a lock that ends with
-- the transaction; a second one finds it taken and answers nothing.
--
-- The engine writes its events without a cause and a trace, to keep its transactions short; here they get those of their run.
-- Run ends are decisions, so they go to the audit log here, off the hot path.
-- Answers one row a tenant: how far it is sealed, which runs and approvals the batch touched, and how long its oldest event
-- waited.
create function engine.seal(p_limit integer)
returns table (tenant_id uuid, seq bigint, sealed integer, run_ids uuid[], approvals boolean, lag_ms integer)
language plpgsql security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_horizon xid8;
  v_batch uuid[];
  v_ended record;
begin
  if not pg_try_advisory_xact_lock(7_160_101) then
    return;
  end if;

  v_horizon := pg_snapshot_xmin(pg_current_snapshot());
  select array_agg(b.id order by b.xid, b.id) into v_batch
  from (
    select e.id, e.xid from public.events e where e.seq is null and e.xid < v_horizon order by e.xid, e.id limit p_limit
  ) as b;
  if v_batch is null then
    return;
  end if;

  return query
  with batch as materialized (
    select e.id, e.tenant_id, e.run_id, e.at, row_number() over (partition by e.tenant_id order by b.place) as n
    from unnest(v_batch) with ordinality as b (id, place) join public.events e on e.id = b.id
  ),
  heads as (
    insert into public.event_heads as h (tenant_id, seq)
    select b.tenant_id, count(*) from batch b group by b.tenant_id order by b.tenant_id
    on conflict (tenant_id) do update set seq = h.seq + excluded.seq
    returning h.tenant_id, h.seq
  ),
  sizes as (
    select b.tenant_id, count(*) as n, min(b.at) as oldest from batch b group by b.tenant_id
  ),
  sealed as (
    update public.events e
    set seq = h.seq - s.n + b.n,
        causation_id = coalesce(e.causation_id, nullif(r.causation_id, e.id)),
        traceparent = coalesce(e.traceparent, r.traceparent)
    from batch b left join public.runs r on r.id = b.run_id join heads h on h.tenant_id = b.tenant_id join sizes s on s.tenant_id = b.tenant_id
    where e.id = b.id
    returning e.tenant_id, e.seq, e.run_id, e.type, s.oldest
  )
  select s.tenant_id, max(s.seq), count(*)::integer,
         coalesce(array_agg(distinct s.run_id) filter (where s.run_id is not null), '{}'),
         bool_or(s.type like 'approval.%'),
         (extract(epoch from clock_timestamp() - min(s.oldest)) * 1000)::integer
  from sealed s group by s.tenant_id;

  -- the heads of the audit log last: nobody waits for anything else while holding one
  for v_ended in
    select e.tenant_id, e.run_id, e.type
    from unnest(v_batch) with ordinality as b (id, place) join public.events e on e.id = b.id
    where e.type in ('run.succeeded', 'run.failed', 'run.cancelled')
    order by e.tenant_id, b.place
  loop
    perform app.append_audit(v_ended.tenant_id, 'run.ended', 'system', 'sealer',
      jsonb_build_object('run_id', v_ended.run_id, 'status', split_part(v_ended.type, '.', 2))::text);
  end loop;
end
$$;
grant execute on function engine.seal(integer) to nofx_worker;

-- Vouches for the sealed events in the audit log: one entry a tenant, with the digest of everything since the last one.
create function engine.audit_sealed() returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_head public.event_heads;
  v_root text;
  v_count integer := 0;
begin
  -- the sealer's own lock: both take event_heads and audit_heads, of many tenants
  perform pg_advisory_xact_lock(7_160_101);
  for v_head in select h.* from public.event_heads h where h.seq > h.audited_seq order by h.tenant_id for update loop
    select encode(sha256(convert_to(string_agg(concat_ws('|', e.seq, e.id, e.type, e.payload::text), E'\n' order by e.seq), 'UTF8')), 'hex')
    into v_root
    from public.events e where e.tenant_id = v_head.tenant_id and e.seq > v_head.audited_seq and e.seq <= v_head.seq;
    perform app.append_audit(v_head.tenant_id, 'events.sealed', 'system', 'sealer', jsonb_build_object(
      'from', v_head.audited_seq + 1, 'to', v_head.seq, 'count', v_head.seq - v_head.audited_seq, 'root', v_root)::text);
    update public.event_heads h set audited_seq = v_head.seq where h.tenant_id = v_head.tenant_id;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
grant execute on function engine.audit_sealed() to nofx_worker;
