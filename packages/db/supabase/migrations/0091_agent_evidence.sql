-- How agents do what they say they can. Whatever ends an attempt of an agent (settled by itself, lost with its lease, cut off for its
-- time) leaves one row here; the worker that leads folds the rows into agent_capabilities and judges by them whether an agent's breaker
-- opens. Attempts are read once each, when they end: no page adds them up.

create table public.agent_outcomes (
  id bigint generated always as identity primary key,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  agent_id uuid not null,
  capability text not null,
  step_id uuid not null,
  succeeded boolean not null,
  error_code text,
  claimed_at timestamptz not null,
  ms double precision not null,
  at timestamptz not null default clock_timestamp()
);
comment on table public.agent_outcomes is 'Attempts of agents that ended and are not in their evidence yet; empty within seconds';
alter table public.agent_outcomes enable row level security;
create policy agent_outcomes_read on public.agent_outcomes for select to nofx_member using (tenant_id in (select app.tenant_ids()));
grant select on public.agent_outcomes to nofx_member;

create index model_calls_of_step on public.model_calls (step_id) where step_id is not null;
comment on index public.model_calls_of_step is 'What a step paid for models';

-- What people, policy or time decided is nothing that the agent did badly.
create function engine.note_agent_outcome() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  insert into public.agent_outcomes (tenant_id, agent_id, capability, step_id, succeeded, error_code, claimed_at, ms)
  select new.tenant_id, new.executor::uuid, s.capability, new.step_id, new.outcome = 'succeeded', new.error_code, new.claimed_at,
    greatest(0, extract(epoch from new.finished_at - new.claimed_at) * 1000)
  from public.steps s
  where s.id = new.step_id and s.executor = 'agent' and s.capability is not null;
  return null;
end
$$;
revoke all on function engine.note_agent_outcome() from public;
-- agents are executors by their uuid; what it costs an attempt of a worker is this condition, the first of it first
create trigger attempts_of_agents after update of outcome on public.attempts
  for each row when (length(new.executor) = 36 and old.outcome is null and new.outcome = any ('{succeeded,failed,lost}')
    and new.executor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    and coalesce(new.error_code, '') <> all ('{approval_rejected,approval_expired,dependency_failed,wait_timed_out}'))
  execute function engine.note_agent_outcome();

-- What is to be folded next, oldest first, with all that core needs: {outcomes, agents, capabilities}. What an attempt cost is what it
-- asked of models while it ran; calls are noted a moment after their end, so the newest attempts are left alone for a second.
create function engine.agent_evidence(p_limit integer) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  with due as materialized (
    select o.* from public.agent_outcomes o where o.at < clock_timestamp() - interval '1 s' order by o.id limit p_limit
  )
  select jsonb_build_object(
    'outcomes', (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'agent_id', d.agent_id, 'capability', d.capability,
        'step_id', d.step_id, 'error_code', d.error_code, 'succeeded', d.succeeded, 'ms', d.ms, 'claimed_at', extract(epoch from d.claimed_at) * 1000, 'at', extract(epoch from d.at) * 1000,
        'cost_pico', (select sum(m.cost_pico) from public.model_calls m
          where m.step_id = d.step_id and m.agent_id = d.agent_id and m.started_at >= d.claimed_at)) order by d.id), '[]') from due d),
    'agents', (select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'status', a.status, 'status_by', a.status_by, 'breaker', a.breaker,
        'breaker_enabled', a.breaker_enabled, 'revision', a.revision)), '[]')
      from public.agent_registry a where a.id in (select d.agent_id from due d)),
    'capabilities', (select coalesce(jsonb_agg(jsonb_build_object('agent_id', c.agent_id, 'capability', c.capability, 'recent', c.recent,
        'declared_success_rate', c.declared_success_rate, 'declared_latency_ms', c.declared_latency_ms,
        'declared_cost_pico', c.declared_cost_pico)), '[]')
      from public.agent_capabilities c join (select distinct d.agent_id, d.capability from due d) u
        on u.agent_id = c.agent_id and u.capability = c.capability))
$$;

-- Folds them, once: where somebody else has folded one of p_ids, nothing is done. p_capabilities: [{agent_id, capability, samples,
-- successes, since, last_at, recent, success_rate, latency_ms, cost_pico}], the first two to be added. p_agents: [{id, revision, breaker,
-- status?, reason?, trial_at?}]; where people have changed the agent meanwhile, what they said stands.
create function engine.fold_agent_evidence(p_ids bigint[], p_capabilities jsonb, p_agents jsonb) returns boolean
language plpgsql security definer
set search_path = ''
as $$
declare
  v_gone integer;
  v_change record;
begin
  delete from public.agent_outcomes o where o.id = any (p_ids);
  get diagnostics v_gone = row_count;
  if v_gone <> cardinality(p_ids) then
    raise serialization_failure using message = 'folded by somebody else';
  end if;
  update public.agent_capabilities c
  set samples = c.samples + f.samples, successes = c.successes + f.successes,
      since = coalesce(c.since, to_timestamp(f.since / 1000)), last_at = to_timestamp(f.last_at / 1000), recent = f.recent,
      success_rate = f.success_rate, latency_ms = f.latency_ms, cost_pico = f.cost_pico, updated_at = clock_timestamp()
  from jsonb_to_recordset(p_capabilities) as f (agent_id uuid, capability text, samples integer, successes integer,
    since double precision, last_at double precision, recent jsonb, success_rate double precision, latency_ms double precision,
    cost_pico double precision)
  where c.agent_id = f.agent_id and c.capability = f.capability;
  for v_change in
    select f.*, a.tenant_id, a.status as was from jsonb_to_recordset(p_agents) as f (id uuid, revision integer, breaker jsonb, status text, reason text,
      trial_at double precision)
    join public.agent_registry a on a.id = f.id and a.revision = f.revision
    order by a.tenant_id, f.id
  loop
    update public.agent_registry a
    set breaker = v_change.breaker, trial_at = to_timestamp(v_change.trial_at / 1000),
        status = coalesce(v_change.status, a.status), status_by = case when v_change.status is null then a.status_by else 'breaker' end,
        status_reason = case when v_change.status is null then a.status_reason else v_change.reason end,
        status_at = case when v_change.status is null or v_change.status = a.status then a.status_at else clock_timestamp() end
    where a.id = v_change.id and a.revision = v_change.revision
      and (v_change.status is null or a.status = 'active' or (a.status = 'quarantined' and a.status_by = 'breaker'));
    if found and v_change.status is distinct from v_change.was and v_change.status is not null then
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
      values (v_change.tenant_id, 'agent.status_changed', app.uuid7(), 'system', 'breaker',
        jsonb_build_object('agent_id', v_change.id, 'status', v_change.status, 'from', v_change.was));
      perform app.append_audit(v_change.tenant_id, 'agent.status_changed', 'system', 'breaker',
        '{"agent_id":"' || v_change.id || '","from":"' || v_change.was || '","status":"' || v_change.status || '"}');
    end if;
  end loop;
  return true;
end
$$;

-- Processes that were not heard of for a day.
create function engine.prune_agent_presence(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_gone integer;
begin
  delete from public.agent_presence p where (p.agent_id, p.runner) in (
    select o.agent_id, o.runner from public.agent_presence o where o.last_seen_at < clock_timestamp() - interval '1 day' limit p_limit);
  get diagnostics v_gone = row_count;
  return v_gone;
end
$$;
grant execute on function engine.agent_evidence(integer), engine.fold_agent_evidence(bigint[], jsonb, jsonb), engine.prune_agent_presence(integer)
  to nofx_worker;
