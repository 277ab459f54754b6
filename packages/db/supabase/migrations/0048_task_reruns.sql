-- Tasks that run again: a rerun, fork or redrive of a run without a plan keeps its title, and what people have to say yes to is
-- asked of the step itself. And the list of runs of plans among many tasks.

create index runs_of_plans on public.runs (tenant_id, id desc) where plan_id is not null;

-- a step of a task comes from no plan step: the step is what is asked about
do $$
declare
  v_name text;
begin
  select c.conname into strict v_name from pg_catalog.pg_constraint c
  where c.conrelid = 'public.approvals'::regclass and c.contype = 'c' and pg_catalog.pg_get_constraintdef(c.oid) like '%CASE subject%';
  execute format('alter table public.approvals drop constraint %I', v_name);
end
$$;
alter table public.approvals add constraint approvals_about check (
  case subject when 'plan' then plan_id is not null when 'plan_step' then plan_step_id is not null or step_id is not null
    else step_id is not null end);

-- As in 0026; the new run has the title of the one that it goes on with.
create or replace function engine.fork_run(
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

  insert into public.runs (id, tenant_id, plan_id, title, workspace, workspace_run, forked_from, redrive_of, compensate, undo_order,
    step_count, steps_left, correlation_id, causation_id, traceparent, created_by_type, created_by)
  values (p_new, v_run.tenant_id, v_run.plan_id, v_run.title, v_run.workspace, v_root, p_source, p_redrive_of, v_run.compensate, v_run.undo_order,
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

-- As in 0028; the new run has the title of the one that it goes on with.
create or replace function engine.undo_rest(
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

  insert into public.runs (id, tenant_id, plan_id, title, workspace, workspace_run, forked_from, redrive_of, compensate, undo_order,
    step_count, steps_left, correlation_id, causation_id, traceparent, created_by_type, created_by)
  values (p_new, v_run.tenant_id, v_run.plan_id, v_run.title, v_run.workspace, v_root, p_run, p_redrive_of, false, v_run.undo_order,
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

-- As in 0026; a step that comes from no plan step is asked about for itself.
create or replace function engine.ask_for_steps(
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
  -- what was spawned, and what undoes, is asked about in the name of the plan step that it comes from; of a task there is none
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
        when p.id is null then 'Its arguments were edited for an earlier run.'
        else 'The backlog marks this item as sensitive' || case when cardinality(p.risk) > 0
          then '; risk: ' || array_to_string(p.risk, ', ') else '' end || '.' end,
      jsonb_build_object('step', h.name, 'kind', h.kind, 'with', h.arguments),
      coalesce(h.edit ->> 'digest', (
        select a.arguments_digest from public.approvals a join public.steps o on o.id = a.step_id
        where o.run_id = p_source and o.name = h.name and a.subject = 'plan_step' order by a.id desc limit 1), p.arguments_digest),
      'member', p_member::text, p_member_name, p_member, clock_timestamp() + interval '72 hours', h.correlation_id
    from held h
    join public.runs r on r.id = p_run
    join origin o on o.step_id = h.id and (o.plan_step_id is not null or o.at is null)
    left join public.plan_steps p on p.id = o.plan_step_id
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
