-- Health of what models are called at, and what a process reads to choose among them.

create table public.provider_health (
  id uuid primary key default app.uuid7(),
  -- null: seen by all tenants. A tenant's calls move its own health alone: nobody else pays for its wrong key
  tenant_id uuid references public.tenants (id) on delete cascade,
  provider text not null check (length(provider) between 1 and 100),
  model text not null check (length(model) between 1 and 300),
  region text not null default 'default' check (length(region) between 1 and 100),
  -- HealthWindow: the last 60 minutes, the newest calls, the breaker
  "window" jsonb not null default '{"minutes": [], "recent": [], "breaker": {"open": false, "since": 0, "until": 0, "trialUntil": 0}, "rateLimit": null}',
  -- as it was at the last change of the row; time alone may have moved it since
  state text not null default 'healthy' check (state in ('healthy', 'degraded', 'open', 'half_open')),
  state_since timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique nulls not distinct (tenant_id, provider, model, region)
);
comment on table public.provider_health is 'How a model at a provider in a region did in the last 60 minutes, as a tenant saw it';
create index provider_health_unwell on public.provider_health (updated_at) where state <> 'healthy';
comment on index public.provider_health_unwell is 'What is to be probed: few rows at any time';

alter table public.provider_health enable row level security;
create policy provider_health_read on public.provider_health for select to nofx_member
  using (tenant_id is null or tenant_id in (select app.tenant_ids()));
grant select on public.provider_health to nofx_member;

-- The keys that a tenant's calls can use, by provider and name. In plpgsql, because the table comes with the vault (0082).
create function app.usable_keys(p_tenant uuid) returns table (provider text, name text)
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return query select k.provider, k.name from public.secure_keys k where k.tenant_id = p_tenant and k.status = 'active';
end
$$;
revoke all on function app.usable_keys(uuid) from public;

-- What a process needs to choose models for a tenant. p_known: the version that it has; where that still holds, there is no config in
-- the answer. p_since: health is told of what changed after it, in milliseconds. p_own: providers that the process was given itself.
-- Processes ask once a second at most while a tenant calls models, so an unchanged answer costs three reads by index.
create function app.routing_state(p_tenant uuid, p_known text, p_since double precision, p_own text[]) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_keys jsonb;
  v_version text;
  v_config jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object('provider', k.provider, 'name', k.name) order by k.provider, k.name), '[]')
  into v_keys from app.usable_keys(p_tenant) k;
  select coalesce(max(v.version) filter (where v.tenant_id is not null), 0) || '.' || coalesce(max(v.version) filter (where v.tenant_id is null), 0)
    || '.' || md5(v_keys::text)
  into v_version from app.routing_versions v where v.tenant_id = p_tenant or v.tenant_id is null;

  if v_version is distinct from p_known then
    with providers as (
      select p.* from public.llm_providers p
      where (p.tenant_id = p_tenant
          or (p.tenant_id is null and not exists (
            select from public.llm_providers own where own.tenant_id = p_tenant and own.name = p.name)))
        and (p.kind = 'simulated' or p.name = any (p_own)
          or p.key_name is null
          or exists (select from jsonb_to_recordset(v_keys) k (provider text, name text) where k.provider = p.name and k.name = p.key_name))
    ),
    usable as (
      select p.name from providers p union select unnest(p_own)
    ),
    models as (
      select m.* from public.llm_models m
      where m.provider in (select u.name from usable u)
        and (m.tenant_id = p_tenant
          or (m.tenant_id is null and not exists (
            select from public.llm_models own where own.tenant_id = p_tenant and own.provider = m.provider and own.name = m.name)))
    )
    select jsonb_build_object(
      'providers', (select coalesce(jsonb_agg(jsonb_build_object('name', p.name, 'region', p.region, 'kind', p.kind, 'enabled', p.enabled,
          'base_url', p.base_url, 'headers', p.headers, 'key_name', p.key_name) order by p.name, p.region), '[]') from providers p),
      'models', (select coalesce(jsonb_agg(jsonb_build_object('provider', m.provider, 'name', m.name, 'aliases', m.aliases,
          'context_tokens', m.context_tokens, 'max_output_tokens', m.max_output_tokens, 'capabilities', m.capabilities,
          'quality', m.quality, 'enabled', m.enabled) order by m.provider, m.name), '[]') from models m),
      -- amounts as text: they are counted exactly
      'prices', (select coalesce(jsonb_agg(jsonb_build_object('provider', p.provider, 'model', p.model,
          'from', (extract(epoch from p.effective_from) * 1000)::bigint, 'above_tokens', p.above_tokens, 'own', p.tenant_id is not null,
          'withdrawn', p.withdrawn, 'input', p.input::text, 'output', p.output::text, 'cache_read', p.cache_read::text,
          'cache_write', p.cache_write::text, 'reasoning', p.reasoning::text) order by p.provider, p.model, p.effective_from, p.above_tokens), '[]')
        from app.prices_in_use(p_tenant) p where p.provider in (select u.name from usable u)),
      -- known, and not to be called for want of a key: for saying so
      'locked', (select coalesce(jsonb_agg(jsonb_build_object('provider', l.provider, 'key_name', l.key_name, 'models', l.models)), '[]')
        from (
          select p.name as provider, min(p.key_name) as key_name, array_agg(distinct m.name) as models
          from public.llm_providers p join public.llm_models m on m.provider = p.name
          where (p.tenant_id is null or p.tenant_id = p_tenant) and (m.tenant_id is null or m.tenant_id = p_tenant)
            and p.name not in (select u.name from usable u)
          group by p.name
        ) as l),
      'policies', (select coalesce(jsonb_agg(jsonb_build_object('name', r.name, 'version', r.version, 'body', r.body) order by r.name), '[]')
        from app.policies_in_use(p_tenant) r)
    ) into v_config;
  end if;

  return jsonb_build_object(
    'clock', (extract(epoch from clock_timestamp()) * 1000)::double precision,
    'version', v_version,
    'config', v_config,
    'health', (select coalesce(jsonb_agg(jsonb_build_object('own', h.tenant_id is not null, 'provider', h.provider, 'model', h.model,
        'region', h.region, 'window', h."window", 'at', (extract(epoch from h.updated_at) * 1000)::double precision)), '[]')
      from public.provider_health h
      where (h.tenant_id = p_tenant or h.tenant_id is null)
        and h.updated_at > to_timestamp(coalesce(p_since, 0) / 1000)));
end
$$;

-- Of each start the newest revision, all its tiers.
create function app.prices_in_use(p_tenant uuid) returns setof public.llm_prices
language sql stable security definer
set search_path = ''
as $$
  select p.* from public.llm_prices p
  where (p.tenant_id is null or p.tenant_id = p_tenant)
    and not exists (
      select from public.llm_prices newer
      where newer.tenant_id is not distinct from p.tenant_id and newer.provider = p.provider and newer.model = p.model
        and newer.effective_from = p.effective_from and newer.revision > p.revision)
$$;

-- The newest version of each name, the tenant's before the product's.
create function app.policies_in_use(p_tenant uuid) returns setof public.routing_policies
language sql stable security definer
set search_path = ''
as $$
  select (best.policy).* from (
    select distinct on (newest.name) newest as policy
    from (
      select distinct on (r.tenant_id, r.name) r.* from public.routing_policies r
      where r.tenant_id is null or r.tenant_id = p_tenant
      order by r.tenant_id, r.name, r.version desc
    ) as newest
    where newest.body is not null
    order by newest.name, newest.tenant_id nulls last
  ) as best
$$;

-- Takes the rows of these keys, made where they are missing, for one change of all processes at a time; store_health lets them go.
-- p_keys: [{tenant_id, provider, model, region}], in an order that all keep, or two would wait for each other.
create function app.lock_health(p_keys jsonb) returns table (ord bigint, "window" jsonb, now_ms double precision)
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  insert into public.provider_health (tenant_id, provider, model, region)
  select k.tenant_id, k.provider, k.model, k.region
  from jsonb_to_recordset(p_keys) k (tenant_id uuid, provider text, model text, region text)
  where k.tenant_id is null or exists (select from public.tenants t where t.id = k.tenant_id)
  order by k.tenant_id, k.provider, k.model, k.region
  on conflict (tenant_id, provider, model, region) do nothing;
  return query
    select k.ord, h."window", (extract(epoch from clock_timestamp()) * 1000)::double precision
    from rows from (jsonb_to_recordset(p_keys) as (tenant_id uuid, provider text, model text, region text)) with ordinality
      as k (tenant_id, provider, model, region, ord)
    join public.provider_health h on h.tenant_id is not distinct from k.tenant_id
      and h.provider = k.provider and h.model = k.model and h.region = k.region
    order by h.tenant_id, h.provider, h.model, h.region
    for update of h;
end
$$;

-- Answers when it was, in milliseconds. Who hears that a provider is unwell or well again: the tenant that noticed, of what all see
-- those who run the plane.
create function app.store_health(p_rows jsonb) returns double precision
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_row record;
  v_before text;
  v_now timestamptz := clock_timestamp();
begin
  for v_row in
    select r.* from jsonb_to_recordset(p_rows)
      r (tenant_id uuid, provider text, model text, region text, "window" jsonb, state text, error_rate double precision)
  loop
    select h.state into v_before from public.provider_health h
    where h.tenant_id is not distinct from v_row.tenant_id and h.provider = v_row.provider and h.model = v_row.model and h.region = v_row.region;
    continue when not found;
    update public.provider_health h
    set "window" = v_row."window", state = v_row.state, updated_at = v_now,
      state_since = case when h.state = v_row.state then h.state_since else v_now end
    where h.tenant_id is not distinct from v_row.tenant_id and h.provider = v_row.provider and h.model = v_row.model and h.region = v_row.region;
    if (v_before = 'healthy') = (v_row.state = 'healthy') and not (v_before = 'degraded' and v_row.state = 'open') then
      continue;
    end if;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
    select t.id, case v_row.state when 'healthy' then 'provider.healed' else 'provider.degraded' end, app.uuid7(), 'system', 'model-router',
      jsonb_build_object('provider', v_row.provider, 'model', v_row.model, 'region', v_row.region, 'state', v_row.state,
        'error_rate', v_row.error_rate)
    from public.tenants t
    where t.id = v_row.tenant_id or (v_row.tenant_id is null and t.operates_plane);
  end loop;
  return (extract(epoch from v_now) * 1000)::double precision;
end
$$;

-- What was not well when it was written last, and whether it may be asked a word to learn how it is now: for the one worker that does so.
create function app.unwell_providers(p_limit integer)
returns table (tenant_id uuid, provider text, model text, region text, state text, probe boolean)
language sql stable security definer
set search_path = ''
as $$
  select h.tenant_id, h.provider, h.model, h.region, h.state, coalesce(p.probe and p.enabled, false)
  from public.provider_health h
  left join public.llm_providers p on p.tenant_id = h.tenant_id and p.name = h.provider and p.region = h.region
  where h.state <> 'healthy' and h.updated_at > clock_timestamp() - interval '1 day'
  order by h.updated_at
  limit p_limit
$$;
revoke all on function app.unwell_providers(integer) from public;
grant execute on function app.unwell_providers(integer) to nofx_agent_gateway;

revoke all on function app.prices_in_use(uuid), app.policies_in_use(uuid) from public;
grant execute on function app.routing_state(uuid, text, double precision, text[]), app.lock_health(jsonb), app.store_health(jsonb)
  to nofx_web, nofx_agent_gateway, nofx_worker;
