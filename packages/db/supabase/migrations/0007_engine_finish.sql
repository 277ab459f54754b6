-- What follows when steps reach a terminal status: dependants of what succeeded become claimable, dependants of what did
-- not are cancelled with it, and runs are counted down and ended. Called by every function that ends steps, in the same
-- transaction, so that no state between "done" and "dependant unlocked" can be seen or lost.
--
-- Lock order, the same everywhere: the steps that end (in id order), their dependants (in id order), then runs (in id
-- order). A dependant of an unfinished step always has the dependency hold, so no claim holds it.
--
-- Returns how many steps became claimable for workers and for agents: the caller rings the doorbell after its commit.
create function engine.finish(p_succeeded uuid[], p_ended uuid[], p_actor_type text, p_actor_id text)
returns table (for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = ''
as $$
declare
  v_doomed uuid[];
  v_cancelled uuid[];
begin
  for_workers := 0;
  for_agents := 0;

  with recursive doomed as (
    select d.step_id from public.step_dependencies d where d.depends_on = any (p_ended)
    union
    select d.step_id from public.step_dependencies d join doomed on d.depends_on = doomed.step_id
  )
  select coalesce(array_agg(doomed.step_id), '{}') into v_doomed from doomed;

  perform from public.steps s
  where s.id in (select d.step_id from public.step_dependencies d where d.depends_on = any (p_succeeded))
    or s.id = any (v_doomed)
  order by s.id for update;

  if cardinality(p_succeeded) > 0 then
    with freed as (
      update public.steps s
      set deps_left = s.deps_left - met.n,
          holds = case when s.deps_left = met.n then s.holds & ~1 else s.holds end,
          run_at = case when s.deps_left = met.n then clock_timestamp() else s.run_at end
      from (
        select d.step_id, count(*)::integer as n
        from public.step_dependencies d where d.depends_on = any (p_succeeded) group by d.step_id
      ) as met
      where s.id = met.step_id and s.status = 'queued'
      returning s.executor, s.holds
    )
    select count(*) filter (where f.executor = 'worker' and f.holds = 0),
           count(*) filter (where f.executor = 'agent' and f.holds = 0)
    into for_workers, for_agents
    from freed f;
  end if;

  -- p_ended: failed or cancelled. Nothing that needs them can ever run.
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

    -- Questions about steps that will never run need no answer. One that is being decided right now is left to that
    -- decision, which finds nothing to move: waiting for it could be waiting in a circle.
    with open_questions as (
      select a.id from public.approvals a
      where a.status = 'pending' and a.step_id = any (v_cancelled || p_ended)
      order by a.id for update skip locked
    ),
    closed as (
      update public.approvals a
      set status = 'cancelled', decided_at = clock_timestamp()
      from open_questions q where a.id = q.id
      returning a.id, a.tenant_id, a.subject, a.run_id, a.step_id, a.correlation_id
    )
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select c.tenant_id, 'approval.decided', c.correlation_id, p_actor_type, p_actor_id, c.run_id,
      jsonb_build_object('approval_id', c.id, 'subject', c.subject, 'status', 'cancelled', 'run_id', c.run_id, 'step_id', c.step_id)
    from closed c;
  end if;

  perform from public.runs r
  where r.id in (select s.run_id from public.steps s where s.id = any (p_succeeded || p_ended))
  order by r.id for update;

  with counted as (
    select s.run_id, count(*)::integer as n, (count(*) filter (where s.status = 'failed'))::integer as failed
    from public.steps s
    where s.id = any (p_succeeded || p_ended || coalesce(v_cancelled, '{}'))
    group by s.run_id
  ),
  moved as (
    update public.runs r
    set steps_left = r.steps_left - c.n,
        steps_failed = r.steps_failed + c.failed,
        status = case
          when r.steps_left > c.n then r.status
          when r.steps_failed + c.failed > 0 then 'failed'
          when exists (select from public.steps s where s.run_id = r.id and s.status = 'cancelled') then 'cancelled'
          else 'succeeded' end,
        finished_at = case when r.steps_left > c.n then null else clock_timestamp() end
    from counted c where r.id = c.run_id
    returning r.id, r.tenant_id, r.correlation_id, r.status, r.steps_left
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select m.tenant_id, 'run.' || m.status, m.correlation_id, p_actor_type, p_actor_id, m.id, jsonb_build_object('run_id', m.id)
  from moved m where m.steps_left = 0;

  return next;
end
$$;

revoke all on function engine.finish(uuid[], uuid[], text, text) from public;
