-- Workers as the plane knows them: who is there, which code they have, whether they are to stop claiming.
--
-- Workers serve every tenant, so these rows belong to none. Whoever is a member of some tenant may read them; to drain one is
-- for the people of a tenant that operates the plane, because it takes capacity from all the others.
alter table public.tenants add column operates_plane boolean not null default false;
comment on column public.tenants.operates_plane is 'Its people may drain workers, and it is told of their coming and going';

create table public.worker_devices (
  name text primary key check (length(name) between 1 and 200),
  host text not null,
  pid integer not null,
  -- of its code: attempts keep it too
  version text not null,
  -- what it has code for, as kind@version
  handlers text[] not null,
  concurrency integer not null check (concurrency > 0),
  -- started by the local stack's supervisor, which can freeze it
  local boolean not null default false,
  status text not null default 'active' check (status in ('active', 'draining', 'stopped')),
  -- stays through restarts of the worker until people take it back
  drain_requested_at timestamptz,
  started_at timestamptz not null default clock_timestamp(),
  -- since when it has been heard of without a gap
  up_since timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  -- as of then; what was claimed and settled is counted from the start of its process
  in_flight integer not null default 0,
  claimed bigint not null default 0,
  settled bigint not null default 0
);
comment on table public.worker_devices is 'One row a worker, by name: where it runs, what it has code for, when it was last heard of';

create table public.worker_heartbeats (
  worker text not null references public.worker_devices (name) on delete cascade,
  at timestamptz not null default clock_timestamp(),
  in_flight integer not null,
  free integer not null,
  claimed bigint not null,
  settled bigint not null,
  primary key (worker, at)
);
comment on table public.worker_heartbeats is 'What each worker was doing, about every 15 seconds, for a day';
-- pruning
create index worker_heartbeats_at on public.worker_heartbeats (at);

alter table public.worker_devices enable row level security;
alter table public.worker_heartbeats enable row level security;
create policy worker_devices_read on public.worker_devices for select to authenticated, nofx_member
  using (exists (select from app.tenant_ids()));
create policy worker_heartbeats_read on public.worker_heartbeats for select to authenticated, nofx_member
  using (exists (select from app.tenant_ids()));
create policy worker_devices_drain on public.worker_devices for update to nofx_member
  using (exists (
    select from public.tenants t
    where t.operates_plane and t.id = (app.claims() ->> 'tenant_id')::uuid and t.id in (select app.tenant_ids())));
grant select on public.worker_devices, public.worker_heartbeats to authenticated, nofx_member;
grant update (drain_requested_at) on public.worker_devices to nofx_member;

-- Tells the tenants that operate the plane what happened to a worker.
create function engine.tell_of_worker(p_name text, p_type text, p_payload jsonb) returns void
language sql security definer
set search_path = ''
as $$
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
  select t.id, p_type, app.uuid7(), 'worker', p_name, p_payload || jsonb_build_object('worker', p_name)
  from public.tenants t where t.operates_plane
$$;
revoke all on function engine.tell_of_worker(text, text, jsonb) from public;

-- A process takes up work under this name. Answers whether it is to claim nothing, because people drained the name.
create function engine.worker_hello(
  p_name text, p_host text, p_pid integer, p_version text, p_handlers text[], p_concurrency integer, p_local boolean
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_device public.worker_devices;
begin
  insert into public.worker_devices as d (name, host, pid, version, handlers, concurrency, local)
  values (p_name, p_host, p_pid, p_version, p_handlers, p_concurrency, p_local)
  on conflict (name) do update set
    host = excluded.host, pid = excluded.pid, version = excluded.version, handlers = excluded.handlers,
    concurrency = excluded.concurrency, local = excluded.local,
    status = case when d.drain_requested_at is null then 'active' else 'draining' end,
    started_at = clock_timestamp(), up_since = clock_timestamp(), seen_at = clock_timestamp(),
    in_flight = 0, claimed = 0, settled = 0
  returning d.* into v_device;
  perform engine.tell_of_worker(p_name, 'worker.started',
    jsonb_build_object('version', p_version, 'handlers', p_handlers, 'concurrency', p_concurrency));
  return jsonb_build_object('drain', v_device.drain_requested_at is not null);
end
$$;
grant execute on function engine.worker_hello(text, text, integer, text, text[], integer, boolean) to nofx_worker;

-- "Still here", every other second. p_stopping: it claims nothing more, because its process was told to end.
-- Answers {known, drain}: one that is not known any more says hello again; one that is to drain stops claiming, ends what
-- it holds and goes on beating, so that the drain can be taken back.
create function engine.worker_beat(
  p_name text, p_in_flight integer, p_free integer, p_claimed bigint, p_settled bigint, p_stopping boolean default false
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_before public.worker_devices;
  v_status text;
begin
  select * into v_before from public.worker_devices d where d.name = p_name for update;
  if not found then
    return '{"known": false, "drain": false}';
  end if;
  v_status := case when p_stopping or v_before.drain_requested_at is not null then 'draining' else 'active' end;
  update public.worker_devices d
  set seen_at = clock_timestamp(), status = v_status, in_flight = p_in_flight, claimed = p_claimed, settled = p_settled,
      up_since = case when v_before.seen_at < clock_timestamp() - interval '60 s' then clock_timestamp() else d.up_since end
  where d.name = p_name;
  if v_status = 'draining' and v_before.status <> 'draining' then
    perform engine.tell_of_worker(p_name, 'worker.draining', jsonb_build_object('in_flight', p_in_flight));
  end if;
  insert into public.worker_heartbeats (worker, in_flight, free, claimed, settled)
  select p_name, p_in_flight, p_free, p_claimed, p_settled
  where not exists (
    select from public.worker_heartbeats h where h.worker = p_name and h.at > clock_timestamp() - interval '15 s')
  on conflict (worker, at) do nothing;
  return jsonb_build_object('known', true, 'drain', v_before.drain_requested_at is not null);
end
$$;
grant execute on function engine.worker_beat(text, integer, integer, bigint, bigint, boolean) to nofx_worker;

-- The process ends as it was told to, and holds nothing any more.
create function engine.worker_bye(p_name text, p_pid integer) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  -- a successor of the same name may have said hello already
  update public.worker_devices d set status = 'stopped', seen_at = clock_timestamp(), in_flight = 0 where d.name = p_name and d.pid = p_pid;
  if found then
    perform engine.tell_of_worker(p_name, 'worker.stopped', '{}');
  end if;
end
$$;
grant execute on function engine.worker_bye(text, integer) to nofx_worker;

-- Heartbeats older than a day, and workers that nobody has heard of for a week.
create function engine.prune_workers(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_pruned integer;
begin
  delete from public.worker_devices d where d.seen_at < clock_timestamp() - interval '7 days';
  delete from public.worker_heartbeats h
  where h.ctid in (
    select old.ctid from public.worker_heartbeats old
    where old.at < clock_timestamp() - interval '24 hours'
    order by old.at limit p_limit for update skip locked
  );
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$$;
grant execute on function engine.prune_workers(integer) to nofx_worker;

-- Fails steps that are claimable but that no worker has had code for, for p_seconds: they would wait for ever without a
-- word. The dead letter (claim, unknown_handler) says which handler is missing; started again, they run where it is there.
--
-- Nothing is ended unless some worker has been heard of all that time: after the whole plane was down, workers of every
-- version get as long to come back. A backlog that has waited for so long is read through the claim's own index (measured 0.1 s for
-- 200,000 steps), so the sweep asks seldom.
create function engine.end_stranded(p_seconds double precision, p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_since timestamptz := clock_timestamp() - make_interval(secs => p_seconds);
  v_known text[];
  v_ended uuid[];
begin
  if not exists (
    select from public.worker_devices d
    where d.status <> 'stopped' and d.up_since <= v_since and d.seen_at > clock_timestamp() - interval '60 s'
  ) then
    return 0;
  end if;
  select coalesce(array_agg(distinct h.handler), '{}') into v_known
  from public.worker_devices d cross join lateral unnest(d.handlers) as h (handler)
  where d.seen_at > v_since;

  with stranded as (
    select s.id from public.steps s
    where s.executor = 'worker' and s.queue = 'default' and s.status = 'queued' and s.holds = 0
      and s.handler <> all (v_known) and s.run_at <= v_since
    order by s.queue, s.priority, s.run_at, s.id limit p_limit for update skip locked
  ),
  moved as (
    update public.steps s
    set status = case when s.cancel_requested_at is null then 'failed' else 'cancelled' end, finalised_at = clock_timestamp(),
        error = jsonb_build_object('code', 'unknown_handler', 'message',
          format('No worker has had code for "%s" for %s s.', s.handler, round(p_seconds::numeric)))
    from stranded where s.id = stranded.id
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.error, s.correlation_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.settled', (array_agg(m.correlation_id))[1], 'system', 'sweeper', m.run_id,
      jsonb_build_object('run_id', m.run_id, 'steps', jsonb_agg(jsonb_build_object('step_id', m.id, 'run_id', m.run_id,
        'attempt', m.epoch, 'outcome', 'failed', 'status', m.status, 'error_code', m.error ->> 'code')))
    from moved m group by m.tenant_id, m.run_id
  )
  select coalesce(array_agg(m.id), '{}') into v_ended from moved m;
  if cardinality(v_ended) > 0 then
    perform engine.finish('{}', v_ended, 'system', 'sweeper');
  end if;
  return cardinality(v_ended);
end
$$;
grant execute on function engine.end_stranded(double precision, integer) to nofx_worker;

-- dead letters that nobody has dealt with
create index dead_letters_open on public.dead_letters (stage, reason) where status in ('new', 'triaged');
-- runs that go on
create index runs_open on public.runs (id) where finished_at is null;

-- What /metrics says of the whole plane, in one document. No count walks more than 10,000 rows, and each walks a partial
-- index of what is open (claimable steps, steps of open runs, open dead letters, unsealed events): measured 2 ms on a
-- quiet plane and 20 ms with 400,000 open steps, whatever the history. A number that stands at the limit means "at least".
create function engine.stats() returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_limit constant integer := 10000;
begin
  return jsonb_build_object(
    'queue', (
      select jsonb_agg(jsonb_build_object('executor', e.executor, 'depth', q.depth, 'oldest_seconds', coalesce(q.oldest, 0)))
      from unnest(array['worker', 'agent']) as e (executor)
      cross join lateral (
        select count(*) as depth, extract(epoch from clock_timestamp() - min(c.run_at)) as oldest
        from (
          (select s.run_at from public.steps s
           where e.executor = 'worker' and s.executor = 'worker' and s.status = 'queued' and s.holds = 0 and s.run_at <= clock_timestamp()
           limit v_limit)
          union all
          (select s.run_at from public.steps s
           where e.executor = 'agent' and s.executor = 'agent' and s.status = 'queued' and s.holds = 0 and s.run_at <= clock_timestamp()
           limit v_limit)
        ) as c
      ) as q),
    'in_flight', (
      select count(*) from (
        select from public.steps s where s.status in ('assigned', 'running') limit v_limit) as held),
    'holds', (
      select jsonb_object_agg(b.name, coalesce(b.n, 0)) from (
        select bits.name, sum(h.n) filter (where h.holds & bits.bit <> 0) as n
        from (values ('dependency', 1), ('approval', 2), ('children', 4), ('timer', 8), ('event', 16), ('message', 32),
          ('quota', 64), ('person', 128), ('paused', 256)) as bits (name, bit)
        left join (
          select held.holds, count(*) as n from (
            select s.holds from public.runs r join public.steps s on s.run_id = r.id
            where r.finished_at is null and s.status = 'queued' and s.holds <> 0 limit v_limit
          ) as held group by held.holds
        ) as h on true
        group by bits.name
      ) as b),
    'dead_letters', (
      select coalesce(jsonb_agg(jsonb_build_object('stage', d.stage, 'reason', d.reason, 'count', d.n)), '[]') from (
        select l.stage, l.reason, count(*) as n from public.dead_letters l
        where l.status in ('new', 'triaged') group by l.stage, l.reason
      ) as d),
    'seal', (
      select jsonb_build_object('unsealed', count(*), 'lag_seconds', coalesce(extract(epoch from clock_timestamp() - min(u.at)), 0))
      from (select e.at from public.events e where e.seq is null order by e.xid, e.id limit v_limit) as u),
    'workers', (
      select jsonb_object_agg(w.status, w.n) from (
        select k.status, count(d.name) as n
        from unnest(array['active', 'draining', 'silent']) as k (status)
        left join public.worker_devices d on d.status <> 'stopped'
          and k.status = case when d.seen_at < clock_timestamp() - interval '15 s' then 'silent' else d.status end
        group by k.status
      ) as w),
    -- events of types that an endpoint did not ask for count too: they are passed over when their turn comes
    'webhooks', (
      select jsonb_build_object('behind', coalesce(sum(h.seq - c.seq), 0), 'failing', count(*) filter (where c.failing_since is not null))
      from public.webhook_cursors c
      join public.webhooks w on w.id = c.webhook_id and w.status = 'active'
      join public.event_heads h on h.tenant_id = c.tenant_id)
  );
end
$$;
grant execute on function engine.stats() to nofx_worker;

-- The source documents' names for steps and for what happened to them. One table each; these only rename.
create view public.jobs with (security_invoker = true) as
select s.id, s.tenant_id, s.run_id, s.parent_step_id as parent_job_id, s.name, s.kind as type, s.kind_version as version, s.status,
  s.queue, s.priority, s.capability, s.arguments as payload, s.output as result, s.error, s.token as idempotency_key,
  s.failures + s.crashes as attempts, s.max_failures as max_attempts, s.epoch, s.lease_owner as assigned_to,
  s.lease_until as lease_expires_at, s.run_at as scheduled_at, s.holds, s.correlation_id, s.traceparent, s.created_at,
  s.started_at, s.finalised_at as finished_at
from public.steps s;
comment on view public.jobs is 'Steps under the name of the source documents';

create view public.job_events with (security_invoker = true) as
select e.id as event_id, e.tenant_id, e.seq, (j.step ->> 'step_id')::uuid as job_id, e.run_id, e.type, j.step as payload,
  e.correlation_id, e.causation_id, e.actor_type, e.actor_id, e.at as created_at
from public.events e
cross join lateral jsonb_array_elements(case
  when jsonb_typeof(e.payload -> 'steps') = 'array' then e.payload -> 'steps'
  when e.payload ? 'step_id' then jsonb_build_array(e.payload)
  else '[]' end) as j (step);
comment on view public.job_events is 'Events of steps, one row a step, under the name of the source documents';
grant select on public.jobs, public.job_events to authenticated, nofx_member;
