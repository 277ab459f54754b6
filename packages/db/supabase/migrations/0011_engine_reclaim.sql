-- The sweep for executors that died or froze: a step whose lease ran out is queued again and its crash counted; after
-- max_crashes it fails as poison, so that a step that kills its executor cannot do so for ever. Any number of sweepers
-- may run at once: rows are skipped while another holds them.
create function engine.reclaim(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_lost integer;
  v_ended uuid[];
begin
  with lapsed as materialized (
    select s.id, s.lease_owner, case
        when s.cancel_requested_at is not null then 'cancelled'
        when s.crashes + 1 >= s.max_crashes then 'failed'
        else 'queued' end as status
    from public.steps s
    where s.status in ('assigned', 'running') and s.lease_until <= clock_timestamp()
    order by s.lease_until limit p_limit for update skip locked
  ),
  moved as (
    update public.steps s
    set crashes = s.crashes + 1,
        status = l.status,
        error = case when l.status = 'failed'
          then jsonb_build_object('code', 'poison_crash', 'message', format('Its executor vanished %s times.', s.crashes + 1))
          else s.error end,
        finalised_at = case when l.status <> 'queued' then clock_timestamp() end,
        run_at = clock_timestamp(), lease_owner = null, lease_until = null
    from lapsed l where s.id = l.id
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.correlation_id, l.lease_owner
  ),
  recorded as (
    update public.attempts a set finished_at = clock_timestamp(), outcome = 'lost', error_code = 'lease_lost'
    from moved m where a.step_id = m.id and a.epoch = m.epoch
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.reclaimed', (array_agg(m.correlation_id))[1], 'system', 'sweeper', m.run_id,
           jsonb_build_object('steps', jsonb_agg(jsonb_build_object(
             'step_id', m.id, 'run_id', m.run_id, 'epoch', m.epoch, 'worker', m.lease_owner, 'status', m.status)))
    from moved m group by m.tenant_id, m.run_id
  )
  select count(*), coalesce(array_agg(m.id) filter (where m.status <> 'queued'), '{}') into v_lost, v_ended from moved m;

  if cardinality(v_ended) > 0 then
    perform engine.finish('{}', v_ended, 'system', 'sweeper');
  end if;
  return v_lost;
end
$$;

grant execute on function engine.reclaim(integer) to nofx_worker;
