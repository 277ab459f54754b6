-- Ends claims. p_settlements: [{step_id, epoch, outcome, output?, error?: {code, message}, retry_ms?, dependency?}]
--   outcome succeeded  the step is done
--           failed     with retry_ms: queued again after that time while failures < max_failures and the deadline lies
--                      beyond it; else failed for good
--           released   given back untouched; counts as nothing
-- A step whose cancel was asked for ends as cancelled, unless it succeeded first.
--
-- Fence: a settlement holds only if the step is still under this epoch and its lease has not run out by the database
-- clock. What is not owned any more is reported as stale, changes nothing and is noted on its attempt; the rest of the batch
-- settles. Repeating a settlement that was carried out reports settled again, so a lost answer is harmless.
--
-- dependency: what the step called, like http:api.example.com. Its retries come out of one budget (engine.spend_retry).
--
-- Answers {results: [{step_id, epoch, result: settled | stale, status, reason}], for_workers, for_agents}. reason of what is
-- stale: lost (the lease ran out, or another holds the step) or conflict (neither: this must never be seen).
create function engine.settle(p_owner text, p_executor text, p_tenant uuid, p_settlements jsonb) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_owned uuid[];
  v_slowed uuid[];
  v_succeeded uuid[];
  v_ended uuid[];
  v_freed record;
  v_results jsonb;
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);

  -- parents with their children, because ending a child may wake its parent and ending a parent cancels its children
  perform from public.steps s
  where s.id in (
    select unnest(array[c.id, c.parent_step_id])
    from jsonb_to_recordset(p_settlements) as i (step_id uuid) join public.steps c on c.id = i.step_id
    where p_tenant is null or c.tenant_id = p_tenant)
  order by s.id for update;
  select coalesce(array_agg(s.id), '{}') into v_owned
  from jsonb_to_recordset(p_settlements) as i (step_id uuid, epoch bigint)
  join public.steps s on s.id = i.step_id and s.epoch = i.epoch
  where s.status in ('assigned', 'running') and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
    and (p_tenant is null or s.tenant_id = p_tenant);

  v_slowed := engine.count_calls(v_owned, p_settlements);

  with input as (
    select distinct on (i.step_id) i.*,
      i.outcome = 'failed' and i.retry_ms is not null and s.failures + 1 < s.max_failures
        and clock_timestamp() + make_interval(secs => i.retry_ms / 1000.0) > s.deadline_at as past_deadline
    from jsonb_to_recordset(p_settlements)
      as i (step_id uuid, epoch bigint, outcome text, output jsonb, error jsonb, retry_ms integer)
    join public.steps s on s.id = i.step_id and s.epoch = i.epoch
    where s.id = any (v_owned)
    order by i.step_id
  ),
  moved as (
    update public.steps s
    set status = case
          when i.outcome = 'succeeded' then 'succeeded'
          when s.cancel_requested_at is not null then 'cancelled'
          when i.outcome = 'failed' and (i.retry_ms is null or i.past_deadline or s.failures + 1 >= s.max_failures) then 'failed'
          else 'queued' end,
        failures = s.failures + (i.outcome = 'failed')::integer,
        output = case when i.outcome = 'succeeded' then i.output else s.output end,
        error = case i.outcome
          when 'failed' then case when i.past_deadline then i.error || '{"past_deadline": true}' else i.error end
          when 'succeeded' then null else s.error end,
        run_at = case when i.outcome = 'failed' and i.retry_ms is not null
          then clock_timestamp() + greatest(make_interval(secs => i.retry_ms / 1000.0),
            case when s.id = any (v_slowed) then interval '60 s' end) else s.run_at end,
        started_at = coalesce(s.started_at, (select a.claimed_at from public.attempts a where a.step_id = s.id and a.epoch = s.epoch)),
        finalised_at = case when i.outcome = 'succeeded' or s.cancel_requested_at is not null
            or (i.outcome = 'failed' and (i.retry_ms is null or i.past_deadline or s.failures + 1 >= s.max_failures))
          then clock_timestamp() end,
        lease_owner = null, lease_until = null
    from input i where s.id = i.step_id
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.correlation_id, s.undo, i.outcome, i.error
  ),
  registered as (
    insert into public.compensations (tenant_id, run_id, step_id, kind, kind_version, arguments, epoch)
    select m.tenant_id, m.run_id, m.id, m.undo ->> 'kind', coalesce((m.undo ->> 'version')::smallint, 1),
      coalesce(m.undo -> 'with', '{}'), m.epoch
    from moved m where m.status = 'succeeded' and m.undo is not null
    -- one batch is one order of completion
    order by (select min(i.n) from jsonb_array_elements(p_settlements) with ordinality as i (item, n) where i.item ->> 'step_id' = m.id::text)
    on conflict (step_id, name) do nothing
  ),
  recorded as (
    update public.attempts a
    set finished_at = clock_timestamp(), outcome = m.outcome, error_code = m.error ->> 'code',
        error_message = left(m.error ->> 'message', 1000), started_at = coalesce(a.started_at, a.claimed_at)
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

  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('step_id', i.step_id, 'epoch', i.epoch, 'status', s.status,
    'result', case when a.outcome = i.outcome then 'settled' else 'stale' end,
    'reason', case when a.outcome = i.outcome then null
      when s.epoch = i.epoch and s.lease_owner = p_owner and s.lease_until > clock_timestamp() then 'conflict'
      else 'lost' end))), '[]')
  into v_results
  from jsonb_to_recordset(p_settlements) as i (step_id uuid, epoch bigint, outcome text)
  left join public.attempts a on a.step_id = i.step_id and a.epoch = i.epoch and a.executor = p_owner
    and (p_tenant is null or a.tenant_id = p_tenant)
  left join public.steps s on s.id = a.step_id;

  if v_results @> '[{"result": "stale"}]' then
    perform engine.note_refused(p_owner, p_executor, p_tenant, p_settlements, v_results);
  end if;

  return jsonb_build_object('results', v_results, 'for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents);
end
$$;

grant execute on function engine.settle(text, text, uuid, jsonb) to nofx_worker, nofx_agent;

-- Notes on the attempt that a settlement came too late, once: whoever looks into a run sees what the fence kept out.
create function engine.note_refused(p_owner text, p_executor text, p_tenant uuid, p_settlements jsonb, p_results jsonb) returns void
language sql security definer
set search_path = ''
as $$
  with refused as (
    update public.attempts a
    set refused_at = clock_timestamp(), refused_outcome = i.outcome
    from jsonb_to_recordset(p_results) as r (step_id uuid, epoch bigint, result text)
    join jsonb_to_recordset(p_settlements) as i (step_id uuid, epoch bigint, outcome text)
      on i.step_id = r.step_id and i.epoch = r.epoch
    where r.result = 'stale' and a.step_id = r.step_id and a.epoch = r.epoch and a.executor = p_owner and a.refused_at is null
      and (p_tenant is null or a.tenant_id = p_tenant)
    returning a.step_id, a.epoch, a.tenant_id, a.run_id, i.outcome
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select f.tenant_id, 'step.refused', s.correlation_id, p_executor, p_owner, f.run_id,
    jsonb_build_object('step_id', f.step_id, 'run_id', f.run_id, 'epoch', f.epoch, 'outcome', f.outcome)
  from refused f join public.steps s on s.id = f.step_id
$$;
revoke all on function engine.note_refused(text, text, uuid, jsonb, jsonb) from public;

-- Retry budgets: a call to a dependency that succeeded adds a tenth of a token (ten at most), a retry takes one; so at most
-- about a tenth of the traffic to something that is down is retries. Answers the steps whose retry found no token: it
-- waits longer. A budget that another transaction holds is passed over: it is a brake, not an account.
create function engine.count_calls(p_owned uuid[], p_settlements jsonb) returns uuid[]
language plpgsql security definer
set search_path = ''
as $$
declare
  v_call record;
  v_tokens numeric;
  v_slowed uuid[] := '{}';
begin
  if not exists (select from jsonb_array_elements(p_settlements) i where i ? 'dependency') then
    return v_slowed;
  end if;
  for v_call in
    select s.id, s.tenant_id, i.dependency, i.outcome, i.retry_ms
    from jsonb_to_recordset(p_settlements) as i (step_id uuid, outcome text, retry_ms integer, dependency text)
    join public.steps s on s.id = i.step_id
    where s.id = any (p_owned) and i.dependency is not null
      and (i.outcome = 'succeeded' or (i.outcome = 'failed' and i.retry_ms is not null))
    order by s.tenant_id, i.dependency
  loop
    insert into public.retry_budgets (tenant_id, dependency) values (v_call.tenant_id, v_call.dependency)
    on conflict (tenant_id, dependency) do nothing;
    select b.tokens into v_tokens from public.retry_budgets b
    where b.tenant_id = v_call.tenant_id and b.dependency = v_call.dependency for update skip locked;
    continue when not found;
    if v_call.outcome = 'failed' and v_tokens < 1 then
      v_slowed := v_slowed || v_call.id;
    else
      update public.retry_budgets b
      set tokens = case v_call.outcome when 'succeeded' then least(10, b.tokens + 0.1) else b.tokens - 1 end,
          updated_at = clock_timestamp()
      where b.tenant_id = v_call.tenant_id and b.dependency = v_call.dependency;
    end if;
  end loop;
  return v_slowed;
end
$$;
revoke all on function engine.count_calls(uuid[], jsonb) from public;
