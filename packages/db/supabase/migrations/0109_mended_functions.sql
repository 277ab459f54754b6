-- Functions of 0091 to 0105, mended. Whoever has those migrations has the functions as they were first.

-- What an agent is told it did badly: not input that does not fit, nor what a quota refused. As in 0091.
create or replace function engine.note_agent_outcome() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  insert into public.agent_outcomes (tenant_id, agent_id, capability, step_id, succeeded, error_code, claimed_at, ms)
  select new.tenant_id, new.executor::uuid, s.capability, new.step_id, new.outcome = 'succeeded', new.error_code, new.claimed_at,
    greatest(0, extract(epoch from new.finished_at - new.claimed_at) * 1000)
  from public.steps s
  where s.id = new.step_id and s.executor = 'agent' and s.capability is not null
    -- whoever asked erred, or allowed too little; an agent whose check broke down says agent_error
    and not (new.outcome = 'failed' and (new.error_code = 'quota_exceeded'
      or new.error_code = 'agent_permanent_error' and coalesce(s.error ->> 'stage', '') = 'input'));
  return null;
end
$$;

-- As in 0097; of steps that say all there is themselves, nothing is written again.
create or replace function engine.nodes_ended(p_ids uuid[]) returns void
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_reserved uuid[];
  v_id uuid;
  v_pair record;
begin
  v_reserved := array(
    select r.id from public.steps s join public.budget_reservations r on r.tenant_id = s.tenant_id and r.request_key = 'child:' || s.id
    where s.id = any (p_ids) and s.parent_step_id is not null and r.state = 'open'
    order by r.id for update of r);
  if v_reserved <> '{}' then
    perform app.lock_counters('{}', v_reserved);
    foreach v_id in array v_reserved loop
      perform app.settle_budget(v_id, '{}');
    end loop;
  end if;

  -- of others the step itself says all there is: hundreds of them may end at once
  update public.run_agent_hierarchy h
  set agent_id = coalesce((
        select a.executor::uuid from public.attempts a where a.step_id = s.id and s.executor = 'agent' order by a.epoch desc limit 1), h.agent_id),
      metrics = jsonb_strip_nulls(jsonb_build_object('status', s.status,
        'seconds', round(extract(epoch from s.finalised_at - s.created_at)::numeric, 3),
        'attempts', (select count(*) from public.attempts a where a.step_id = s.id), 'failures', s.failures, 'crashes', s.crashes,
        'cost_pico', (select sum(c.cost_pico)::text from public.model_calls c where c.step_id = s.id), 'error', s.error -> 'code'))
  from public.steps s
  where s.id = any (p_ids) and h.step_id = s.id
    and (s.executor = 'agent' or s.kind = 'session' or exists (select from public.model_calls c where c.step_id = s.id));

  with attempted as (
    select h.id as node, h.tenant_id, h.run_id, h.session_id, s.id as step_id, a.epoch, a.executor::uuid as agent, h.role, s.capability, s.status,
      a.outcome, a.claimed_at, coalesce(a.finished_at, clock_timestamp()) as finished_at, row_number() over (partition by s.id order by a.epoch desc) as n,
      -- a session's steps are given out by its lead, where it has one; others by whoever holds the step above
      coalesce(
        (select l.agent_id from public.run_agent_hierarchy l where l.parent_id = h.parent_id and l.role = 'lead' and l.id <> h.id and l.agent_id is not null limit 1),
        (select b.executor::uuid from public.steps p join public.attempts b on b.step_id = p.id
         where p.id = s.parent_step_id and p.executor = 'agent' order by b.epoch desc limit 1)) as above
    from public.steps s
    join public.run_agent_hierarchy h on h.step_id = s.id
    join public.attempts a on a.step_id = s.id
    where s.id = any (p_ids) and s.executor = 'agent' and s.parent_step_id is not null and a.outcome is not null and a.outcome not in ('released', 'suspended')
  ),
  noted as (
    insert into public.agent_subagents (tenant_id, run_id, session_id, node_id, step_id, epoch, agent_id, parent_agent_id, role, capability, outcome,
      started_at, ended_at)
    select t.tenant_id, t.run_id, t.session_id, t.node, t.step_id, t.epoch, t.agent, t.above, t.role, t.capability, t.outcome, t.claimed_at, t.finished_at
    from attempted t
    on conflict (step_id, epoch) do nothing
  )
  insert into public.agent_relationships as r (tenant_id, from_agent, to_agent, kind, times, succeeded)
  select t.tenant_id, t.above, t.agent, 'delegates', count(*), count(*) filter (where t.status = 'succeeded')
  from attempted t where t.n = 1 and t.above is not null and t.above <> t.agent
  group by 1, 2, 3 order by 1, 2, 3
  on conflict (tenant_id, from_agent, to_agent, kind) do update
  set times = r.times + excluded.times, succeeded = r.succeeded + excluded.succeeded, last_at = clock_timestamp();

  for v_pair in
    select h.parent_id as id, count(*) filter (where s.status = 'failed')::integer as failed, bool_or(s.status = 'succeeded') as any_succeeded
    from public.steps s join public.run_agent_hierarchy h on h.step_id = s.id
    where s.id = any (p_ids) and h.parent_id is not null and s.status in ('succeeded', 'failed')
    group by h.parent_id order by h.parent_id
  loop
    update public.run_agent_hierarchy h
    set failures = case when v_pair.any_succeeded then 0 else h.failures + v_pair.failed end,
        opened_at = case when not v_pair.any_succeeded and h.failures + v_pair.failed >= engine.failures_limit(h.session_id)
          then coalesce(h.opened_at, clock_timestamp()) end
    where h.id = v_pair.id and (v_pair.failed > 0 or h.failures > 0);
  end loop;
end
$$;

-- As in 0098; what a strategy did not live to tell counts as its failure.
create or replace function engine.session_step_ended() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_session uuid;
  v_decision uuid;
  v_seconds double precision;
  v_cost numeric;
begin
  update public.agent_sessions a
  set status = new.status, finished_at = clock_timestamp(), error = new.error, cost_pico = engine.session_cost(new.id)
  where a.step_id = new.id and a.status = 'running'
  returning a.id, a.decision_id, extract(epoch from a.finished_at - a.started_at), a.cost_pico
  into v_session, v_decision, v_seconds, v_cost;
  if v_session is null then
    return null;
  end if;
  -- what the strategy did not live to tell: a choice that led to crashes or past the deadline must not look better than one that failed
  if new.status = 'failed' and v_decision is not null then
    perform engine.note_strategy_outcome(v_decision, false, v_seconds, v_cost);
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

-- As in 0105; looks only at tenants that have something due, and conversations go with the last of what was in them.
create or replace function engine.sweep_messages(p_limit integer) returns integer
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
  v_due record;
  v_name text;
  v_gone uuid[];
  v_conversations uuid[];
  v_count integer := 0;
begin
  for v_due in
    select b.* from engine.messages_before() b
    -- of thousands of tenants few have anything due; where all is held, nothing is
    where (exists (select from public.agent_messages m where m.tenant_id = b.tenant_id and m.class = b.class and m.at < b.before)
        or exists (select from public.agent_messages_history m where m.tenant_id = b.tenant_id and m.class = b.class and m.at < b.before))
      and not engine.is_held(b.tenant_id, null, null, null)
    order by random()
  loop
    foreach v_name in array array['agent_messages', 'agent_messages_history'] loop
      exit when v_count >= p_limit;
      execute format($sql$
        with due as (
          select m.id from public.%1$I m
          where m.tenant_id = $1 and m.class = $2 and m.at < $3
            and not engine.is_held(m.tenant_id, m.id, m.conversation_id, m.run_id)
            and (m.to_step is null or m.consumed_by is not null or not exists (
              select from public.steps s where s.id = m.to_step and s.status not in ('succeeded', 'failed', 'cancelled')))
          order by m.at limit $4 for update skip locked
        ),
        gone as (delete from public.%1$I m using due d where m.id = d.id returning m.id, m.conversation_id)
        select coalesce(array_agg(g.id), '{}'), coalesce(array_agg(distinct g.conversation_id), '{}') from gone g
      $sql$, v_name) into v_gone, v_conversations using v_due.tenant_id, v_due.class, v_due.before, p_limit - v_count;
      delete from public.content_keys k where k.id = any (v_gone);
      delete from public.conversations c
      where c.id = any (v_conversations) and c.run_id is not null
        and not exists (select from public.runs_all r where r.id = c.run_id)
        and not exists (select from public.agent_messages_all m where m.conversation_id = c.id);
      v_count := v_count + cardinality(v_gone);
    end loop;
  end loop;
  return v_count;
end
$$;

-- As in 0105; conversations of a run that nothing is kept of go with it.
create or replace function engine.delete_history(p_limit integer) returns jsonb
language plpgsql security definer
set search_path = '' set enable_seqscan = off
as $$
declare
  v_due record;
  v_roots uuid[];
  v_runs uuid[];
  v_steps uuid[];
  v_table record;
  v_files integer := 0;
  v_count integer := 0;
  v_listed integer;
begin
  for v_due in
    select p.tenant_id, p.delete_before from engine.retention() p
    where exists (select from public.runs_history h where h.tenant_id = p.tenant_id and h.finished_at < p.delete_before)
    order by random()
  loop
    exit when v_count >= p_limit;
    select array_agg(d.id) into v_roots
    from (
      select h.id from public.runs_history h
      where h.tenant_id = v_due.tenant_id and h.finished_at < v_due.delete_before and h.forked_from is null
        and not exists (
          with recursive kin (id, finished_at) as (
            select f.id, f.finished_at from public.runs_history f where f.forked_from = h.id
            union
            select f.id, f.finished_at from kin k join public.runs_history f on f.forked_from = k.id
          )
          select from kin k where k.finished_at >= v_due.delete_before)
      order by h.finished_at limit p_limit - v_count
      for update skip locked
    ) d;
    continue when v_roots is null;
    with recursive kin (id) as (
      select r from unnest(v_roots) as r
      union
      select f.id from kin k join public.runs_history f on f.forked_from = k.id
    )
    select array_agg(k.id) into v_runs from kin k;
    select coalesce(array_agg(s.id), '{}') into v_steps from public.steps_history s where s.run_id = any (v_runs);

    insert into public.storage_deletions (path, tenant_id)
    select a.path, a.tenant_id from public.artifacts_history a where a.run_id = any (v_runs)
    on conflict (path) do nothing;
    get diagnostics v_listed = row_count;
    v_files := v_files + v_listed;
    delete from public.dead_letters d where d.run_id = any (v_runs);
    delete from public.tool_runs t where t.run_id = any (v_runs);
    delete from public.approvals a where a.run_id = any (v_runs) and (a.subject = 'step' or a.plan_id is null);
    with gone as (
      delete from public.agent_messages_history m
      where m.run_id = any (v_runs) and not engine.is_held(m.tenant_id, m.id, m.conversation_id, m.run_id)
        and (m.class <> 'audit' or m.at < coalesce(
          (select b.before from engine.messages_before() b where b.tenant_id = m.tenant_id and b.class = m.class), '-infinity'))
      returning m.id
    )
    delete from public.content_keys k using gone g where k.id = g.id;
    delete from public.conversations c
    where c.run_id = any (v_runs) and not exists (select from public.agent_messages_all m where m.conversation_id = c.id);
    for v_table in select t.* from engine.history_tables() t where t.name <> 'agent_messages' loop
      execute format('delete from public.%I where %I = any ($1)', v_table.name || '_history', v_table.key)
      using case v_table.key when 'step_id' then v_steps else v_runs end;
    end loop;
    v_count := v_count + cardinality(v_runs);
  end loop;
  return jsonb_build_object('runs', v_count, 'files', v_files);
end
$$;
