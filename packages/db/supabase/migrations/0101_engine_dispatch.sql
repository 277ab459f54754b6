-- What a choice of strategy reads and writes. The deciding is core's; here is one statement to read all it needs, one to keep the
-- choice, one to note an outcome, one to keep what was learnt.

-- {at, settings, levels: {key: state}, outcomes: [...], agents: [...], learns}. Outcomes that the levels do not know of yet, oldest
-- first, are for the caller to learn from; where learns is true, nobody else keeps what they learnt of this tenant until the end of
-- this transaction, and the caller hands it to engine.keep_learnt. Who finds the lock taken learns for itself alone and waits for nobody,
-- so an outcome is in each choice after it, and no session's end waits for another's.
create function engine.dispatch_evidence(p_tenant uuid, p_capability text, p_segment text, p_learn boolean) returns jsonb
language plpgsql volatile security definer
set search_path = '' set jit = off
as $$
declare
  v_learns boolean := false;
begin
  perform app.assert_tenant(p_tenant);
  if p_learn then
    v_learns := pg_try_advisory_xact_lock(hashtextextended('nofx:dispatch:' || p_tenant::text, 0));
  end if;
  -- one statement, so one snapshot: an outcome is either learnt from or among those that are not
  return (
    with fresh as materialized (
      select o.decision_id, d.capability, d.segment, d.strategy, coalesce(o.reward, 1) * o.succeeded::integer as good, o.seconds,
        o.cost_pico / 1e12 as cost_usd, extract(epoch from o.noted_at) as at, o.noted_at
      from public.strategy_outcomes o join public.strategy_decisions d on d.id = o.decision_id
      where o.tenant_id = p_tenant and not o.learnt
      order by o.noted_at, o.decision_id limit 200
    ),
    keys as (
      select k.key from unnest(array['*', p_capability, p_segment]) as k (key)
      union select f.capability from fresh f
      union select f.segment from fresh f
    )
    select jsonb_build_object(
      'at', extract(epoch from clock_timestamp()),
      'learns', v_learns,
      'settings', (
        select jsonb_build_object('holdOut', s.hold_out, 'successUsd', s.success_usd, 'hourUsd', s.hour_usd, 'preferSeconds', s.prefer_seconds)
        from public.dispatch_settings s where s.tenant_id = p_tenant),
      'levels', (
        select coalesce(jsonb_object_agg(s.level_key, s.state), '{}')
        from public.strategy_statistics s where s.tenant_id = p_tenant and s.level_key in (select k.key from keys k)),
      'outcomes', (
        select coalesce(jsonb_agg(jsonb_build_object('decisionId', f.decision_id, 'capability', f.capability, 'segment', f.segment,
          'strategy', f.strategy, 'good', f.good, 'seconds', f.seconds, 'costUsd', f.cost_usd, 'at', f.at) order by f.noted_at, f.decision_id), '[]')
        from fresh f),
      'agents', engine.agents_for(p_tenant, p_capability)));
end
$$;
grant execute on function engine.dispatch_evidence(uuid, text, text, boolean) to nofx_worker, nofx_member;

-- Agents that can do this and are there: [{agentId, name, samples, success, latencyMs, costPico, slots, held}], at most 200. Heard of
-- within the last minute; where none was, those that are listed, as one may come.
create function engine.agents_for(p_tenant uuid, p_capability text) returns jsonb
language sql stable security definer
set search_path = '' set jit = off
as $$
  with able as (
    select a.id, a.name, c.samples, c.success_rate, c.latency_ms, c.cost_pico, a.max_concurrency, h.slots, held.n as held,
      greatest(a.last_seen_at, h.last_seen_at) > clock_timestamp() - interval '60 s' as here
    from public.agent_capabilities c
    join public.agent_registry a on a.id = c.agent_id and a.status = 'active'
    left join lateral (
      select sum(p.slots) as slots, max(p.last_seen_at) as last_seen_at from public.agent_presence p
      where p.agent_id = a.id and p.last_seen_at > clock_timestamp() - interval '60 s') h on true
    left join lateral (
      select count(*) as n from public.steps s
      where s.tenant_id = p_tenant and s.lease_owner = a.id::text and s.executor = 'agent' and s.status in ('assigned', 'running')) held on true
    where c.tenant_id = p_tenant and c.capability = p_capability
    order by here desc nulls last, held.n, a.last_seen_at desc nulls last limit 200
  )
  select coalesce(jsonb_agg(jsonb_build_object('agentId', a.id, 'name', a.name, 'samples', a.samples, 'success', a.success_rate,
    'latencyMs', a.latency_ms, 'costPico', a.cost_pico, 'slots', least(a.max_concurrency, coalesce(a.slots, a.max_concurrency, 1)),
    'held', a.held) order by a.id), '[]')
  from able a
  where a.here or not exists (select from able o where o.here)
$$;
revoke all on function engine.agents_for(uuid, text) from public;

-- Keeps a choice; answers its id.
create function engine.keep_decision(p_tenant uuid, p_decision jsonb) returns uuid
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_id uuid;
begin
  perform app.assert_tenant(p_tenant);
  insert into public.strategy_decisions (tenant_id, run_id, step_id, capability, segment, strategy, held_out, level, open, probability,
    hold_out, success_usd, hour_usd, reason, numbers, agents)
  select p_tenant, d.run_id, d.step_id, d.capability, d.segment, d.strategy, d.held_out, d.level, d.open, d.probability, d.hold_out,
    d.success_usd, d.hour_usd, d.reason, d.numbers, d.agents
  from jsonb_to_record(p_decision) as d (run_id uuid, step_id uuid, capability text, segment text, strategy text, held_out boolean,
    level text, open smallint, probability double precision, hold_out double precision, success_usd double precision,
    hour_usd double precision, reason text, numbers jsonb, agents jsonb)
  returning id into v_id;
  return v_id;
end
$$;
grant execute on function engine.keep_decision(uuid, jsonb) to nofx_worker;

-- Notes how a choice ended, once: answers whether this was the first time. Locks nothing that another choice needs.
create function engine.note_strategy_outcome(
  p_decision uuid, p_succeeded boolean, p_seconds double precision, p_cost_pico numeric, p_reward double precision default null
) returns boolean
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  insert into public.strategy_outcomes (decision_id, tenant_id, succeeded, seconds, cost_pico, reward)
  select d.id, d.tenant_id, p_succeeded, p_seconds, p_cost_pico, p_reward
  from public.strategy_decisions d where d.id = p_decision
  on conflict (decision_id) do nothing;
  return found;
end
$$;
grant execute on function engine.note_strategy_outcome(uuid, boolean, double precision, numeric, double precision) to nofx_worker;

-- Keeps what was learnt of these outcomes, under the lock that engine.dispatch_evidence took. p_levels: {key: state}. Choices of half a
-- year ago go, some at a time: what they taught stays.
create function engine.keep_learnt(p_tenant uuid, p_levels jsonb, p_outcomes uuid[]) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  insert into public.strategy_statistics as s (tenant_id, level_key, state)
  select p_tenant, l.key, l.value from jsonb_each(p_levels) l
  on conflict (tenant_id, level_key) do update set state = excluded.state, updated_at = clock_timestamp();
  update public.strategy_outcomes o set learnt = true where o.decision_id = any (p_outcomes) and o.tenant_id = p_tenant;
  delete from public.strategy_decisions d
  where d.id in (
    select o.id from (
      select f.id, f.decided_at from public.strategy_decisions f where f.tenant_id = p_tenant order by f.id limit 100) o
    where o.decided_at < clock_timestamp() - interval '180 days');
end
$$;
grant execute on function engine.keep_learnt(uuid, jsonb, uuid[]) to nofx_worker;
