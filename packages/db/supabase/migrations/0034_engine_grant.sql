-- Claims: what engine.pick has chosen and locked becomes the caller's, and is described to it.

-- when the claim that holds a step was made: what ends before its first heartbeat began then
alter table public.steps add column claimed_at timestamptz;

-- The parts of a description that cost a look elsewhere (engine.describe, in one place each).
create function engine.checkpoints_of(p_step uuid) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'value', c.value) order by c.created_at), '[]')
  from public.checkpoints c where c.step_id = p_step);
end
$$;

create function engine.answers_of(p_step uuid) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'status', a.status, 'arguments', a.arguments, 'reason',
    (select d.reason from public.approval_decisions d where d.approval_id = a.id order by d.at desc limit 1))), '[]')
  from public.approvals a where a.step_id = p_step and a.subject = 'step');
end
$$;

-- What undoes reads what was done; any other step reads what it depends on.
create function engine.needs_of(p_step uuid, p_undo_of uuid) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object('name', n.name, 'status', n.status, 'output', n.output,
    'artifacts', engine.artifacts_of(coalesce(n.kept_from, n.id))) order by n.position), '[]')
  from (
    select d.depends_on as id from public.step_dependencies d where d.step_id = p_step and p_undo_of is null
    union all
    select p_undo_of where p_undo_of is not null
  ) as need join public.steps n on n.id = need.id);
end
$$;

create function engine.inputs_of(p_run uuid, p_inputs jsonb) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return (select coalesce(jsonb_agg(engine.artifact_json(a) || jsonb_build_object('from', s.name, 'to', i.value ->> 'to')), '[]')
  from jsonb_array_elements(case jsonb_typeof(p_inputs) when 'array' then p_inputs else '[]' end) i
  join public.steps s on s.run_id = p_run and s.name = i.value ->> 'from'
  join public.artifacts a on a.step_id = coalesce(s.kept_from, s.id) and a.name = i.value ->> 'artifact' and a.stored_at is not null);
end
$$;
revoke all on function engine.checkpoints_of(uuid), engine.answers_of(uuid), engine.needs_of(uuid, uuid), engine.inputs_of(uuid, jsonb) from public;

create or replace function engine.describe(p_step public.steps) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_step.id, 'tenant_id', p_step.tenant_id, 'run_id', p_step.run_id, 'name', p_step.name, 'title', p_step.title,
    'kind', p_step.kind, 'kind_version', p_step.kind_version, 'capability', p_step.capability, 'epoch', p_step.epoch,
    'lease_until', p_step.lease_until, 'run_at', p_step.run_at, 'arguments', p_step.arguments, 'token', p_step.token,
    'failures', p_step.failures, 'crashes', p_step.crashes, 'max_failures', p_step.max_failures, 'max_crashes', p_step.max_crashes,
    'correlation_id', p_step.correlation_id, 'traceparent', p_step.traceparent, 'deadline_at', p_step.deadline_at, 'undo_of', p_step.undo_of,
    'workspace', r.workspace, 'workspace_run', coalesce(r.workspace_run, r.id),
    'shell', coalesce(
      (select t.value #>> '{}' from public.tenant_settings t where t.tenant_id = p_step.tenant_id and t.key = 'shell'), 'off'),
    'checkpoints', engine.checkpoints_of(p_step.id), 'approvals', engine.answers_of(p_step.id),
    'needs', engine.needs_of(p_step.id, p_step.undo_of), 'inputs', engine.inputs_of(p_step.run_id, p_step.arguments -> 'inputs'))
  from public.runs r where r.id = p_step.run_id
$$;

-- One claim: what engine.grant_claims does for many, in statements of one row each (engine.settle_one says why).
create function engine.grant_one(p_id uuid, p_owner text, p_executor text, p_lease_ms integer, p_version text) returns json
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_now timestamptz := clock_timestamp();
  c record;
  r record;
  v_shell text;
  v_again boolean;
begin
  update public.steps s
  set status = 'assigned', epoch = s.epoch + 1, lease_owner = p_owner, progress = null, claimed_at = v_now,
      deadline_at = coalesce(s.deadline_at, v_now + make_interval(secs => s.deadline_ms / 1000.0)),
      lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0)
  where s.id = p_id
  returning s.id, s.tenant_id, s.run_id, s.name, s.title, s.kind, s.kind_version, s.capability, s.epoch, s.lease_until, s.run_at, s.arguments,
    s.token, s.failures, s.crashes, s.max_failures, s.max_crashes, s.correlation_id, s.traceparent, s.deadline_at, s.undo_of
  into c;
  insert into public.attempts (step_id, epoch, tenant_id, run_id, executor, worker_version, claimed_at)
  values (c.id, c.epoch, c.tenant_id, c.run_id, p_owner, p_version, v_now);

  select x.plan_id, x.step_count, x.workspace, coalesce(x.workspace_run, x.id) as workspace_run, x.status, x.forked_from, x.redrive_of
  into r from public.runs x where x.id = c.run_id;
  if r.status = 'queued' and r.plan_id is not null then
    update public.runs x set status = 'running', started_at = v_now where x.id = c.run_id and x.status = 'queued';
    if found then
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      values (c.tenant_id, 'run.started', c.correlation_id, p_executor, p_owner, c.run_id, jsonb_build_object('run_id', c.run_id));
    end if;
  end if;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (c.tenant_id, 'steps.claimed', c.correlation_id, p_executor, p_owner, c.run_id,
    jsonb_build_object('executor', p_executor, 'worker', p_owner,
      'steps', ('[{"step_id":"' || c.id || '","run_id":"' || c.run_id || '","epoch":' || c.epoch || '}]')::jsonb));

  select t.value #>> '{}' into v_shell from public.tenant_settings t where t.tenant_id = c.tenant_id and t.key = 'shell';
  v_again := c.epoch > 1 or r.forked_from is not null or r.redrive_of is not null;
  return json_build_array(json_build_object(
    'id', c.id, 'tenant_id', c.tenant_id, 'run_id', c.run_id, 'name', c.name, 'title', c.title,
    'kind', c.kind, 'kind_version', c.kind_version, 'capability', c.capability, 'epoch', c.epoch, 'lease_until', c.lease_until, 'run_at', c.run_at,
    'arguments', c.arguments, 'token', c.token, 'failures', c.failures, 'crashes', c.crashes,
    'max_failures', c.max_failures, 'max_crashes', c.max_crashes, 'correlation_id', c.correlation_id, 'traceparent', c.traceparent,
    'undo_of', c.undo_of, 'workspace', r.workspace, 'workspace_run', r.workspace_run,
    'shell', coalesce(v_shell, 'off'),
    'checkpoints', case when v_again then engine.checkpoints_of(c.id) end,
    'approvals', case when v_again then engine.answers_of(c.id) end,
    'needs', case when r.step_count > 1 or c.undo_of is not null then engine.needs_of(c.id, c.undo_of) end,
    'inputs', case when c.arguments ? 'inputs' then engine.inputs_of(c.run_id, c.arguments -> 'inputs') end));
end
$$;
revoke all on function engine.grant_one(uuid, text, text, integer, text) from public;

-- Makes the claims: each raises the epoch, and nothing else does; the lease runs on the database clock (clock_timestamp: now()
-- stands still inside a transaction). Runs of plans that were queued begin; a task's run begins with its first heartbeat or its
-- end, whichever comes first (a quick one costs no write for that).
--
-- Tells it once a call: of plans one event a run, and run.started; of tasks one event for all of them.
--
-- Answers one document a step, in the order given, with what an executor must know to run it. Empty parts are left out, and
-- looked for only where there can be any: checkpoints and answers of people after the first claim, what other steps left
-- behind in a run of several.
create function engine.grant_claims(
  p_ids uuid[], p_owner text, p_executor text, p_lease_ms integer, p_version text
) returns json
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_answer json;
begin
  if cardinality(p_ids) = 1 then
    return engine.grant_one(p_ids[1], p_owner, p_executor, p_lease_ms, p_version);
  end if;

  with claimed as (
    update public.steps s
    set status = 'assigned', epoch = s.epoch + 1, lease_owner = p_owner, progress = null, claimed_at = clock_timestamp(),
        deadline_at = coalesce(s.deadline_at, clock_timestamp() + make_interval(secs => s.deadline_ms / 1000.0)),
        lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from unnest(p_ids) with ordinality as c (id, n) where s.id = c.id
    returning s.id, s.tenant_id, s.run_id, s.name, s.title, s.kind, s.kind_version, s.capability, s.epoch, s.lease_until, s.run_at, s.arguments,
      s.token, s.failures, s.crashes, s.max_failures, s.max_crashes, s.correlation_id, s.traceparent, s.deadline_at, s.undo_of, s.claimed_at, c.n
  ),
  recorded as (
    insert into public.attempts (step_id, epoch, tenant_id, run_id, executor, worker_version, claimed_at)
    select c.id, c.epoch, c.tenant_id, c.run_id, p_owner, p_version, c.claimed_at from claimed c
  ),
  whole as (
    select c.*, r.plan_id, r.step_count, r.workspace, coalesce(r.workspace_run, r.id) as workspace_run, r.status as run_status,
      c.epoch > 1 or r.forked_from is not null or r.redrive_of is not null as been_here
    from claimed c join public.runs r on r.id = c.run_id
  ),
  locked as (
    select r.id from public.runs r
    where r.id = any (array(select w.run_id from whole w where w.run_status = 'queued' and w.plan_id is not null)) and r.status = 'queued'
    order by r.id for no key update
  ),
  begun as (
    update public.runs r set status = 'running', started_at = clock_timestamp()
    from locked where r.id = locked.id and r.status = 'queued'
    returning r.id, r.tenant_id, r.correlation_id
  ),
  told_runs as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select b.tenant_id, 'run.started', b.correlation_id, p_executor, p_owner, b.id, jsonb_build_object('run_id', b.id) from begun b
  ),
  told_claims as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select w.tenant_id, 'steps.claimed', (array_agg(w.correlation_id))[1], p_executor, p_owner,
      case when count(*) = 1 or count(distinct w.run_id) = 1 then (array_agg(w.run_id))[1] end,
      jsonb_build_object('executor', p_executor, 'worker', p_owner,
        -- written as text and read once: half the time of building as many objects
        'steps', ('[' || string_agg('{"step_id":"' || w.id || '","run_id":"' || w.run_id || '","epoch":' || w.epoch || '}', ',') || ']')::jsonb)
    from whole w
    group by w.tenant_id, case when w.plan_id is not null then w.run_id end
  )
  -- a document written as text takes half the time of one that is built key by key
  select ('[' || string_agg(
    '{"id":"' || c.id || '","tenant_id":"' || c.tenant_id || '","run_id":"' || c.run_id || '","name":' || to_json(c.name) || ',"title":' || to_json(c.title)
    || ',"kind":"' || c.kind || '","kind_version":' || c.kind_version || ',"epoch":' || c.epoch || ',"lease_until":' || to_json(c.lease_until)
    || ',"run_at":' || to_json(c.run_at) || ',"arguments":' || c.arguments || ',"token":' || to_json(c.token) || ',"failures":' || c.failures
    || ',"crashes":' || c.crashes || ',"max_failures":' || c.max_failures || ',"max_crashes":' || c.max_crashes
    || ',"correlation_id":"' || c.correlation_id || '","workspace_run":"' || c.workspace_run || '","shell":'
    || to_json(coalesce((select t.value #>> '{}' from public.tenant_settings t where t.tenant_id = c.tenant_id and t.key = 'shell'), 'off'))
    || case when c.capability is null then '' else ',"capability":' || to_json(c.capability) end
    || case when c.traceparent is null then '' else ',"traceparent":' || to_json(c.traceparent) end
    || case when c.undo_of is null then '' else ',"undo_of":"' || c.undo_of || '"' end
    || case when c.workspace is null then '' else ',"workspace":' || to_json(c.workspace) end
    || case when c.been_here then ',"checkpoints":'::text || engine.checkpoints_of(c.id) || ',"approvals":' || engine.answers_of(c.id) else '' end
    || case when c.step_count > 1 or c.undo_of is not null then ',"needs":'::text || engine.needs_of(c.id, c.undo_of) else '' end
    || case when c.arguments ? 'inputs' then ',"inputs":'::text || engine.inputs_of(c.run_id, c.arguments -> 'inputs') else '' end
    || '}', ',' order by c.n) || ']')::json
  into v_answer
  from whole c;
  return coalesce(v_answer, '[]');
end
$$;
revoke all on function engine.grant_claims(uuid[], text, text, integer, text) from public;

-- Begins the runs of tasks that turn out to be at work for longer, or to end otherwise than well.
create function engine.begin_tasks(p_runs uuid[]) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  perform from public.runs r where r.id = any (p_runs) and r.status = 'queued' and r.plan_id is null order by r.id for no key update;
  update public.runs r set status = 'running', started_at = clock_timestamp()
  where r.id = any (p_runs) and r.status = 'queued' and r.plan_id is null;
end
$$;
revoke all on function engine.begin_tasks(uuid[]) from public;

-- Takes up to p_limit claimable steps for one executor and returns each as engine.describe() writes it. Workers take in
-- the order of engine.pick; agents see their own tenant only, and of it what their registry row says they can do.
--
-- p_handlers: what the caller has code for, as kind@version; it is never given anything else.
-- p_version: the version of its code, for the record.
create or replace function engine.claim(
  p_owner text, p_executor text, p_handlers text[], p_tenant uuid, p_capabilities text[], p_limit integer, p_lease_ms integer,
  p_version text default null
) returns setof jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_ids uuid[];
  v_allowed integer := p_limit;
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);
  if p_executor = 'worker' then
    select p.ids into v_ids from engine.pick(p_owner, p_handlers, p_limit, '{}') p;
  else
    if engine.ruled(p_tenant) then
      v_allowed := engine.allow(p_tenant, 'default', 'agent@1', p_owner, p_limit);
    end if;
    v_ids := array(
      select t.id
      from (
        select distinct c.capability from public.agent_registry r, unnest(r.capabilities) as c (capability)
        where r.id = app.agent_id() and r.status = 'active' and c.capability = any (p_capabilities)
      ) as wanted,
      lateral (
        select s.id, s.priority, s.run_at from public.steps s
        where s.tenant_id = p_tenant and s.capability = wanted.capability and s.executor = 'agent' and s.status = 'queued'
          and s.handler = any (p_handlers) and s.holds = 0 and s.run_at <= clock_timestamp()
          and (s.deadline_at is null or s.deadline_at > clock_timestamp())
        order by s.priority, s.run_at, s.id
        limit v_allowed for update skip locked
      ) as t
      order by t.priority, t.run_at, t.id limit v_allowed);
    if engine.ruled(p_tenant) then
      perform engine.give_back(p_tenant, 'default', 'agent@1', p_owner, v_allowed - cardinality(v_ids));
    end if;
  end if;
  if cardinality(v_ids) = 0 then
    return;
  end if;
  perform engine.grant_claims(v_ids, p_owner, p_executor, p_lease_ms, p_version);
  return query
  select engine.describe(s) from unnest(v_ids) with ordinality as c (id, n) join public.steps s on s.id = c.id
  order by s.priority, s.id;
end
$$;

-- Heartbeats: extends leases that are still held, marks the steps running, and stores their progress.
-- p_items: [{step_id, epoch, progress?}]. Answers one row for each item; held is false where the lease is lost.
create or replace function engine.renew(p_owner text, p_executor text, p_tenant uuid, p_items jsonb, p_lease_ms integer)
returns table (step_id uuid, held boolean, lease_until timestamptz, cancel_requested boolean)
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  -- as in engine.settle_one
  c_held constant text[] := '{assigned,running}';
  v_asked uuid[] := array(select i.step_id from jsonb_to_recordset(p_items) as i (step_id uuid));
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);

  return query
  with items as (
    select i.* from jsonb_to_recordset(p_items) as i (step_id uuid, epoch bigint, progress jsonb)
  ),
  locked as (
    select s.id, s.epoch, s.status from public.steps s
    where s.id = any (v_asked) and s.status = any (c_held) and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
      and (p_tenant is null or s.tenant_id = p_tenant)
    order by s.id for update
  ),
  renewed as (
    update public.steps s
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0),
        status = 'running', started_at = coalesce(s.started_at, clock_timestamp()),
        progress = coalesce(i.progress, s.progress)
    from locked l join items i on i.step_id = l.id and i.epoch = l.epoch
    where s.id = l.id
    returning s.id, s.tenant_id, s.run_id, s.correlation_id, s.epoch, s.lease_until, s.cancel_requested_at,
      l.status = 'assigned' as begun, i.progress is not null as progressed
  ),
  recorded as (
    update public.attempts a set started_at = clock_timestamp()
    from renewed r where r.begun and a.step_id = r.id and a.epoch = r.epoch and a.started_at is null
  ),
  -- a task's run begins here where it did not end before
  begun_tasks as (
    update public.runs r set status = 'running', started_at = clock_timestamp()
    where r.id = any (array(select n.run_id from renewed n where n.begun)) and r.status = 'queued' and r.plan_id is null
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select r.tenant_id, case when bool_or(r.begun) then 'steps.started' else 'step.progressed' end,
           (array_agg(r.correlation_id))[1], p_executor, p_owner, r.run_id,
           jsonb_build_object('steps', jsonb_agg(jsonb_build_object('step_id', r.id, 'run_id', r.run_id, 'epoch', r.epoch)))
    from renewed r where r.begun or r.progressed group by r.tenant_id, r.run_id
  )
  select i.step_id, r.id is not null, r.lease_until, coalesce(r.cancel_requested_at is not null, false)
  from items i left join renewed r on r.id = i.step_id and r.epoch = i.epoch;
end
$$;

-- Who stores something is at work: a step that no heartbeat has marked running yet is marked here.
create or replace function engine.mark_running(p_step public.steps) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  if p_step.status <> 'assigned' then
    return;
  end if;
  update public.steps s set status = 'running', started_at = coalesce(s.started_at, clock_timestamp()) where s.id = p_step.id;
  update public.attempts a set started_at = clock_timestamp()
  where a.step_id = p_step.id and a.epoch = p_step.epoch and a.started_at is null;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_step.tenant_id, 'steps.started', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
    jsonb_build_object('steps', jsonb_build_array(
      jsonb_build_object('step_id', p_step.id, 'run_id', p_step.run_id, 'epoch', p_step.epoch))));
  perform engine.begin_tasks(array[p_step.run_id]);
end
$$;
