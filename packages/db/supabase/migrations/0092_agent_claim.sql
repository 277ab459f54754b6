-- What an agent may still be given, and how much there is to do for each capability.

-- what an agent holds: its load, and the limit on it
create index steps_held_by_agent on public.steps (tenant_id, lease_owner, capability)
  where executor = 'agent' and status in ('assigned', 'running');
comment on index public.steps_held_by_agent is 'What agents hold';

-- How many steps this agent may be given now, p_limit at most. None where it is draining, retired or quarantined; where its breaker
-- quarantined it and the time of a trial has come, one, while it holds nothing. Claims of one agent queue up behind each other only
-- where a limit has to be kept.
create function engine.agent_room(p_tenant uuid, p_agent uuid, p_limit integer) returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_agent record;
  v_held integer;
begin
  select a.status, a.status_by, a.trial_at, a.max_concurrency into v_agent
  from public.agent_registry a where a.id = p_agent and a.tenant_id = p_tenant;
  if not found or v_agent.status in ('draining', 'retired') then
    return 0;
  end if;
  if v_agent.status = 'quarantined'
      and (v_agent.status_by <> 'breaker' or v_agent.trial_at is null or v_agent.trial_at > clock_timestamp()) then
    return 0;
  end if;
  if v_agent.status = 'active' and v_agent.max_concurrency is null then
    return p_limit;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('nofx:agent_room:' || p_agent::text, 0));
  select count(*) into v_held from public.steps s
  where s.tenant_id = p_tenant and s.lease_owner = p_agent::text and s.executor = 'agent' and s.status in ('assigned', 'running');
  if v_agent.status = 'quarantined' then
    return least(p_limit, case when v_held = 0 then 1 else 0 end);
  end if;
  return greatest(0, least(p_limit, v_agent.max_concurrency - v_held));
end
$$;
revoke all on function engine.agent_room(uuid, uuid, integer) from public;

-- As in 0049, for an agent only as much as it has room for; whether its status lets it claim is asked there.
create or replace function engine.pick_for_agent(p_owner text, p_handlers text[], p_tenant uuid, p_capabilities text[], p_limit integer) returns uuid[]
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
declare
  v_ruled boolean := engine.ruled(p_tenant);
  v_groups engine.agent_group[] := engine.agent_groups(p_tenant, array(
    select distinct c.capability from public.agent_registry r, unnest(r.capabilities) as c (capability)
    where r.id = p_owner::uuid and c.capability = any (p_capabilities)));
  v_shut text[] := '{}';
  v_priority smallint;
  v_group record;
  v_found boolean;
  v_allowed integer;
  v_ids uuid[] := '{}';
begin
  for v_priority in select distinct g.priority from unnest(v_groups) g where g.handler = any (p_handlers) order by g.priority loop
    -- a group that gives less than was asked for is shut for the rest of this claim, so every round but the last shuts one
    v_found := true;
    while v_found and cardinality(v_ids) < p_limit loop
      v_found := false;
      for v_group in
        select t.queue, t.capability, array_agg(t.id order by t.run_at, t.id) as ids
        from (
          select s.* from unnest(v_groups) as g
          cross join lateral (
            select s.id, s.queue, s.capability, s.run_at from public.steps s
            where s.tenant_id = p_tenant and s.capability = g.capability and s.queue = g.queue and s.handler = g.handler
              and s.priority = g.priority and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
              and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
              and s.id <> all (v_ids)
            order by s.tenant_id, s.capability, s.queue, s.handler, s.priority, s.run_at, s.id
            limit p_limit - cardinality(v_ids) for update skip locked
          ) as s
          where g.priority = v_priority and g.handler = any (p_handlers) and g.queue || '/' || g.capability <> all (v_shut)
          order by s.run_at, s.id limit p_limit - cardinality(v_ids)
        ) as t
        group by t.queue, t.capability order by min(t.run_at)
      loop
        v_allowed := cardinality(v_group.ids);
        if v_ruled then
          v_allowed := engine.allow(p_tenant, v_group.queue, 'agent@1/' || v_group.capability, p_owner, v_allowed);
        end if;
        v_ids := v_ids || v_group.ids[1:v_allowed];
        if v_allowed < cardinality(v_group.ids) then
          v_shut := v_shut || (v_group.queue || '/' || v_group.capability);
          v_found := true;
        end if;
      end loop;
    end loop;
  end loop;
  return v_ids;
end
$$;

create or replace function engine.claim(
  p_owner text, p_executor text, p_handlers text[], p_tenant uuid, p_capabilities text[], p_limit integer, p_lease_ms integer,
  p_version text default null
) returns setof jsonb
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
  v_ids uuid[];
  v_room integer;
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);
  if p_executor = 'worker' then
    select p.ids into v_ids from engine.pick(p_owner, p_handlers, p_limit, '{}') p;
  else
    v_room := engine.agent_room(p_tenant, p_owner::uuid, p_limit);
    if v_room = 0 then
      return;
    end if;
    v_ids := engine.pick_for_agent(p_owner, p_handlers, p_tenant, p_capabilities, v_room);
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

-- People take back what an agent holds: it is queued again and no failure is counted. Before they change the agent's status, because it
-- is settled in the agent's name. Answers as engine.settle does.
create function app.take_back_from_agent(p_tenant uuid, p_agent uuid) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_claims text := current_setting('request.jwt.claims', true);
  v_held jsonb;
  v_answer jsonb;
begin
  perform app.assert_tenant(p_tenant);
  if app.agent_id() is not null then
    raise insufficient_privilege using message = 'people take back';
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('step_id', s.id, 'epoch', s.epoch, 'outcome', 'released')), '[]') into v_held
  from public.steps s
  where s.tenant_id = p_tenant and s.lease_owner = p_agent::text and s.executor = 'agent' and s.status in ('assigned', 'running');
  -- nothing can be settled for one that is out already: its leases run out
  if jsonb_array_length(v_held) = 0 or not exists (
    select from public.agent_registry a where a.id = p_agent and a.tenant_id = p_tenant
      and (a.status in ('active', 'draining') or (a.status = 'quarantined' and a.status_by = 'breaker'))
  ) then
    return '{"results": [], "for_workers": 0, "for_agents": 0}';
  end if;
  perform set_config('request.jwt.claims', jsonb_build_object('role', 'nofx_agent', 'agent_id', p_agent, 'tenant_id', p_tenant)::text, true);
  v_answer := engine.settle(p_agent::text, 'agent', p_tenant, v_held);
  perform set_config('request.jwt.claims', v_claims, true);
  return v_answer;
end
$$;

-- How much there is to do for each capability, and who is there to do it: of one tenant, or of all for the engine's own login.
-- [{tenant_id, capability, ready, oldest_seconds, in_flight, agents, runners, slots, busy, failure_rate}]. Capabilities that steps ask
-- for and nobody has are there as well. No count goes beyond 10,000; each capability is found by one look-up behind the one before. A
-- process counts that was heard of in the last minute, for every capability of its agent. failure_rate: of the newest attempts.
create function engine.capability_demand(p_tenant uuid, p_capability text default null) returns jsonb
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
  v_limit constant integer := 10000;
begin
  if p_tenant is not null then
    perform app.assert_tenant(p_tenant);
  elsif session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'of one tenant';
  end if;
  return (
    with recursive wanted as (
      (select s.tenant_id, s.capability from public.steps s
       where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and (p_tenant is null or s.tenant_id = p_tenant)
       order by s.tenant_id, s.capability limit 1)
      union all
      select n.tenant_id, n.capability from wanted w cross join lateral (
        select s.tenant_id, s.capability from public.steps s
        where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and (p_tenant is null or s.tenant_id = p_tenant)
          and (s.tenant_id, s.capability) > (w.tenant_id, w.capability)
        order by s.tenant_id, s.capability limit 1) n
    ),
    known as (
      select w.tenant_id, w.capability from wanted w where p_capability is null or w.capability = p_capability
      union
      select c.tenant_id, c.capability from public.agent_capabilities c
      where (p_tenant is null or c.tenant_id = p_tenant) and (p_capability is null or c.capability = p_capability)
    ),
    held as (
      select s.tenant_id, s.capability, count(*) as n from public.steps s
      where s.executor = 'agent' and s.status in ('assigned', 'running') and (p_tenant is null or s.tenant_id = p_tenant)
      group by s.tenant_id, s.capability
    ),
    here as (
      select p.agent_id, count(*) as runners, sum(p.slots) as slots, sum(least(p.busy, p.slots)) as busy from public.agent_presence p
      where p.last_seen_at > clock_timestamp() - interval '60 s' and (p_tenant is null or p.tenant_id = p_tenant)
      group by p.agent_id
    ),
    able as (
      select c.tenant_id, c.capability, count(*) filter (where a.status = 'active') as agents, coalesce(sum(h.runners), 0) as runners,
        coalesce(sum(h.slots), 0) as slots, coalesce(sum(h.busy), 0) as busy,
        sum(r.failed) as failed, sum(r.n) as ended
      from known k
      join public.agent_capabilities c on c.tenant_id = k.tenant_id and c.capability = k.capability
      join public.agent_registry a on a.id = c.agent_id and a.status <> 'retired'
      left join here h on h.agent_id = a.id and a.status = 'active'
      cross join lateral (
        select count(*) filter (where not (e.value ->> 0)::boolean) as failed, count(*) as n from jsonb_array_elements(c.recent) e
        where c.last_at > clock_timestamp() - interval '5 minutes') r
      group by c.tenant_id, c.capability
    )
    select coalesce(jsonb_agg(jsonb_build_object('tenant_id', k.tenant_id, 'capability', k.capability, 'ready', r.n,
      'oldest_seconds', r.oldest_seconds, 'in_flight', coalesce(h.n, 0), 'agents', coalesce(a.agents, 0), 'runners', coalesce(a.runners, 0),
      'slots', coalesce(a.slots, 0), 'busy', coalesce(a.busy, 0), 'failure_rate', coalesce(a.failed::double precision / nullif(a.ended, 0), 0))
      order by k.tenant_id, k.capability), '[]')
    from known k
    cross join lateral (
      select count(*) as n, coalesce(greatest(0, extract(epoch from clock_timestamp() - min(q.run_at))), 0)::double precision as oldest_seconds
      from (
        select s.run_at from public.steps s
        where s.tenant_id = k.tenant_id and s.capability = k.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
          and s.run_at <= clock_timestamp()
        limit v_limit) q
    ) r
    left join held h on h.tenant_id = k.tenant_id and h.capability = k.capability
    left join able a on a.tenant_id = k.tenant_id and a.capability = k.capability);
end
$$;
grant execute on function engine.capability_demand(uuid, text) to nofx_worker, nofx_member, nofx_agent;
grant execute on function app.take_back_from_agent(uuid, uuid) to nofx_member;
