-- Ends claims. p_settlements: [{step_id, epoch, outcome, output?, error?: {code, message}, retry_ms?}]
--   outcome succeeded  the step is done
--           failed     with retry_ms: queued again after that time while failures < max_failures; else failed for good
--           released   given back untouched; counts as nothing
-- A step whose cancel was asked for ends as cancelled, unless it succeeded first.
--
-- Fence: a settlement holds only if the step is still under this epoch and its lease has not run out by the database
-- clock. What is not owned any more is reported as stale and changes nothing; the rest of the batch settles.
-- Repeating a settlement that was carried out reports settled again, so a lost answer is harmless.
--
-- Answers {results: [{step_id, epoch, result: settled | stale, status}], for_workers, for_agents}.
create function engine.settle(p_owner text, p_executor text, p_tenant uuid, p_settlements jsonb) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_owned uuid[];
  v_succeeded uuid[];
  v_ended uuid[];
  v_freed record;
  v_results jsonb;
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);

  select coalesce(array_agg(o.id), '{}') into v_owned from (
    select s.id
    from jsonb_to_recordset(p_settlements) as i (step_id uuid, epoch bigint)
    join public.steps s on s.id = i.step_id and s.epoch = i.epoch
    where s.status in ('assigned', 'running') and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
      and (p_tenant is null or s.tenant_id = p_tenant)
    order by s.id for update of s
  ) as o;

  with input as (
    select distinct on (i.step_id) i.*, case
        when i.outcome = 'succeeded' then 'succeeded'
        when s.cancel_requested_at is not null then 'cancelled'
        when i.outcome = 'failed' and (i.retry_ms is null or s.failures + 1 >= s.max_failures) then 'failed'
        else 'queued' end as status
    from jsonb_to_recordset(p_settlements)
      as i (step_id uuid, epoch bigint, outcome text, output jsonb, error jsonb, retry_ms integer)
    join public.steps s on s.id = i.step_id and s.epoch = i.epoch
    where s.id = any (v_owned)
    order by i.step_id
  ),
  moved as (
    update public.steps s
    set status = i.status,
        failures = s.failures + (i.outcome = 'failed')::integer,
        output = case when i.outcome = 'succeeded' then i.output else s.output end,
        error = case i.outcome when 'failed' then i.error when 'succeeded' then null else s.error end,
        run_at = case when i.outcome = 'failed' and i.retry_ms is not null
          then clock_timestamp() + make_interval(secs => i.retry_ms / 1000.0) else s.run_at end,
        started_at = coalesce(s.started_at, (select a.claimed_at from public.attempts a where a.step_id = s.id and a.epoch = s.epoch)),
        finalised_at = case when i.status <> 'queued' then clock_timestamp() end,
        lease_owner = null, lease_until = null
    from input i where s.id = i.step_id
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.correlation_id, i.outcome, i.error
  ),
  recorded as (
    update public.attempts a
    set finished_at = clock_timestamp(), outcome = m.outcome, error_code = m.error ->> 'code',
        started_at = coalesce(a.started_at, a.claimed_at)
    from moved m where a.step_id = m.id and a.epoch = m.epoch
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.settled', (array_agg(m.correlation_id))[1], p_executor, p_owner, m.run_id,
           jsonb_build_object('run_id', m.run_id, 'steps', jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
             'step_id', m.id, 'run_id', m.run_id, 'attempt', m.epoch, 'outcome', m.outcome, 'status', m.status,
             'error_code', m.error ->> 'code'))))
    from moved m group by m.tenant_id, m.run_id
  )
  select coalesce(array_agg(m.id) filter (where m.status = 'succeeded'), '{}'),
         coalesce(array_agg(m.id) filter (where m.status in ('failed', 'cancelled')), '{}')
  into v_succeeded, v_ended
  from moved m;

  select * into v_freed from engine.finish(v_succeeded, v_ended, p_executor, p_owner);

  select coalesce(jsonb_agg(jsonb_build_object('step_id', i.step_id, 'epoch', i.epoch, 'status', s.status,
    'result', case when a.outcome = i.outcome then 'settled' else 'stale' end)), '[]')
  into v_results
  from jsonb_to_recordset(p_settlements) as i (step_id uuid, epoch bigint, outcome text)
  left join public.attempts a on a.step_id = i.step_id and a.epoch = i.epoch and a.executor = p_owner
    and (p_tenant is null or a.tenant_id = p_tenant)
  left join public.steps s on s.id = a.step_id;

  return jsonb_build_object('results', v_results, 'for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents);
end
$$;

grant execute on function engine.settle(text, text, uuid, jsonb) to nofx_worker, nofx_agent;
