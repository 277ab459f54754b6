-- Ends of steps again, with plans that are made once and never begin at the whole table: what waits for the ended steps is
-- found first, then locked by its ids. (A condition "in this list or in that one" made Postgres read every step.)

-- What follows when steps reach a terminal status: dependants of what succeeded become claimable, dependants and children of
-- what did not are cancelled with it, failures leave dead letters, and runs are counted down, undone where that is due,
-- and ended. Called by every function that ends steps, in the same transaction, so that no state between "done" and
-- "dependant unlocked" can be seen or lost.
--
-- Lock order, the same everywhere: the steps that end and their parents (in id order), their dependants (in id order),
-- then runs (in id order). A dependant of an unfinished step always has the dependency hold, so no claim holds it.
--
-- An edge of step_dependencies is required (met by success only, dooms the step otherwise) or not (met by any end).
--
-- Returns how many steps became claimable for workers and for agents: the caller rings the doorbell after its commit.
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
  perform engine.bury(e.ids, p_actor_type, p_actor_id)
  from (select array_agg(id) filter (where id <> all (v_told)) as ids from unnest(p_ended) as id) e where e.ids is not null;

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

-- Counts ended steps off their runs. A run whose last step has ended is undone if it went wrong and something can be undone
-- (engine.compensate), else it ends. What counts as failed: steps of the plan, not what they spawned (the parent judges
-- that), and not compensations (runs.compensation tells of those).
create or replace function engine.count_down(p_steps uuid[], p_actor_type text, p_actor_id text)
returns table (for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_run public.runs;
  v_runs uuid[] := array(select distinct s.run_id from public.steps s where s.id = any (p_steps));
  v_freed record;
  v_bad text;
begin
  for_workers := 0;
  for_agents := 0;

  -- no key: settlements that register compensations hold a key share of their run already, and would wait for each other
  perform from public.runs r where r.id = any (v_runs) order by r.id for no key update;

  if exists (select from public.steps s where s.id = any (p_steps) and s.undo_of is not null) then
    perform engine.record_undone(p_steps, p_actor_type, p_actor_id);
  end if;

  for v_run in
    with counted as (
      select s.run_id, count(*)::integer as n,
        (count(*) filter (where s.status = 'failed' and s.parent_step_id is null))::integer as failed
      from public.steps s where s.id = any (p_steps) group by s.run_id
    )
    update public.runs r
    set steps_left = r.steps_left - c.n,
        steps_failed = r.steps_failed + case when r.compensation = 'running' then 0 else c.failed end
    from counted c where r.id = c.run_id and r.id = any (v_runs)
    returning r.*
  loop
    continue when v_run.steps_left > 0;

    v_bad := coalesce(v_run.outcome, case
      when v_run.steps_failed > 0 then 'failed'
      when exists (
        select from public.steps s where s.run_id = v_run.id and s.status = 'cancelled' and s.parent_step_id is null
      ) then 'cancelled' end);

    if v_bad is not null and v_run.compensation = 'none' then
      select * into v_freed from engine.compensate(v_run.id, v_bad, p_actor_type, p_actor_id);
      for_workers := for_workers + v_freed.for_workers;
      for_agents := for_agents + v_freed.for_agents;
      continue when v_freed.undoing;
    end if;

    update public.runs r
    set status = coalesce(v_bad, 'succeeded'), finished_at = clock_timestamp(),
        compensation = case when r.compensation <> 'running' then r.compensation
          when exists (select from public.compensations c where c.run_id = r.id and c.status not in ('undone', 'accepted')) then 'failed'
          else 'done' end
    where r.id = v_run.id
    returning r.* into v_run;
    if v_run.compensation <> 'none' then
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      values (v_run.tenant_id, case v_run.compensation when 'done' then 'run.compensated' else 'run.compensation_failed' end,
        v_run.correlation_id, p_actor_type, p_actor_id, v_run.id, jsonb_build_object('run_id', v_run.id));
    end if;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_run.tenant_id, 'run.' || v_run.status, v_run.correlation_id, p_actor_type, p_actor_id, v_run.id,
      jsonb_build_object('run_id', v_run.id));
  end loop;
  return next;
end
$$;
