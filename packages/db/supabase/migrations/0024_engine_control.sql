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
    'executor', a.executor, 'worker_version', a.worker_version, 'at', coalesce(a.finished_at, a.claimed_at)) order by a.epoch), '[]')
  from public.attempts a where a.step_id = p_step
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
