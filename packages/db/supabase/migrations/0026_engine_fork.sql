-- Going on from a run that has ended: fork and rerun.
create index runs_workspace on public.runs (workspace_run) where workspace_run is not null;

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
