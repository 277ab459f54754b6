-- A heartbeat hears how many workers there are, so that each does its share of what all of them do for the plane and no more.
-- Answers {known, drain, workers}: as 0023 says, and workers heard of in the last ten seconds, this one among them.
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
    return '{"known": false, "drain": false, "workers": 1}';
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
  return jsonb_build_object('known', true, 'drain', v_before.drain_requested_at is not null,
    'workers', (select count(*) from public.worker_devices d
      where d.status <> 'stopped' and d.seen_at > clock_timestamp() - interval '10 s'));
end
$$;
