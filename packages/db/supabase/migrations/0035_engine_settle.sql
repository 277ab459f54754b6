-- Settling in fewer looks: a batch is read once, locked once and moved once, and a task that ends well ends its run in the same
-- statement.
create type engine.settlement as (
  n integer, step_id uuid, epoch bigint, outcome text, output jsonb, error jsonb, retry_ms integer, past_deadline boolean);

-- One claim that succeeded: what engine.settle does for a batch, in statements of one row each. A statement that can do everything
-- takes half a millisecond to begin, these a tenth of that together, and most claims of a plane that is not flooded come
-- alone. Answers null where it is not so simple (not owned, a parent to lock first, an effect to register): then nothing is done.
create function engine.settle_one(p_owner text, p_executor text, p_tenant uuid, p_settlement jsonb) returns jsonb
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  -- not written out in the query: the planner would see that the index of leases has these too, and read all of it
  c_held constant text[] := '{assigned,running}';
  v_step uuid := (p_settlement ->> 'step_id')::uuid;
  v_epoch bigint := (p_settlement ->> 'epoch')::bigint;
  v_now timestamptz;
  v_was record;
  v_run uuid;
  v_done boolean;
  v_freed record;
  v_for_workers integer := 0;
  v_for_agents integer := 0;
begin
  select s.tenant_id, s.run_id, s.correlation_id, s.started_at, s.claimed_at into v_was from public.steps s
  where s.id = v_step and s.epoch = v_epoch and s.parent_step_id is null and s.undo is null and s.undo_of is null and s.children_left = 0
    and s.status = any (c_held) and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
    and (p_tenant is null or s.tenant_id = p_tenant)
  for update;
  if not found then
    return null;
  end if;
  v_now := clock_timestamp();

  update public.steps s
  set status = 'succeeded', output = p_settlement -> 'output', error = null, started_at = coalesce(v_was.started_at, v_was.claimed_at, v_now),
      finalised_at = v_now, lease_owner = null, lease_until = null
  where s.id = v_step;
  update public.attempts a
  set finished_at = v_now, outcome = 'succeeded', started_at = coalesce(a.started_at, a.claimed_at)
  where a.step_id = v_step and a.epoch = v_epoch;

  update public.runs r
  set steps_left = 0, status = 'succeeded', finished_at = v_now, started_at = coalesce(r.started_at, v_was.claimed_at)
  where r.id = v_was.run_id and r.plan_id is null and r.step_count = 1 and r.steps_left = 1 and r.redrive_of is null
    and r.compensation = 'none' and r.outcome is null and r.status in ('queued', 'running');
  v_done := found;

  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (v_was.tenant_id, 'steps.settled', v_was.correlation_id, p_executor, p_owner, v_was.run_id,
    ('{"run_id":"' || v_was.run_id || '","steps":[{"step_id":"' || v_step || '","run_id":"' || v_was.run_id || '","attempt":' || v_epoch
      || ',"outcome":"succeeded","status":"succeeded"}]'
      || case when v_done then ',"runs":[{"run_id":"' || v_was.run_id || '","status":"succeeded"}]' else '' end || '}')::jsonb);

  if not v_done then
    perform engine.begin_tasks(array[v_was.run_id]);
    select * into v_freed from engine.finish(array[v_step], '{}', p_executor, p_owner);
    v_for_workers := v_freed.for_workers;
    v_for_agents := v_freed.for_agents;
  end if;
  return jsonb_build_object(
    'results', jsonb_build_array(jsonb_build_object('step_id', v_step, 'epoch', v_epoch, 'status', 'succeeded', 'result', 'settled')),
    'for_workers', v_for_workers, 'for_agents', v_for_agents);
end
$$;
revoke all on function engine.settle_one(text, text, uuid, jsonb) from public;

-- Tasks that ended well, many in one call: one statement, no look before it. Moves those that are the caller's and have nobody
-- behind them, in the order of their ids, and answers the ids of their steps; the rest is left to engine.settle.
create function engine.settle_tasks(p_owner text, p_settlements jsonb) returns uuid[]
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  -- as in engine.settle_one
  c_held constant text[] := '{assigned,running}';
  v_steps uuid[];
  v_epochs bigint[];
  v_outputs jsonb[];
  v_moved uuid[];
begin
  select array_agg(i.step_id order by i.step_id), array_agg(i.epoch order by i.step_id), array_agg(i.output order by i.step_id)
  into v_steps, v_epochs, v_outputs
  from jsonb_to_recordset(p_settlements) as i (step_id uuid, epoch bigint, outcome text, output jsonb, dependency text)
  where i.outcome = 'succeeded' and i.dependency is null;

  with moved as (
    update public.steps s
    set status = 'succeeded', output = i.output, error = null, started_at = coalesce(s.started_at, s.claimed_at), finalised_at = clock_timestamp(),
        lease_owner = null, lease_until = null
    from unnest(v_steps, v_epochs, v_outputs) as i (id, epoch, output)
    where s.id = i.id and s.epoch = i.epoch and s.status = any (c_held) and s.lease_owner = p_owner
      and s.lease_until > clock_timestamp() and s.plan_step_id is null and s.parent_step_id is null and s.undo is null and s.undo_of is null
      and s.children_left = 0 and s.claimed_at is not null
      -- asked a row: as a join it would begin at the runs
      and (
        select r.plan_id is null and r.step_count = 1 and r.steps_left = 1 and r.redrive_of is null
          and r.compensation = 'none' and r.outcome is null and r.cancel_requested_at is null and r.status in ('queued', 'running')
        from public.runs r where r.id = s.run_id)
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.correlation_id, s.claimed_at
  ),
  recorded as (
    update public.attempts a
    set finished_at = clock_timestamp(), outcome = 'succeeded', started_at = coalesce(a.started_at, a.claimed_at)
    -- of a step's attempts the open one is that of the lease
    where a.step_id = any (array(select m.id from moved m)) and a.outcome is null
  ),
  -- a run of one step that is this call's: nobody else moves it but who holds the step
  done as (
    update public.runs r
    set steps_left = 0, status = 'succeeded', finished_at = clock_timestamp(), started_at = coalesce(r.started_at, (select x.claimed_at from public.steps x where x.run_id = r.id limit 1))
    where r.id = any (array(select m.run_id from moved m))
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.settled', (array_agg(m.correlation_id))[1], 'worker', p_owner, case when count(*) = 1 then (array_agg(m.run_id))[1] end,
      ('{"steps": [' || string_agg('{"step_id":"' || m.id || '","run_id":"' || m.run_id || '","attempt":' || m.epoch
          || ',"outcome":"succeeded","status":"succeeded"}', ',')
        || '],"runs": [' || string_agg('{"run_id":"' || m.run_id || '","status":"succeeded"}', ',') || ']}')::jsonb
    from moved m group by m.tenant_id
  )
  select array_agg(m.id) into v_moved from moved m;
  return v_moved;
end
$$;
revoke all on function engine.settle_tasks(text, jsonb) from public;

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
-- stale: lost (the lease ran out, or another holds the step) or conflict (neither: this must never be seen). p_brief: what
-- settled and succeeded is left out of the results.
drop function engine.settle(text, text, uuid, jsonb);
create function engine.settle(p_owner text, p_executor text, p_tenant uuid, p_settlements jsonb, p_brief boolean default false)
returns jsonb
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_items engine.settlement[];
  v_mine engine.settlement[];
  v_locked uuid[];
  v_well uuid[];
  v_open_runs uuid[];
  v_open integer[];
  v_slowed uuid[] := '{}';
  v_succeeded uuid[];
  v_ended uuid[];
  v_freed record;
  v_results jsonb;
  v_rest jsonb := '[]';
  v_for_workers integer := 0;
  v_for_agents integer := 0;
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);

  if jsonb_array_length(p_settlements) = 1 and p_settlements -> 0 ->> 'outcome' = 'succeeded' and p_settlements -> 0 ->> 'dependency' is null then
    v_results := engine.settle_one(p_owner, p_executor, p_tenant, p_settlements -> 0);
    if v_results is not null then
      return v_results;
    end if;
  elsif p_brief and p_executor = 'worker' and p_tenant is null then
    v_well := engine.settle_tasks(p_owner, p_settlements);
    if cardinality(v_well) = jsonb_array_length(p_settlements) then
      return '{"results": [], "for_workers": 0, "for_agents": 0}';
    elsif cardinality(v_well) > 0 then
      p_settlements := (
        select jsonb_agg(i.item order by i.n) from jsonb_array_elements(p_settlements) with ordinality as i (item, n)
        where (i.item ->> 'step_id')::uuid <> all (v_well));
    end if;
  end if;

  select array_agg((i.n, i.step_id, i.epoch, i.outcome, i.output, i.error, i.retry_ms, false)::engine.settlement)
  into v_items
  from (
    select (row_number() over ())::integer as n, r.*
    from jsonb_to_recordset(p_settlements) as r (step_id uuid, epoch bigint, outcome text, output jsonb, error jsonb, retry_ms integer)
  ) i;

  -- parents with their children, because ending a child may wake its parent and ending a parent cancels its children
  select array_agg(i.step_id) || coalesce(array_agg(c.parent_step_id) filter (where c.parent_step_id is not null), '{}') into v_locked
  from unnest(v_items) i left join public.steps c on c.id = i.step_id
  where p_tenant is null or c.tenant_id = p_tenant;

  perform from public.steps s where s.id = any (v_locked) order by s.id for update;

  select array_agg((o.n, o.step_id, o.epoch, o.outcome, o.output, o.error, o.retry_ms, o.past_deadline)::engine.settlement) into v_mine
  from (
    select distinct on (i.step_id) i.n, i.step_id, i.epoch, i.outcome, i.output, i.error, i.retry_ms,
      i.outcome = 'failed' and i.retry_ms is not null and s.failures + 1 < s.max_failures
        and clock_timestamp() + make_interval(secs => i.retry_ms / 1000.0) > s.deadline_at as past_deadline
    from unnest(v_items) i
    -- offset 0 keeps this a look-up a row
    cross join lateral (
      select x.tenant_id, x.epoch, x.status, x.lease_owner, x.lease_until, x.failures, x.max_failures, x.deadline_at
      from public.steps x where x.id = i.step_id offset 0
    ) s
    where s.epoch = i.epoch and s.status in ('assigned', 'running') and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
      and (p_tenant is null or s.tenant_id = p_tenant)
    order by i.step_id, i.n
  ) o;

  if v_mine is not null then
    v_slowed := engine.count_calls(array(select i.step_id from unnest(v_mine) i), p_settlements);

    with moved as (
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
          started_at = coalesce(s.started_at, s.claimed_at, clock_timestamp()),
          finalised_at = case when i.outcome = 'succeeded' or s.cancel_requested_at is not null
              or (i.outcome = 'failed' and (i.retry_ms is null or i.past_deadline or s.failures + 1 >= s.max_failures))
            then clock_timestamp() end,
          lease_owner = null, lease_until = null
      from unnest(v_mine) i where s.id = i.step_id
      returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.correlation_id, s.undo, s.started_at, i.outcome, i.error, i.n
    ),
    registered as (
      insert into public.compensations (tenant_id, run_id, step_id, kind, kind_version, arguments, epoch)
      select m.tenant_id, m.run_id, m.id, m.undo ->> 'kind', coalesce((m.undo ->> 'version')::smallint, 1),
        coalesce(m.undo -> 'with', '{}'), m.epoch
      from moved m where m.status = 'succeeded' and m.undo is not null
      -- one batch is one order of completion
      order by m.n
      on conflict (step_id, name) do nothing
    ),
    recorded as (
      update public.attempts a
      set finished_at = clock_timestamp(), outcome = m.outcome, error_code = m.error ->> 'code',
          error_message = left(m.error ->> 'message', 1000), started_at = coalesce(a.started_at, a.claimed_at)
      from moved m where a.step_id = m.id and a.epoch = m.epoch
    ),
    -- a task that ended well has nobody behind it: what engine.finish would do for it is this
    lone as (
      select r.id from public.runs r
      where r.id = any (array(select m.run_id from moved m where m.status = 'succeeded'))
        and r.plan_id is null and r.step_count = 1 and r.steps_left = 1 and r.redrive_of is null
        and r.compensation = 'none' and r.outcome is null and r.status in ('queued', 'running')
      order by r.id for no key update
    ),
    done as (
      update public.runs r set steps_left = 0, status = 'succeeded', finished_at = clock_timestamp(),
        started_at = coalesce(r.started_at, clock_timestamp())
      from lone where r.id = lone.id and r.steps_left = 1 and r.step_count = 1 and r.compensation = 'none' and r.outcome is null
      returning r.id, r.tenant_id
    ),
    planned as (
      -- a set of ids as the keys of an object: joined, two lists of unknown length would be compared each with each
      select m.*, coalesce((select jsonb_object_agg(d.id, 1) from done d) ? m.run_id::text, false) as run_done from moved m
    ),
    told as (
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      select p.tenant_id, 'steps.settled', (array_agg(p.correlation_id))[1], p_executor, p_owner,
        case when count(distinct p.run_id) = 1 then (array_agg(p.run_id))[1] end,
        case when count(distinct p.run_id) = 1 then jsonb_build_object('run_id', (array_agg(p.run_id))[1]) else '{}' end
        || -- written as text and read once: half the time of building as many objects
        ('{"steps": [' || string_agg('{"step_id":"' || p.id || '","run_id":"' || p.run_id || '","attempt":' || p.epoch || ',"outcome":"' || p.outcome
             || '","status":"' || p.status || '"' || case when p.error is null then '' else ',"error_code":' || coalesce(p.error -> 'code', 'null')::text end || '}', ',')
          || ']' || case when bool_or(p.run_done) then ',"runs": [' || string_agg(case when p.run_done then '{"run_id":"' || p.run_id || '","status":"succeeded"}' end, ',') || ']' else '' end
          || '}')::jsonb
      from planned p group by p.tenant_id, case when not p.run_done then p.run_id end
    )
    select coalesce(array_agg(p.id) filter (where p.status = 'succeeded' and not p.run_done), '{}'),
           coalesce(array_agg(p.id) filter (where p.status in ('failed', 'cancelled')), '{}'),
           array_agg(p.run_id) filter (where not p.run_done),
           coalesce(jsonb_agg(jsonb_build_object('step_id', p.id, 'epoch', p.epoch, 'status', p.status, 'result', 'settled') order by p.n)
             filter (where not p_brief or p.status <> 'succeeded'), '[]')
    into v_succeeded, v_ended, v_open_runs, v_results
    from planned p;

    if v_open_runs is not null then
      perform engine.begin_tasks(v_open_runs);
    end if;
    if v_succeeded <> '{}' or v_ended <> '{}' then
      select * into v_freed from engine.finish(v_succeeded, v_ended, p_executor, p_owner);
      v_for_workers := v_freed.for_workers;
      v_for_agents := v_freed.for_agents;
    end if;
  else
    v_results := '[]';
  end if;

  -- what this call did not move: carried out before (settled), or not the caller's any more (stale)
  if coalesce(cardinality(v_mine), 0) < jsonb_array_length(p_settlements) then
    v_open := array(select i.n from unnest(v_items) i except select m.n from unnest(v_mine) m);
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('step_id', i.step_id, 'epoch', i.epoch, 'status', s.status,
      'result', case when a.outcome = i.outcome then 'settled' else 'stale' end,
      'reason', case when a.outcome = i.outcome then null
        when s.epoch = i.epoch and s.lease_owner = p_owner and s.lease_until > clock_timestamp() then 'conflict'
        else 'lost' end)) order by i.n), '[]')
    into v_rest
    from unnest(v_items) i
    left join public.attempts a on a.step_id = i.step_id and a.epoch = i.epoch and a.executor = p_owner
      and (p_tenant is null or a.tenant_id = p_tenant)
    left join public.steps s on s.id = a.step_id
    where i.n = any (v_open);
    if v_rest @> '[{"result": "stale"}]' then
      perform engine.note_refused(p_owner, p_executor, p_tenant, p_settlements, v_rest);
    end if;
    v_results := v_results || v_rest;
  end if;

  return jsonb_build_object('results', v_results, 'for_workers', v_for_workers, 'for_agents', v_for_agents);
end
$$;

grant execute on function engine.settle(text, text, uuid, jsonb, boolean) to nofx_worker, nofx_agent;
