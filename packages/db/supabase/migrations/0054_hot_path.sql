-- What one job and one step cost Postgres, and what of that can go: measured with bench:profile.

-- A constraint is read from its text and planned anew in each statement that writes a row: the eleven of runs took 65 us of an update
-- of 85, the nine of steps 30 of 65. One that calls a function takes 3; the function's own plan stays made. What they
-- ask for is the same. Neither security definer nor a search_path of its own: that would cost more than what it asks, and nothing but
-- built-in operators is in it.
create function engine.is_run(
  p_status text, p_finished_at timestamptz, p_compensation text, p_outcome text, p_steps_left integer, p_undo_order text, p_plan uuid, p_title text,
  p_task_key text
) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  return p_status = any ('{queued,running,succeeded,failed,cancelled}')
    and (p_status = any ('{succeeded,failed,cancelled}')) = (p_finished_at is not null)
    and p_compensation = any ('{none,running,done,failed}')
    and (p_compensation = 'none' or p_outcome is not null)
    and (p_outcome is null or p_outcome = any ('{failed,cancelled}'))
    and p_steps_left >= 0
    and p_undo_order = any ('{completion,dependency}')
    and (p_plan is not null or p_title is not null)
    and (p_title is null or length(p_title) between 1 and 200)
    and (p_task_key is null or length(p_task_key) between 1 and 255);
end
$$;
comment on function engine.is_run(text, timestamptz, text, text, integer, text, uuid, text, text) is 'What holds of every row of runs';

create function engine.is_step(
  p_status text, p_finalised_at timestamptz, p_lease_until timestamptz, p_executor text, p_holds integer, p_deps_left integer, p_children_left integer,
  p_deadline_ms bigint
) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  return p_status = any ('{queued,assigned,running,succeeded,failed,cancelled}')
    and (p_status = any ('{succeeded,failed,cancelled}')) = (p_finalised_at is not null)
    and (p_status = any ('{assigned,running}')) = (p_lease_until is not null)
    and p_executor = any ('{worker,agent}')
    and p_holds between 0 and 511
    and p_deps_left >= 0 and (p_deps_left = 0 or p_holds & 1 = 1)
    and p_children_left >= 0
    and p_deadline_ms > 0;
end
$$;
comment on function engine.is_step(text, timestamptz, timestamptz, text, integer, integer, integer, bigint) is 'What holds of every row of steps';

create function engine.is_attempt(p_outcome text, p_finished_at timestamptz) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  return (p_outcome is null) = (p_finished_at is null)
    and (p_outcome is null or p_outcome = any ('{succeeded,failed,released,suspended,lost,cancelled}'));
end
$$;
comment on function engine.is_attempt(text, timestamptz) is 'What holds of every row of attempts';

revoke all on function engine.is_attempt(text, timestamptz) from public;
-- whoever writes a row calls them
grant execute on function
  engine.is_run(text, timestamptz, text, text, integer, text, uuid, text, text),
  engine.is_step(text, timestamptz, timestamptz, text, integer, integer, integer, bigint)
to nofx_member;

do $$
declare
  v record;
begin
  for v in
    select c.conname, c.conrelid::regclass as of from pg_catalog.pg_constraint c
    where c.contype = 'c' and c.conrelid in ('public.runs'::regclass, 'public.steps'::regclass, 'public.attempts'::regclass)
  loop
    execute format('alter table %s drop constraint %I', v.of, v.conname);
  end loop;
end
$$;
alter table public.runs add constraint runs_valid
  check (engine.is_run(status, finished_at, compensation, outcome, steps_left, undo_order, plan_id, title, task_key));
alter table public.steps add constraint steps_valid
  check (engine.is_step(status, finalised_at, lease_until, executor, holds, deps_left, children_left, deadline_ms));
alter table public.attempts add constraint attempts_valid check (engine.is_attempt(outcome, finished_at));

-- As in 0035, and for a step of a plan too: who waits for it is freed and its run counts down here, one statement each. What is left to
-- the functions for everything is the end of a run, and a run that tries again what failed in another.
create or replace function engine.settle_one(p_owner text, p_executor text, p_tenant uuid, p_settlement jsonb) returns jsonb
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  -- not written out in the query: the planner would see that the index of leases has these too, and read all of it
  c_held constant text[] := '{assigned,running}';
  c_queued constant text[] := '{queued}';
  v_step uuid := (p_settlement ->> 'step_id')::uuid;
  v_epoch bigint := (p_settlement ->> 'epoch')::bigint;
  v_was record;
  v_counted boolean;
  v_ended boolean;
  v_freed record;
  v_for_workers integer := 0;
  v_for_agents integer := 0;
begin
  update public.steps s
  set status = 'succeeded', output = p_settlement -> 'output', error = null, started_at = coalesce(s.started_at, s.claimed_at, clock_timestamp()),
      finalised_at = clock_timestamp(), lease_owner = null, lease_until = null
  where s.id = v_step and s.epoch = v_epoch and s.parent_step_id is null and s.undo is null and s.undo_of is null and s.children_left = 0
    and s.status = any (c_held) and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
    and (p_tenant is null or s.tenant_id = p_tenant)
  returning s.tenant_id, s.run_id, s.correlation_id, s.claimed_at, s.finalised_at,
    array(select d.step_id from public.step_dependencies d where d.depends_on = s.id) as waiting
  into v_was;
  if not found then
    return null;
  end if;
  update public.attempts a
  set finished_at = v_was.finalised_at, outcome = 'succeeded', started_at = coalesce(a.started_at, a.claimed_at)
  where a.step_id = v_step and a.epoch = v_epoch;

  -- steps before runs, as everywhere, and in the order of their ids
  if v_was.waiting <> '{}' then
    if cardinality(v_was.waiting) > 1 then
      perform from public.steps s where s.id = any (v_was.waiting) order by s.id for update;
    end if;
    with freed as (
      update public.steps s
      set deps_left = s.deps_left - 1, holds = case when s.deps_left = 1 then s.holds & ~1 else s.holds end,
          run_at = case when s.deps_left = 1 then clock_timestamp() else s.run_at end
      where s.id = any (v_was.waiting) and s.status = any (c_queued)
      returning s.executor, s.holds
    )
    select count(*) filter (where f.executor = 'worker'), count(*) filter (where f.executor = 'agent') into v_for_workers, v_for_agents
    from freed f where f.holds = 0;
  end if;

  -- a step of several, or a task that is all its run has
  update public.runs r
  set steps_left = r.steps_left - 1, status = case when r.steps_left = 1 then 'succeeded' else r.status end,
      finished_at = case when r.steps_left = 1 then v_was.finalised_at end, started_at = coalesce(r.started_at, v_was.claimed_at)
  where r.id = v_was.run_id and r.redrive_of is null and (
    (r.steps_left > 1 and r.status = 'running'
      and not exists (select from public.dead_letters d where d.redrive_run = r.id and d.status = 'redriving'))
    or (r.steps_left = 1 and r.plan_id is null and r.step_count = 1 and r.compensation = 'none' and r.outcome is null
      and r.status in ('queued', 'running')))
  returning r.steps_left = 0 into v_ended;
  v_counted := found;

  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (v_was.tenant_id, 'steps.settled', v_was.correlation_id, p_executor, p_owner, v_was.run_id,
    ('{"run_id":"' || v_was.run_id || '","steps":[{"step_id":"' || v_step || '","run_id":"' || v_was.run_id || '","attempt":' || v_epoch
      || ',"outcome":"succeeded","status":"succeeded"}]'
      || case when v_ended then ',"runs":[{"run_id":"' || v_was.run_id || '","status":"succeeded"}]' else '' end || '}')::jsonb);

  if not v_counted then
    perform engine.begin_tasks(array[v_was.run_id]);
    perform engine.dead_letter_followup(array[v_step], '{}');
    select * into v_freed from engine.count_down(array[v_step], p_executor, p_owner);
    v_for_workers := v_for_workers + v_freed.for_workers;
    v_for_agents := v_for_agents + v_freed.for_agents;
  end if;
  return jsonb_build_object(
    'results', jsonb_build_array(jsonb_build_object('step_id', v_step, 'epoch', v_epoch, 'status', 'succeeded', 'result', 'settled')),
    'for_workers', v_for_workers, 'for_agents', v_for_agents);
end
$$;

-- As in 0035.
create or replace function engine.settle_tasks(p_owner text, p_settlements jsonb) returns uuid[]
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
  -- calls bring steps of one kind, mostly: where the first is of a plan the statement below, dear to begin, would move none
  if not exists (select from public.steps s where s.id = (p_settlements -> 0 ->> 'step_id')::uuid and s.plan_step_id is null) then
    return null;
  end if;

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
  -- a look-up a row: a run of one step that is this call's: nobody else moves it but who holds the step
  done as (
    update public.runs r
    set steps_left = 0, status = 'succeeded', finished_at = clock_timestamp(), started_at = coalesce(r.started_at, m.claimed_at)
    from moved m where r.id = m.run_id
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

-- As in 0034: the run and the setting in one look.
create or replace function engine.grant_one(p_id uuid, p_owner text, p_executor text, p_lease_ms integer, p_version text) returns json
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_now timestamptz := clock_timestamp();
  c record;
  r record;
  v_again boolean;
begin
  update public.steps s
  set status = 'assigned', epoch = s.epoch + 1, lease_owner = p_owner, progress = null, claimed_at = v_now,
      deadline_at = coalesce(s.deadline_at, v_now + make_interval(secs => s.deadline_ms / 1000.0)),
      lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0)
  where s.id = p_id
  returning s.id, s.tenant_id, s.run_id, s.name, s.title, s.kind, s.kind_version, s.capability, s.epoch, s.lease_until, s.run_at, s.arguments,
    s.token, s.failures, s.crashes, s.max_failures, s.max_crashes, s.correlation_id, s.traceparent, s.deadline_at, s.undo_of
  into c;
  insert into public.attempts (step_id, epoch, tenant_id, run_id, executor, worker_version, claimed_at)
  values (c.id, c.epoch, c.tenant_id, c.run_id, p_owner, p_version, v_now);

  select x.plan_id, x.step_count, x.workspace, coalesce(x.workspace_run, x.id) as workspace_run, x.status, x.forked_from, x.redrive_of,
    (select t.value #>> '{}' from public.tenant_settings t where t.tenant_id = c.tenant_id and t.key = 'shell') as shell
  into r from public.runs x where x.id = c.run_id;
  if r.status = 'queued' and r.plan_id is not null then
    update public.runs x set status = 'running', started_at = v_now where x.id = c.run_id and x.status = 'queued';
    if found then
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      values (c.tenant_id, 'run.started', c.correlation_id, p_executor, p_owner, c.run_id, jsonb_build_object('run_id', c.run_id));
    end if;
  end if;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (c.tenant_id, 'steps.claimed', c.correlation_id, p_executor, p_owner, c.run_id,
    jsonb_build_object('executor', p_executor, 'worker', p_owner,
      'steps', ('[{"step_id":"' || c.id || '","run_id":"' || c.run_id || '","epoch":' || c.epoch || '}]')::jsonb));

  v_again := c.epoch > 1 or r.forked_from is not null or r.redrive_of is not null;
  return json_build_array(json_build_object(
    'id', c.id, 'tenant_id', c.tenant_id, 'run_id', c.run_id, 'name', c.name, 'title', c.title,
    'kind', c.kind, 'kind_version', c.kind_version, 'capability', c.capability, 'epoch', c.epoch, 'lease_until', c.lease_until, 'run_at', c.run_at,
    'arguments', c.arguments, 'token', c.token, 'failures', c.failures, 'crashes', c.crashes,
    'max_failures', c.max_failures, 'max_crashes', c.max_crashes, 'correlation_id', c.correlation_id, 'traceparent', c.traceparent,
    'undo_of', c.undo_of, 'workspace', r.workspace, 'workspace_run', r.workspace_run,
    'shell', coalesce(r.shell, 'off'),
    'checkpoints', case when v_again then engine.checkpoints_of(c.id) end,
    'approvals', case when v_again then engine.answers_of(c.id) end,
    'needs', case when r.step_count > 1 or c.undo_of is not null then engine.needs_of(c.id, c.undo_of) end,
    'inputs', case when c.arguments ? 'inputs' then engine.inputs_of(c.run_id, c.arguments -> 'inputs') end));
end
$$;

-- As before, with what only an end that is no success needs behind its question.
create or replace function engine.finish(p_succeeded uuid[], p_ended uuid[], p_actor_type text, p_actor_id text)
returns table (for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  -- as in engine.settle_one
  c_held constant text[] := '{assigned,running}';
  v_doomed uuid[] := '{}';
  v_cancelled uuid[] := '{}';
  v_told uuid[];
  v_waiting uuid[];
  v_freed record;
begin
  for_workers := 0;
  for_agents := 0;

  -- p_ended: failed or cancelled. Nothing that needs them can ever run, and nobody waits for what they spawned.
  if cardinality(p_ended) > 0 then
    with recursive doomed (id) as (
      select e.id from unnest(p_ended) as e (id)
      union
      select next.id from doomed cross join lateral (
        select d.step_id as id from public.step_dependencies d where d.required and d.depends_on = doomed.id
        union all
        select c.id from public.steps c where c.parent_step_id = doomed.id
      ) as next
    )
    select coalesce(array_agg(doomed.id) filter (where doomed.id <> all (p_ended)), '{}') into v_doomed from doomed;
  end if;

  v_waiting := v_doomed || array(select d.step_id from public.step_dependencies d where d.depends_on = any (p_succeeded || p_ended || v_doomed));
  if v_waiting <> '{}' then
    perform from public.steps s where s.id = any (v_waiting) order by s.id for update;
  end if;

  if cardinality(p_ended) > 0 then
    with ended as (
      update public.steps s
      set status = 'cancelled', finalised_at = clock_timestamp(),
          error = jsonb_build_object('code', 'dependency_failed', 'message', 'A step that this one needs did not succeed.')
      where s.id = any (v_doomed) and s.status = 'queued'
      returning s.id, s.tenant_id, s.run_id, s.correlation_id
    ),
    told as (
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      select e.tenant_id, 'step.cancelled', (array_agg(e.correlation_id))[1], p_actor_type, p_actor_id, e.run_id,
             jsonb_build_object('reason', 'dependency_failed',
               'steps', jsonb_agg(jsonb_build_object('step_id', e.id, 'run_id', e.run_id)))
      from ended e group by e.tenant_id, e.run_id
    )
    select coalesce(array_agg(e.id), '{}') into v_cancelled from ended e;

    -- what is being executed hears of it with its next heartbeat
    update public.steps s set cancel_requested_at = clock_timestamp()
    where s.id = any (v_doomed) and s.status = any (c_held) and s.cancel_requested_at is null;

    perform engine.close_questions(v_cancelled || p_ended, p_actor_type, p_actor_id);
    perform engine.close_waits(v_cancelled || p_ended);
  end if;

  v_told := engine.dead_letter_followup(p_succeeded, p_ended || v_cancelled);
  if cardinality(p_ended) > 0 then
    perform engine.bury(e.ids, p_actor_type, p_actor_id)
    from (select array_agg(id) filter (where id <> all (v_told)) as ids from unnest(p_ended) as id) e where e.ids is not null;
  end if;

  if v_waiting <> '{}' then
    with met as (
      select d.step_id, count(*)::integer as n
      from public.step_dependencies d
      where d.depends_on = any (p_succeeded) or (not d.required and d.depends_on = any (p_ended || v_cancelled))
      group by d.step_id
    ),
    freed as (
      update public.steps s
      set deps_left = s.deps_left - met.n,
          holds = case when s.deps_left = met.n then s.holds & ~1 else s.holds end,
          run_at = case when s.deps_left = met.n then clock_timestamp() else s.run_at end
      from met
      -- the list again, so that this never begins at the whole table
      where s.id = met.step_id and s.id = any (v_waiting) and s.status = 'queued'
      returning s.executor, s.holds
    )
    select count(*) filter (where f.executor = 'worker' and f.holds = 0),
           count(*) filter (where f.executor = 'agent' and f.holds = 0)
    into for_workers, for_agents
    from freed f;
  end if;

  if exists (select from public.steps s where s.id = any (p_succeeded || p_ended || v_cancelled) and s.parent_step_id is not null) then
    select * into v_freed from engine.children_ended(p_succeeded || p_ended || v_cancelled);
    for_workers := for_workers + v_freed.for_workers;
    for_agents := for_agents + v_freed.for_agents;
  end if;

  select * into v_freed from engine.count_down(p_succeeded || p_ended || v_cancelled, p_actor_type, p_actor_id);
  for_workers := for_workers + v_freed.for_workers;
  for_agents := for_agents + v_freed.for_agents;
  return next;
end
$$;

-- As in 0032: ids cost a third of what they did.
create or replace function engine.enqueue(
  p_tenant uuid, p_tasks jsonb, p_actor_type text, p_actor_id text, p_correlation uuid, p_traceparent text default null,
  p_causation uuid default null
) returns json
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_made uuid[];
  v_runs uuid[];
  v_for_workers integer;
  v_for_agents integer;
  v_asked integer := jsonb_array_length(p_tasks);
  v_us bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_run text := right(gen_random_uuid()::text, 17);
  v_step text := right(gen_random_uuid()::text, 17);
begin
  if session_user <> 'nofx_worker' then
    perform app.assert_tenant(p_tenant);
  end if;

  with asked as materialized (
    -- uuid v7 as app.uuid7 makes them, a microsecond apart: in the order asked. What is random is drawn once a call
    select t.*, (t.at || v_run)::uuid as run_id, (t.at || v_step)::uuid as step_id
    from (
      select r.*, '0' || to_hex(((v_us + r.n) / 1000 << 16) | 28672 | ((v_us + r.n) % 1000) * 4096 / 1000) as at
      from (
        select row_number() over () as n, t.*
        from jsonb_to_recordset(p_tasks) as t (
          kind text, kind_version smallint, executor text, capability text, arguments jsonb, queue text, priority smallint, title text,
          key text, token text, run_at timestamptz, max_failures integer, deadline_ms bigint, compensate boolean, undo jsonb, schedule_id uuid)
      ) r
      offset 0
    ) t
  ),
  made as (
    insert into public.runs (id, tenant_id, title, task_key, schedule_id, compensate, step_count, steps_left, correlation_id, causation_id,
      traceparent, created_by_type, created_by)
    select a.run_id, p_tenant, a.title, a.key, a.schedule_id, coalesce(a.compensate, true), 1, 1, p_correlation, p_causation,
      p_traceparent, p_actor_type, p_actor_id
    from asked a order by a.n
    on conflict (tenant_id, task_key) where task_key is not null do nothing
    returning id
  ),
  queued as (
    insert into public.steps (id, tenant_id, run_id, name, title, kind, kind_version, executor, capability, queue, priority, position,
      arguments, token, undo, max_failures, deadline_ms, run_at, correlation_id, causation_id, traceparent)
    select a.step_id, p_tenant, a.run_id, 'task', a.title, a.kind, coalesce(a.kind_version, 1), a.executor, a.capability,
      coalesce(a.queue, 'default'), coalesce(a.priority, 3), 0, a.arguments, a.token, a.undo, coalesce(a.max_failures, 3),
      coalesce(a.deadline_ms, 86400000), coalesce(a.run_at, clock_timestamp()), p_correlation, p_causation, p_traceparent
    from asked a where a.run_id in (select m.id from made m)
    order by a.n
    returning executor
  )
  select (select array_agg(a.run_id order by a.n) from asked a), (select array_agg(m.id) from made m),
    count(*) filter (where q.executor = 'worker'), count(*) filter (where q.executor = 'agent')
  into v_runs, v_made, v_for_workers, v_for_agents
  from queued q;

  -- keys that were taken: their runs, in the places of those that were not made
  if coalesce(cardinality(v_made), 0) < v_asked then
    select array_agg(coalesce(case when t.run_id = any (v_made) then t.run_id end, r.id) order by t.n) into v_runs
    from unnest(v_runs) with ordinality as t (run_id, n)
    left join public.runs r on r.tenant_id = p_tenant and r.task_key = p_tasks -> (t.n - 1)::integer ->> 'key';
  end if;

  if v_made is not null then
    insert into public.events (tenant_id, type, correlation_id, causation_id, traceparent, actor_type, actor_id, run_id, payload)
    values (p_tenant, 'tasks.queued', p_correlation, p_causation, p_traceparent, p_actor_type, p_actor_id,
      case when cardinality(v_made) = 1 then v_made[1] end,
      jsonb_build_object('count', cardinality(v_made), 'runs', to_jsonb(v_made[1:100])));
  end if;
  return json_build_object('runs', v_runs, 'existing', v_asked - coalesce(cardinality(v_made), 0),
    'for_workers', v_for_workers, 'for_agents', v_for_agents);
end
$$;
