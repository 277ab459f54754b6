-- Rules of claiming and admission: pauses, limits, rates, ceilings, and the weights of tenants. One row a scope; where there is
-- none, a claim locks and counts nothing.

-- Whether the caller speaks for a tenant that operates the plane.
create function app.operates_plane() returns boolean
language sql stable security definer parallel safe
set search_path = ''
as $$
  select exists (
    select from public.tenants t
    where t.operates_plane and t.id = (app.claims() ->> 'tenant_id')::uuid and t.id in (select app.tenant_ids()))
$$;
grant execute on function app.operates_plane() to authenticated, nofx_member;

-- The tenant of this slug, for those who may rule it from outside.
create function app.tenant_to_rule(p_slug text) returns uuid
language sql stable security definer
set search_path = ''
as $$
  select t.id from public.tenants t where t.slug = p_slug and app.operates_plane()
$$;
grant execute on function app.tenant_to_rule(text) to nofx_member;

create table public.claim_rules (
  id uuid primary key default app.uuid7(),
  -- whom it binds; null: the whole plane, counted over all tenants
  tenant_id uuid references public.tenants (id) on delete cascade,
  -- made by those who operate the plane: the tenant's own people see it and cannot change it
  by_plane boolean not null default false,
  queue text check (queue ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  -- a kind of step or a capability of agents; with a star at its end whatever begins so
  type text check (type ~ '^[a-z0-9][a-z0-9._-]{0,63}\*?$'),
  agent uuid references public.agent_registry (id) on delete cascade,
  max_running integer check (max_running > 0),
  -- ceiling at admission, of queued steps
  max_queued integer check (max_queued > 0),
  -- a bucket of burst tokens, filled at rate / per_seconds
  rate integer check (rate between 1 and 1000000),
  per_seconds integer check (per_seconds between 1 and 86400),
  burst integer check (burst between 1 and 1000000),
  tokens numeric(20, 6),
  refilled_at timestamptz,
  paused_at timestamptz,
  paused_reason text check (length(paused_reason) between 1 and 500),
  paused_by text,
  -- the tenant's share of what workers take, beside the shares of the others
  weight smallint not null default 1 check (weight between 1 and 100),
  -- what the transaction that holds this row has been allowed and has not begun yet
  reserved integer not null default 0,
  reserved_by xid8,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  version integer not null default 1,
  unique nulls not distinct (tenant_id, by_plane, queue, type, agent),
  check (by_plane or tenant_id is not null),
  check (agent is null or tenant_id is not null),
  check ((rate is null) = (per_seconds is null) and (rate is null) = (burst is null)
    and (rate is null) = (tokens is null) and (rate is null) = (refilled_at is null)),
  check ((paused_at is null) = (paused_reason is null) and (paused_at is null) = (paused_by is null)),
  check (max_queued is null or (type is null and agent is null)),
  check (weight = 1 or (by_plane and tenant_id is not null and queue is null and type is null and agent is null))
)
-- claims rewrite it, and no index changes
with (fillfactor = 50);
comment on table public.claim_rules is 'Pauses, limits, rates, ceilings and weights: what binds claims and admissions, one row a scope';
-- the rules of an agent go with it
create index claim_rules_agent on public.claim_rules (agent) where agent is not null;

alter table public.claim_rules enable row level security;
create policy claim_rules_read on public.claim_rules for select to authenticated, nofx_member
  using (tenant_id in (select app.tenant_ids()) or (tenant_id is null and exists (select from app.tenant_ids()))
    or (by_plane and (select app.operates_plane())));
create policy claim_rules_write on public.claim_rules for insert to nofx_member
  with check (case when by_plane then (select app.operates_plane()) else tenant_id in (select app.tenant_ids()) end);
create policy claim_rules_change on public.claim_rules for update to nofx_member
  using (case when by_plane then (select app.operates_plane()) else tenant_id in (select app.tenant_ids()) end);
create policy claim_rules_remove on public.claim_rules for delete to nofx_member
  using (case when by_plane then (select app.operates_plane()) else tenant_id in (select app.tenant_ids()) end);
grant select on public.claim_rules to authenticated, nofx_member;
grant delete on public.claim_rules to nofx_member;
grant insert (id, tenant_id, by_plane, queue, type, agent, max_running, max_queued, rate, per_seconds, burst, tokens, refilled_at,
  paused_at, paused_reason, paused_by, weight, created_by) on public.claim_rules to nofx_member;
grant update (max_running, max_queued, rate, per_seconds, burst, tokens, refilled_at, paused_at, paused_reason, paused_by, weight, version)
  on public.claim_rules to nofx_member;

-- Held steps by tenant and queue: what waits is counted without reading what runs or has run. A task is never in it, and a step
-- that is held leaves it in the update that puts it into the claimable index.
create index steps_held on public.steps (tenant_id, queue) where status = 'queued' and holds <> 0;

-- plpgsql, not sql: these are asked for at each claim, and its plans outlive the transaction.
create or replace function engine.ruled(p_tenant uuid) returns boolean
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return exists (
      select from public.claim_rules r
      where r.tenant_id = p_tenant and (r.paused_at is not null or r.max_running is not null or r.rate is not null))
    or exists (
      select from public.claim_rules r
      where r.tenant_id is null and (r.paused_at is not null or r.max_running is not null or r.rate is not null));
end
$$;

create or replace function engine.weight_of(p_tenant uuid) returns integer
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return coalesce((
    select r.weight from public.claim_rules r
    where r.tenant_id = p_tenant and r.by_plane and r.queue is null and r.type is null and r.agent is null), 1);
end
$$;

-- Whether a rule's type covers a step of this kind and capability. Inlined, so without settings of its own.
create function engine.is_of_type(p_type text, p_kind text, p_capability text) returns boolean
language sql immutable parallel safe
as $$
  select case when right(p_type, 1) = '*'
    then starts_with(p_kind, left(p_type, -1)) or coalesce(starts_with(p_capability, left(p_type, -1)), false)
    else p_type = p_kind or coalesce(p_type = p_capability, false) end
$$;
revoke all on function engine.is_of_type(text, text, text) from public;
grant execute on function engine.is_of_type(text, text, text) to nofx_member;

-- The rules that bind claims of this group. p_handler: kind@version; of agents agent@1/capability. Inlined too.
create function engine.rules_for(p_tenant uuid, p_queue text, p_handler text, p_owner text) returns setof public.claim_rules
language sql stable
as $$
  select r.* from (
    select * from public.claim_rules where tenant_id = p_tenant
    union all
    select * from public.claim_rules where tenant_id is null
  ) r
  where (r.paused_at is not null or r.max_running is not null or r.rate is not null)
    and (r.queue is null or r.queue = p_queue)
    and (r.agent is null or r.agent::text = p_owner)
    and (r.type is null
      or engine.is_of_type(r.type, split_part(p_handler, '@', 1), nullif(split_part(p_handler, '/', 2), '')))
$$;
revoke all on function engine.rules_for(uuid, text, text, text) from public;

-- What is in a bucket now (core: queues/token-bucket.ts, the same to the millionth). Whole microseconds and whole millionths of a
-- token: nothing is made by rounding.
create function engine.refill(p_tokens numeric, p_refilled_at timestamptz, p_rate integer, p_per_seconds integer, p_burst integer, p_at timestamptz)
returns numeric
language sql immutable parallel safe
set search_path = ''
as $$
  select least(p_burst, p_tokens
    + div(greatest(0, extract(epoch from p_at) - extract(epoch from p_refilled_at)) * 1000000 * p_rate, p_per_seconds) / 1000000)
$$;
revoke all on function engine.refill(numeric, timestamptz, integer, integer, integer, timestamptz) from public;

-- How many steps of a group may be claimed now, p_want at most. The strictest of all rules that bind them wins.
--
-- Exact under any number of claimers: whoever asks holds the rows of the limits until its claims are committed, and what runs is
-- counted then, in a statement of its own and so in a snapshot that sees all claims before it. A row that another claimer holds
-- is not waited for: nothing may be claimed this time (a wait here could meet a wait for a run over there). No number is
-- kept that could drift; reserved says what this same transaction has been allowed and has not begun, and means
-- nothing to another. The rows are locked in the order of their ids.
create or replace function engine.allow(p_tenant uuid, p_queue text, p_handler text, p_owner text, p_want integer) returns integer
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
  v_limits uuid[];
  v_paused boolean;
  v_rule public.claim_rules;
  v_held integer := 0;
  v_running integer;
  v_now timestamptz;
  v_allowed integer := p_want;
begin
  select array_agg(r.id) filter (where r.max_running is not null or r.rate is not null), bool_or(r.paused_at is not null)
  into v_limits, v_paused
  from engine.rules_for(p_tenant, p_queue, p_handler, p_owner) r;
  if v_paused then
    return 0;
  elsif v_limits is null then
    return p_want;
  end if;

  for v_rule in select * from public.claim_rules r where r.id = any (v_limits) order by r.id for update skip locked loop
    v_held := v_held + 1;
    continue when v_allowed <= 0;
    -- it may have been paused after the look above
    if v_rule.paused_at is not null then
      v_allowed := 0;
      continue;
    end if;
    if v_rule.max_running is not null then
      select count(*) into v_running from (
        select from public.steps s
        where s.status in ('assigned', 'running')
          and (v_rule.tenant_id is null or s.tenant_id = v_rule.tenant_id)
          and (v_rule.queue is null or s.queue = v_rule.queue)
          and (v_rule.agent is null or s.lease_owner = v_rule.agent::text)
          and (v_rule.type is null or engine.is_of_type(v_rule.type, s.kind, s.capability))
        limit v_rule.max_running) as running;
      if v_rule.reserved_by = pg_current_xact_id() then
        v_running := v_running + v_rule.reserved;
      end if;
      v_allowed := least(v_allowed, v_rule.max_running - v_running);
    end if;
    if v_rule.rate is not null then
      v_now := clock_timestamp();
      v_allowed := least(v_allowed, floor(
        engine.refill(v_rule.tokens, v_rule.refilled_at, v_rule.rate, v_rule.per_seconds, v_rule.burst, v_now)));
    end if;
  end loop;
  if v_held < cardinality(v_limits) or v_allowed <= 0 then
    return 0;
  end if;

  -- the instant of the last look, which is not before any other rule's: what came in between stays in the bucket for the next
  v_now := coalesce(v_now, clock_timestamp());
  update public.claim_rules r
  set reserved = v_allowed + case when r.reserved_by = pg_current_xact_id() then r.reserved else 0 end,
      reserved_by = pg_current_xact_id(),
      tokens = engine.refill(r.tokens, r.refilled_at, r.rate, r.per_seconds, r.burst, v_now) - v_allowed,
      refilled_at = case when r.rate is not null then greatest(r.refilled_at, v_now) end
  where r.id = any (v_limits);
  return v_allowed;
end
$$;

-- Takes back what engine.allow gave in this transaction and nobody used.
create or replace function engine.give_back(p_tenant uuid, p_queue text, p_handler text, p_owner text, p_count integer) returns void
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
begin
  if p_count <= 0 then
    return;
  end if;
  update public.claim_rules r
  set reserved = greatest(0, r.reserved - p_count), tokens = least(r.burst, r.tokens + p_count)
  where r.id in (select f.id from engine.rules_for(p_tenant, p_queue, p_handler, p_owner) f)
    and r.reserved_by = pg_current_xact_id();
end
$$;

-- Steps for an agent whose tenant or plane has rules: those that come first of each queue and capability, as far as the rules allow.
create function engine.pick_for_agent(p_owner text, p_handlers text[], p_tenant uuid, p_capabilities text[], p_limit integer) returns uuid[]
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_wanted text[] := array(
    select distinct c.capability from public.agent_registry r, unnest(r.capabilities) as c (capability)
    where r.id::text = p_owner and r.status = 'active' and c.capability = any (p_capabilities));
  v_shut text[] := '{}';
  v_group record;
  v_found boolean := true;
  v_allowed integer;
  v_ids uuid[] := '{}';
begin
  -- a group that gives less than was asked for is shut for the rest of this claim, so every round but the last shuts one
  while v_found and cardinality(v_ids) < p_limit loop
    v_found := false;
    for v_group in
      select t.queue, t.capability, array_agg(t.id order by t.priority, t.run_at, t.id) as ids
      from (
        select s.id, s.queue, s.capability, s.priority, s.run_at
        from unnest(v_wanted) as wanted (capability),
        lateral (
          select s.id, s.queue, s.capability, s.priority, s.run_at from public.steps s
          where s.tenant_id = p_tenant and s.capability = wanted.capability and s.executor = 'agent' and s.status = 'queued'
            and s.handler = any (p_handlers) and s.holds = 0 and s.run_at <= clock_timestamp()
            and (s.deadline_at is null or s.deadline_at > clock_timestamp())
            and s.queue || '/' || s.capability <> all (v_shut) and s.id <> all (v_ids)
          order by s.priority, s.run_at, s.id
          limit p_limit - cardinality(v_ids) for update skip locked
        ) as s
        order by s.priority, s.run_at, s.id limit p_limit - cardinality(v_ids)
      ) as t
      group by t.queue, t.capability order by min(t.priority), min(t.run_at)
    loop
      v_allowed := engine.allow(p_tenant, v_group.queue, 'agent@1/' || v_group.capability, p_owner, cardinality(v_group.ids));
      v_ids := v_ids || v_group.ids[1:v_allowed];
      if v_allowed < cardinality(v_group.ids) then
        v_shut := v_shut || (v_group.queue || '/' || v_group.capability);
        v_found := true;
      end if;
    end loop;
  end loop;
  return v_ids;
end
$$;
revoke all on function engine.pick_for_agent(text, text[], uuid, text[], integer) from public;

-- As in 0034; agents' claims ask the rules queue by queue and capability by capability.
create or replace function engine.claim(
  p_owner text, p_executor text, p_handlers text[], p_tenant uuid, p_capabilities text[], p_limit integer, p_lease_ms integer,
  p_version text default null
) returns setof jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_ids uuid[];
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);
  if p_executor = 'worker' then
    select p.ids into v_ids from engine.pick(p_owner, p_handlers, p_limit, '{}') p;
  elsif engine.ruled(p_tenant) then
    v_ids := engine.pick_for_agent(p_owner, p_handlers, p_tenant, p_capabilities, p_limit);
  else
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
        limit p_limit for update skip locked
      ) as t
      order by t.priority, t.run_at, t.id limit p_limit);
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
