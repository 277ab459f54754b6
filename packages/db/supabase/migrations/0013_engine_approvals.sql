-- Stores a question of a step that its executor holds, once. An answer holds for exactly what was shown: the same name with
-- another digest is another question, and one that is still open under that name gives way to it.
create function engine.open_question(
  p_step public.steps, p_name text, p_title text, p_question text, p_why text,
  p_arguments jsonb, p_arguments_digest text, p_requester text, p_expires_ms bigint
) returns public.approvals
language plpgsql security definer
set search_path = ''
as $$
declare
  v_approval public.approvals;
begin
  with replaced as (
    update public.approvals a set status = 'superseded', decided_at = clock_timestamp()
    where a.step_id = p_step.id and a.name = p_name and a.subject = 'step' and a.status = 'pending'
      and a.arguments_digest <> p_arguments_digest
    returning a.id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select p_step.tenant_id, 'approval.decided', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
    jsonb_build_object('approval_id', r.id, 'subject', 'step', 'status', 'superseded', 'run_id', p_step.run_id, 'step_id', p_step.id)
  from replaced r;

  insert into public.approvals (tenant_id, subject, run_id, step_id, name, title, question, why, arguments, arguments_digest,
    requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id)
  values (p_step.tenant_id, 'step', p_step.run_id, p_step.id, p_name, p_title, p_question, p_why, p_arguments, p_arguments_digest,
    p_step.executor, p_step.lease_owner, p_requester,
    -- whoever started the run stands behind what its steps ask, and may not answer it
    (select r.created_by::uuid from public.runs r where r.id = p_step.run_id and r.created_by_type = 'member'),
    clock_timestamp() + make_interval(secs => p_expires_ms / 1000.0), p_step.correlation_id)
  on conflict (step_id, name, arguments_digest) where subject = 'step' do nothing
  returning * into v_approval;
  if found then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_step.tenant_id, 'approval.requested', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
      jsonb_build_object('approval_id', v_approval.id, 'subject', 'step', 'run_id', p_step.run_id, 'step_id', p_step.id));
    return v_approval;
  end if;

  select a.* into v_approval from public.approvals a
  where a.step_id = p_step.id and a.name = p_name and a.arguments_digest = p_arguments_digest and a.subject = 'step';
  return v_approval;
end
$$;
revoke all on function engine.open_question(public.steps, text, text, text, text, jsonb, text, text, bigint) from public;

-- An executor asks people. The first time, the question is stored and the step is put on hold: it is queued with the
-- approval hold, its lease ends, no slot is held, and waiting uses no attempt. Once answered the step is claimed anew,
-- and asking the same again under the same name returns the answer without waiting.
--
-- Answers {name, status, reason, arguments, held}: held is true when the step was put on hold and the executor must stop.
create function engine.request_approval(
  p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_title text, p_question text, p_why text,
  p_arguments jsonb, p_arguments_digest text, p_requester text, p_expires_ms bigint
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_approval public.approvals := engine.open_question(v_step, p_name, p_title, p_question, p_why, p_arguments,
    p_arguments_digest, p_requester, p_expires_ms);
begin
  if v_approval.status = 'pending' then
    perform engine.suspend(v_step, 2, 'approval');
  end if;
  return jsonb_build_object('name', v_approval.name, 'status', v_approval.status, 'arguments', v_approval.arguments,
    'approval_id', v_approval.id, 'held', v_approval.status = 'pending',
    'reason', (select d.reason from public.approval_decisions d where d.approval_id = v_approval.id order by d.at desc limit 1));
end
$$;
grant execute on function engine.request_approval(uuid, uuid, bigint, text, text, text, text, jsonb, text, text, bigint)
  to nofx_worker, nofx_agent;

-- Carries an answer to the steps that wait for it. The approval row is locked by the caller and already has its final
-- status. A step that asked itself (subject step) is let go whatever the answer: its executor hears it. A step that may
-- not run without a yes (subject plan_step) fails on a no.
-- Answers {for_workers, for_agents}.
create function engine.apply_approval(p_approval uuid, p_actor_type text, p_actor_id text) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_approval public.approvals;
  v_wait uuid;
  v_woken record;
  v_freed integer[] := array[0, 0];
  v_failed uuid[];
begin
  select a.* into strict v_approval from public.approvals a where a.id = p_approval;
  perform app.assert_tenant(v_approval.tenant_id);
  if v_approval.status not in ('approved', 'rejected', 'expired') then
    return jsonb_build_object('for_workers', 0, 'for_agents', 0);
  end if;

  perform from public.steps s
  where s.id = v_approval.step_id and s.status = 'queued' and s.holds & 2 = 2
  order by s.id for update;

  -- one that is an option of a wait meets it, with all that follows from that
  select w.id into v_wait from public.waits w where w.approval_id = p_approval;
  if found then
    select * into v_woken from engine.meet_waits(array[v_wait], jsonb_build_object(v_wait, engine.verdict_json(p_approval)), null,
      p_actor_type, p_actor_id);
    return jsonb_build_object('for_workers', v_woken.for_workers, 'for_agents', v_woken.for_agents);
  end if;

  if v_approval.status = 'approved' or v_approval.subject = 'step' then
    with freed as (
      update public.steps s
      set holds = s.holds & ~2, run_at = clock_timestamp(),
          deadline_at = case when s.holds & ~2 = 0
            then s.deadline_at + (clock_timestamp() - coalesce(s.held_at, clock_timestamp())) else s.deadline_at end,
          held_at = case when s.holds & ~2 = 0 then null else s.held_at end
      where s.id = v_approval.step_id and s.status = 'queued' and s.holds & 2 = 2
      returning s.executor, s.holds
    )
    select array[count(*) filter (where f.executor = 'worker' and f.holds = 0), count(*) filter (where f.executor = 'agent' and f.holds = 0)]
    into v_freed from freed f;
  else
    with failed as (
      update public.steps s
      set status = 'failed', finalised_at = clock_timestamp(),
          error = jsonb_build_object('code', 'approval_' || v_approval.status,
            'message', case v_approval.status when 'rejected' then 'People said no.' else 'Nobody answered in time.' end)
      where s.id = v_approval.step_id and s.status = 'queued' and s.holds & 2 = 2
      returning s.id, s.tenant_id, s.run_id, s.correlation_id, s.epoch
    ),
    told as (
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      select f.tenant_id, 'steps.settled', f.correlation_id, p_actor_type, p_actor_id, f.run_id,
        jsonb_build_object('run_id', f.run_id, 'steps', jsonb_build_array(jsonb_build_object('step_id', f.id, 'run_id', f.run_id,
          'attempt', f.epoch, 'outcome', 'failed', 'status', 'failed', 'error_code', 'approval_' || v_approval.status)))
      from failed f
    )
    select coalesce(array_agg(f.id), '{}') into v_failed from failed f;
    if cardinality(v_failed) > 0 then
      perform engine.finish('{}', v_failed, p_actor_type, p_actor_id);
    end if;
  end if;
  return jsonb_build_object('for_workers', v_freed[1], 'for_agents', v_freed[2]);
end
$$;
grant execute on function engine.apply_approval(uuid, text, text) to nofx_member, nofx_worker;

-- Ends questions that nobody answered in time. Expiry never approves.
create function engine.expire_approvals(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_approval public.approvals;
  v_expired uuid[] := '{}';
begin
  for v_approval in
    select a.* from public.approvals a
    where a.status = 'pending' and a.expires_at <= clock_timestamp()
    order by a.expires_at limit p_limit for update skip locked
  loop
    update public.approvals a set status = 'expired', decided_at = clock_timestamp() where a.id = v_approval.id;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_approval.tenant_id, 'approval.decided', v_approval.correlation_id, 'system', 'sweeper', v_approval.run_id,
      jsonb_strip_nulls(jsonb_build_object('approval_id', v_approval.id, 'subject', v_approval.subject, 'status', 'expired',
        'plan_id', v_approval.plan_id, 'run_id', v_approval.run_id, 'step_id', v_approval.step_id)));
    perform engine.apply_approval(v_approval.id, 'system', 'sweeper');
    v_expired := v_expired || v_approval.id;
  end loop;
  -- the audit head is the last lock that anybody takes, so this one waits for nothing while it has it
  for v_approval in select a.* from public.approvals a where a.id = any (v_expired) order by a.tenant_id, a.id loop
    perform app.append_audit(v_approval.tenant_id, 'approval.decided', 'system', 'sweeper',
      jsonb_build_object('approval_id', v_approval.id, 'status', 'expired')::text);
  end loop;
  return cardinality(v_expired);
end
$$;
grant execute on function engine.expire_approvals(integer) to nofx_worker;
