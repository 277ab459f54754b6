-- What could not be undone: tried again, proved to be undone, or accepted as a loss.

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
