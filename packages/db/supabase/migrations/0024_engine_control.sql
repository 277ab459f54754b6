-- What people do about runs and about what failed in them: cancel, pause, resume, fork, redrive, accept a loss.

-- What the end of redriven steps means for the dead letters that they were redriven for. engine.finish calls it with the
-- steps that ended, those that did not succeed (failed or cancelled) apart. A letter is resolved when its step succeeds in
-- the run that redrives it, and is new again when it does not. An undo step that is redriven reports to the run whose
-- effect it takes back.
--
-- Answers the failed steps that are told of in a letter already: finish writes letters for the others only.
create function engine.dead_letter_followup(p_succeeded uuid[], p_failed uuid[]) returns uuid[]
language plpgsql security definer
set search_path = ''
as $$
declare
  v_handled uuid[];
begin
  if not exists (
    select from public.steps s join public.dead_letters d on d.redrive_run = s.run_id and d.status = 'redriving'
    where s.id = any (p_succeeded || p_failed)
  ) then
    return '{}';
  end if;

  -- letters in id order: whoever else locks several does the same
  perform from public.dead_letters d
  where d.status = 'redriving' and d.redrive_run in (select s.run_id from public.steps s where s.id = any (p_succeeded || p_failed))
  order by d.id for update;

  with ended as (
    select d.id as letter, s.id as step, s.status, s.error, s.arguments, s.failures, s.crashes, s.correlation_id, s.run_id,
      s.tenant_id, engine.attempt_history(s.id) as history, engine.last_worker_version(s.id) as worker_version
    from public.steps s
    join public.dead_letters d on d.redrive_run = s.run_id and d.status = 'redriving'
    join public.steps dead on dead.id = d.step_id and dead.name = s.name
    where s.id = any (p_succeeded || p_failed)
  ),
  moved as (
    update public.dead_letters d
    set status = case when e.status = 'succeeded' then 'resolved' else 'new' end,
        version = d.version + 1, last_at = clock_timestamp(),
        error = case when e.status = 'failed' then e.error else d.error end,
        payload = case when e.status = 'failed' then e.arguments else d.payload end,
        history = d.history || e.history,
        worker_version = coalesce(e.worker_version, d.worker_version),
        failures = d.failures + e.failures, crashes = d.crashes + e.crashes
    from ended e where d.id = e.letter
    returning d.id, d.tenant_id, d.run_id, d.stage, d.reason, d.status, d.version, e.step, e.run_id as redrive_run, e.correlation_id,
      e.status as ended_as
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, case m.status when 'resolved' then 'dead_letter.resolved' else 'dead_letter.added' end, m.correlation_id,
      'system', 'engine', m.redrive_run,
      jsonb_build_object('dead_letter_id', m.id, 'run_id', m.run_id, 'redrive_run', m.redrive_run, 'step_id', m.step,
        'stage', m.stage, 'reason', m.reason, 'version', m.version)
    from moved m
  )
  select coalesce(array_agg(m.step) filter (where m.ended_as = 'failed'), '{}') into v_handled from moved m;
  return v_handled;
end
$$;
revoke all on function engine.dead_letter_followup(uuid[], uuid[]) from public;

-- How each attempt of a step ended, as a dead letter keeps it.
create function engine.attempt_history(p_step uuid) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('epoch', a.epoch, 'outcome', a.outcome, 'error_code', a.error_code,
    'message', a.error_message, 'executor', a.executor, 'worker_version', a.worker_version, 'claimed_at', a.claimed_at,
    'finished_at', a.finished_at) order by a.claimed_at, a.epoch), '[]')
  -- the last hundred say enough of a step that was tried more often than that
  from (select * from public.attempts x where x.step_id = p_step order by x.epoch desc limit 100) a
$$;
revoke all on function engine.attempt_history(uuid) from public;

create function engine.last_worker_version(p_step uuid) returns text
language sql stable security definer
set search_path = ''
as $$
  select a.worker_version from public.attempts a
  where a.step_id = p_step and a.worker_version is not null order by a.epoch desc limit 1
$$;
revoke all on function engine.last_worker_version(uuid) from public;

create index dead_letters_run on public.dead_letters (run_id);
create index runs_workspace on public.runs (workspace_run) where workspace_run is not null;
create policy dead_letters_change on public.dead_letters for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
-- what people note on a letter; everything else of it moves with runs, by the functions below
grant update (status, note, triaged_by, version, last_at) on public.dead_letters to nofx_member;

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

-- Makes a new run out of one that has ended. Steps that are named in p_from, that had not succeeded, or whose effect was
-- undone run again, and so does all that needs them; the others are taken over as they ended, and can be undone by the
-- new run. p_edits: {step name: {arguments, digest, token}}; an edited step waits for somebody else's yes.
--
-- p_keep: steps that had not succeeded go on where they were: their checkpoints, met waits and children are taken over as far as
-- nothing of them was undone.
--
-- p_member: who stands behind it, and may not answer the questions that it asks. The workspace goes on too, unless nothing at
-- all is taken over; two runs never share one at the same time.
--
-- Answers {result: forked | unchanged | going | busy, run_id, steps, kept, approvals, for_workers, for_agents}.
create function engine.fork_run(
  p_source uuid, p_new uuid, p_from text[], p_edits jsonb, p_keep boolean, p_member uuid, p_member_name text,
  p_actor_type text, p_actor_id text, p_correlation uuid, p_traceparent text, p_redrive_of uuid
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_run public.runs;
  v_root uuid;
  v_event uuid := app.uuid7();
  v_undone uuid[];
  v_fresh uuid[];
  v_keeping uuid[];
  -- the steps of the new run: what each is made from, its own id, and whether it is taken over as it ended
  v_old uuid[];
  v_new uuid[];
  v_kept boolean[];
  v_kept_count integer;
  v_count integer;
  v_approvals integer;
  v_freed record;
begin
  select r.* into strict v_run from public.runs r where r.id = p_source;
  v_root := coalesce(v_run.workspace_run, v_run.id);
  -- who goes on with the same workspace waits here
  perform from public.runs r where r.id = v_root for no key update;
  if v_run.finished_at is null then
    return jsonb_build_object('result', 'going', 'run_id', p_source, 'status', v_run.status);
  end if;

  -- an effect of a child is an effect of its parent; one that was taken over may have been undone under another run
  with recursive undone (id, parent_step_id) as (
    select s.id, s.parent_step_id from public.steps s
    where s.run_id = p_source and exists (
      select from public.steps same join public.compensations c on c.step_id = same.id and c.status in ('undoing', 'undone')
      where same.id = coalesce(s.kept_from, s.id) or same.kept_from = coalesce(s.kept_from, s.id))
    union
    select s.id, s.parent_step_id from undone u join public.steps s on s.id = u.parent_step_id
  )
  select coalesce(array_agg(u.id), '{}') into v_undone from undone u;

  with recursive fresh (id) as (
    select s.id from public.steps s
    where s.run_id = p_source and s.undo_of is null and s.parent_step_id is null
      and (s.name = any (p_from) or s.status <> 'succeeded' or s.id = any (v_undone))
    union
    select d.step_id from fresh f join public.step_dependencies d on d.depends_on = f.id
  )
  select coalesce(array_agg(f.id), '{}') into v_fresh from fresh f;

  select coalesce(array_agg(s.id), '{}') into v_keeping from public.steps s
  where p_keep and s.id = any (v_fresh) and (s.status <> 'succeeded' or s.name = any (p_from)) and not p_edits ? s.name;

  with recursive copied (id, kept, keeping) as (
    select s.id, s.id <> all (v_fresh), s.id = any (v_keeping) from public.steps s
    where s.run_id = p_source and s.undo_of is null and s.parent_step_id is null
    union all
    -- children of what goes on where it was: their parent finds them when it asks for them again
    select s.id, s.status = 'succeeded' and s.id <> all (v_undone),
      (s.status <> 'succeeded' or s.id = any (v_undone)) and not p_edits ? s.name
    from copied c join public.steps s on s.parent_step_id = c.id
    where c.keeping
  )
  select array_agg(c.id), array_agg(app.uuid7()), array_agg(c.kept), count(*), count(*) filter (where c.kept),
    array_agg(c.id) filter (where c.keeping)
  into v_old, v_new, v_kept, v_count, v_kept_count, v_keeping
  from (select x.* from copied x join public.steps s on s.id = x.id order by s.position, s.created_at, s.id) c;

  -- a run in which nothing runs would never end
  if v_kept_count = v_count then
    return jsonb_build_object('result', 'unchanged', 'run_id', p_source, 'status', v_run.status);
  end if;
  -- what could not be undone may be undone yet: nothing is built on it before that is settled
  if v_run.compensation = 'failed' and (v_kept_count > 0 or p_keep) then
    return jsonb_build_object('result', 'unsettled', 'run_id', p_source, 'status', v_run.status);
  end if;
  if v_kept_count = 0 and not p_keep then
    v_root := null;
  elsif exists (
    select from public.runs r where (r.id = v_root or r.workspace_run = v_root) and r.status in ('queued', 'running')
  ) then
    return jsonb_build_object('result', 'busy', 'run_id', (
      select r.id from public.runs r where (r.id = v_root or r.workspace_run = v_root) and r.status in ('queued', 'running') limit 1));
  end if;

  insert into public.runs (id, tenant_id, plan_id, workspace, workspace_run, forked_from, redrive_of, compensate, undo_order,
    step_count, steps_left, correlation_id, causation_id, traceparent, created_by_type, created_by)
  values (p_new, v_run.tenant_id, v_run.plan_id, v_run.workspace, v_root, p_source, p_redrive_of, v_run.compensate, v_run.undo_order,
    v_count, v_count - v_kept_count, p_correlation, v_event, p_traceparent, 'member', p_member);

  insert into public.steps (id, tenant_id, run_id, plan_step_id, parent_step_id, name, title, kind, kind_version, executor, capability,
    queue, priority, position, arguments, token, sensitive, undo, pivot, kept_from, status, holds, deps_left, children_left,
    max_failures, max_crashes, deadline_ms, output, correlation_id, causation_id, traceparent, started_at, finalised_at)
  select m.new, o.tenant_id, p_new, o.plan_step_id, parent.new, o.name, o.title, o.kind, o.kind_version, o.executor,
    case o.kind when 'agent' then coalesce(e.edit -> 'arguments' ->> 'capability', o.capability) else o.capability end,
    o.queue, o.priority, o.position, coalesce(e.edit -> 'arguments', o.arguments), coalesce(e.edit ->> 'token', o.token),
    o.sensitive or e.edit is not null, o.undo, o.pivot,
    case when m.kept then coalesce(o.kept_from, o.id) end,
    case when m.kept then 'succeeded' else 'queued' end,
    case when m.kept then 0 else
      case when coalesce(needs.n, 0) > 0 then 1 else 0 end | case when o.sensitive or e.edit is not null then 2 else 0 end end,
    case when m.kept then 0 else coalesce(needs.n, 0) end,
    case when m.kept then 0 else coalesce(children.n, 0) end,
    o.max_failures, o.max_crashes, o.deadline_ms, case when m.kept then o.output end, p_correlation, v_event, p_traceparent,
    case when m.kept then o.started_at end, case when m.kept then clock_timestamp() end
  from unnest(v_old, v_new, v_kept) as m (old, new, kept)
  join public.steps o on o.id = m.old
  cross join lateral (select p_edits -> o.name as edit) as e
  left join unnest(v_old, v_new) as parent (old, new) on parent.old = o.parent_step_id
  left join (
    select d.step_id, count(*)::integer as n
    from public.step_dependencies d join unnest(v_old, v_kept) as w (old, kept) on w.old = d.depends_on and not w.kept
    group by d.step_id
  ) as needs on needs.step_id = o.id
  left join (
    select c.parent_step_id, count(*)::integer as n
    from unnest(v_old, v_kept) as w (old, kept) join public.steps c on c.id = w.old
    where not w.kept and c.parent_step_id is not null group by c.parent_step_id
  ) as children on children.parent_step_id = o.id;

  insert into public.step_dependencies (step_id, depends_on, tenant_id, required)
  select a.new, b.new, d.tenant_id, d.required
  from unnest(v_old, v_new) as a (old, new)
  join public.step_dependencies d on d.step_id = a.old
  join unnest(v_old, v_new) as b (old, new) on b.old = d.depends_on;

  -- of a step's own results those are taken over that no undone one came before
  with taken as (
    insert into public.checkpoints (step_id, name, tenant_id, value, epoch, created_at)
    select m.new, k.name, k.tenant_id, k.value, k.epoch, k.created_at
    from unnest(v_old, v_new) as m (old, new) join public.checkpoints k on k.step_id = m.old
    where m.old = any (v_keeping) and not exists (
      select from public.compensations c join public.checkpoints lost on lost.step_id = c.step_id and lost.name = c.name
      where c.step_id = m.old and c.status in ('undoing', 'undone') and lost.created_at <= k.created_at)
    returning step_id, name
  )
  insert into public.compensations (tenant_id, run_id, step_id, name, kind, kind_version, arguments, epoch)
  select c.tenant_id, p_new, m.new, c.name, c.kind, c.kind_version, c.arguments, c.epoch
  from unnest(v_old, v_new, v_kept) as m (old, new, kept) join public.compensations c on c.step_id = m.old
  where c.status in ('registered', 'failed')
    and (m.kept or exists (select from taken t where t.step_id = m.new and t.name = c.name))
  order by c.seq;

  insert into public.waits (tenant_id, run_id, step_id, name, option, position, kind, topic, key, due_at, question, status, payload,
    source, created_at, ended_at)
  select w.tenant_id, p_new, m.new, w.name, w.option, w.position, w.kind, w.topic, w.key, w.due_at, w.question, w.status, w.payload,
    w.source, w.created_at, w.ended_at
  from unnest(v_old, v_new) as m (old, new) join public.waits w on w.step_id = m.old
  where m.old = any (v_keeping) and m.old <> all (v_undone) and w.status = 'met' and w.kind not in ('children', 'approval');

  v_approvals := engine.ask_for_steps(p_new, p_source, p_edits, p_member, p_member_name, p_actor_type, p_actor_id);

  insert into public.events (id, tenant_id, type, correlation_id, traceparent, actor_type, actor_id, run_id, payload)
  values (v_event, v_run.tenant_id, 'run.forked', p_correlation, p_traceparent, p_actor_type, p_actor_id, p_new,
    jsonb_build_object('run_id', p_new, 'forked_from', p_source, 'kept', v_kept_count));
  insert into public.events (tenant_id, type, correlation_id, causation_id, traceparent, actor_type, actor_id, run_id, payload)
  values (v_run.tenant_id, 'run.queued', p_correlation, v_event, p_traceparent, p_actor_type, p_actor_id, p_new,
    jsonb_build_object('run_id', p_new, 'plan_id', v_run.plan_id));

  select count(*) filter (where s.executor = 'worker') as workers, count(*) filter (where s.executor = 'agent') as agents
  into v_freed from public.steps s where s.run_id = p_new and s.status = 'queued' and s.holds = 0;
  return jsonb_build_object('result', 'forked', 'run_id', p_new, 'steps', v_count, 'kept', v_kept_count, 'approvals', v_approvals,
    'for_workers', v_freed.workers, 'for_agents', v_freed.agents);
end
$$;

-- Asks people about each step of a new run that may not run without a yes, with exactly the arguments that it will run with.
-- The digest is the one that those arguments were shown under before, or that of the edit. Answers how many questions.
create function engine.ask_for_steps(
  p_run uuid, p_source uuid, p_edits jsonb, p_member uuid, p_member_name text, p_actor_type text, p_actor_id text
) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_asked integer;
begin
  with recursive held as (
    select s.*, p_edits -> s.name as edit from public.steps s
    where s.run_id = p_run and s.status = 'queued' and s.holds & 2 = 2
  ),
  -- what was spawned, and what undoes, is asked about in the name of the plan step that it comes from
  origin (step_id, at, plan_step_id) as (
    select h.id, coalesce(h.parent_step_id, h.undo_of), h.plan_step_id from held h
    union all
    select o.step_id, coalesce(s.parent_step_id, s.undo_of), s.plan_step_id
    from origin o join public.steps s on s.id = o.at where o.plan_step_id is null
  ),
  asked as (
    insert into public.approvals (tenant_id, subject, plan_id, plan_step_id, run_id, step_id, title, question, why, arguments,
      arguments_digest, requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id)
    select h.tenant_id, 'plan_step', r.plan_id, p.id, p_run, h.id, h.title,
      format('May step "%s" run exactly as shown?', h.name),
      case when h.edit is not null then 'Its arguments were edited for this run.'
        else 'The backlog marks this item as sensitive' || case when cardinality(p.risk) > 0
          then '; risk: ' || array_to_string(p.risk, ', ') else '' end || '.' end,
      jsonb_build_object('step', h.name, 'kind', h.kind, 'with', h.arguments),
      coalesce(h.edit ->> 'digest', (
        select a.arguments_digest from public.approvals a join public.steps o on o.id = a.step_id
        where o.run_id = p_source and o.name = h.name and a.subject = 'plan_step' order by a.id desc limit 1), p.arguments_digest),
      'member', p_member::text, p_member_name, p_member, clock_timestamp() + interval '72 hours', h.correlation_id
    from held h
    join public.runs r on r.id = p_run
    join origin o on o.step_id = h.id and o.plan_step_id is not null
    join public.plan_steps p on p.id = o.plan_step_id
    returning id, tenant_id, plan_id, run_id, step_id, correlation_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select a.tenant_id, 'approval.requested', a.correlation_id, p_actor_type, p_actor_id, a.run_id,
      jsonb_build_object('approval_id', a.id, 'subject', 'plan_step', 'plan_id', a.plan_id, 'run_id', a.run_id, 'step_id', a.step_id)
    from asked a
  )
  select count(*) into v_asked from asked a;
  if v_asked <> (select count(*) from public.steps s where s.run_id = p_run and s.status = 'queued' and s.holds & 2 = 2) then
    raise exception 'a step of run % waits for a question that nobody was asked', p_run;
  end if;
  return v_asked;
end
$$;

-- A person goes on with a run that has ended: engine.fork_run in their name. With p_from null all of it runs again, which a
-- plan allows once at a time. Answers as engine.fork_run, or null where there is no such run.
create function engine.fork(
  p_tenant uuid, p_run uuid, p_new uuid, p_from text[], p_edits jsonb, p_keep boolean, p_name text, p_correlation uuid,
  p_traceparent text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_plan uuid;
  v_running uuid;
begin
  perform app.assert_tenant(p_tenant);
  select r.plan_id into v_plan from public.runs r where r.id = p_run and r.tenant_id = p_tenant;
  if not found then
    return null;
  end if;
  if p_from is null then
    perform from public.plans p where p.id = v_plan for update;
    select r.id into v_running from public.runs r where r.plan_id = v_plan and r.status in ('queued', 'running') and r.id <> p_run limit 1;
    if found then
      return jsonb_build_object('result', 'busy', 'run_id', v_running);
    end if;
    select array_agg(s.name) into p_from from public.steps s where s.run_id = p_run and s.undo_of is null and s.parent_step_id is null;
  end if;
  return engine.fork_run(p_run, p_new, p_from, p_edits, p_keep, app.user_id(), p_name, 'member', app.user_id()::text, p_correlation,
    p_traceparent, null);
end
$$;

revoke all on function
  engine.fork_run(uuid, uuid, text[], jsonb, boolean, uuid, text, text, text, uuid, text, uuid),
  engine.ask_for_steps(uuid, uuid, jsonb, uuid, text, text, text)
from public;
grant execute on function engine.fork(uuid, uuid, uuid, text[], jsonb, boolean, text, uuid, text) to nofx_member;

-- The step that a dead letter stands for now: the one that failed, or the newest that was made to try it again.
create function engine.letter_step(p_letter public.dead_letters) returns public.steps
language sql stable security definer
set search_path = ''
as $$
  select s from public.steps dead
  join public.steps s on s.run_id = coalesce(p_letter.redrive_run, dead.run_id) and s.name = dead.name
  where dead.id = p_letter.step_id
$$;

-- What a dead letter of stage compensate could not undo.
create function engine.letter_compensation(p_letter public.dead_letters) returns public.compensations
language sql stable security definer
set search_path = ''
as $$
  select c from public.steps dead
  join public.compensations c on c.step_id = dead.undo_of
  join public.steps undo on undo.id = c.undo_step and undo.name = dead.name
  where dead.id = p_letter.step_id and p_letter.stage = 'compensate'
$$;

-- Tries a dead letter again, in a new run, with all that is open of the run that it failed in: those steps would run again anyway. The
-- letters are locked first, so of two who redrive at once one does, and the other is told.
--
-- p_edit: {arguments, digest, token} or null; edited arguments wait for somebody else's yes.
-- Answers {result: redriven | conflict | going | busy, run_id, letters, kept, approvals, for_workers, for_agents}; null where
-- there is no such letter.
create function engine.redrive_letter(
  p_tenant uuid, p_letter uuid, p_version integer, p_edit jsonb, p_new uuid, p_member uuid, p_member_name text, p_actor_type text,
  p_actor_id text, p_correlation uuid, p_traceparent text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_letter public.dead_letters;
  v_source uuid;
  v_from text[];
  v_edits jsonb := '{}';
  v_answer jsonb;
begin
  select d.* into v_letter from public.dead_letters d where d.id = p_letter and d.tenant_id = p_tenant;
  if not found then
    return null;
  end if;
  v_source := coalesce(v_letter.redrive_run, v_letter.run_id);
  perform from public.dead_letters d
  where d.redrive_run = v_source or (d.run_id = v_source and d.redrive_run is null) or d.id = p_letter
  order by d.id for update;
  select d.* into v_letter from public.dead_letters d where d.id = p_letter;
  if v_letter.status not in ('new', 'triaged') or v_letter.version <> coalesce(p_version, v_letter.version) then
    return jsonb_build_object('result', 'conflict', 'status', v_letter.status, 'version', v_letter.version,
      'run_id', v_letter.redrive_run);
  end if;
  if p_edit is not null then
    v_edits := jsonb_build_object((engine.letter_step(v_letter)).name, p_edit);
  end if;
  if v_letter.stage = 'compensate' then
    return engine.undo_rest((engine.letter_compensation(v_letter)).run_id, p_new, v_edits, p_letter, p_member, p_member_name,
      p_actor_type, p_actor_id, p_correlation, p_traceparent);
  end if;

  -- what was spawned runs again under the steps of the plan that spawned it
  with recursive above (id, parent_step_id, name) as (
    select s.id, s.parent_step_id, s.name
    from public.dead_letters d join public.steps dead on dead.id = d.step_id
    join public.steps s on s.run_id = v_source and s.name = dead.name
    where (d.redrive_run = v_source or (d.run_id = v_source and d.redrive_run is null))
      and d.status in ('new', 'triaged') and d.stage <> 'compensate'
    union
    select s.id, s.parent_step_id, s.name from above a join public.steps s on s.id = a.parent_step_id
  )
  select array_agg(a.name) into v_from from above a;

  v_answer := engine.fork_run(v_source, p_new, v_from, v_edits, true, p_member, p_member_name, p_actor_type, p_actor_id,
    p_correlation, p_traceparent, p_letter);
  if v_answer ->> 'result' <> 'forked' then
    return v_answer;
  end if;
  return v_answer || jsonb_build_object('result', 'redriven', 'letters', engine.mark_redriven(v_source, p_new, p_actor_type, p_actor_id));
end
$$;

-- Notes on the open letters of a run that p_new tries them again, as far as it has their steps. Answers their ids.
create function engine.mark_redriven(p_source uuid, p_new uuid, p_actor_type text, p_actor_id text) returns jsonb
language sql security definer
set search_path = ''
as $$
  with moved as (
    update public.dead_letters d
    set status = 'redriving', redrive_run = p_new, version = d.version + 1
    from public.steps dead, public.steps s
    where (d.redrive_run = p_source or (d.run_id = p_source and d.redrive_run is null)) and d.status in ('new', 'triaged')
      and dead.id = d.step_id and s.run_id = p_new and s.name = dead.name and s.status = 'queued'
    returning d.id, d.tenant_id, d.run_id, d.step_id, d.stage, d.reason, d.version, s.correlation_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'dead_letter.redriven', m.correlation_id, p_actor_type, p_actor_id, p_new,
      jsonb_build_object('dead_letter_id', m.id, 'run_id', m.run_id, 'step_id', m.step_id, 'stage', m.stage, 'reason', m.reason,
        'version', m.version, 'redrive_run', p_new)
    from moved m
  )
  select coalesce(jsonb_agg(m.id order by m.id), '[]') from moved m
$$;

-- The letters about what could not be undone of a run.
create function engine.undo_letters(p_run uuid) returns setof public.dead_letters
language sql stable security definer
set search_path = ''
as $$
  select d from public.compensations c
  join public.steps undo on undo.undo_of = c.step_id
  join public.dead_letters d on d.step_id = undo.id
  where c.run_id = p_run and undo.name = (select s.name from public.steps s where s.id = c.undo_step)
$$;

-- Tries again to undo what of a run is not undone: a new run of compensations. Order and what is required of what stay.
create function engine.undo_rest(
  p_run uuid, p_new uuid, p_edits jsonb, p_redrive_of uuid, p_member uuid, p_member_name text, p_actor_type text, p_actor_id text,
  p_correlation uuid, p_traceparent text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_run public.runs;
  v_root uuid;
  v_event uuid := app.uuid7();
  v_comp uuid[];
  v_old uuid[];
  v_new uuid[];
  v_busy uuid;
  v_approvals integer;
  v_letters jsonb;
  v_freed record;
begin
  select r.* into strict v_run from public.runs r where r.id = p_run;
  v_root := coalesce(v_run.workspace_run, v_run.id);
  perform from public.dead_letters d where d.id in (select l.id from engine.undo_letters(p_run) l) order by d.id for update;
  perform from public.runs r where r.id = v_root for no key update;
  if v_run.finished_at is null then
    return jsonb_build_object('result', 'going', 'run_id', p_run, 'status', v_run.status);
  end if;
  select r.id into v_busy from public.runs r
  where (r.id = v_root or r.workspace_run = v_root) and r.status in ('queued', 'running') limit 1;
  if found then
    return jsonb_build_object('result', 'busy', 'run_id', v_busy);
  end if;

  select array_agg(c.id), array_agg(c.undo_step), array_agg(app.uuid7()) into v_comp, v_old, v_new
  from (
    select c.id, c.undo_step from public.compensations c where c.run_id = p_run and c.status in ('failed', 'registered') order by c.seq desc
  ) c;
  if v_comp is null then
    return jsonb_build_object('result', 'conflict', 'status', 'undone');
  end if;

  insert into public.runs (id, tenant_id, plan_id, workspace, workspace_run, forked_from, redrive_of, compensate, undo_order,
    step_count, steps_left, correlation_id, causation_id, traceparent, created_by_type, created_by)
  values (p_new, v_run.tenant_id, v_run.plan_id, v_run.workspace, v_root, p_run, p_redrive_of, false, v_run.undo_order,
    cardinality(v_comp), cardinality(v_comp), p_correlation, v_event, p_traceparent, 'member', p_member);

  insert into public.steps (id, tenant_id, run_id, name, title, kind, kind_version, executor, capability, queue, priority, position,
    arguments, token, sensitive, undo_of, max_failures, max_crashes, deadline_ms, holds, correlation_id, causation_id, traceparent)
  select m.new, o.tenant_id, p_new, o.name, o.title, o.kind, o.kind_version, o.executor, o.capability, o.queue, o.priority, m.n,
    coalesce(e.edit -> 'arguments', c.arguments), 'undo:' || c.id || coalesce(':' || (e.edit ->> 'digest'), ''), e.edit is not null,
    o.undo_of, o.max_failures, o.max_crashes, o.deadline_ms, case when e.edit is null then 0 else 2 end,
    p_correlation, v_event, p_traceparent
  from unnest(v_comp, v_old, v_new) with ordinality as m (comp, old, new, n)
  join public.compensations c on c.id = m.comp
  join public.steps o on o.id = m.old
  cross join lateral (select p_edits -> o.name as edit) as e;

  insert into public.checkpoints (step_id, name, tenant_id, value, epoch, created_at)
  select m.new, k.name, k.tenant_id, k.value, k.epoch, k.created_at
  from unnest(v_old, v_new) as m (old, new) join public.checkpoints k on k.step_id = m.old join public.steps o on o.id = m.old
  where not p_edits ? o.name;

  insert into public.step_dependencies (step_id, depends_on, tenant_id, required)
  select a.new, b.new, d.tenant_id, true
  from unnest(v_old, v_new) as a (old, new)
  join public.step_dependencies d on d.step_id = a.old and d.required
  join unnest(v_old, v_new) as b (old, new) on b.old = d.depends_on;
  if v_run.undo_order = 'completion' then
    insert into public.step_dependencies (step_id, depends_on, tenant_id, required)
    select m.new, m.later, v_run.tenant_id, false
    from (select w.new, lag(w.new) over (order by w.n) as later from unnest(v_new) with ordinality as w (new, n)) m
    where m.later is not null
    on conflict (depends_on, step_id) do nothing;
  end if;
  update public.steps s set deps_left = d.n, holds = s.holds | 1
  from (select d.step_id, count(*)::integer as n from public.step_dependencies d where d.step_id = any (v_new) group by d.step_id) d
  where s.id = d.step_id;

  -- letters of an earlier attempt to undo count as letters of the run whose effects these are
  with open_letters as (
    select l.id from engine.undo_letters(p_run) l where l.status in ('new', 'triaged')
  ),
  moved as (
    update public.dead_letters d
    set status = 'redriving', redrive_run = p_new, version = d.version + 1
    from open_letters l where d.id = l.id
    returning d.id, d.tenant_id, d.run_id, d.step_id, d.stage, d.reason, d.version
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'dead_letter.redriven', p_correlation, p_actor_type, p_actor_id, p_new,
      jsonb_build_object('dead_letter_id', m.id, 'run_id', m.run_id, 'step_id', m.step_id, 'stage', m.stage, 'reason', m.reason,
        'version', m.version, 'redrive_run', p_new)
    from moved m
  )
  select coalesce(jsonb_agg(m.id order by m.id), '[]') into v_letters from moved m;

  update public.compensations c set status = 'undoing', undo_step = m.new, ended_at = null
  from unnest(v_comp, v_new) as m (comp, new) where c.id = m.comp;
  v_approvals := engine.ask_for_steps(p_new, p_run, p_edits, p_member, p_member_name, p_actor_type, p_actor_id);

  insert into public.events (id, tenant_id, type, correlation_id, traceparent, actor_type, actor_id, run_id, payload)
  values (v_event, v_run.tenant_id, 'run.forked', p_correlation, p_traceparent, p_actor_type, p_actor_id, p_new,
    jsonb_build_object('run_id', p_new, 'forked_from', p_run, 'kept', 0));
  select count(*) filter (where s.executor = 'worker') as workers, count(*) filter (where s.executor = 'agent') as agents
  into v_freed from public.steps s where s.run_id = p_new and s.holds = 0;
  return jsonb_build_object('result', 'redriven', 'run_id', p_new, 'letters', v_letters, 'steps', cardinality(v_comp), 'kept', 0,
    'approvals', v_approvals, 'for_workers', v_freed.workers, 'for_agents', v_freed.agents);
end
$$;

-- People end what could not be undone: it was done by other means (p_status undone, with evidence), or its loss is accepted
-- (accepted). What was not undone because it had to come after is undone now, if nothing else is in its way.
--
-- Answers {result: resolved | conflict | going, status, version, run_id, rest}: rest as engine.undo_rest answers, or null; where it
-- is neither null nor redriven, the caller takes all of it back. going: others are being undone right now.
create function engine.settle_letter(
  p_tenant uuid, p_letter uuid, p_version integer, p_status text, p_evidence text, p_by uuid, p_new uuid, p_member_name text,
  p_correlation uuid, p_traceparent text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_letter public.dead_letters;
  v_compensation public.compensations;
  v_going uuid;
  v_rest jsonb;
begin
  select d.* into v_letter from public.dead_letters d
  where d.id = p_letter and d.tenant_id = p_tenant and d.stage = 'compensate';
  if not found then
    return null;
  end if;
  -- all letters of that run, in id order: of two that are settled at once the later one sees that nothing else is in the way
  perform from public.dead_letters d
  where d.id = p_letter or d.id in (select l.id from engine.undo_letters((engine.letter_compensation(v_letter)).run_id) l)
  order by d.id for update;
  select d.* into v_letter from public.dead_letters d where d.id = p_letter;
  if v_letter.status not in ('new', 'triaged') or v_letter.version <> coalesce(p_version, v_letter.version) then
    return jsonb_build_object('result', 'conflict', 'status', v_letter.status, 'version', v_letter.version);
  end if;
  v_compensation := engine.letter_compensation(v_letter);
  -- what had to wait for this has no letter: it is undone now or by the last letter, so this is not the time to end one
  select s.run_id into v_going from public.compensations c join public.steps s on s.id = c.undo_step
  where c.run_id = v_compensation.run_id and c.status = 'undoing' limit 1;
  if found then
    return jsonb_build_object('result', 'going', 'run_id', v_going);
  end if;
  update public.dead_letters d set status = 'resolved', version = d.version + 1, last_at = clock_timestamp() where d.id = p_letter;
  update public.compensations c
  set status = p_status, evidence = p_evidence, resolved_by = p_by::text, ended_at = clock_timestamp()
  where c.id = v_compensation.id;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_tenant, 'dead_letter.resolved', p_correlation, 'member', p_by::text, v_letter.run_id,
    jsonb_build_object('dead_letter_id', p_letter, 'run_id', v_letter.run_id, 'step_id', v_letter.step_id, 'stage', v_letter.stage,
      'reason', v_letter.reason, 'version', v_letter.version + 1));
  perform engine.close_questions(array[v_letter.step_id, v_compensation.undo_step], 'member', p_by::text);

  with closed as (
    update public.runs r set compensation = 'done'
    where r.id = v_compensation.run_id and r.compensation = 'failed'
      and not exists (select from public.compensations c where c.run_id = r.id and c.status not in ('undone', 'accepted'))
    returning r.id, r.tenant_id, r.correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select c.tenant_id, 'run.compensated', c.correlation_id, 'member', p_by::text, c.id, jsonb_build_object('run_id', c.id) from closed c;

  if exists (select from public.compensations c where c.run_id = v_compensation.run_id and c.status = 'registered')
    and not exists (select from public.compensations c where c.run_id = v_compensation.run_id and c.status = 'failed')
  then
    v_rest := engine.undo_rest(v_compensation.run_id, p_new, '{}', p_letter, p_by, p_member_name, 'member', p_by::text,
      p_correlation, p_traceparent);
  end if;
  return jsonb_build_object('result', 'resolved', 'rest', v_rest);
end
$$;

-- A person redrives, or ends what could not be undone.
create function engine.redrive(
  p_tenant uuid, p_letter uuid, p_version integer, p_edit jsonb, p_new uuid, p_name text, p_correlation uuid, p_traceparent text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  return engine.redrive_letter(p_tenant, p_letter, p_version, p_edit, p_new, app.user_id(), p_name, 'member', app.user_id()::text,
    p_correlation, p_traceparent);
end
$$;

create function engine.resolve_letter(
  p_tenant uuid, p_letter uuid, p_version integer, p_evidence text, p_new uuid, p_name text, p_correlation uuid, p_traceparent text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  return engine.settle_letter(p_tenant, p_letter, p_version, 'undone', p_evidence, app.user_id(), p_new, p_name, p_correlation,
    p_traceparent);
end
$$;

-- Asks other people to agree that an effect stays. The question is bound to the letter's version: when the letter changes, a
-- yes to it no longer does anything. Answers {result: asked | asked_before | conflict, approval_id}; null where there is no such letter.
create function engine.ask_accept_loss(
  p_tenant uuid, p_letter uuid, p_version integer, p_reason text, p_arguments jsonb, p_digest text, p_name text, p_correlation uuid
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_letter public.dead_letters;
  v_step public.steps;
  v_approval public.approvals;
begin
  perform app.assert_tenant(p_tenant);
  select d.* into v_letter from public.dead_letters d
  where d.id = p_letter and d.tenant_id = p_tenant and d.stage = 'compensate' for update;
  if not found then
    return null;
  end if;
  if v_letter.status not in ('new', 'triaged') or v_letter.version <> coalesce(p_version, v_letter.version) then
    return jsonb_build_object('result', 'conflict', 'status', v_letter.status, 'version', v_letter.version);
  end if;
  v_step := engine.letter_step(v_letter);
  insert into public.approvals (tenant_id, subject, run_id, step_id, name, title, question, why, arguments, arguments_digest,
    requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id)
  values (p_tenant, 'step', v_step.run_id, v_step.id, 'accept_loss', 'Accept a loss: ' || v_step.title,
    'May this effect stay, although it was to be undone?', p_reason, p_arguments, p_digest,
    'member', app.user_id()::text, p_name, app.user_id(), clock_timestamp() + interval '72 hours', p_correlation)
  on conflict (step_id, name, arguments_digest) where subject = 'step' do nothing
  returning * into v_approval;
  if not found then
    select a.* into v_approval from public.approvals a
    where a.step_id = v_step.id and a.name = 'accept_loss' and a.arguments_digest = p_digest and a.subject = 'step';
    return jsonb_build_object('result', 'asked_before', 'approval_id', v_approval.id, 'status', v_approval.status);
  end if;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_tenant, 'approval.requested', p_correlation, 'member', app.user_id()::text, v_step.run_id,
    jsonb_build_object('approval_id', v_approval.id, 'subject', 'step', 'run_id', v_step.run_id, 'step_id', v_step.id));
  return jsonb_build_object('result', 'asked', 'approval_id', v_approval.id, 'status', 'pending');
end
$$;

-- Carries out a yes to accepting a loss: engine.settle_letter in the name of whoever asked. Null where it is about something
-- else, or the letter has changed since.
create function engine.accept_loss(p_approval uuid, p_new uuid) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_approval public.approvals;
begin
  select a.* into v_approval from public.approvals a
  where a.id = p_approval and a.name = 'accept_loss' and a.subject = 'step' and a.requested_by_type = 'member' and a.status = 'approved';
  if not found then
    return null;
  end if;
  perform app.assert_tenant(v_approval.tenant_id);
  return engine.settle_letter(v_approval.tenant_id, (v_approval.arguments ->> 'dead_letter')::uuid,
    (v_approval.arguments ->> 'version')::integer, 'accepted', v_approval.why, v_approval.requester_user_id, p_new,
    v_approval.requested_by_name, v_approval.correlation_id, null);
end
$$;

revoke all on function
  engine.letter_step(public.dead_letters), engine.letter_compensation(public.dead_letters), engine.undo_letters(uuid),
  engine.redrive_letter(uuid, uuid, integer, jsonb, uuid, uuid, text, text, text, uuid, text),
  engine.mark_redriven(uuid, uuid, text, text),
  engine.undo_rest(uuid, uuid, jsonb, uuid, uuid, text, text, text, uuid, text),
  engine.settle_letter(uuid, uuid, integer, text, text, uuid, uuid, text, uuid, text)
from public;
grant execute on function
  engine.redrive(uuid, uuid, integer, jsonb, uuid, text, uuid, text),
  engine.resolve_letter(uuid, uuid, integer, text, uuid, text, uuid, text),
  engine.ask_accept_loss(uuid, uuid, integer, text, jsonb, text, text, uuid),
  engine.accept_loss(uuid, uuid)
to nofx_member;

-- Many dead letters redriven one after the other, by the sweep: at a pace, and no further when they fail again.
create table public.redrive_batches (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  filter jsonb not null,
  status text not null default 'running' check (status in ('running', 'done', 'stopped')),
  total integer not null,
  max_per_minute integer not null check (max_per_minute between 1 and 6000),
  -- stop when more than this share of what has ended failed again; null: never
  stop_percent integer check (stop_percent between 1 and 100),
  correlation_id uuid not null,
  traceparent text,
  created_by uuid not null,
  created_by_name text not null,
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  check ((status = 'running') = (ended_at is null))
);
comment on table public.redrive_batches is 'Dead letters that are redriven together, at a pace';
create index redrive_batches_list on public.redrive_batches (tenant_id, id desc);
create index redrive_batches_running on public.redrive_batches (id) where status = 'running';

create table public.redrive_batch_items (
  batch_id uuid not null references public.redrive_batches (id) on delete cascade,
  dead_letter_id uuid not null references public.dead_letters (id) on delete cascade,
  tenant_id uuid not null,
  position integer not null,
  status text not null default 'waiting' check (status in ('waiting', 'redriving', 'succeeded', 'failed', 'skipped')),
  -- not tried again before: its run, or one on the same workspace, is still going
  not_before timestamptz,
  redriven_at timestamptz,
  -- why it was passed over
  note text,
  primary key (batch_id, dead_letter_id)
);
comment on table public.redrive_batch_items is 'One dead letter of a batch, and what became of it';
create index redrive_batch_items_next on public.redrive_batch_items (batch_id, position) where status in ('waiting', 'redriving');

do $$
declare
  name text;
begin
  foreach name in array array['redrive_batches', 'redrive_batch_items'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('create policy %I on public.%I for insert to nofx_member with check (tenant_id in (select app.tenant_ids()))', name || '_write', name);
    execute format('grant select on public.%I to authenticated, nofx_member', name);
    execute format('grant insert on public.%I to nofx_member', name);
  end loop;
end
$$;
create policy redrive_batches_change on public.redrive_batches for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
grant update (status, ended_at) on public.redrive_batches to nofx_member;

-- The sweep of batches: looks what became of what was redriven, stops what mostly fails again, and redrives as many more as the
-- pace allows, at most p_limit a batch. Before the first five have ended no more than five are under way, so that a batch that is
-- bound to fail is stopped by its first letters. Any number of sweepers may run at once.
create function engine.redrive_batches(p_limit integer) returns table (redriven integer, for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = ''
as $$
declare
  v_batch public.redrive_batches;
  v_item public.redrive_batch_items;
  v_count record;
  v_free integer;
  v_answer jsonb;
  v_status text;
begin
  redriven := 0;
  for_workers := 0;
  for_agents := 0;
  for v_batch in
    select b.* from public.redrive_batches b where b.status = 'running' order by b.id limit 20 for update skip locked
  loop
    update public.redrive_batch_items i
    set status = case d.status when 'resolved' then 'succeeded' when 'discarded' then 'skipped' else 'failed' end
    from public.dead_letters d
    where i.batch_id = v_batch.id and i.status = 'redriving' and d.id = i.dead_letter_id and d.status <> 'redriving';

    select count(*) filter (where i.status = 'waiting') as waiting, count(*) filter (where i.status = 'redriving') as going,
      count(*) filter (where i.status = 'succeeded') as succeeded, count(*) filter (where i.status = 'failed') as failed,
      count(*) filter (where i.status = 'skipped') as skipped, count(i.redriven_at) as begun,
      count(*) filter (where i.redriven_at > clock_timestamp() - interval '1 minute') as lately
    into v_count from public.redrive_batch_items i where i.batch_id = v_batch.id;

    v_status := case
      when v_count.failed * 100 > v_batch.stop_percent * (v_count.succeeded + v_count.failed)
        and (v_count.succeeded + v_count.failed >= 5 or v_count.going = 0) and v_count.waiting > 0 then 'stopped'
      when v_count.waiting = 0 and v_count.going = 0 then 'done' end;
    if v_status is not null then
      update public.redrive_batches b set status = v_status, ended_at = clock_timestamp() where b.id = v_batch.id;
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
      values (v_batch.tenant_id, 'redrive_batch.ended', v_batch.correlation_id, 'system', 'sweeper', jsonb_build_object(
        'batch_id', v_batch.id, 'status', v_status, 'succeeded', v_count.succeeded, 'failed', v_count.failed,
        'skipped', v_count.skipped));
      continue;
    end if;

    -- evenly over the minute, and never more than the minute's share within one
    v_free := least(p_limit, v_batch.max_per_minute - v_count.lately,
      1 + floor(extract(epoch from clock_timestamp() - v_batch.created_at) * v_batch.max_per_minute / 60) - v_count.begun);
    if v_batch.stop_percent is not null and v_count.succeeded + v_count.failed < 5 then
      v_free := least(v_free, 5 - v_count.going);
    end if;
    continue when v_free <= 0;

    for v_item in
      select i.* from public.redrive_batch_items i
      where i.batch_id = v_batch.id and i.status = 'waiting' and (i.not_before is null or i.not_before <= clock_timestamp())
      order by i.position limit v_free
    loop
      -- one that an earlier letter of the same run took along
      continue when exists (
        select from public.redrive_batch_items i
        where i.batch_id = v_batch.id and i.dead_letter_id = v_item.dead_letter_id and i.status <> 'waiting');
      begin
        v_answer := engine.redrive_letter(v_batch.tenant_id, v_item.dead_letter_id, null, null, app.uuid7(), v_batch.created_by,
          v_batch.created_by_name, 'system', 'sweeper', v_batch.correlation_id, v_batch.traceparent);
      exception when serialization_failure or deadlock_detected or lock_not_available then
        continue;
      when others then
        -- one letter must not stand in the way of all others
        v_answer := jsonb_build_object('result', 'error', 'status', sqlstate);
      end;
      case coalesce(v_answer ->> 'result', 'gone')
        when 'redriven' then
          update public.redrive_batch_items i set status = 'redriving', redriven_at = clock_timestamp()
          where i.batch_id = v_batch.id and i.status = 'waiting'
            and i.dead_letter_id in (select l::uuid from jsonb_array_elements_text(v_answer -> 'letters') l);
          redriven := redriven + 1;
          for_workers := for_workers + (v_answer ->> 'for_workers')::integer;
          for_agents := for_agents + (v_answer ->> 'for_agents')::integer;
        when 'going', 'busy' then
          update public.redrive_batch_items i set not_before = clock_timestamp() + interval '10 seconds'
          where i.batch_id = v_batch.id and i.dead_letter_id = v_item.dead_letter_id;
        else
          update public.redrive_batch_items i set status = 'skipped', note = coalesce(v_answer ->> 'status', 'gone')
          where i.batch_id = v_batch.id and i.dead_letter_id = v_item.dead_letter_id;
      end case;
    end loop;
  end loop;
  return next;
end
$$;
grant execute on function engine.redrive_batches(integer) to nofx_worker;
