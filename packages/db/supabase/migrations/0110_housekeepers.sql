-- A worker hears from its first word how many workers there are and which of them it is: in a large fleet the first few keep house for
-- the plane, and a start of many at once is no storm of sweeps.

create function engine.fleet_of(p_name text) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object('workers', greatest(1, count(*)), 'rank', count(*) filter (where d.name < p_name))
  from public.worker_devices d
  where d.status <> 'stopped' and d.seen_at > clock_timestamp() - interval '10 s'
$$;
comment on function engine.fleet_of is 'How many workers were heard of lately, and how many of them come before this one by name';
revoke execute on function engine.fleet_of(text) from public;

-- As in 0023, with the fleet.
create or replace function engine.worker_hello(
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
  return engine.fleet_of(p_name) || jsonb_build_object('drain', v_device.drain_requested_at is not null);
end
$$;

-- As in 0057, with the place in the fleet.
create or replace function engine.worker_beat(
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
    return '{"known": false, "drain": false, "workers": 1, "rank": 0}';
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
  return engine.fleet_of(p_name) || jsonb_build_object('known', true, 'drain', v_before.drain_requested_at is not null);
end
$$;
