-- Push: agents that are functions behind an address of their own. The plane claims for them, exactly as they would themselves, and posts
-- each step signed; from then on the lease is theirs as any other. A function that dies is a lease that runs out.

create table public.agent_endpoints (
  agent_id uuid primary key references public.agent_registry (id) on delete cascade,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  url text not null check (length(url) between 1 and 2048),
  -- nobody has this key: the tokens that are posted name it, and end when it is revoked
  key_id uuid not null references public.agent_keys (id) on delete cascade,
  -- how many steps the function may hold at once; a limit of the agent's own counts as well
  max_concurrency integer not null default 10 check (max_concurrency between 1 and 1000),
  -- how long one call of the function may last
  timeout_seconds integer not null default 300 check (timeout_seconds between 5 and 900),
  status text not null default 'active' check (status in ('active', 'disabled')),
  disabled_reason text check (disabled_reason in ('gone', 'failing', 'by_member')),
  -- calls in vain since the last that was taken
  attempts integer not null default 0,
  failing_since timestamptz,
  last_error text check (length(last_error) <= 1000),
  next_at timestamptz not null default clock_timestamp(),
  pushed_at timestamptz,
  created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  check ((status = 'disabled') = (disabled_reason is not null))
);
comment on table public.agent_endpoints is 'Where steps of agents that are functions are posted to';
create index agent_endpoints_due on public.agent_endpoints (next_at) where status = 'active';
comment on index public.agent_endpoints_due is 'Endpoints that may be posted to now';

-- No role reads this table: the engine hands secrets to the worker that posts, which signs with them.
create table public.agent_endpoint_secrets (
  agent_id uuid primary key references public.agent_endpoints (agent_id) on delete cascade,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  secret text not null check (secret like 'whsec\_%'),
  -- while a function changes over, both sign
  previous text check (previous like 'whsec\_%'),
  previous_until timestamptz,
  check ((previous is null) = (previous_until is null))
);
comment on table public.agent_endpoint_secrets is 'What posted steps are signed with; shown once when made';

do $$
declare
  name text;
begin
  foreach name in array array['agent_endpoints', 'agent_endpoint_secrets'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for all to nofx_member using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()))', name || '_own', name);
  end loop;
end
$$;
-- addresses may hold tokens of their own, so a browser reads none of this: people ask by commands
grant select, insert, delete on public.agent_endpoints to nofx_member;
grant update (url, max_concurrency, timeout_seconds, status, disabled_reason, attempts, failing_since, last_error, next_at)
  on public.agent_endpoints to nofx_member;
grant insert on public.agent_endpoint_secrets to nofx_member;

-- A new secret; the one before it signs too for another day. Answers until when, nothing where there is no such endpoint.
create function app.rotate_agent_endpoint_secret(p_tenant uuid, p_agent uuid, p_secret text) returns timestamptz
language plpgsql security definer
set search_path = ''
as $$
declare
  v_until timestamptz;
begin
  perform app.assert_tenant(p_tenant);
  update public.agent_endpoint_secrets s
  set previous = s.secret, previous_until = clock_timestamp() + interval '24 hours', secret = p_secret
  where s.agent_id = p_agent and s.tenant_id = p_tenant
  returning s.previous_until into v_until;
  return v_until;
end
$$;
grant execute on function app.rotate_agent_endpoint_secret(uuid, uuid, text) to nofx_member;

create function engine.held_by_agent(p_tenant uuid, p_agent uuid) returns bigint
language sql stable security definer
set search_path = ''
as $$
  select count(*) from public.steps s
  where s.tenant_id = p_tenant and s.lease_owner = p_agent::text and s.executor = 'agent' and s.status in ('assigned', 'running')
$$;
revoke all on function engine.held_by_agent(uuid, uuid) from public;

-- Claims for functions that are due and have room, at most p_batch steps each: what they would get had they asked. One that did not
-- take the last call is given a single step. Whoever was looked at longest ago comes first, whether it got something or not: those that a
-- rule or a wish leaves without do not stand before others. p_without: tenants whose functions keep enough of the caller's calls busy.
-- Whoever finds an endpoint locked leaves it to the worker that locks it.
create function engine.push_claim(p_limit integer, p_batch integer, p_lease_ms integer, p_without uuid[] default '{}')
returns table (agent_id uuid, tenant_id uuid, url text, key_id uuid, scopes text[], secrets text[], timeout_seconds integer, attempts integer, steps jsonb)
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
#variable_conflict use_column
declare
  v record;
  v_room bigint;
  v_steps jsonb;
begin
  if session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'the engine posts';
  end if;
  for v in
    select e.*, a.capabilities, k.scopes,
      array_remove(array[s.secret, case when s.previous_until > clock_timestamp() then s.previous end], null) as secrets
    from public.agent_endpoints e
    join public.agent_registry a on a.id = e.agent_id and (a.status = 'active' or (a.status = 'quarantined' and a.status_by = 'breaker'))
    join public.agent_keys k on k.id = e.key_id and k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp())
    join public.agent_endpoint_secrets s on s.agent_id = e.agent_id
    where e.status = 'active' and e.next_at <= clock_timestamp() and e.tenant_id <> all (p_without)
      and engine.held_by_agent(e.tenant_id, e.agent_id) < e.max_concurrency
      and exists (
        select from unnest(a.capabilities) as c (capability) cross join lateral (
          select from public.steps q
          where q.tenant_id = e.tenant_id and q.capability = c.capability and q.status = 'queued' and q.holds = 0
            and q.executor = 'agent' and q.run_at <= clock_timestamp() limit 1) as w)
    order by e.next_at limit p_limit for update of e skip locked
  loop
    -- again, now that nobody else claims for it
    v_room := v.max_concurrency - engine.held_by_agent(v.tenant_id, v.agent_id);
    v_room := least(v_room, p_batch, case when v.attempts > 0 then 1 else p_batch end);
    continue when v_room <= 0;
    perform set_config('request.jwt.claims', json_build_object('agent_id', v.agent_id)::text, true);
    select jsonb_agg(c.step) into v_steps
    from engine.claim(v.agent_id::text, 'agent', '{agent@1}', v.tenant_id, v.capabilities, v_room::integer, p_lease_ms) as c (step);
    perform set_config('request.jwt.claims', '', true);
    if v_steps is null then
      update public.agent_endpoints e set next_at = clock_timestamp() + interval '250 ms' where e.agent_id = v.agent_id;
      continue;
    end if;
    update public.agent_endpoints e set pushed_at = clock_timestamp(), next_at = clock_timestamp() where e.agent_id = v.agent_id;
    agent_id := v.agent_id;
    tenant_id := v.tenant_id;
    url := v.url;
    key_id := v.key_id;
    scopes := v.scopes;
    secrets := v.secrets;
    timeout_seconds := v.timeout_seconds;
    attempts := v.attempts;
    steps := v_steps;
    return next;
  end loop;
end
$$;
grant execute on function engine.push_claim(integer, integer, integer, uuid[]) to nofx_worker;

-- How a call ended. `taken`: the endpoint is well. `busy`: it rests so long, and is no worse for it. `failed`, `gone`: it rests, or is
-- disabled; calls that fail side by side count once.
create function engine.push_noted(p_agent uuid, p_outcome text, p_rest_ms bigint, p_give_up_ms bigint, p_error text) returns text
language plpgsql security definer
set search_path = ''
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_endpoint public.agent_endpoints;
  v_reason text;
begin
  if session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'the engine posts';
  end if;
  select * into v_endpoint from public.agent_endpoints e where e.agent_id = p_agent for no key update;
  if not found or v_endpoint.status <> 'active' then
    return 'disabled';
  end if;
  if p_outcome = 'taken' then
    update public.agent_endpoints e set attempts = 0, failing_since = null, last_error = null, next_at = v_now where e.agent_id = p_agent;
    return 'well';
  end if;
  if p_outcome = 'busy' then
    update public.agent_endpoints e set next_at = greatest(e.next_at, v_now + make_interval(secs => p_rest_ms / 1000.0)) where e.agent_id = p_agent;
    return 'rests';
  end if;
  v_reason := case when p_outcome = 'gone' then 'gone'
    when v_now - v_endpoint.failing_since >= make_interval(secs => p_give_up_ms / 1000.0) then 'failing' end;
  update public.agent_endpoints e
  set attempts = e.attempts + case when e.next_at <= v_now or e.attempts = 0 then 1 else 0 end,
      failing_since = coalesce(e.failing_since, v_now), last_error = left(p_error, 1000),
      next_at = greatest(e.next_at, v_now + make_interval(secs => p_rest_ms / 1000.0)),
      status = case when v_reason is null then 'active' else 'disabled' end, disabled_reason = v_reason
  where e.agent_id = p_agent;
  if v_reason is null then
    return 'rests';
  end if;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
  values (v_endpoint.tenant_id, 'agent.endpoint_disabled', app.uuid7(), 'system', 'push',
    jsonb_build_object('agent_id', p_agent, 'reason', v_reason));
  return 'disabled';
end
$$;
grant execute on function engine.push_noted(uuid, text, bigint, bigint, text) to nofx_worker;

-- What claims that wait wait for: for each pair of a tenant and a capability how many steps are there, 200 at most; one look for all
-- that wait in a process. Called by the logins of the web and of the agent gateway, before any claim is set; a claim decides who gets what.
create function app.agent_work(p_wanted jsonb) returns table (tenant_id uuid, capability text, ready integer)
language sql stable security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
  select w.tenant_id, w.capability, r.n
  from jsonb_to_recordset(p_wanted) as w (tenant_id uuid, capability text)
  cross join lateral (
    select count(*)::integer as n
    from (
      select from public.steps s
      where s.tenant_id = w.tenant_id and s.capability = w.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
        and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
      limit 200
    ) as q
  ) as r
  where r.n > 0
$$;
grant execute on function app.agent_work(jsonb) to nofx_web, nofx_agent_gateway;

-- Of the keys whose claims wait, those that open nothing any more, and those of agents that are not simply active.
create function app.agent_keys_to_check(p_keys uuid[]) returns setof uuid
language sql stable security definer
set search_path = ''
as $$
  select k.id from unnest(p_keys) as k (id)
  where not exists (
    select from public.agent_keys a join public.agent_registry r on r.id = a.agent_id
    where a.id = k.id and a.revoked_at is null and (a.expires_at is null or a.expires_at > clock_timestamp()) and r.status = 'active')
$$;
grant execute on function app.agent_keys_to_check(uuid[]) to nofx_web, nofx_agent_gateway;
