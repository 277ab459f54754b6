-- What a step of kind session does: it reads what it knows and what has ended below it, its strategy decides (core/orchestration), and the
-- decision is carried out by these, in one transaction that begins with engine.session_read: its fence holds for all of them.

-- Locks first all open steps of the run, where others below are to be called off: as engine.call_off does, and before anything else.
create function engine.session_lock(p_step uuid) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  perform engine.lock_open_steps((select s.run_id from public.steps s where s.id = p_step));
end
$$;

-- All that a session decides by, under the lock of its step: {step, node, session, parent, ended, children_left, now}.
--   session  its row; null before it has begun
--   parent   the session above it, with its quotas
--   ended    its children that have ended and that its state does not know of yet, in the order of their ends
create function engine.session_read(p_step uuid, p_epoch bigint) returns jsonb
language plpgsql security definer
set search_path = '' set enable_seqscan = off
as $$
declare
  v_step public.steps := engine.owned(null, p_step, p_epoch);
  v_session public.agent_sessions;
  v_above text[] := app.steps_above(p_step);
  v_parent public.agent_sessions;
begin
  perform engine.mark_running(v_step);
  select a.* into v_session from public.agent_sessions a where a.step_id = p_step;
  select a.* into v_parent
  from unnest(v_above) with ordinality as u (id, n) join public.agent_sessions a on a.step_id = u.id::uuid
  where u.n > 1 order by u.n limit 1;
  return jsonb_build_object(
    'tenant_id', v_step.tenant_id, 'run_id', v_step.run_id, 'depth', cardinality(v_above) - 1,
    'session', case when v_session.id is not null then jsonb_build_object('id', v_session.id, 'status', v_session.status,
      'state', v_session.state, 'revision', v_session.revision, 'decision_id', v_session.decision_id, 'rounds', v_session.rounds,
      'quotas', v_session.quotas, 'late', v_session.deadline_at <= clock_timestamp(),
      'seconds', extract(epoch from clock_timestamp() - v_session.started_at)) end,
    'parent', case when v_parent.id is not null then jsonb_build_object('id', v_parent.id, 'depth', v_parent.depth, 'quotas', v_parent.quotas,
      'seconds_left', extract(epoch from v_parent.deadline_at - clock_timestamp())) end,
    'priority', v_step.priority,
    'item', (select jsonb_build_object('labels', p.labels || p.risk, 'type', i.type)
      from public.plan_steps p join public.backlog_items i on i.id = p.backlog_item_id where p.id = v_step.plan_step_id),
    'children_left', v_step.children_left,
    'ended', (
      select coalesce(jsonb_agg(jsonb_build_object('name', e.name, 'status', e.status, 'output', e.output, 'error', e.error) order by e.finalised_at, e.id), '[]')
      from (
        select c.id, substr(c.name, length(v_step.name) + 2) as name, c.status, c.output, c.error, c.finalised_at
        from public.steps c where c.parent_step_id = p_step and c.finalised_at is not null offset 0
      ) e
      where v_session.state #>> array['children', e.name, 'status'] in ('open', 'cancelling')));
end
$$;

-- Begins a session: its row, its place in the tree, and its quotas, which are budgets of its step for as long as it lasts.
-- p_session: {asked, strategy, mode?, capability, decision_id?, state, region?, quotas: {depth (below the root), fanOut, agents?, usd? (pico),
-- seconds, failures}}. Answers its id.
create function engine.session_begin(p_step uuid, p_epoch bigint, p_session jsonb) returns uuid
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(null, p_step, p_epoch);
  v_quotas jsonb := p_session -> 'quotas';
  v_node public.run_agent_hierarchy := engine.node_of(v_step);
  v_parent public.agent_sessions;
  v_id uuid := app.uuid7();
  v_by uuid;
begin
  select a.* into v_parent
  from unnest(app.steps_above(p_step)) with ordinality as u (id, n) join public.agent_sessions a on a.step_id = u.id::uuid
  where u.n > 1 order by u.n limit 1;
  insert into public.agent_sessions (id, tenant_id, run_id, step_id, parent_session_id, depth, asked, strategy, mode, capability, decision_id,
    state, quotas, deadline_at, region)
  values (v_id, v_step.tenant_id, v_step.run_id, p_step, v_parent.id, v_node.depth, p_session ->> 'asked', p_session ->> 'strategy',
    p_session ->> 'mode', p_session ->> 'capability', (p_session ->> 'decision_id')::uuid, p_session -> 'state', v_quotas,
    least(v_parent.deadline_at, clock_timestamp() + make_interval(secs => (v_quotas ->> 'seconds')::double precision)), p_session ->> 'region');
  update public.run_agent_hierarchy h set session_id = v_id, region = coalesce(h.region, p_session ->> 'region') where h.id = v_node.id;

  select case when r.created_by_type = 'member' then r.created_by::uuid else '00000000-0000-0000-0000-000000000000' end into v_by
  from public.runs r where r.id = v_step.run_id;
  insert into public.budgets (tenant_id, name, note, scope, subject, measure, kind, "window", "limit", outcome, session_id, created_by, changed_by)
  select v_step.tenant_id, 'session.' || v_id || '.' || q.measure, 'A quota of a session', 'step', p_step::text, q.measure, 'cap', 'total',
    q.most, 'stop', v_id, v_by, v_by
  from (values
    ('depth', (v_quotas ->> 'depth')::numeric), ('fan_out', (v_quotas ->> 'fanOut')::numeric), ('agents', (v_quotas ->> 'agents')::numeric),
    ('usd', (v_quotas ->> 'usd')::numeric)) as q (measure, most)
  where q.most is not null;

  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (v_step.tenant_id, 'session.started', v_step.correlation_id, 'worker', v_step.lease_owner, v_step.run_id,
    jsonb_build_object('session_id', v_id, 'run_id', v_step.run_id, 'step_id', p_step, 'strategy', p_session ->> 'strategy'));
  return v_id;
end
$$;

-- Stores what a session knows now, on top of the revision that was read. The caller holds its step by engine.session_read.
create function engine.session_save(p_step uuid, p_epoch bigint, p_revision integer, p_state jsonb, p_rounds integer) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  perform engine.owned(null, p_step, p_epoch);
  update public.agent_sessions a
  set state = p_state, rounds = p_rounds, revision = p_revision + 1
  where a.step_id = p_step and a.revision = p_revision and a.status = 'running';
  if not found then
    raise exception using errcode = 'NX001', message = 'lease_lost';
  end if;
end
$$;

-- What a reviewer of a pair said, once a round, and what that says of the two.
create function engine.session_verdict(p_step uuid, p_epoch bigint, p_verdict jsonb) returns void
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(null, p_step, p_epoch);
  v_made public.critic_verdicts;
begin
  insert into public.critic_verdicts (tenant_id, run_id, session_id, round, verdict, score, feedback, doer_step, reviewer_step, doer_agent, reviewer_agent)
  select a.tenant_id, a.run_id, a.id, (p_verdict ->> 'round')::integer, p_verdict ->> 'verdict', (p_verdict ->> 'score')::double precision,
    coalesce(p_verdict ->> 'feedback', ''), d.id, r.id, dn.agent_id, rn.agent_id
  from public.agent_sessions a
  join public.steps d on d.run_id = a.run_id and d.name = v_step.name || '.' || (p_verdict ->> 'doer')
  join public.steps r on r.run_id = a.run_id and r.name = v_step.name || '.' || (p_verdict ->> 'reviewer')
  left join public.run_agent_hierarchy dn on dn.step_id = d.id
  left join public.run_agent_hierarchy rn on rn.step_id = r.id
  where a.step_id = p_step
  on conflict (session_id, round) do nothing
  returning * into v_made;
  if v_made.doer_agent <> v_made.reviewer_agent then
    insert into public.agent_relationships as r (tenant_id, from_agent, to_agent, kind, times, succeeded)
    values (v_made.tenant_id, v_made.reviewer_agent, v_made.doer_agent, 'reviews', 1, (v_made.verdict = 'accept')::integer)
    on conflict (tenant_id, from_agent, to_agent, kind) do update
    set times = r.times + 1, succeeded = r.succeeded + excluded.succeeded, last_at = clock_timestamp();
  end if;
end
$$;

-- Calls off children of a session and all below them: what is queued ends at once, what is executed hears of it with its next heartbeat.
-- The caller has begun with engine.session_lock. Answers how many steps that freed.
create function engine.session_cancel(p_step uuid, p_epoch bigint, p_names text[], p_reason text) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(null, p_step, p_epoch);
  v_child uuid;
  v_ended uuid[] := '{}';
  v_freed record;
begin
  for v_child in
    select s.id from public.steps s
    where s.run_id = v_step.run_id and s.parent_step_id = p_step and s.finalised_at is null
      and s.name = any (array(select v_step.name || '.' || n from unnest(p_names) n))
    order by s.id
  loop
    v_ended := v_ended || engine.call_off(v_step.run_id, v_child, p_reason, 'worker', v_step.lease_owner);
  end loop;
  select 0 as for_workers, 0 as for_agents into v_freed;
  if v_ended <> '{}' then
    select * into v_freed from engine.finish('{}', v_ended, 'worker', v_step.lease_owner);
  end if;
  return jsonb_build_object('for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents);
end
$$;

-- Has a session wait without an executor until no more than p_upto of its children are under way, or its time is over. False where that is
-- so already: then it goes on. One that is being called off ends here, as its children were not begun or are called off too.
create function engine.session_wait(p_step uuid, p_epoch bigint, p_name text, p_upto integer) returns boolean
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(null, p_step, p_epoch);
  v_deadline timestamptz := (select a.deadline_at from public.agent_sessions a where a.step_id = p_step);
begin
  v_step.cancel_requested_at := coalesce(v_step.cancel_requested_at,
    (select r.cancel_requested_at from public.runs r where r.id = v_step.run_id));
  if v_step.cancel_requested_at is null and (v_step.children_left <= p_upto or v_deadline <= clock_timestamp()) then
    return false;
  end if;
  insert into public.waits (tenant_id, run_id, step_id, name, option, position, kind, due_at, upto)
  values (v_step.tenant_id, v_step.run_id, p_step, p_name, 'ended', 0, 'children', null, p_upto),
    (v_step.tenant_id, v_step.run_id, p_step, p_name, 'late', 1, 'timer', v_deadline, 0);
  perform engine.suspend(v_step, engine.hold_bit('children') | engine.hold_bit('timer'), 'children');
  return true;
end
$$;

-- A session ends with its step, however that came: by its own decision, a cancel, a deadline or a crash too many. Its quotas end with it.
create function engine.session_step_ended() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_session uuid;
begin
  update public.agent_sessions a
  set status = new.status, finished_at = clock_timestamp(), error = new.error, cost_pico = engine.session_cost(new.id)
  where a.step_id = new.id and a.status = 'running'
  returning a.id into v_session;
  if v_session is null then
    return null;
  end if;
  update public.budgets b set removed_at = clock_timestamp() where b.session_id = v_session and b.removed_at is null;
  update public.run_agent_hierarchy h
  set metrics = jsonb_build_object('status', new.status, 'seconds', round(extract(epoch from new.finalised_at - new.created_at)::numeric, 3))
  where h.step_id = new.id and h.parent_id is null;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (new.tenant_id, 'session.ended', new.correlation_id, 'system', 'engine', new.run_id,
    jsonb_build_object('session_id', v_session, 'run_id', new.run_id, 'step_id', new.id, 'status', new.status));
  return null;
end
$$;
create trigger steps_session_ended after update of status on public.steps for each row
  when (new.kind = 'session' and new.finalised_at is not null and old.finalised_at is null)
  execute function engine.session_step_ended();

-- What was paid for models by a step and all below it, as far as it is known.
create function engine.session_cost(p_step uuid) returns numeric
language sql stable security definer
set search_path = ''
as $$
  select coalesce(sum(c.cost_pico), 0) from engine.family(p_step) f (id) join public.model_calls c on c.step_id = f.id
$$;

-- As in 0021, but for what a session judges itself: that one of its steps failed is its own matter.
create or replace function engine.bury(p_steps uuid[], p_actor_type text, p_actor_id text) returns void
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
      and not exists (select from public.agent_sessions a where a.step_id = s.parent_step_id)
    on conflict (step_id) do nothing
    returning id, tenant_id, run_id, step_id, stage, reason, correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select b.tenant_id, 'dead_letter.added', b.correlation_id, p_actor_type, p_actor_id, b.run_id,
    jsonb_build_object('dead_letter_id', b.id, 'run_id', b.run_id, 'step_id', b.step_id, 'stage', b.stage, 'reason', b.reason)
  from buried b;
end
$$;

-- As in 0087, and forgets the quotas of sessions that ended two days ago.
create or replace function engine.sweep_budgets(p_limit integer) returns integer
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_expired uuid[] := array(
    select r.id from public.budget_reservations r
    where r.state = 'open' and r.expires_at <= clock_timestamp()
    order by r.id limit p_limit for update skip locked);
begin
  if v_expired <> '{}' then
    perform app.lock_counters('{}', v_expired);
    perform app.free_holds(v_expired, 'expired');
  end if;
  delete from public.budget_reservations r
  where r.id in (
    select o.id from public.budget_reservations o
    where o.state <> 'open' and o.ended_at < clock_timestamp() - interval '2 days'
    order by o.ended_at limit p_limit for update skip locked);
  delete from public.budget_counters c
  where (c.budget_id, c.subject, c.starts_at) in (
    select o.budget_id, o.subject, o.starts_at
    from public.budget_counters o
    where o.forget_at < clock_timestamp() and o.reserved = 0
    order by o.forget_at limit p_limit for update skip locked);
  delete from public.budgets b
  where b.id in (
    select o.id from public.budgets o
    where o.session_id is not null and o.removed_at < clock_timestamp() - interval '2 days'
    order by o.removed_at limit p_limit for update skip locked);
  return cardinality(v_expired);
end
$$;

revoke all on function engine.session_step_ended(), engine.session_cost(uuid) from public;
grant execute on function
  engine.session_lock(uuid), engine.session_read(uuid, bigint), engine.session_begin(uuid, bigint, jsonb),
  engine.session_save(uuid, bigint, integer, jsonb, integer), engine.session_verdict(uuid, bigint, jsonb),
  engine.session_cancel(uuid, bigint, text[], text), engine.session_wait(uuid, bigint, text, integer), engine.session_cost(uuid)
to nofx_worker;
