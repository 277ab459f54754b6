-- Undoing, and what is left of failures. docs/specs/SAGA_AND_COMPENSATION_V1.md is the specification.

-- The class of a step's error code: packages/core/src/errors/codes.ts, which a test compares with this.
create function engine.error_class(p_code text) returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_code in ('timeout', 'agent_error', 'http_busy', 'http_unavailable', 'lease_lost', 'unclassified') then 'retryable'
    when p_code in ('shell_not_trusted', 'sandbox_unavailable', 'approval_rejected', 'approval_expired', 'address_refused',
      'unknown_outcome', 'wait_timed_out') then 'policy'
    when p_code = 'poison_crash' then 'poison'
    else 'permanent' end
$$;

-- {stage, reason} of the dead letter that a failure leaves; null where it leaves none, because the failure says all there
-- is to say (a command that answers no, a person that says no).
create function engine.dead_letter_of(p_code text, p_past_deadline boolean, p_is_undo boolean) returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_is_undo then array['compensate', 'compensation_failed']
    when p_past_deadline or p_code = 'deadline_exceeded' then array['execute', 'deadline']
    when p_code = 'invalid_input' then array['input', 'invalid_input']
    when p_code = 'output_invalid' then array['commit', 'invalid_input']
    when p_code = 'unknown_handler' then array['claim', 'unknown_handler']
    when p_code in ('poison_crash', 'non_deterministic') then array['execute', p_code]
    when p_code = 'unclassified' then array['execute', 'unclassified']
    when engine.error_class(p_code) = 'retryable' then array['execute', 'retries_exhausted'] end
$$;

-- Leaves a dead letter for each of these steps that failed, if the failure is worth one.
create function engine.bury(p_steps uuid[], p_actor_type text, p_actor_id text) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  with buried as (
    insert into public.dead_letters (tenant_id, run_id, step_id, stage, reason, error, payload, history, worker_version,
      correlation_id, failures, crashes, first_at)
    select s.tenant_id, s.run_id, s.id, d.letter[1], d.letter[2], s.error, s.arguments, engine.attempt_history(s.id),
      engine.last_worker_version(s.id),
      s.correlation_id, s.failures, s.crashes,
      coalesce((select min(a.claimed_at) from public.attempts a where a.step_id = s.id), clock_timestamp())
    from public.steps s
    cross join lateral (
      select engine.dead_letter_of(s.error ->> 'code', coalesce((s.error ->> 'past_deadline')::boolean, false), s.undo_of is not null) as letter
    ) as d
    where s.id = any (p_steps) and s.status = 'failed' and d.letter is not null
    on conflict (step_id) do nothing
    returning id, tenant_id, run_id, step_id, stage, reason, correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select b.tenant_id, 'dead_letter.added', b.correlation_id, p_actor_type, p_actor_id, b.run_id,
    jsonb_build_object('dead_letter_id', b.id, 'run_id', b.run_id, 'step_id', b.step_id, 'stage', b.stage, 'reason', b.reason)
  from buried b;
end
$$;

-- Begins to undo a run whose last step has ended, if it may be undone and there is something to undo. The compensations
-- become steps of the same run, so leases, fencing, retries and crashes hold for them as for all steps.
--
-- Nothing is undone after a pivot has succeeded: from there on the only way is forward.
--
-- Order: the undo of B comes before the undo of A, and is required by it, where B needed A, or where both belong to one step and B
-- was registered later. With undo_order 'completion' all of them are also put in a row, latest registration first, by edges that any end meets: so a
-- failing undo stops those that build on it and no others. More than 300 are put in a row of required edges instead of
-- computing who needed whom.
--
-- The caller has locked the run. Answers undoing: whether the run goes on.
create function engine.compensate(p_run uuid, p_outcome text, p_actor_type text, p_actor_id text)
returns table (undoing boolean, for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = ''
as $$
declare
  v_run public.runs;
  v_count integer;
begin
  undoing := false;
  for_workers := 0;
  for_agents := 0;
  select r.* into strict v_run from public.runs r where r.id = p_run;
  select count(*) into v_count from public.compensations c where c.run_id = p_run and c.status = 'registered';
  if v_count = 0 or not v_run.compensate
    or exists (select from public.steps s where s.run_id = p_run and s.pivot and s.status = 'succeeded')
  then
    return next;
    return;
  end if;

  with todo as materialized (
    select c.id, c.step_id, c.kind, c.kind_version, c.arguments, s.name, s.title, app.uuid7() as undo_step,
      row_number() over (order by c.seq desc) as n
    from public.compensations c join public.steps s on s.id = c.step_id
    where c.run_id = p_run and c.status = 'registered'
  ),
  made as (
    insert into public.steps (id, tenant_id, run_id, name, title, kind, kind_version, executor, capability, priority, position,
      arguments, token, undo_of, max_failures, holds, correlation_id, causation_id, traceparent)
    select t.undo_step, v_run.tenant_id, p_run, 'undo.' || t.n || '.' || left(t.name, 110), 'Undo: ' || t.title, t.kind, t.kind_version,
      case t.kind when 'agent' then 'agent' else 'worker' end, t.arguments ->> 'capability', 0, v_run.step_count + t.n,
      t.arguments, 'undo:' || t.id, t.step_id, 12,
      case when v_run.paused_at is null then 0 else 256 end, v_run.correlation_id, v_run.causation_id, v_run.traceparent
    from todo t
  )
  update public.compensations c set status = 'undoing', undo_step = t.undo_step from todo t where c.id = t.id;

  if v_count <= 300 then
    with recursive needs (start, needed) as (
      select c.step_id, d.depends_on
      from (select distinct x.step_id from public.compensations x where x.run_id = p_run and x.status = 'undoing') c
      join public.step_dependencies d on d.step_id = c.step_id
      union
      select n.start, d.depends_on from needs n join public.step_dependencies d on d.step_id = n.needed
    )
    insert into public.step_dependencies (step_id, depends_on, tenant_id, required)
    select a.undo_step, b.undo_step, v_run.tenant_id, true
    from public.compensations a join public.compensations b on b.run_id = p_run and b.status = 'undoing' and b.id <> a.id
    where a.run_id = p_run and a.status = 'undoing'
      and (exists (select from needs n where n.start = b.step_id and n.needed = a.step_id)
        or (b.step_id = a.step_id and b.seq > a.seq));
  end if;
  if v_count > 300 or v_run.undo_order = 'completion' then
    insert into public.step_dependencies (step_id, depends_on, tenant_id, required)
    select c.undo_step, c.later, v_run.tenant_id, v_count > 300
    from (
      select x.undo_step, lag(x.undo_step) over (order by x.seq desc) as later
      from public.compensations x where x.run_id = p_run and x.status = 'undoing'
    ) c
    where c.later is not null
    on conflict (depends_on, step_id) do nothing;
  end if;

  update public.steps s set deps_left = d.n, holds = s.holds | 1
  from (
    select d.step_id, count(*)::integer as n
    from public.step_dependencies d
    join public.compensations c on c.undo_step = d.step_id and c.run_id = p_run and c.status = 'undoing'
    group by d.step_id
  ) d
  where s.id = d.step_id;

  select count(*) filter (where s.executor = 'worker'), count(*) filter (where s.executor = 'agent')
  into for_workers, for_agents
  from public.steps s join public.compensations c on c.undo_step = s.id
  where c.run_id = p_run and c.status = 'undoing' and s.holds = 0;

  update public.runs r
  set compensation = 'running', outcome = p_outcome, steps_left = v_count, step_count = r.step_count + v_count,
      status = 'running', started_at = coalesce(r.started_at, clock_timestamp())
  where r.id = p_run;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (v_run.tenant_id, 'run.compensating', v_run.correlation_id, p_actor_type, p_actor_id, p_run,
    jsonb_build_object('run_id', p_run, 'outcome', p_outcome, 'undo', v_count));
  undoing := true;
  return next;
end
$$;

-- What became of compensations whose steps have ended. One that was cancelled, because another that it builds on failed,
-- is registered still. A run whose last open compensation is undone by a later run is done with it.
create function engine.record_undone(p_steps uuid[], p_actor_type text, p_actor_id text) returns void
language plpgsql security definer
set search_path = ''
as $$
declare
  v_runs uuid[];
begin
  with told as (
    update public.compensations c
    set status = case s.status when 'succeeded' then 'undone' when 'failed' then 'failed' else 'registered' end,
        ended_at = clock_timestamp()
    from public.steps s
    where s.id = any (p_steps) and c.undo_step = s.id and c.status in ('undoing', 'failed', 'registered')
    returning c.run_id
  )
  select array_agg(distinct t.run_id) into v_runs from told t;

  with closed as (
    update public.runs r set compensation = 'done'
    where r.id = any (v_runs) and r.compensation = 'failed'
      and not exists (select from public.compensations c where c.run_id = r.id and c.status not in ('undone', 'accepted'))
    returning r.id, r.tenant_id, r.correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select c.tenant_id, 'run.compensated', c.correlation_id, p_actor_type, p_actor_id, c.id, jsonb_build_object('run_id', c.id)
  from closed c;
end
$$;

-- Queued steps whose time is over: no attempt begins after the deadline. Waiting does not count: what is on hold is left
-- alone, and waking moves the deadline.
create function engine.expire_deadlines(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_ended uuid[];
begin
  with late as (
    select s.id from public.steps s
    where s.status = 'queued' and s.deadline_at <= clock_timestamp() and s.holds = 0
    order by s.id limit p_limit for update skip locked
  ),
  moved as (
    update public.steps s
    set status = case when s.cancel_requested_at is null then 'failed' else 'cancelled' end, finalised_at = clock_timestamp(),
        error = coalesce(s.error, jsonb_build_object('code', 'deadline_exceeded', 'message', 'It did not get done within its time.'))
          || '{"past_deadline": true}'
    from late where s.id = late.id
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.error, s.correlation_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.settled', (array_agg(m.correlation_id))[1], 'system', 'sweeper', m.run_id,
      jsonb_build_object('run_id', m.run_id, 'steps', jsonb_agg(jsonb_build_object('step_id', m.id, 'run_id', m.run_id,
        'attempt', m.epoch, 'outcome', 'failed', 'status', m.status, 'error_code', m.error ->> 'code')))
    from moved m group by m.tenant_id, m.run_id
  )
  select coalesce(array_agg(m.id), '{}') into v_ended from moved m;
  if cardinality(v_ended) > 0 then
    perform engine.finish('{}', v_ended, 'system', 'sweeper');
  end if;
  return cardinality(v_ended);
end
$$;
grant execute on function engine.expire_deadlines(integer) to nofx_worker;

-- Registers how to take back what a step has just done. p_undo: {kind, with, version?}. What undoing itself does is not
-- undone, so nothing is registered by it.
create function engine.register_undo(p_step public.steps, p_name text, p_undo jsonb) returns void
language sql security definer
set search_path = ''
as $$
  insert into public.compensations (tenant_id, run_id, step_id, name, kind, kind_version, arguments, epoch)
  select p_step.tenant_id, p_step.run_id, p_step.id, p_name, p_undo ->> 'kind', coalesce((p_undo ->> 'version')::smallint, 1),
    coalesce(p_undo -> 'with', '{}'), p_step.epoch
  from public.runs r where r.id = p_step.run_id and r.compensation = 'none' and p_step.undo_of is null
  on conflict (step_id, name) do nothing
$$;

revoke all on function
  engine.bury(uuid[], text, text), engine.compensate(uuid, text, text, text),
  engine.record_undone(uuid[], text, text), engine.register_undo(public.steps, text, jsonb)
from public;
