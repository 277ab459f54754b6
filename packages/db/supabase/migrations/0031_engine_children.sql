-- Steps that steps spawn.

-- The children of a step as they ended: what is kept with the wait for them.
create function engine.children_json(p_step uuid) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object('children', coalesce(jsonb_agg(
    jsonb_build_object('name', substr(c.name, length(p.name) + 2), 'step_id', c.id, 'status', c.status) order by c.id), '[]'))
  from public.steps p join public.steps c on c.parent_step_id = p.id where p.id = p_step
$$;

-- Counts ended children off their parents, and wakes the parents that wait for the last one. Their success is no matter
-- here: the parent hears how each ended and judges itself.
create function engine.children_ended(p_ids uuid[]) returns table (for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = ''
as $$
declare
  v_waits uuid[];
  v_payloads jsonb;
begin
  perform from public.steps p
  where p.id in (select c.parent_step_id from public.steps c where c.id = any (p_ids))
  order by p.id for update;

  with ended as (
    select c.parent_step_id as id, count(*)::integer as n
    from public.steps c where c.id = any (p_ids) and c.parent_step_id is not null group by c.parent_step_id
  ),
  counted as (
    update public.steps p set children_left = p.children_left - e.n
    from ended e where p.id = e.id
    returning p.id, p.status, p.children_left
  )
  select array_agg(w.id), jsonb_object_agg(w.id, engine.children_json(w.step_id)) into v_waits, v_payloads
  from counted c join public.waits w on w.step_id = c.id and w.kind = 'children' and w.status = 'open'
  where c.children_left = 0 and c.status = 'queued';

  return query select m.for_workers, m.for_agents
  from engine.meet_waits(coalesce(v_waits, '{}'), v_payloads, null, 'system', 'engine') m;
end
$$;

-- Adds children to the step that its executor holds: steps of the same run, called <parent>.<name>, counted until they have
-- ended. A child of a name that is there already is left as it is, so asking twice adds once.
--
-- p_children: [{name, title, kind, executor, capability?, arguments, priority?, max_failures?, deadline_ms?}]
-- Answers {children: [{name, step_id, status, created}], for_workers, for_agents}; a run that is being cancelled gets none, and
-- p_max children a step (deeper than eight levels: none) are the most: SQLSTATE 54000.
create function engine.spawn(p_tenant uuid, p_step uuid, p_epoch bigint, p_children jsonb, p_max integer default 1000)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_run public.runs;
  v_created uuid[];
  v_depth integer;
begin
  perform engine.mark_running(v_step);
  with recursive above as (
    select s.parent_step_id, 1 as depth from public.steps s where s.id = p_step
    union all
    select s.parent_step_id, a.depth + 1 from above a join public.steps s on s.id = a.parent_step_id
  )
  select max(a.depth) into v_depth from above a;

  if exists (
    select from jsonb_to_recordset(p_children) as c (name text)
    join public.steps s on s.run_id = v_step.run_id and s.name = v_step.name || '.' || c.name
    where s.parent_step_id is distinct from p_step
  ) then
    raise unique_violation using message = 'a step of this name is not a child of this one';
  end if;

  -- the run is locked before steps are added to it: who cancels or pauses it either sees them or is seen here
  select r.* into v_run from public.runs r where r.id = v_step.run_id for no key update;
  if v_step.cancel_requested_at is null and v_run.cancel_requested_at is null then
    with added as (
      insert into public.steps (tenant_id, run_id, parent_step_id, name, title, kind, executor, capability, priority, position,
        arguments, token, holds, max_failures, deadline_ms, correlation_id, causation_id, traceparent)
      select v_step.tenant_id, v_step.run_id, p_step, v_step.name || '.' || c.name, c.title, c.kind, c.executor, c.capability,
        coalesce(c.priority, v_step.priority), v_step.position, c.arguments,
        encode(sha256(convert_to(v_step.token || '|' || c.name, 'UTF8')), 'hex'),
        case when v_run.paused_at is null then 0 else 256 end, coalesce(c.max_failures, 3),
        coalesce(c.deadline_ms, 86400000), v_step.correlation_id, v_step.causation_id, v_step.traceparent
      from jsonb_to_recordset(p_children) as c (name text, title text, kind text, executor text, capability text, arguments jsonb,
        priority smallint, max_failures integer, deadline_ms bigint)
      on conflict (run_id, name) do nothing
      returning id
    )
    select coalesce(array_agg(a.id), '{}') into v_created from added a;
    if v_depth > 8 or (select count(*) from public.steps c where c.parent_step_id = p_step) > p_max then
      raise program_limit_exceeded using message = 'too many children';
    end if;
    update public.steps s set children_left = s.children_left + cardinality(v_created) where s.id = p_step;
    update public.runs r
    set steps_left = r.steps_left + cardinality(v_created), step_count = r.step_count + cardinality(v_created)
    where r.id = v_step.run_id;
  end if;

  return jsonb_build_object(
    'children', (
      select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'step_id', s.id, 'status', s.status,
        'created', coalesce(s.id = any (v_created), false)) order by s.id), '[]')
      from jsonb_to_recordset(p_children) as c (name text)
      join public.steps s on s.run_id = v_step.run_id and s.name = v_step.name || '.' || c.name),
    'for_workers', (select count(*) from public.steps s where s.id = any (v_created) and s.executor = 'worker' and s.holds = 0),
    'for_agents', (select count(*) from public.steps s where s.id = any (v_created) and s.executor = 'agent' and s.holds = 0));
end
$$;

revoke all on function engine.children_json(uuid), engine.children_ended(uuid[]) from public;
grant execute on function engine.spawn(uuid, uuid, bigint, jsonb, integer) to nofx_worker, nofx_agent;
