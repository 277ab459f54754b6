-- plans.execute starts a run in one call where it took five statements.

-- Which step of a run waits for which, by the names in the plan. The steps were inserted a moment ago, so the planner believes that
-- there is one of them and joins each with every other: minutes for 10,000 steps. Without nested loops, and with both sides fenced by
-- `offset 0`, it hashes them: half a second.
create function engine.depend(p_run uuid) returns void
language plpgsql security definer
set search_path = '' set enable_nestloop = off set jit = off
as $$
begin
  insert into public.step_dependencies (step_id, depends_on, tenant_id)
  select waiting.id, needed.id, waiting.tenant_id
  from (
    select s.id, s.tenant_id, unnest(p.needs) as need
    from public.steps s join public.plan_steps p on p.id = s.plan_step_id
    where s.run_id = p_run offset 0
  ) waiting
  join (select s.id, s.name from public.steps s where s.run_id = p_run offset 0) needed on needed.name = waiting.need;
end
$$;

-- Makes the run of a plan and all its steps. A step that waits for others or for people starts with the hold that says so; the
-- approvals that the run uses are bound to it already. p_versions: the newest version of each kind of step, which is what runs.
create function engine.start_run(
  p_tenant uuid, p_run uuid, p_plan uuid, p_workspace text, p_step_count integer, p_versions jsonb, p_actor_type text, p_actor_id text,
  p_correlation uuid, p_causation uuid, p_traceparent text
) returns void
language plpgsql security definer
set search_path = '' set jit = off
as $$
begin
  perform app.assert_tenant(p_tenant);
  insert into public.runs (id, tenant_id, plan_id, workspace, step_count, steps_left, correlation_id, causation_id, traceparent,
    created_by_type, created_by)
  values (p_run, p_tenant, p_plan, p_workspace, p_step_count, p_step_count, p_correlation, p_causation, p_traceparent,
    p_actor_type, p_actor_id);
  insert into public.steps (tenant_id, run_id, plan_step_id, name, title, kind, kind_version, executor, capability, queue, priority, position,
    arguments, token, sensitive, undo, pivot, max_failures, deadline_ms, holds, deps_left, correlation_id, causation_id, traceparent)
  select s.tenant_id, p_run, s.id, s.name, s.title, s.kind, (p_versions ->> s.kind)::smallint, s.executor, s.capability, s.queue, s.priority,
    s.position, s.arguments, s.token, s.sensitive, s.undo, s.pivot, s.max_failures, s.deadline_seconds * 1000::bigint,
    case when cardinality(s.needs) > 0 then 1 else 0 end | case when s.sensitive and a.status is distinct from 'approved' then 2 else 0 end,
    cardinality(s.needs), p_correlation, p_causation, p_traceparent
  from public.plan_steps s
  left join lateral (
    select a.status from public.approvals a where a.plan_step_id = s.id and a.run_id = p_run
  ) a on s.sensitive
  where s.plan_id = p_plan and s.tenant_id = p_tenant
  order by s.position;
  perform engine.depend(p_run);
end
$$;
grant execute on function engine.start_run(uuid, uuid, uuid, text, integer, jsonb, text, text, uuid, uuid, text) to nofx_member;
