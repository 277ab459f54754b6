-- Heartbeats: extends leases that are still held, marks the steps running, and stores their progress.
-- p_items: [{step_id, epoch, progress?}]. Answers one row for each item; held is false where the lease is lost.
create function engine.renew(p_owner text, p_executor text, p_tenant uuid, p_items jsonb, p_lease_ms integer)
returns table (step_id uuid, held boolean, lease_until timestamptz, cancel_requested boolean)
language plpgsql security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);

  return query
  with items as (
    select i.* from jsonb_to_recordset(p_items) as i (step_id uuid, epoch bigint, progress jsonb)
  ),
  locked as (
    select s.id, s.epoch, s.status from public.steps s join items i on s.id = i.step_id and s.epoch = i.epoch
    where s.status in ('assigned', 'running') and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
      and (p_tenant is null or s.tenant_id = p_tenant)
    order by s.id for update of s
  ),
  renewed as (
    update public.steps s
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0),
        status = 'running', started_at = coalesce(s.started_at, clock_timestamp()),
        progress = coalesce(i.progress, s.progress)
    from locked l join items i on i.step_id = l.id and i.epoch = l.epoch
    where s.id = l.id
    returning s.id, s.tenant_id, s.run_id, s.correlation_id, s.epoch, s.lease_until, s.cancel_requested_at,
      l.status = 'assigned' as begun, i.progress is not null as progressed
  ),
  recorded as (
    update public.attempts a set started_at = clock_timestamp()
    from renewed r where r.begun and a.step_id = r.id and a.epoch = r.epoch and a.started_at is null
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select r.tenant_id, case when bool_or(r.begun) then 'steps.started' else 'step.progressed' end,
           (array_agg(r.correlation_id))[1], p_executor, p_owner, r.run_id,
           jsonb_build_object('steps', jsonb_agg(jsonb_build_object('step_id', r.id, 'run_id', r.run_id, 'epoch', r.epoch)))
    from renewed r where r.begun or r.progressed group by r.tenant_id, r.run_id
  )
  select i.step_id, r.id is not null, r.lease_until, coalesce(r.cancel_requested_at is not null, false)
  from items i left join renewed r on r.id = i.step_id and r.epoch = i.epoch;
end
$$;

grant execute on function engine.renew(text, text, uuid, jsonb, integer) to nofx_worker, nofx_agent;
