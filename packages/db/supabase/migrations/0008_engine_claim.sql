-- Who calls the engine: its own login for any tenant, or an agent for itself, in its tenant.
create function engine.assert_caller(p_owner text, p_executor text, p_tenant uuid) returns void
language plpgsql stable security definer
set search_path = ''
as $$
begin
  if session_user = 'nofx_worker' then
    return;
  end if;
  if p_executor is distinct from 'agent' or p_owner is distinct from app.agent_id()::text then
    raise insufficient_privilege using message = 'an agent acts as itself';
  end if;
  perform app.assert_tenant(p_tenant);
end
$$;
revoke all on function engine.assert_caller(text, text, uuid) from public;

create function engine.artifact_json(p_artifact public.artifacts) returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object('id', p_artifact.id, 'name', p_artifact.name, 'content_type', p_artifact.content_type,
    'size', p_artifact.size, 'sha256', p_artifact.sha256, 'path', p_artifact.path)
$$;

create function engine.artifacts_of(p_step uuid) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(engine.artifact_json(a) order by a.name), '[]')
  from public.artifacts a where a.step_id = p_step and a.stored_at is not null
$$;

-- Everything an executor must know to run a claimed step, in one document: arguments, checkpoints, answers of people,
-- and what the steps it needs have left behind.
create function engine.describe(p_step public.steps) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_step.id, 'tenant_id', p_step.tenant_id, 'run_id', p_step.run_id, 'name', p_step.name, 'title', p_step.title,
    'kind', p_step.kind, 'capability', p_step.capability, 'epoch', p_step.epoch, 'lease_until', p_step.lease_until, 'run_at', p_step.run_at,
    'arguments', p_step.arguments, 'token', p_step.token, 'failures', p_step.failures, 'crashes', p_step.crashes,
    'max_failures', p_step.max_failures, 'max_crashes', p_step.max_crashes,
    'correlation_id', p_step.correlation_id, 'traceparent', p_step.traceparent,
    'kind_version', p_step.kind_version, 'deadline_at', p_step.deadline_at, 'undo_of', p_step.undo_of,
    'workspace', (select r.workspace from public.runs r where r.id = p_step.run_id),
    'workspace_run', (select coalesce(r.workspace_run, r.id) from public.runs r where r.id = p_step.run_id),
    'shell', coalesce(
      (select t.value #>> '{}' from public.tenant_settings t where t.tenant_id = p_step.tenant_id and t.key = 'shell'), 'off'),
    'checkpoints', coalesce(
      (select jsonb_agg(jsonb_build_object('name', c.name, 'value', c.value) order by c.created_at)
       from public.checkpoints c where c.step_id = p_step.id), '[]'),
    'approvals', coalesce(
      (select jsonb_agg(jsonb_build_object('name', a.name, 'status', a.status, 'arguments', a.arguments, 'reason',
         (select d.reason from public.approval_decisions d where d.approval_id = a.id order by d.at desc limit 1)))
       from public.approvals a where a.step_id = p_step.id and a.subject = 'step'), '[]'),
    'needs', coalesce(
      (select jsonb_agg(jsonb_build_object('name', n.name, 'status', n.status, 'output', n.output,
         'artifacts', engine.artifacts_of(coalesce(n.kept_from, n.id))) order by n.position)
       from (
         select d.depends_on as id from public.step_dependencies d where d.step_id = p_step.id and p_step.undo_of is null
         union all
         -- what undoes reads what was done
         select p_step.undo_of where p_step.undo_of is not null
       ) as need join public.steps n on n.id = need.id), '[]'),
    'inputs', coalesce(
      (select jsonb_agg(engine.artifact_json(a) || jsonb_build_object('from', s.name, 'to', i.value ->> 'to'))
       from jsonb_array_elements(case jsonb_typeof(p_step.arguments -> 'inputs') when 'array' then p_step.arguments -> 'inputs' else '[]' end) i
       join public.steps s on s.run_id = p_step.run_id and s.name = i.value ->> 'from'
       join public.artifacts a on a.step_id = coalesce(s.kept_from, s.id) and a.name = i.value ->> 'artifact' and a.stored_at is not null), '[]')
  )
$$;

-- Whether a worker holds a step that one more crash would end.
create function engine.has_last_chance(p_owner text) returns boolean
language sql stable security definer
set search_path = ''
as $$
  select exists (
    select from public.steps s
    where s.status in ('assigned', 'running') and s.lease_owner = p_owner and s.crashes > 0 and s.crashes + 1 >= s.max_crashes)
$$;
revoke all on function engine.has_last_chance(text) from public;

-- Takes up to p_limit claimable steps for one executor and returns each as engine.describe() writes it.
--
-- Guarantees: a step is claimed by one caller (row lock, skip locked); every claim raises the epoch, and nothing else
-- does; the lease runs on the database clock (clock_timestamp: now() stands still inside a transaction). The candidates
-- come in index order, so the backlog is never sorted.
--
-- Last chances: a step that one more crash would end as poison is given to a worker one at a time. So the step that kills its
-- executors is found out alone, and does not take those with it that happened to run beside it.
--
-- p_handlers: what the caller has code for, as kind@version; it is never given anything else.
-- p_version: the version of its code, for the record.
-- p_tenant, p_capabilities: for agents, who see their own tenant only, and of it what their registry row says they can do.
create function engine.claim(
  p_owner text, p_executor text, p_handlers text[], p_tenant uuid, p_capabilities text[], p_limit integer, p_lease_ms integer,
  p_version text default null
) returns setof jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_claimed public.steps[];
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);

  with candidates as materialized (
    select s.id from (
      select w.id, w.priority, w.run_at from (
        select s.id, s.priority, s.run_at from public.steps s
        where p_executor = 'worker' and s.executor = 'worker' and s.queue = 'default' and s.status = 'queued' and s.holds = 0
          and s.handler = any (p_handlers) and s.run_at <= clock_timestamp()
          and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
          and (s.deadline_at is null or s.deadline_at > clock_timestamp())
        order by s.queue, s.priority, s.run_at, s.id
        limit p_limit for update skip locked
      ) as w
      union all
      select l.id, l.priority, l.run_at from (
        select s.id, s.priority, s.run_at from public.steps s
        where p_executor = 'worker' and s.executor = 'worker' and s.queue = 'default' and s.status = 'queued' and s.holds = 0
          and s.handler = any (p_handlers) and s.run_at <= clock_timestamp()
          and s.crashes > 0 and s.crashes + 1 >= s.max_crashes and not engine.has_last_chance(p_owner)
          and (s.deadline_at is null or s.deadline_at > clock_timestamp())
        order by s.queue, s.priority, s.run_at, s.id
        limit least(p_limit, 1) for update skip locked
      ) as l
      union all
      select a.id, a.priority, a.run_at
      from (
        select distinct c.capability from public.agent_registry r, unnest(r.capabilities) as c (capability)
        where p_executor = 'agent' and r.id = app.agent_id() and r.status = 'active' and c.capability = any (p_capabilities)
      ) as wanted,
      lateral (
        select s.id, s.priority, s.run_at from public.steps s
        where s.tenant_id = p_tenant and s.capability = wanted.capability and s.executor = 'agent' and s.status = 'queued'
          and s.handler = any (p_handlers) and s.holds = 0 and s.run_at <= clock_timestamp()
            and (s.deadline_at is null or s.deadline_at > clock_timestamp())
        order by s.priority, s.run_at, s.id
        limit p_limit for update skip locked
      ) as a
    ) as s
    order by s.priority, s.run_at, s.id
    limit p_limit
  ),
  claimed as (
    update public.steps s
    set status = 'assigned', epoch = s.epoch + 1, lease_owner = p_owner, progress = null,
        deadline_at = coalesce(s.deadline_at, clock_timestamp() + make_interval(secs => s.deadline_ms / 1000.0)),
        lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from candidates c where s.id = c.id
    returning s.*
  )
  select coalesce(array_agg(c::public.steps order by c.priority, c.id), '{}') into v_claimed from claimed c;

  if cardinality(v_claimed) = 0 then
    return;
  end if;

  insert into public.attempts (step_id, epoch, tenant_id, run_id, executor, worker_version)
  select c.id, c.epoch, c.tenant_id, c.run_id, p_owner, p_version from unnest(v_claimed) c;

  with locked as (
    select r.id from public.runs r
    where r.id in (select c.run_id from unnest(v_claimed) c) and r.status = 'queued'
    order by r.id for no key update
  ),
  begun as (
    update public.runs r set status = 'running', started_at = clock_timestamp()
    from locked where r.id = locked.id and r.status = 'queued'
    returning r.id, r.tenant_id, r.correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select b.tenant_id, 'run.started', b.correlation_id, p_executor, p_owner, b.id, jsonb_build_object('run_id', b.id) from begun b;

  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select c.tenant_id, 'steps.claimed', (array_agg(c.correlation_id))[1], p_executor, p_owner, c.run_id,
         jsonb_build_object('executor', p_executor, 'worker', p_owner,
           'steps', jsonb_agg(jsonb_build_object('step_id', c.id, 'run_id', c.run_id, 'epoch', c.epoch)))
  from unnest(v_claimed) c group by c.tenant_id, c.run_id;

  return query select engine.describe(c::public.steps) from unnest(v_claimed) c;
end
$$;

grant execute on function engine.claim(text, text, text[], uuid, text[], integer, integer, text) to nofx_worker, nofx_agent;

-- Describes again what an executor still holds under these epochs: the answer to a claim that was sent twice.
create function engine.describe_held(p_owner text, p_executor text, p_tenant uuid, p_items jsonb) returns setof jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);
  return query
  select engine.describe(s)
  from jsonb_to_recordset(p_items) as i (step_id uuid, epoch bigint)
  join public.steps s on s.id = i.step_id and s.epoch = i.epoch
  where s.status in ('assigned', 'running') and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
    and (p_tenant is null or s.tenant_id = p_tenant)
  order by s.priority, s.id;
end
$$;

grant execute on function engine.describe_held(text, text, uuid, jsonb) to nofx_worker, nofx_agent;
