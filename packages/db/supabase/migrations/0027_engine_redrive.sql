-- Dead letters tried again, and what becomes of them then.
create index dead_letters_run on public.dead_letters (run_id);
create policy dead_letters_change on public.dead_letters for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
-- what people note on a letter; everything else of it moves with runs, by the functions below
grant update (status, note, triaged_by, version, last_at) on public.dead_letters to nofx_member;

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
