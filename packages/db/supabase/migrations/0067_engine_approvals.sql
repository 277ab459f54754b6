-- What the engine does about approvals beyond 0013: fills in who stands behind a question and who has to answer it, gives and uses
-- up grants, reminds and escalates by the database's clock, begins and ends runs of tools.

create function engine.names_groups(p_rule jsonb) returns boolean
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_array_length(p_rule -> 'groups'), 0) > 0
$$;

-- Two rules as one: as many people and groups as the stricter asks for. A tool or a step may ask for more than the tenant, never less.
-- p_a is the tenant's, and where it names groups or says so itself, nobody else says who may vote in their place.
create function engine.stricter(p_a jsonb, p_b jsonb) returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_strip_nulls(p_a || p_b || jsonb_build_object(
    'quorum', greatest(coalesce((p_a ->> 'quorum')::integer, 1), coalesce((p_b ->> 'quorum')::integer, 1)),
    'groups', (
      select coalesce(jsonb_agg(jsonb_build_object('group', g.name, 'k', g.k) order by g.name), '[]')
      from (
        select e ->> 'group' as name, max(coalesce((e ->> 'k')::integer, 1)) as k
        from jsonb_array_elements(coalesce(p_a -> 'groups', '[]') || coalesce(p_b -> 'groups', '[]')) e group by 1
      ) g),
    'veto', case when p_a ? 'veto' and p_b ? 'veto' then (p_a ->> 'veto')::boolean or (p_b ->> 'veto')::boolean
      else coalesce((p_a ->> 'veto')::boolean, (p_b ->> 'veto')::boolean, true) end,
    'shared', case when p_a ? 'shared' and p_b ? 'shared' then (p_a ->> 'shared')::boolean and (p_b ->> 'shared')::boolean
      else coalesce((p_a ->> 'shared')::boolean, (p_b ->> 'shared')::boolean, false) end,
    'escalateTo', case when p_a ->> 'escalateTo' is not null or engine.names_groups(p_a) then p_a ->> 'escalateTo'
      else p_b ->> 'escalateTo' end,
    'onExpiry', coalesce(p_a ->> 'onExpiry', p_b ->> 'onExpiry')))
$$;

-- Two of the tenant's rules as one: whoever may vote in the place of one's groups may not in that of the other's.
create function engine.both_rules(p_a jsonb, p_b jsonb) returns jsonb
language sql immutable
set search_path = ''
as $$
  select case
    when p_a = '{}' or p_b = '{}' then p_a || p_b
    when not engine.names_groups(p_a) then engine.stricter(p_b, p_a)
    when engine.names_groups(p_b) and p_a ->> 'escalateTo' is distinct from p_b ->> 'escalateTo'
      then engine.stricter(p_a - 'escalateTo', p_b - 'escalateTo')
    else engine.stricter(p_a, p_b) end
$$;

-- What the tenant says about such a question: the most exact of its rules.
create function engine.approval_rule(p_tenant uuid, p_subject text, p_risk text) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select coalesce((
    select r.rule from public.approval_rules r
    where r.tenant_id = p_tenant and r.subject in (p_subject, '*') and r.risk in (coalesce(p_risk, '*'), '*')
    order by (r.risk <> '*') desc, (r.subject <> '*') desc limit 1), '{}')
$$;

-- What was written down as text, where it is an id.
create function engine.as_uuid(p_text text) returns uuid
language sql immutable
set search_path = ''
as $$
  select case when p_text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_text::uuid end
$$;

-- On whose behalf something is asked, from the person down to the agent that asks: [{type, id, name, via}]. A step that another
-- step spawned is asked for by all that spawned it, a run that goes on with another one by the schedule of that.
create function engine.principal_chain(p_approval public.approvals) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  with recursive above as (
    select s.id, s.parent_step_id, s.undo_of, s.name, s.lease_owner, s.executor, s.epoch, 0 as depth
    from public.steps s where s.id = p_approval.step_id
    union all
    select s.id, s.parent_step_id, s.undo_of, s.name, s.lease_owner, s.executor, s.epoch, a.depth + 1
    from above a join public.steps s on s.id = coalesce(a.parent_step_id, a.undo_of) where a.depth < 20
  ),
  line as (
    select r.id, r.plan_id, r.schedule_id, r.forked_from, r.created_by_type, r.created_by, r.created_at, 0 as depth
    from public.runs_all r where r.id = p_approval.run_id
    union all
    select r.id, r.plan_id, r.schedule_id, r.forked_from, r.created_by_type, r.created_by, r.created_at, l.depth + 1
    from line l join public.runs_all r on r.id = l.forked_from where l.depth < 20
  ),
  who as (
    select 0 as part, 0 as at, 'member' as type, l.created_by as id, 'started the run' as via
    from line l where l.depth = 0 and l.created_by_type = 'member'
    union all
    select 1, 0, 'member', p.created_by, 'made the plan'
    from public.plans p
    where p.id = coalesce(p_approval.plan_id, (select l.plan_id from line l where l.depth = 0)) and p.created_by_type = 'member'
    union all
    -- who changed it since is not behind what it started before
    select 2, (row_number() over (order by l.depth, c.at))::integer, 'member', c.user_id::text, c.via
    from line l join public.schedule_people c on c.schedule_id = l.schedule_id and c.at <= l.created_at
    union all
    -- what somebody edited for a run stays edited in those that go on with it
    select 0, l.depth, 'member', e.requester_user_id::text, 'edited step ' || o.name || ' for an earlier run'
    from line l
    join public.steps_all o on o.run_id = l.id and o.name in (select a.name from above a)
    join public.approvals e on e.step_id = o.id and e.subject = 'plan_step' and starts_with(e.why, 'Its arguments were edited for this run.')
    where l.depth > 0 and e.requester_user_id is not null
    union all
    select 3, 0, 'member', p_approval.requester_user_id::text, 'asked'
    where p_approval.requester_user_id is not null
    union all
    select 4, -a.depth, 'agent', coalesce(a.lease_owner, t.executor), 'step ' || a.name
    from above a left join lateral (
      select t.executor from public.attempts t where t.step_id = a.id order by t.epoch desc limit 1) t on true
    where a.executor = 'agent' and coalesce(a.lease_owner, t.executor) is not null
    union all
    -- an agent that wants more of a budget, with no step to say so
    select 5, 0, 'agent', p_approval.requested_by, 'asked'
    where p_approval.subject = 'budget' and p_approval.requested_by_type = 'agent'
  ),
  -- somebody who is there already is not told of a second time
  once as (
    select distinct on (w.type, w.id) w.part, w.at, w.type, w.id, w.via from who w order by w.type, w.id, w.part, w.at
  )
  select coalesce(jsonb_agg(jsonb_build_object('type', o.type, 'id', o.id, 'via', o.via, 'name', coalesce(
      case o.type
        when 'member' then (
          select m.name from public.members m where m.tenant_id = p_approval.tenant_id and m.user_id = engine.as_uuid(o.id))
        else (select g.name from public.agent_registry g where g.tenant_id = p_approval.tenant_id and g.id = engine.as_uuid(o.id)) end,
      case when o.id = p_approval.requested_by then p_approval.requested_by_name end, o.id)) order by o.part, o.at), '[]')
  from once o
$$;

-- Who may not answer, and why: the people in the chain, those who own an agent of it, and those who gave out a key that works, or
-- did when it was asked.
create function engine.barred(p_approval uuid) returns table (user_id uuid, why text)
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_approval public.approvals;
begin
  select a.* into v_approval from public.approvals a where a.id = p_approval;
  perform app.assert_tenant(v_approval.tenant_id);
  return query
    with chain as (
      select p.type, engine.as_uuid(p.id) as id, p.name, p.via
      from jsonb_to_recordset(v_approval.principals) as p (type text, id text, name text, via text)
    )
    select c.id, c.via from chain c where c.type = 'member' and c.id is not null
    union all
    select v_approval.requester_user_id, 'asked' where v_approval.requester_user_id is not null
    union all
    select g.owner_user_id, 'owns agent ' || g.name
    from chain c join public.agent_registry g on g.id = c.id and g.tenant_id = v_approval.tenant_id
    where c.type = 'agent' and g.owner_user_id is not null
    union all
    select k.issued_by, 'gave out a key of agent ' || c.name
    from chain c join public.agent_keys k on k.agent_id = c.id and k.tenant_id = v_approval.tenant_id
    where c.type = 'agent' and k.issued_by is not null and (k.revoked_at is null or k.revoked_at > v_approval.requested_at);
end
$$;

-- Every question, whoever asks it, has its rule, chain, root and times filled in here; every change raises its version.
create function engine.prepare_approval() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_risks text[];
  v_risk text;
  v_rule jsonb := '{}';
begin
  if tg_op = 'INSERT' then
    new.expires_at := least(new.expires_at, new.requested_at + interval '30 days');
    new.remind_at := coalesce(new.remind_at, new.requested_at + (new.expires_at - new.requested_at) * 0.5);
    new.escalate_at := coalesce(new.escalate_at, new.requested_at + (new.expires_at - new.requested_at) * 0.8);
    if new.risk is null and new.plan_step_id is not null then
      select p.risk, p.risk[1] into v_risks, new.risk from public.plan_steps p where p.id = new.plan_step_id;
    end if;
    -- of several labels each one's rule holds
    foreach v_risk in array coalesce(nullif(v_risks, '{}'), array[new.risk]) loop
      v_rule := engine.both_rules(v_rule, engine.approval_rule(new.tenant_id, new.subject, v_risk));
    end loop;
    new.rule := engine.stricter(v_rule, new.rule);
  else
    new.version := old.version + 1;
  end if;
  if tg_op = 'INSERT' or new.run_id is distinct from old.run_id then
    new.root_run_id := new.run_id;
  end if;
  -- what is bound to a run is bound to its step a moment later, when the run is there to say who started it
  if tg_op = 'INSERT' or new.step_id is distinct from old.step_id then
    new.principals := engine.principal_chain(new);
  end if;
  return new;
end
$$;
create trigger approvals_prepare before insert or update on public.approvals
  for each row execute function engine.prepare_approval();

-- What a yes gives: one use of exactly what was shown, or of what the approver made of it.
create function engine.give_grant(p_approval public.approvals) returns void
language sql security definer
set search_path = ''
as $$
  insert into public.approval_grants (tenant_id, approval_id, run_id, step_id, tool, tool_version, arguments_digest, expires_at, consumed_at)
  select p_approval.tenant_id, p_approval.id, p_approval.run_id, p_approval.step_id, p_approval.tool, p_approval.tool_version,
    coalesce(p_approval.edited_digest, p_approval.arguments_digest), clock_timestamp() + interval '72 hours',
    -- a step of a plan uses it up as it is let go
    case when p_approval.subject = 'plan_step' and p_approval.step_id is not null then clock_timestamp() end
  where p_approval.subject in ('tool', 'plan_step')
  on conflict (approval_id) do nothing
$$;

-- A step of a plan runs as its approver edited it, where it names another capability by agents of that. An effect with other arguments is
-- another effect, so its token is another one.
create function engine.apply_edit(p_approval public.approvals) returns void
language sql security definer
set search_path = ''
as $$
  update public.steps s
  set arguments = p_approval.edited_arguments -> 'with',
      capability = case s.kind when 'agent' then coalesce(p_approval.edited_arguments -> 'with' ->> 'capability', s.capability) else s.capability end,
      token = encode(sha256(convert_to(s.token || '|' || p_approval.edited_digest, 'UTF8')), 'hex')
  where p_approval.edited_arguments is not null and p_approval.subject = 'plan_step' and s.id = p_approval.step_id and s.status = 'queued'
$$;

-- A run uses the answers that were given before it began: grants are used up, edits become the steps' arguments. A grant that ran out
-- since it was looked for is none: whoever starts the run looks again. Yeses of before there were grants have none.
create function engine.use_answers(p_run uuid) returns void
language plpgsql security definer
set search_path = ''
as $$
declare
  v_approval public.approvals;
begin
  for v_approval in
    select a.* from public.approvals a where a.run_id = p_run and a.subject = 'plan_step' and a.status = 'approved' order by a.id
  loop
    perform app.assert_tenant(v_approval.tenant_id);
    update public.approval_grants g set run_id = p_run, step_id = v_approval.step_id, consumed_at = clock_timestamp()
    where g.approval_id = v_approval.id and g.consumed_at is null and g.expires_at > clock_timestamp();
    if not found and exists (select from public.approval_grants g where g.approval_id = v_approval.id) then
      raise serialization_failure using message = 'a yes ran out just now';
    end if;
    perform engine.apply_edit(v_approval);
  end loop;
end
$$;

-- As in 0013; a yes gives a grant, edits reach the step, and what a tool was asked for is let go as what a step asked.
create or replace function engine.apply_approval(p_approval uuid, p_actor_type text, p_actor_id text) returns jsonb
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

  if v_approval.status = 'approved' then
    perform engine.give_grant(v_approval);
    perform engine.apply_edit(v_approval);
  end if;

  -- one that is an option of a wait meets it, with all that follows from that
  select w.id into v_wait from public.waits w where w.approval_id = p_approval;
  if found then
    select * into v_woken from engine.meet_waits(array[v_wait], jsonb_build_object(v_wait, engine.verdict_json(p_approval)), null,
      p_actor_type, p_actor_id);
    return jsonb_build_object('for_workers', v_woken.for_workers, 'for_agents', v_woken.for_agents);
  end if;

  if v_approval.status = 'approved' or v_approval.subject in ('step', 'tool') then
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
    -- what follows from silence: the plan's own way, unless the rule says undo, or leave
    if v_approval.status = 'expired' and v_approval.rule ->> 'onExpiry' is not null then
      update public.runs r set compensate = (v_approval.rule ->> 'onExpiry' = 'compensate')
      where r.id = v_approval.run_id and r.finished_at is null;
    end if;
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

-- The groups of a rule that are not there: nobody could ever meet it. Nobody removes one until this transaction ends.
create function engine.missing_groups(p_tenant uuid, p_rule jsonb) returns text[]
language plpgsql security definer
set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('approval groups|' || p_tenant, 0));
  return (
    select coalesce(array_agg(distinct n.name order by n.name), '{}')
    from (
      select e ->> 'group' as name from jsonb_array_elements(coalesce(p_rule -> 'groups', '[]')) e
      union all
      select p_rule ->> 'escalateTo'
    ) n
    where n.name is not null
      and not exists (select from public.approval_groups g where g.tenant_id = p_tenant and g.name = n.name));
end
$$;

-- As in 0013; what the approver edited is what the asker is told. p_more: {schema, rule}: what may be edited, and who has to say
-- yes beyond what the tenant asks for; both as they were when it was first asked. SQLSTATE NX003: the rule names a group that is not there.
drop function engine.request_approval(uuid, uuid, bigint, text, text, text, text, jsonb, text, text, bigint);
create function engine.request_approval(
  p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_title text, p_question text, p_why text,
  p_arguments jsonb, p_arguments_digest text, p_requester text, p_expires_ms bigint, p_more jsonb default '{}'
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_approval public.approvals := engine.open_question(v_step, p_name, p_title, p_question, p_why, p_arguments,
    p_arguments_digest, p_requester, p_expires_ms);
  v_missing text[];
begin
  if p_more <> '{}' and v_approval.status = 'pending' and v_approval.version = 1 then
    v_missing := engine.missing_groups(v_step.tenant_id, coalesce(p_more -> 'rule', '{}'));
    if v_missing <> '{}' then
      raise exception using errcode = 'NX003', message = 'there is no group ' || array_to_string(v_missing, ', ');
    end if;
    update public.approvals a
    set arguments_schema = p_more -> 'schema',
        -- not by a.rule, in which what the tenant says nothing about is filled in
        rule = engine.stricter(engine.approval_rule(a.tenant_id, a.subject, a.risk), coalesce(p_more -> 'rule', '{}'))
    where a.id = v_approval.id returning * into v_approval;
  end if;
  if v_approval.status = 'pending' then
    perform engine.suspend(v_step, 2, 'approval');
  end if;
  return engine.answer_json(v_approval);
end
$$;

-- What an executor that asked is told.
create function engine.answer_json(p_approval public.approvals) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object('name', p_approval.name, 'status', p_approval.status, 'approval_id', p_approval.id,
    'arguments', coalesce(p_approval.edited_arguments, p_approval.arguments), 'edited', p_approval.edited_arguments is not null,
    'held', p_approval.status = 'pending',
    'reason', (select d.reason from public.approval_decisions d where d.approval_id = p_approval.id order by d.at desc limit 1))
$$;

create or replace function engine.verdict_json(p_approval uuid) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object('approval_id', a.id, 'status', a.status, 'arguments', coalesce(a.edited_arguments, a.arguments), 'reason',
    (select d.reason from public.approval_decisions d where d.approval_id = a.id order by d.at desc limit 1))
  from public.approvals a where a.id = p_approval and a.status <> 'pending'
$$;

create or replace function engine.answers_of(p_step uuid) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'status', a.status,
    'arguments', coalesce(a.edited_arguments, a.arguments), 'edited', a.edited_arguments is not null, 'reason',
    (select d.reason from public.approval_decisions d where d.approval_id = a.id order by d.at desc limit 1))), '[]')
  from public.approvals a where a.step_id = p_step and a.subject in ('step', 'tool'));
end
$$;

-- Ends a question whose time is over, where nothing has yet, and carries that out: whoever comes too late is told how it really
-- ended, not how it will. The sweep (engine.expire_approvals) does the same to those that nobody comes to any more.
-- Answers {status, ended, for_workers, for_agents}; null where there is none.
create function engine.expire_approval(p_approval uuid) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_approval public.approvals;
begin
  select a.* into v_approval from public.approvals a where a.id = p_approval for update;
  if not found then
    return null;
  end if;
  perform app.assert_tenant(v_approval.tenant_id);
  if v_approval.status <> 'pending' or v_approval.expires_at > clock_timestamp() then
    return jsonb_build_object('status', v_approval.status, 'ended', false, 'for_workers', 0, 'for_agents', 0);
  end if;
  update public.approvals a set status = 'expired', decided_at = clock_timestamp() where a.id = p_approval;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (v_approval.tenant_id, 'approval.decided', v_approval.correlation_id, 'system', 'sweeper', v_approval.run_id,
    jsonb_strip_nulls(jsonb_build_object('approval_id', v_approval.id, 'subject', v_approval.subject, 'status', 'expired',
      'plan_id', v_approval.plan_id, 'run_id', v_approval.run_id, 'step_id', v_approval.step_id)));
  return engine.apply_approval(p_approval, 'system', 'sweeper') || jsonb_build_object('status', 'expired', 'ended', true);
end
$$;

-- Questions that nobody answered in half of their time are told of again; after four fifths of it the next group is asked too.
-- Answers how many.
create function engine.remind_approvals(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_done integer;
  v_more integer;
begin
  with due as (
    select a.id from public.approvals a
    where a.status = 'pending' and a.reminded_at is null and a.remind_at <= clock_timestamp() and a.expires_at > clock_timestamp()
    order by a.remind_at limit p_limit for update skip locked
  ),
  marked as (
    update public.approvals a set reminded_at = clock_timestamp() from due d where a.id = d.id returning a.*
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'approval.reminded', m.correlation_id, 'system', 'sweeper', m.run_id,
      jsonb_strip_nulls(jsonb_build_object('approval_id', m.id, 'subject', m.subject, 'plan_id', m.plan_id, 'run_id', m.run_id, 'step_id', m.step_id))
    from marked m returning 1
  )
  select count(*) into v_done from told;

  with due as (
    select a.id from public.approvals a
    where a.status = 'pending' and a.escalated_at is null and a.escalate_at <= clock_timestamp() and a.expires_at > clock_timestamp()
    order by a.escalate_at limit p_limit for update skip locked
  ),
  marked as (
    update public.approvals a set escalated_at = clock_timestamp() from due d where a.id = d.id returning a.*
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'approval.escalated', m.correlation_id, 'system', 'sweeper', m.run_id,
      jsonb_strip_nulls(jsonb_build_object('approval_id', m.id, 'subject', m.subject, 'plan_id', m.plan_id, 'run_id', m.run_id,
        'step_id', m.step_id, 'group', m.rule ->> 'escalateTo'))
    from marked m returning 1
  )
  select count(*) into v_more from told;
  return v_done + v_more;
end
$$;

-- An agent asks people about one use of a tool. p_ask: {name, tool, version, target, question, why, arguments, digest, requester,
-- expires_ms}. As engine.request_approval; null where that version of the tool is not the one that holds. A yes whose grant ran
-- out unused is no answer any more: it is asked anew.
create function engine.request_tool_approval(p_tenant uuid, p_step uuid, p_epoch bigint, p_ask jsonb) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_tool public.agent_tools;
  v_approval public.approvals;
begin
  select t.* into v_tool from public.agent_tools t
  where t.tenant_id = v_step.tenant_id and t.name = p_ask ->> 'tool' and t.version = p_ask ->> 'version' and t.status = 'active';
  if not found then
    return null;
  end if;

  select a.* into v_approval from public.approvals a
  where a.step_id = p_step and a.subject = 'tool' and a.name = p_ask ->> 'name' and a.arguments_digest = p_ask ->> 'digest'
    and a.status not in ('superseded', 'cancelled')
    and not exists (select from public.approval_grants g
      where g.approval_id = a.id and g.consumed_at is null and g.expires_at <= clock_timestamp())
  order by a.id desc limit 1;
  if not found then
    with replaced as (
      update public.approvals a set status = 'superseded', decided_at = clock_timestamp()
      where a.step_id = p_step and a.subject = 'tool' and a.name = p_ask ->> 'name' and a.status = 'pending'
      returning a.id
    )
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select v_step.tenant_id, 'approval.decided', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('approval_id', r.id, 'subject', 'tool', 'status', 'superseded', 'run_id', v_step.run_id, 'step_id', p_step)
    from replaced r;

    insert into public.approvals (tenant_id, subject, run_id, step_id, name, title, question, why, arguments, arguments_digest,
      requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id, risk, tool, tool_version, target,
      arguments_schema, rule)
    values (v_step.tenant_id, 'tool', v_step.run_id, p_step, p_ask ->> 'name', v_tool.title, p_ask ->> 'question', p_ask ->> 'why',
      p_ask -> 'arguments', p_ask ->> 'digest', v_step.executor, v_step.lease_owner, p_ask ->> 'requester',
      (select r.created_by::uuid from public.runs r where r.id = v_step.run_id and r.created_by_type = 'member'),
      clock_timestamp() + make_interval(secs => (p_ask ->> 'expires_ms')::bigint / 1000.0), v_step.correlation_id,
      v_tool.sensitivity, v_tool.name, v_tool.version, p_ask ->> 'target', v_tool.input_schema, coalesce(v_tool.rule, '{}'))
    returning * into v_approval;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_step.tenant_id, 'approval.requested', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('approval_id', v_approval.id, 'subject', 'tool', 'run_id', v_step.run_id, 'step_id', p_step));
  end if;
  if v_approval.status = 'pending' then
    perform engine.suspend(v_step, 2, 'approval');
  end if;
  return engine.answer_json(v_approval);
end
$$;

-- Notes that a tool is about to be used, once a name: whoever asks again is told what became of it. A tool that needs people's
-- yes begins only with an unused grant for exactly this, which is used up in the same transaction.
--
-- Answers {result: begun | known | conflict | approval_required | stale | cancelled, id, status, version, digest, grant_id}: stale, when
-- another version holds; conflict, when the name was another tool's; cancelled, when its step is to end. Of a known use that people
-- edited, asked is the digest of what they were asked about, and arguments what they made of it.
-- An intent of an earlier claim becomes unknown: what its executor did before it was lost, nobody here can tell.
create function engine.begin_tool(
  p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_tool text, p_version text, p_digest text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_tool public.agent_tools;
  v_run public.tool_runs;
  v_grant uuid;
begin
  perform engine.mark_running(v_step);
  update public.tool_runs t set status = 'unknown', ended_at = clock_timestamp()
  where t.step_id = p_step and t.name = p_name and t.status = 'intended' and t.epoch < p_epoch;
  select t.* into v_run from public.tool_runs t where t.step_id = p_step and t.name = p_name;
  if found then
    return jsonb_build_object('result', case when v_run.tool = p_tool then 'known' else 'conflict' end,
      'id', v_run.id, 'status', v_run.status, 'version', v_run.tool_version, 'digest', v_run.arguments_digest, 'grant_id', v_run.grant_id)
      || coalesce((
        select jsonb_build_object('asked', a.arguments_digest, 'arguments', a.edited_arguments)
        from public.approval_grants g join public.approvals a on a.id = g.approval_id
        where g.id = v_run.grant_id and a.edited_digest = v_run.arguments_digest), '{}');
  end if;
  if v_step.cancel_requested_at is not null then
    return jsonb_build_object('result', 'cancelled');
  end if;

  select t.* into v_tool from public.agent_tools t
  where t.tenant_id = v_step.tenant_id and t.name = p_tool and t.version = p_version and t.status = 'active';
  if not found then
    return jsonb_build_object('result', 'stale');
  end if;
  if v_tool.requires_approval then
    update public.approval_grants g set consumed_at = clock_timestamp()
    where g.id = (
      select o.id from public.approval_grants o
      where o.tenant_id = v_step.tenant_id and o.step_id = p_step and o.tool = p_tool and o.tool_version = p_version
        and o.arguments_digest = p_digest and o.consumed_at is null and o.expires_at > clock_timestamp()
      order by o.granted_at limit 1 for update)
    returning g.id into v_grant;
    if v_grant is null then
      return jsonb_build_object('result', 'approval_required');
    end if;
  end if;
  insert into public.tool_runs (tenant_id, run_id, step_id, epoch, name, tool, tool_version, arguments_digest, grant_id, agent_id)
  values (v_step.tenant_id, v_step.run_id, p_step, p_epoch, p_name, p_tool, p_version, p_digest, v_grant, v_step.lease_owner)
  returning * into v_run;
  if v_grant is not null then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select v_step.tenant_id, 'grant.consumed', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('grant_id', g.id, 'approval_id', g.approval_id, 'tool_run_id', v_run.id, 'run_id', v_step.run_id, 'step_id', p_step)
    from public.approval_grants g where g.id = v_grant;
  end if;
  return jsonb_build_object('result', 'begun', 'id', v_run.id, 'status', v_run.status, 'version', p_version, 'digest', p_digest, 'grant_id', v_grant);
end
$$;

-- How a use of a tool ended; one that is unknown is known from here on. Null where there is none of that name.
create function engine.end_tool(
  p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_status text, p_result_digest text, p_error_code text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_run public.tool_runs;
begin
  update public.tool_runs t
  set status = p_status, result_digest = p_result_digest, error_code = p_error_code, ended_at = clock_timestamp()
  where t.step_id = v_step.id and t.name = p_name and t.status in ('intended', 'unknown')
  returning * into v_run;
  if not found then
    select t.* into v_run from public.tool_runs t where t.step_id = v_step.id and t.name = p_name;
    if not found then
      return null;
    end if;
  end if;
  return jsonb_build_object('id', v_run.id, 'status', v_run.status);
end
$$;

-- The groups that have to approve what has these labels, by the tenant's setting compliance.approvers, each with one of the labels.
create function engine.required_groups(p_tenant uuid, p_labels text[]) returns table (group_name text, label text)
language sql stable security definer
set search_path = ''
as $$
  select distinct on (a.value) a.value, l.label
  from public.tenant_settings s
  cross join lateral jsonb_each_text(coalesce(s.value -> 'approvers', '{}')) a
  cross join lateral unnest(p_labels) with ordinality as l (label, n)
  where s.tenant_id = p_tenant and s.key = 'compliance'
    and case when right(a.key, 1) = '*' then starts_with(l.label, left(a.key, -1)) else l.label = a.key end
  order by a.value, l.n
$$;

-- As in 0048; the groups that a step's labels require are asked for as when its plan is executed, and what was approved with changes is asked
-- about under the digest of what runs, in whichever of the runs that this one goes on with it was.
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
  line (id, depth) as (
    select p_source, 0
    union all
    select r.forked_from, l.depth + 1 from line l join public.runs_all r on r.id = l.id where r.forked_from is not null and l.depth < 100
  ),
  asked as (
    insert into public.approvals (tenant_id, subject, plan_id, plan_step_id, run_id, step_id, title, question, why, arguments,
      arguments_digest, requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id, rule)
    select h.tenant_id, 'plan_step', r.plan_id, p.id, p_run, h.id, h.title,
      format('May step "%s" run exactly as shown?', h.name),
      case when h.edit is not null then 'Its arguments were edited for this run.'
        when p.id is null then 'Its arguments were edited for an earlier run.'
        else 'The backlog marks this item as sensitive' || case when cardinality(p.risk) > 0
          then '; risk: ' || array_to_string(p.risk, ', ') else '' end || '.' end || coalesce(required.why, ''),
      jsonb_build_object('step', h.name, 'kind', h.kind, 'with', h.arguments),
      coalesce(h.edit ->> 'digest', (
        select case when a.status = 'approved' then coalesce(a.edited_digest, a.arguments_digest) else a.arguments_digest end
        from line l
        join public.steps_all o on o.run_id = l.id and o.name = h.name
        join public.approvals a on a.step_id = o.id and a.subject = 'plan_step'
        order by l.depth, a.id desc limit 1), p.arguments_digest),
      'member', p_member::text, p_member_name, p_member, clock_timestamp() + interval '72 hours', h.correlation_id,
      coalesce(required.rule, '{}')
    from held h
    join public.runs r on r.id = p_run
    join origin o on o.step_id = h.id and (o.plan_step_id is not null or o.at is null)
    left join public.plan_steps p on p.id = o.plan_step_id
    left join lateral (
      select jsonb_build_object('groups', jsonb_agg(jsonb_build_object('group', g.group_name, 'k', 1) order by g.group_name)) as rule,
        string_agg(format(' %s has to approve it, because of its label %s.', g.group_name, g.label), '' order by g.group_name) as why
      from engine.required_groups(h.tenant_id, p.labels) g
      having count(*) > 0
    ) required on true
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

revoke all on function engine.request_approval(uuid, uuid, bigint, text, text, text, text, jsonb, text, text, bigint, jsonb),
  engine.required_groups(uuid, text[]),
  engine.stricter(jsonb, jsonb), engine.names_groups(jsonb), engine.both_rules(jsonb, jsonb), engine.missing_groups(uuid, jsonb),
  engine.approval_rule(uuid, text, text), engine.as_uuid(text), engine.principal_chain(public.approvals), engine.prepare_approval(),
  engine.give_grant(public.approvals), engine.apply_edit(public.approvals), engine.answer_json(public.approvals),
  engine.barred(uuid), engine.use_answers(uuid), engine.expire_approval(uuid), engine.remind_approvals(integer),
  engine.request_tool_approval(uuid, uuid, bigint, jsonb), engine.begin_tool(uuid, uuid, bigint, text, text, text, text),
  engine.end_tool(uuid, uuid, bigint, text, text, text, text) from public;
grant execute on function engine.barred(uuid), engine.use_answers(uuid), engine.expire_approval(uuid) to nofx_member;
grant execute on function engine.remind_approvals(integer) to nofx_worker;
grant execute on function engine.request_approval(uuid, uuid, bigint, text, text, text, text, jsonb, text, text, bigint, jsonb),
  engine.request_tool_approval(uuid, uuid, bigint, jsonb),
  engine.begin_tool(uuid, uuid, bigint, text, text, text, text), engine.end_tool(uuid, uuid, bigint, text, text, text, text)
  to nofx_worker, nofx_agent;

-- Questions of before: who stands behind them, and when people are to be told of them again.
update public.approvals a set rule = engine.stricter('{}', '{}'), root_run_id = a.run_id,
  principals = engine.principal_chain(a),
  remind_at = a.requested_at + (a.expires_at - a.requested_at) * 0.5, escalate_at = a.requested_at + (a.expires_at - a.requested_at) * 0.8
where a.rule = '{}';
