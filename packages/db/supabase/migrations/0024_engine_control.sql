-- What people do about runs that are going: cancel, pause, resume.

-- Locks what of a run has not ended, without ever waiting in a circle with settlements. Those lock what is executed (with
-- parents, in id order) and then what waits for it. So first all that waits for no other step, in the same order, again
-- until nothing new turns up: what was settled meanwhile has freed others. When all of it is held nothing can free the
-- rest, and the rest follows.
create function engine.lock_open_steps(p_run uuid) returns void
language plpgsql security definer
set search_path = ''
as $$
declare
  v_held uuid[] := '{}';
  v_now uuid[];
begin
  loop
    select coalesce(array_agg(o.id), '{}') into v_now from (
      select s.id from public.steps s
      where s.run_id = p_run and s.status in ('queued', 'assigned', 'running') and s.holds & 1 = 0
      order by s.id for update
    ) o;
    v_held := v_held || v_now;
    -- looked at anew: what ended while this waited may have freed others, or begun to undo the run
    exit when not exists (
      select from public.steps s
      where s.run_id = p_run and s.status in ('queued', 'assigned', 'running') and s.holds & 1 = 0 and s.id <> all (v_held));
  end loop;
  perform from public.steps s
  where s.run_id = p_run and s.status in ('queued', 'assigned', 'running')
  order by s.id for update;
end
$$;

-- A step and all that it spawned, at any depth.
create function engine.family(p_root uuid) returns setof uuid
language sql stable security definer
set search_path = ''
as $$
  with recursive family (id) as (
    select p_root
    union
    select s.id from public.steps s join family f on s.parent_step_id = f.id
  )
  select f.id from family f
$$;

-- Calls off a run, or one step of it with all that it spawned: what is queued ends at once, what is executed hears of it with
-- its next heartbeat and begins nothing anew. Compensations are never called off. Looks again until there is nothing
-- left, because what is executed may have spawned in the meantime. Answers what ended; the caller lets engine.finish follow.
create function engine.call_off(p_run uuid, p_root uuid, p_reason text, p_actor_type text, p_actor_id text) returns uuid[]
language plpgsql security definer
set search_path = ''
as $$
declare
  v_marked integer;
  v_ended uuid[];
  v_all uuid[] := '{}';
begin
  loop
    perform engine.lock_open_steps(p_run);
    update public.steps s set cancel_requested_at = clock_timestamp()
    where s.run_id = p_run and s.undo_of is null and s.status in ('assigned', 'running') and s.cancel_requested_at is null
      and (p_root is null or s.id in (select f.id from engine.family(p_root) f (id)));
    get diagnostics v_marked = row_count;
    with ended as (
      update public.steps s
      set status = 'cancelled', finalised_at = clock_timestamp(), cancel_requested_at = clock_timestamp(),
          error = jsonb_build_object('code', 'cancelled', 'message', 'It was called off' || coalesce(': ' || p_reason, '.'))
      where s.run_id = p_run and s.undo_of is null and s.status = 'queued'
        and (p_root is null or s.id in (select f.id from engine.family(p_root) f (id)))
      returning s.id, s.tenant_id, s.run_id, s.correlation_id
    ),
    told as (
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      select e.tenant_id, 'step.cancelled', (array_agg(e.correlation_id))[1], p_actor_type, p_actor_id, e.run_id,
        jsonb_build_object('reason', 'called_off', 'steps', jsonb_agg(jsonb_build_object('step_id', e.id, 'run_id', e.run_id)))
      from ended e group by e.tenant_id, e.run_id
    )
    select coalesce(array_agg(e.id), '{}') into v_ended from ended e;
    exit when v_marked = 0 and cardinality(v_ended) = 0;
    v_all := v_all || v_ended;
  end loop;
  return v_all;
end
$$;

-- Calls off a run. Once this is committed no step of it begins any more, but for compensations; what ends successfully
-- first has ended successfully. p_compensate: whether what was done is undone; null: as the run was made.
--
-- Answers {result: cancelling | unchanged | undoing | ended, status, for_workers, for_agents}; null where there is no such run.
create function engine.cancel_run(p_tenant uuid, p_run uuid, p_compensate boolean, p_reason text) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_run public.runs;
  v_ended uuid[] := '{}';
  v_freed record;
  v_first boolean;
begin
  perform app.assert_tenant(p_tenant);
  select r.* into v_run from public.runs r where r.id = p_run and r.tenant_id = p_tenant;
  if not found then
    return null;
  end if;
  if v_run.finished_at is null and v_run.compensation = 'none' then
    v_ended := engine.call_off(p_run, null, p_reason, 'member', app.user_id()::text);
  end if;

  -- steps are locked before their run, as everywhere; by now it may have ended by itself
  select r.* into v_run from public.runs r where r.id = p_run for no key update;
  if v_run.finished_at is not null or v_run.compensation <> 'none' then
    return jsonb_build_object('result', case when v_run.finished_at is null then 'undoing' else 'ended' end,
      'status', v_run.status, 'for_workers', 0, 'for_agents', 0);
  end if;
  v_first := v_run.cancel_requested_at is null;
  update public.runs r
  set cancel_requested_at = coalesce(r.cancel_requested_at, clock_timestamp()), compensate = coalesce(p_compensate, r.compensate)
  where r.id = p_run;
  if v_first then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_tenant, 'run.cancel_requested', v_run.correlation_id, 'member', app.user_id()::text, p_run,
      jsonb_build_object('run_id', p_run));
  end if;
  select 0 as for_workers, 0 as for_agents into v_freed;
  if cardinality(v_ended) > 0 then
    select * into v_freed from engine.finish('{}', v_ended, 'member', app.user_id()::text);
  end if;
  return jsonb_build_object('result', case when v_first then 'cancelling' else 'unchanged' end, 'status', 'cancelling',
    'for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents);
end
$$;

-- Calls off one step and what it spawned. What needs it is cancelled with it. Answers as cancel_run, with the step's id.
create function engine.cancel_step(p_tenant uuid, p_run uuid, p_name text, p_reason text) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps;
  v_ended uuid[];
  v_freed record;
begin
  perform app.assert_tenant(p_tenant);
  select s.* into v_step from public.steps s where s.run_id = p_run and s.name = p_name and s.tenant_id = p_tenant;
  if not found then
    return null;
  end if;
  select 0 as for_workers, 0 as for_agents into v_freed;
  if v_step.undo_of is not null then
    return jsonb_build_object('result', 'undoing', 'step_id', v_step.id, 'status', v_step.status, 'for_workers', 0, 'for_agents', 0);
  end if;
  if v_step.finalised_at is null then
    v_ended := engine.call_off(p_run, v_step.id, p_reason, 'member', app.user_id()::text);
    if cardinality(v_ended) > 0 then
      select * into v_freed from engine.finish('{}', v_ended, 'member', app.user_id()::text);
    end if;
  end if;
  return (select jsonb_build_object(
      'result', case when v_step.finalised_at is not null then 'ended' when v_step.cancel_requested_at is not null then 'unchanged'
        else 'cancelling' end,
      'step_id', s.id, 'status', s.status, 'for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents)
    from public.steps s where s.id = v_step.id);
end
$$;

-- Holds everything of a run that has not ended, compensations too. What is executed now is let finish; nothing begins. Steps
-- that are added later are held as well (engine.spawn, engine.compensate).
--
-- Answers {result: paused | unchanged | ended, status}; null where there is no such run.
create function engine.pause_run(p_tenant uuid, p_run uuid) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_run public.runs;
  v_first boolean;
  v_held integer;
begin
  perform app.assert_tenant(p_tenant);
  if not exists (select from public.runs r where r.id = p_run and r.tenant_id = p_tenant) then
    return null;
  end if;
  loop
    perform engine.lock_open_steps(p_run);
    update public.steps s set holds = s.holds | 256
    where s.run_id = p_run and s.status in ('queued', 'assigned', 'running') and s.holds & 256 = 0;
    get diagnostics v_held = row_count;
    exit when v_first is not null and v_held = 0;

    select r.* into v_run from public.runs r where r.id = p_run for no key update;
    if v_run.finished_at is not null then
      return jsonb_build_object('result', 'ended', 'status', v_run.status);
    end if;
    v_first := coalesce(v_first, v_run.paused_at is null);
    update public.runs r set paused_at = clock_timestamp() where r.id = p_run and r.paused_at is null;
  end loop;
  if v_first then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_tenant, 'run.paused', v_run.correlation_id, 'member', app.user_id()::text, p_run, jsonb_build_object('run_id', p_run));
  end if;
  return jsonb_build_object('result', case when v_first then 'paused' else 'unchanged' end, 'status', v_run.status);
end
$$;

-- Lets a paused run go on. Deadlines move by the time that it stood still.
create function engine.resume_run(p_tenant uuid, p_run uuid) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_run public.runs;
  v_paused timestamptz;
  v_freed record;
  v_workers integer := 0;
  v_agents integer := 0;
  v_seen boolean := false;
begin
  perform app.assert_tenant(p_tenant);
  select r.paused_at into v_paused from public.runs r where r.id = p_run and r.tenant_id = p_tenant;
  if not found then
    return null;
  end if;
  loop
    perform engine.lock_open_steps(p_run);
    with freed as (
      update public.steps s
      set holds = s.holds & ~256,
          deadline_at = case when s.holds & ~256 = 0
            then s.deadline_at + (clock_timestamp() - coalesce(s.held_at, v_paused, clock_timestamp())) else s.deadline_at end,
          held_at = case when s.holds & ~256 = 0 then null else s.held_at end
      where s.run_id = p_run and s.status in ('queued', 'assigned', 'running') and s.holds & 256 = 256
      returning s.executor, s.status, s.holds
    )
    select count(*) as n, count(*) filter (where f.executor = 'worker' and f.status = 'queued' and f.holds = 0) as workers,
      count(*) filter (where f.executor = 'agent' and f.status = 'queued' and f.holds = 0) as agents
    into v_freed from freed f;
    v_workers := v_workers + v_freed.workers;
    v_agents := v_agents + v_freed.agents;
    exit when v_seen and v_freed.n = 0;

    if not v_seen then
      select r.* into v_run from public.runs r where r.id = p_run for no key update;
      update public.runs r set paused_at = null where r.id = p_run;
      v_seen := true;
    end if;
  end loop;
  if v_run.finished_at is not null then
    return jsonb_build_object('result', 'ended', 'status', v_run.status, 'for_workers', 0, 'for_agents', 0);
  end if;
  if v_run.paused_at is not null then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_tenant, 'run.resumed', v_run.correlation_id, 'member', app.user_id()::text, p_run, jsonb_build_object('run_id', p_run));
  end if;
  return jsonb_build_object('result', case when v_run.paused_at is null then 'unchanged' else 'resumed' end,
    'status', v_run.status, 'for_workers', v_workers, 'for_agents', v_agents);
end
$$;

revoke all on function
  engine.lock_open_steps(uuid), engine.family(uuid), engine.call_off(uuid, uuid, text, text, text)
from public;
grant execute on function
  engine.cancel_run(uuid, uuid, boolean, text), engine.cancel_step(uuid, uuid, text, text), engine.pause_run(uuid, uuid),
  engine.resume_run(uuid, uuid)
to nofx_member;
