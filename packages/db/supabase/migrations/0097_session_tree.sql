-- The tree of a run: every step that is spawned gets its place in it, what it takes is reserved up the tree before it is there, and what
-- became of it is noted when it ends.
--
-- Locks, as everywhere: steps, then counters of budgets, then runs.

-- A session's own quotas are budgets of its step. People neither set nor see them among theirs.
alter table public.budgets add column session_id uuid;
drop index public.budgets_in_force;
create index budgets_in_force on public.budgets (tenant_id) where removed_at is null and enabled and session_id is null;
comment on index public.budgets_in_force is 'What a reservation is judged by';
create index budgets_of_sessions on public.budgets (tenant_id, subject) where removed_at is null and enabled and session_id is not null;
comment on index public.budgets_of_sessions is 'The quotas of sessions above a step';
create index budgets_session on public.budgets (session_id) where session_id is not null;
comment on index public.budgets_session is 'The quotas of a session, which end with it';
create index budgets_left on public.budgets (removed_at) where session_id is not null and removed_at is not null;
comment on index public.budgets_left is 'Quotas of sessions that are over, for the sweep';

-- The step and all above it, the nearest first.
create function app.steps_above(p_step uuid) returns text[]
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_chain text[] := array[p_step::text];
  v_step uuid := p_step;
begin
  loop
    select s.parent_step_id into v_step from public.steps s where s.id = v_step;
    exit when v_step is null or cardinality(v_chain) > 16;
    v_chain := v_chain || v_step::text;
  end loop;
  return v_chain;
end
$$;
revoke all on function app.steps_above(uuid) from public;

-- The counters that a use would be summed in, in the order of their locks. As in 0087; and a budget of one step counts what is below
-- that step too, at any depth. fan_out is of each step that has children, also where a session limits it for all below.
create or replace function app.budgets_for(p_tenant uuid, p_scopes jsonb, p_amounts jsonb, p_at timestamptz) returns app.budget_hold[]
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_model text := p_scopes ->> 'model';
  v_team text := p_scopes ->> 'team';
  v_step text := p_scopes ->> 'step_id';
  v_above text[];
  v_zone text;
begin
  perform from public.budgets b where b.tenant_id = p_tenant and b.removed_at is null and b.enabled limit 1;
  if not found then
    return null;
  end if;
  v_zone := app.time_zone(p_tenant);
  if v_team is null and p_scopes ? 'agent_id' then
    select a.team into v_team from public.agent_registry a where a.id = (p_scopes ->> 'agent_id')::uuid and a.tenant_id = p_tenant;
  end if;
  if v_step is not null then
    v_above := app.steps_above(v_step::uuid);
  end if;
  return (
    select array_agg(row(m.id, m.whose, app.window_start(m.window, v_zone, p_at), app.window_end(m.window, v_zone, p_at), m.measure,
      (p_amounts ->> m.measure)::numeric)::app.budget_hold order by m.id)
    from (
      select b.id, b.subject, b.scope, b.window, b.measure, case b.scope
        when 'tenant' then p_tenant::text
        when 'run' then p_scopes ->> 'run_id'
        when 'step' then case
          when b.subject is null or b.measure = 'fan_out' then v_step
          when b.subject = any (v_above) then b.subject end
        when 'agent' then p_scopes ->> 'agent_id'
        when 'team' then v_team
        when 'model' then case when v_model is not null and (b.subject is null or app.is_model(b.subject, v_model))
          then coalesce(b.subject, v_model) end
      end as whose
      from public.budgets b
      where b.tenant_id = p_tenant and b.removed_at is null and b.enabled and b.session_id is null and p_amounts ? b.measure
        and (b.model is null or app.is_model(b.model, v_model))
      union all
      select b.id, null, b.scope, b.window, b.measure, case b.measure when 'fan_out' then v_step else b.subject end
      from public.budgets b
      where b.tenant_id = p_tenant and b.removed_at is null and b.enabled and b.session_id is not null and b.subject = any (v_above)
        and p_amounts ? b.measure
    ) m
    where m.whose is not null and (m.subject is null or m.scope = 'model' or m.subject = m.whose));
end
$$;

-- Adds children to the step that its executor holds: steps of the same run, called <parent>.<name>, counted until they have
-- ended, each with its place in the tree. A child of a name that is there already is left as it is, so asking twice adds once.
--
-- p_children: [{name, title, kind, kind_version?, executor, capability?, arguments, priority?, max_failures?, deadline_ms?, role?,
-- preferred_agent_id?, preferred_seconds?}]
-- Answers {children: [{name, step_id, status, created}], refused, for_workers, for_agents}; a run that is being cancelled gets none, and
-- p_max children a step (deeper than eight levels: none) are the most: SQLSTATE 54000.
--
-- refused: {quota, limit, used, asked, budget?, approval_id?}: a budget or the breaker of a step above leaves too little, and nothing
-- was added. Else what they take is reserved of every budget up the tree, one reservation a child, until it ends.
create or replace function engine.spawn(p_tenant uuid, p_step uuid, p_epoch bigint, p_children jsonb, p_max integer default 1000)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_run public.runs;
  v_node public.run_agent_hierarchy;
  v_new jsonb;
  v_created uuid[] := '{}';
  v_depth integer;
  v_children integer;
  v_refused jsonb;
begin
  perform engine.mark_running(v_step);
  v_depth := cardinality(app.steps_above(p_step));

  if exists (
    select from jsonb_to_recordset(p_children) as c (name text)
    join public.steps s on s.run_id = v_step.run_id and s.name = v_step.name || '.' || c.name
    where s.parent_step_id is distinct from p_step
  ) then
    raise unique_violation using message = 'a step of this name is not a child of this one';
  end if;

  -- who holds the parent is alone in adding to it
  select jsonb_agg(c.child || jsonb_build_object('id', app.uuid7()) order by c.n) into v_new
  from (
    select distinct on (i.child ->> 'name') i.child, i.n from jsonb_array_elements(p_children) with ordinality as i (child, n)
    order by i.child ->> 'name', i.n
  ) c
  where not exists (select from public.steps s where s.run_id = v_step.run_id and s.name = v_step.name || '.' || (c.child ->> 'name'));

  if v_new is not null then
    v_children := (select count(*) from public.steps c where c.parent_step_id = p_step);
    if v_depth > 8 or jsonb_array_length(v_new) + v_children > p_max then
      raise program_limit_exceeded using message = 'too many children', detail = case when v_depth > 8
        then jsonb_build_object('quota', 'depth', 'limit', 8, 'used', v_depth - 1, 'asked', 1)
        else jsonb_build_object('quota', 'fan_out', 'limit', p_max, 'used', v_children, 'asked', jsonb_array_length(v_new)) end::text;
    end if;
    v_node := engine.node_of(v_step);
    v_refused := engine.reserve_children(v_step, v_node, v_new, v_depth);
  end if;

  -- the run is locked before steps are added to it: who cancels or pauses it either sees them or is seen here
  select r.* into v_run from public.runs r where r.id = v_step.run_id for no key update;
  if v_refused is null and v_new is not null and v_step.cancel_requested_at is null and v_run.cancel_requested_at is null then
    with added as (
      insert into public.steps (id, tenant_id, run_id, parent_step_id, name, title, kind, kind_version, executor, capability, priority,
        position, arguments, token, holds, max_failures, deadline_ms, correlation_id, causation_id, traceparent, preferred_agent_id, preferred_until)
      select c.id, v_step.tenant_id, v_step.run_id, p_step, v_step.name || '.' || c.name, c.title, c.kind, coalesce(c.kind_version, 1),
        c.executor, c.capability, coalesce(c.priority, v_step.priority), v_step.position, c.arguments,
        encode(sha256(convert_to(v_step.token || '|' || c.name, 'UTF8')), 'hex'),
        case when v_run.paused_at is null then 0 else 256 end, coalesce(c.max_failures, 3),
        coalesce(c.deadline_ms, 86400000), v_step.correlation_id, v_step.causation_id, v_step.traceparent, c.preferred_agent_id,
        case when c.preferred_agent_id is not null then clock_timestamp() + make_interval(secs => c.preferred_seconds) end
      from jsonb_to_recordset(v_new) as c (id uuid, name text, title text, kind text, kind_version smallint, executor text, capability text,
        arguments jsonb, priority smallint, max_failures integer, deadline_ms bigint, preferred_agent_id uuid, preferred_seconds double precision)
      returning id
    )
    select coalesce(array_agg(a.id), '{}') into v_created from added a;
    insert into public.run_agent_hierarchy (tenant_id, run_id, session_id, parent_id, step_id, role, depth, path, region)
    select v_node.tenant_id, v_node.run_id, v_node.session_id, v_node.id, c.id, coalesce(c.role, 'worker'), v_node.depth + 1,
      v_node.path || '/' || c.name, v_node.region
    from jsonb_to_recordset(v_new) as c (id uuid, name text, role text);
    update public.steps s set children_left = s.children_left + cardinality(v_created) where s.id = p_step;
    update public.runs r
    set steps_left = r.steps_left + cardinality(v_created), step_count = r.step_count + cardinality(v_created)
    where r.id = v_step.run_id;
  end if;

  return jsonb_build_object(
    'children', (
      select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'step_id', s.id, 'status', s.status,
        'created', coalesce(s.id = any (v_created), false)) order by s.id), '[]')
      from jsonb_to_recordset(p_children) as c (name text)
      join public.steps s on s.run_id = v_step.run_id and s.name = v_step.name || '.' || c.name),
    'refused', v_refused,
    'for_workers', (select count(*) from public.steps s where s.id = any (v_created) and s.executor = 'worker' and s.holds = 0),
    'for_agents', (select count(*) from public.steps s where s.id = any (v_created) and s.executor = 'agent' and s.holds = 0));
end
$$;

-- The place of a step that has something below it; a step that nobody spawned is a root. The caller holds the step.
create function engine.node_of(p_step public.steps) returns public.run_agent_hierarchy
language plpgsql security definer
set search_path = ''
as $$
declare
  v_node public.run_agent_hierarchy;
begin
  select h.* into v_node from public.run_agent_hierarchy h where h.step_id = p_step.id;
  if not found then
    insert into public.run_agent_hierarchy (tenant_id, run_id, step_id, agent_id, role, depth, path)
    values (p_step.tenant_id, p_step.run_id, p_step.id,
      case when p_step.executor = 'agent' then p_step.lease_owner::uuid end, 'lead', 0, p_step.name)
    returning * into v_node;
  end if;
  return v_node;
end
$$;

-- Reserves what new children take: of all budgets up the tree or of none. Null, or the refusal. The whole is tried first, so that a
-- refusal says what was asked for; then each child has a reservation of its own, which ends with it. Nobody comes in between: the
-- counters are held until the caller's transaction ends. A place is kept for a day; a child that takes longer is counted all the same.
create function engine.reserve_children(p_step public.steps, p_node public.run_agent_hierarchy, p_new jsonb, p_depth integer) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_count integer := jsonb_array_length(p_new);
  v_agents integer := (select count(*) from jsonb_array_elements(p_new) c where c ->> 'executor' = 'agent');
  v_scopes jsonb := jsonb_strip_nulls(jsonb_build_object('run_id', p_step.run_id, 'step_id', p_step.id,
    'agent_id', case when p_step.executor = 'agent' then p_step.lease_owner end));
  v_amounts jsonb := jsonb_build_object('fan_out', v_count::text, 'agents', v_agents::text, 'depth', p_depth::text);
  v_answer jsonb;
  v_child jsonb;
begin
  if p_node.opened_at is not null then
    return jsonb_build_object('quota', 'failures', 'limit', engine.failures_limit(p_node.session_id), 'used', p_node.failures, 'asked', v_count);
  end if;
  if app.budgets_for(p_step.tenant_id, v_scopes, v_amounts, clock_timestamp()) is null then
    return null;
  end if;
  v_answer := app.reserve_budget(app.claims(), p_step.tenant_id, app.uuid7(), 'spawn:' || (p_new -> 0 ->> 'id'), v_scopes, v_amounts, 60000, false);
  if v_answer ->> 'outcome' <> 'reserved' then
    return jsonb_strip_nulls(jsonb_build_object('quota', v_answer -> 'measure', 'limit', (v_answer ->> 'limit')::numeric,
      'used', (v_answer ->> 'used')::numeric + (v_answer ->> 'reserved')::numeric, 'asked', (v_answer ->> 'asked')::numeric,
      'budget', v_answer -> 'budget_name', 'approval_id', v_answer -> 'approval_id'));
  end if;
  perform app.settle_budget((v_answer ->> 'id')::uuid, null);
  for v_child in select c from jsonb_array_elements(p_new) c loop
    perform app.reserve_budget(app.claims(), p_step.tenant_id, app.uuid7(), 'child:' || (v_child ->> 'id'), v_scopes,
      jsonb_build_object('fan_out', '1', 'agents', case v_child ->> 'executor' when 'agent' then '1' else '0' end, 'depth', p_depth::text),
      86400000, false);
  end loop;
  return null;
end
$$;

create function engine.failures_limit(p_session uuid) returns integer
language sql stable security definer
set search_path = ''
as $$
  select coalesce((select (a.quotas ->> 'failures')::integer from public.agent_sessions a where a.id = p_session), 10)
$$;

-- What became of children: what was reserved for them is settled, their places say how it went and who was there, and the breaker of
-- the place above counts. The caller holds them and their parents.
create function engine.nodes_ended(p_ids uuid[]) returns void
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

  update public.run_agent_hierarchy h
  set agent_id = coalesce((
        select a.executor::uuid from public.attempts a where a.step_id = s.id and s.executor = 'agent' order by a.epoch desc limit 1), h.agent_id),
      metrics = jsonb_strip_nulls(jsonb_build_object('status', s.status,
        'seconds', round(extract(epoch from s.finalised_at - s.created_at)::numeric, 3),
        'attempts', (select count(*) from public.attempts a where a.step_id = s.id), 'failures', s.failures, 'crashes', s.crashes,
        'cost_pico', (select sum(c.cost_pico)::text from public.model_calls c where c.step_id = s.id), 'error', s.error -> 'code'))
  from public.steps s
  where s.id = any (p_ids) and h.step_id = s.id;

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

-- of a wait for children: how many may still be under way when it is met
alter table public.waits add column upto integer not null default 0 check (upto >= 0);
select engine.mirror_history();

-- As in 0031: counts ended children off their parents, notes what became of them, and wakes the parents that wait for so many. Their
-- success is no matter here: the parent hears how each ended and judges itself.
create or replace function engine.children_ended(p_ids uuid[]) returns table (for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = ''
as $$
declare
  v_waits uuid[];
  v_payloads jsonb;
begin
  perform from public.steps p
  where p.id in (select c.parent_step_id from public.steps c where c.id = any (p_ids))
  order by p.id for update;
  perform engine.nodes_ended(p_ids);

  with ended as (
    select c.parent_step_id as id, count(*)::integer as n
    from public.steps c where c.id = any (p_ids) and c.parent_step_id is not null group by c.parent_step_id
  ),
  counted as (
    update public.steps p set children_left = p.children_left - e.n
    from ended e where p.id = e.id
    returning p.id, p.status, p.kind, p.children_left
  )
  -- a session reads for itself what has ended
  select array_agg(w.id), jsonb_object_agg(w.id, case c.kind when 'session' then 'null' else engine.children_json(w.step_id) end)
  into v_waits, v_payloads
  from counted c join public.waits w on w.step_id = c.id and w.kind = 'children' and w.status = 'open'
  where c.children_left <= w.upto and c.status = 'queued';

  return query select m.for_workers, m.for_agents
  from engine.meet_waits(coalesce(v_waits, '{}'), v_payloads, null, 'system', 'engine') m;
end
$$;

revoke all on function
  engine.node_of(public.steps), engine.reserve_children(public.steps, public.run_agent_hierarchy, jsonb, integer), engine.failures_limit(uuid),
  engine.nodes_ended(uuid[])
from public;
