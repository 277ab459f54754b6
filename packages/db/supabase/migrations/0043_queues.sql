-- Queues as people, scalers and admission see them.

-- The names of queues that have claimable steps for workers, each found by one look-up behind the one before.
create function engine.queues_in_use(p_limit integer) returns setof text
language sql stable security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
  with recursive q as (
    (select s.queue from public.steps s
     where s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
     order by s.queue limit 1)
    union all
    select n.queue from q cross join lateral (
      select s.queue from public.steps s
      where s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and s.queue > q.queue
      order by s.queue limit 1) n
  )
  select q.queue from q limit p_limit
$$;
revoke all on function engine.queues_in_use(integer) from public;

-- The ceilings that an admission into this tenant has to keep, each with its queue. Null: all queues together.
create function engine.ceilings(p_tenant uuid) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'plane', r.tenant_id is null, 'queue', r.queue, 'max_queued', r.max_queued)), '[]')
    from (
      select * from public.claim_rules c where c.tenant_id = p_tenant
      union all
      select * from public.claim_rules c where c.tenant_id is null
    ) r where r.max_queued is not null);
end
$$;
grant execute on function engine.ceilings(uuid) to nofx_member, nofx_worker;

-- How many steps are queued, p_limit at most: claimable, not due yet, and held ones. Reads that many entries of partial indexes of what is
-- queued, whatever runs or has run. p_plane: over all tenants.
create function engine.count_queued(p_tenant uuid, p_plane boolean, p_queue text, p_limit integer) returns integer
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_count integer;
begin
  perform app.assert_tenant(p_tenant);
  if p_plane then
    select count(*) into v_count from (
      (select from public.steps s where s.status = 'queued' and s.holds = 0 and s.executor = 'worker'
         and (s.crashes = 0 or s.crashes + 1 < s.max_crashes) and (p_queue is null or s.queue = p_queue) limit p_limit)
      union all
      (select from public.steps s where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and (p_queue is null or s.queue = p_queue) limit p_limit)
      union all
      (select from public.steps s where s.status = 'queued' and s.holds <> 0 and (p_queue is null or s.queue = p_queue) limit p_limit)
      limit p_limit) as q;
  else
    select count(*) into v_count from (
      (select from (select q.queue from engine.queues_in_use(1000) as q (queue) where p_queue is null union all select p_queue where p_queue is not null) n
       cross join lateral (
         select from public.steps s where s.queue = n.queue and s.tenant_id = p_tenant and s.status = 'queued' and s.holds = 0 and s.executor = 'worker'
           and (s.crashes = 0 or s.crashes + 1 < s.max_crashes) limit p_limit) c limit p_limit)
      union all
      (select from public.steps s where s.tenant_id = p_tenant and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
         and (p_queue is null or s.queue = p_queue) limit p_limit)
      union all
      (select from public.steps s where s.tenant_id = p_tenant and s.status = 'queued' and s.holds <> 0
         and (p_queue is null or s.queue = p_queue) limit p_limit)
      limit p_limit) as q;
  end if;
  return v_count;
end
$$;
grant execute on function engine.count_queued(uuid, boolean, text, integer) to nofx_member, nofx_worker;

-- What each queue holds and does: of one tenant, or of the whole plane (p_tenant null) for the engine's own login and for those who
-- operate the plane.
--
-- No count goes beyond 10,000, and each reads a partial index of what is queued or runs; the age of the oldest is read from
-- the heads of at most 1,000 groups. per_minute and failure_rate are of the claims that ended in the last five minutes, the newest
-- 2,000 at most. paused and max_running: of the rules that bind all of the queue. A queue that nobody uses and no rule names is not
-- there; "default" always is. workers and places: those that claim, and how many steps they run at once.
create function engine.queue_stats(p_tenant uuid) returns jsonb
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_limit constant integer := 10000;
  c_zero constant uuid := '00000000-0000-0000-0000-000000000000';
  v_since constant timestamptz := clock_timestamp() - interval '5 minutes';
  v_now constant timestamptz := clock_timestamp();
  -- the smallest uuid v7 of that instant
  v_first constant uuid := (lpad(to_hex((extract(epoch from v_since) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;
begin
  if p_tenant is not null then
    perform app.assert_tenant(p_tenant);
  elsif session_user <> 'nofx_worker' and not app.operates_plane() then
    raise insufficient_privilege using message = 'not of a tenant that operates the plane';
  end if;
  return (
    with claimable as (
      select n.queue, c.run_at <= v_now as due, null::timestamptz as run_at
      from engine.queues_in_use(200) as n (queue)
      cross join lateral (
        (select s.run_at from public.steps s
         where p_tenant is not null and s.queue = n.queue and s.tenant_id = p_tenant and s.status = 'queued' and s.holds = 0 and s.executor = 'worker'
           and (s.crashes = 0 or s.crashes + 1 < s.max_crashes) limit v_limit)
        union all
        (select s.run_at from public.steps s
         where p_tenant is null and s.queue = n.queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker'
           and (s.crashes = 0 or s.crashes + 1 < s.max_crashes) limit v_limit)
      ) c
      union all
      (select s.queue, s.run_at <= v_now, s.run_at from public.steps s
       where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and (p_tenant is null or s.tenant_id = p_tenant) limit v_limit)
    ),
    oldest as (
      select n.queue, min(g.run_at) as run_at
      from engine.queues_in_use(200) as n (queue)
      cross join lateral unnest(engine.groups_behind(n.queue, coalesce(p_tenant, c_zero), true, case when p_tenant is null then 1000 else 64 end)) as g
      where p_tenant is null or g.tenant_id = p_tenant
      group by n.queue
    ),
    ready as (
      select c.queue, count(*) filter (where c.due) as ready, count(*) filter (where not c.due) as delayed, min(c.run_at) as run_at
      from claimable c group by c.queue
    ),
    held as (
      select h.queue, count(*) as n from (
        select s.queue from public.steps s
        where s.status = 'queued' and s.holds <> 0 and (p_tenant is null or s.tenant_id = p_tenant) limit v_limit) h
      group by h.queue
    ),
    running as (
      select r.queue, count(*) as n from (
        select s.queue from public.steps s
        where s.status in ('assigned', 'running') and (p_tenant is null or s.tenant_id = p_tenant) limit v_limit) r
      group by r.queue
    ),
    told as materialized (
      select e.at, (i.item ->> 'step_id')::uuid as step_id, i.item ->> 'outcome' as outcome
      from (
        (select e.at, e.payload from public.events e
         where p_tenant is not null and e.tenant_id = p_tenant and e.seq is not null and e.type = 'steps.settled' and e.at > v_since
           and e.seq > (select h.seq - 2000 from public.event_heads h where h.tenant_id = p_tenant)
         order by e.seq desc limit 500)
        union all
        (select e.at, e.payload from public.events e
         where p_tenant is null and e.id > v_first and e.type = 'steps.settled'
         order by e.id desc limit 500)
      ) as e cross join lateral jsonb_array_elements(e.payload -> 'steps') as i (item)
      limit 2000
    ),
    ended as (
      select s.queue, count(*) filter (where t.outcome in ('succeeded', 'failed')) as n, count(*) filter (where t.outcome = 'failed') as failed
      from told t join public.steps s on s.id = t.step_id
      group by s.queue
    ),
    span as (
      select case when count(*) >= 2000 then greatest(1, extract(epoch from v_now - min(t.at))) else 300 end as seconds from told t
    ),
    names as (
      select 'default' as queue
      union select queue from ready union select queue from held union select queue from running union select queue from ended
      union select r.queue from public.claim_rules r where r.queue is not null and (r.tenant_id = p_tenant or (r.tenant_id is null and p_tenant is null))
    )
    select jsonb_build_object(
      'workers', (select count(*) from public.worker_devices d where d.status = 'active' and d.seen_at > v_now - interval '15 s'),
      'places', (select coalesce(sum(d.concurrency), 0) from public.worker_devices d
        where d.status = 'active' and d.seen_at > v_now - interval '15 s'),
      'queues', jsonb_agg(jsonb_build_object(
      'queue', n.queue, 'paused', coalesce(b.paused, false), 'max_running', b.max_running, 'ready', coalesce(r.ready, 0), 'delayed', coalesce(r.delayed, 0), 'held', coalesce(h.n, 0),
      'in_flight', coalesce(f.n, 0),
      'oldest_seconds', greatest(0, coalesce(extract(epoch from v_now - least(o.run_at, r.run_at)), 0)),
      'per_minute', round(coalesce(e.n, 0) * 60 / s.seconds, 1),
      'failure_rate', case when coalesce(e.n, 0) > 0 then round(e.failed::numeric / e.n, 4) else 0 end
    ) order by n.queue))
    from names n cross join span s
    left join lateral (
      select bool_or(c.paused_at is not null) as paused, min(c.max_running) as max_running from public.claim_rules c
      where (c.tenant_id is null or c.tenant_id = p_tenant) and (c.queue is null or c.queue = n.queue) and c.type is null and c.agent is null
    ) b on true
    left join ready r using (queue) left join held h using (queue) left join running f using (queue)
    left join oldest o using (queue) left join ended e using (queue));
end
$$;
grant execute on function engine.queue_stats(uuid) to nofx_member, nofx_worker;

-- The names of the tenants that the plane has ruled, for those who operate it: they see no other tenant otherwise.
create function app.ruled_tenants() returns table (id uuid, slug text)
language sql stable security definer
set search_path = ''
as $$
  select t.id, t.slug from public.tenants t
  where app.operates_plane() and exists (select from public.claim_rules r where r.tenant_id = t.id and r.by_plane)
$$;
grant execute on function app.ruled_tenants() to nofx_member;
