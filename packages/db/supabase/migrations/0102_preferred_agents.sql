-- Preferences in the claim of agents. A step that is meant for one agent stands, until its time is over, in the index of claims where it
-- would if it were not due yet: nobody else reads past it. Its agent finds it by an index of its own, and first.
drop index public.steps_claim_agent;
create index steps_claim_agent on public.steps (tenant_id, capability, queue, handler, priority, greatest(run_at, preferred_until), id)
  where status = 'queued' and holds = 0 and executor = 'agent';
comment on index public.steps_claim_agent is 'Claims of agents: the groups of what they can do by skip scan, and a group in order from its head';
create index steps_preferred on public.steps (tenant_id, preferred_agent_id, capability, queue, handler, priority, run_at, id)
  where status = 'queued' and holds = 0 and executor = 'agent' and preferred_agent_id is not null;
comment on index public.steps_preferred is 'Claimable steps that are meant for one agent';

-- As in 0092, with what is meant for this agent first, and without what is meant for another still.
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
  -- one look at an index that is empty as a rule
  v_mine boolean := exists (
    select from public.steps s
    where s.tenant_id = p_tenant and s.preferred_agent_id = p_owner::uuid and s.status = 'queued' and s.holds = 0 and s.executor = 'agent');
  v_now timestamptz;
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
      -- one instant for both: a step is left to its agent, or it is everybody's
      v_now := clock_timestamp();
      for v_group in
        select t.queue, t.capability, array_agg(t.id order by t.mine desc, t.run_at, t.id) as ids
        from (
          select s.* from unnest(v_groups) as g
          cross join lateral (
            select o.* from (
              select s.id, s.queue, s.capability, s.run_at, true as mine from public.steps s
              where v_mine and s.tenant_id = p_tenant and s.preferred_agent_id = p_owner::uuid and s.capability = g.capability
                and s.queue = g.queue and s.handler = g.handler and s.priority = g.priority
                and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
                and s.run_at <= v_now and s.preferred_until > v_now and (s.deadline_at is null or s.deadline_at > v_now)
                and s.id <> all (v_ids)
              order by s.tenant_id, s.preferred_agent_id, s.capability, s.queue, s.handler, s.priority, s.run_at, s.id
              limit p_limit - cardinality(v_ids) for update skip locked
            ) as o
            union all
            select c.* from (
              select s.id, s.queue, s.capability, s.run_at, false as mine from public.steps s
              where s.tenant_id = p_tenant and s.capability = g.capability and s.queue = g.queue and s.handler = g.handler
                and s.priority = g.priority and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
                and greatest(s.run_at, s.preferred_until) <= v_now and (s.deadline_at is null or s.deadline_at > v_now)
                and s.id <> all (v_ids)
              order by s.tenant_id, s.capability, s.queue, s.handler, s.priority, greatest(s.run_at, s.preferred_until), s.id
              limit p_limit - cardinality(v_ids) for update skip locked
            ) as c
          ) as s
          where g.priority = v_priority and g.handler = any (p_handlers) and g.queue || '/' || g.capability <> all (v_shut)
          order by s.mine desc, s.run_at, s.id limit p_limit - cardinality(v_ids)
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

-- Steps that are meant for agents who will not come are everybody's: the agent does not take steps, or was not heard of for a while. Each
-- agent that steps are meant for is found by one look-up behind the one before. Answers how many steps.
create function engine.free_preferred(p_limit integer) returns integer
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
  v_gone uuid[];
  v_freed integer := 0;
begin
  v_gone := array(
    with recursive meant as (
      (select s.tenant_id, s.preferred_agent_id from public.steps s
       where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and s.preferred_agent_id is not null
       order by s.tenant_id, s.preferred_agent_id limit 1)
      union all
      select n.* from meant m cross join lateral (
        select s.tenant_id, s.preferred_agent_id from public.steps s
        where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and s.preferred_agent_id is not null
          and (s.tenant_id, s.preferred_agent_id) > (m.tenant_id, m.preferred_agent_id)
        order by s.tenant_id, s.preferred_agent_id limit 1) n
    )
    select m.preferred_agent_id from meant m
    where not exists (
      select from public.agent_registry a
      where a.id = m.preferred_agent_id and a.tenant_id = m.tenant_id and a.status = 'active'
        and (a.last_seen_at > clock_timestamp() - interval '35 s' or exists (
          select from public.agent_presence p where p.agent_id = a.id and p.last_seen_at > clock_timestamp() - interval '35 s'))));
  if cardinality(v_gone) > 0 then
    v_freed := engine.free_from(v_gone, p_limit);
  end if;
  return v_freed;
end
$$;
grant execute on function engine.free_preferred(integer) to nofx_worker;

-- Whoever claims one of them is not waited for.
create function engine.free_from(p_agents uuid[], p_limit integer) returns integer
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_freed integer;
begin
  update public.steps s set preferred_until = v_now
  where s.id in (
    select f.id from public.agent_registry a join public.steps f on f.tenant_id = a.tenant_id and f.preferred_agent_id = a.id
    where a.id = any (p_agents) and f.status = 'queued' and f.holds = 0 and f.executor = 'agent' and f.preferred_agent_id is not null
      and f.preferred_until > v_now
    limit p_limit for update of f skip locked);
  get diagnostics v_freed = row_count;
  return v_freed;
end
$$;
revoke all on function engine.free_from(uuid[], integer) from public;

-- An agent that stops taking steps lets go of those that are meant for it, whoever changed its status.
create function engine.free_from_inactive() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  perform engine.free_from(array[new.id], 10000);
  return null;
end
$$;
revoke all on function engine.free_from_inactive() from public;
create trigger agent_registry_lets_go after update of status on public.agent_registry
  for each row when (old.status = 'active' and new.status <> 'active') execute function engine.free_from_inactive();

-- Leaves queued steps of a tenant to one agent each for a time: [{step_id, agent_id}]. For whoever added them, in the same transaction.
create function engine.prefer(p_tenant uuid, p_wishes jsonb, p_seconds double precision) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_set integer;
begin
  perform app.assert_tenant(p_tenant);
  update public.steps s set preferred_agent_id = w.agent_id, preferred_until = clock_timestamp() + make_interval(secs => least(600, p_seconds))
  from jsonb_to_recordset(p_wishes) as w (step_id uuid, agent_id uuid)
  where s.id = w.step_id and s.tenant_id = p_tenant and s.executor = 'agent' and s.status = 'queued' and p_seconds > 0
    and exists (select from public.agent_registry a where a.id = w.agent_id and a.tenant_id = p_tenant and a.status = 'active');
  get diagnostics v_set = row_count;
  return v_set;
end
$$;
grant execute on function engine.prefer(uuid, jsonb, double precision) to nofx_worker;

-- As in 0094, with what is meant for one agent told apart: who waits for everybody's is not woken for it, and whom it is meant for is.
-- meant: {agent id: how many}.
drop function app.agent_work(jsonb);
create function app.agent_work(p_wanted jsonb) returns table (tenant_id uuid, capability text, ready integer, meant jsonb)
language sql stable security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
  select w.tenant_id, w.capability, r.n, coalesce(m.meant, '{}')
  from jsonb_to_recordset(p_wanted) as w (tenant_id uuid, capability text)
  cross join lateral (
    select count(*)::integer as n
    from (
      select from public.steps s
      where s.tenant_id = w.tenant_id and s.capability = w.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
        and greatest(s.run_at, s.preferred_until) <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
      limit 200
    ) as q
  ) as r
  cross join lateral (
    select jsonb_object_agg(g.preferred_agent_id, g.n) as meant
    from (
      select q.preferred_agent_id, count(*) as n
      from (
        select s.preferred_agent_id from public.steps s
        where s.tenant_id = w.tenant_id and s.capability = w.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
          and s.preferred_agent_id is not null and s.preferred_until > clock_timestamp()
          and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
        limit 1000
      ) as q
      group by q.preferred_agent_id
    ) as g
  ) as m
  where r.n > 0 or m.meant is not null
$$;
grant execute on function app.agent_work(jsonb) to nofx_web, nofx_agent_gateway;
