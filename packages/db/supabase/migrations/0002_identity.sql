-- Who is asking. Claims are set per transaction, by Supabase's API for browsers and by our own commands for people and
-- agents, so the same policies hold behind the API as in front of it.

-- uuid v7 (RFC 9562): 48 bits of milliseconds, then random. Postgres 17 has none built in.
create function app.uuid7() returns uuid
language sql volatile parallel safe
as $$
  -- microseconds in the twelve bits behind the version (RFC 9562, method 3): what is made in one statement keeps its order
  select encode(
    overlay(
      overlay(
        uuid_send(gen_random_uuid())
        placing substring(int8send(t.us / 1000) from 3) from 1 for 6
      )
      placing substring(int4send((28672 + (t.us % 1000) * 4096 / 1000)::integer) from 3) from 7 for 2
    ),
    'hex'
  )::uuid
  from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) as t
$$;

create function app.claims() returns jsonb
language sql stable parallel safe
as $$
  select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb
$$;

create function app.user_id() returns uuid
language sql stable parallel safe
as $$
  select nullif(app.claims() ->> 'sub', '')::uuid
$$;

create function app.agent_id() returns uuid
language sql stable parallel safe
as $$
  select nullif(app.claims() ->> 'agent_id', '')::uuid
$$;

create table public.tenants (
  id uuid primary key default app.uuid7(),
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default clock_timestamp()
);
comment on table public.tenants is 'The unit of isolation; everything belongs to one';

create table public.members (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  user_id uuid not null,
  email text not null,
  name text not null,
  role text not null check (role in ('viewer', 'operator', 'supervisor', 'admin')),
  created_at timestamptz not null default clock_timestamp(),
  unique (tenant_id, user_id)
);
comment on table public.members is 'A person in a tenant. Removing the row ends every right at once: policies look it up';
-- app.tenant_ids() runs in every policy
create index members_user on public.members (user_id, tenant_id);

create table public.tenant_settings (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  key text not null check (key in ('shell')),
  value jsonb not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, key)
);
comment on table public.tenant_settings is 'Settings of a tenant; shell: "off" | "trusted" | "sandboxed"';

create table public.agent_registry (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  description text not null default '',
  capabilities text[] not null default '{}',
  status text not null default 'active' check (status in ('active', 'draining', 'quarantined', 'retired')),
  last_seen_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  unique (tenant_id, name)
);
comment on table public.agent_registry is 'Programs that execute steps, with what they can do';

create table public.agent_keys (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  agent_id uuid not null references public.agent_registry (id) on delete cascade,
  key_sha256 text not null unique,
  hint text not null,
  created_at timestamptz not null default clock_timestamp(),
  revoked_at timestamptz
);
comment on table public.agent_keys is 'Keys of agents, as digests: the key itself is shown once and never stored';

-- The tenants that the caller belongs to. Stable, so Postgres evaluates it once a statement; security definer, because
-- the caller may not read members of tenants that are not theirs, and policies on members would call themselves.
create function app.tenant_ids() returns setof uuid
language sql stable security definer parallel safe
set search_path = ''
as $$
  select m.tenant_id from public.members m where m.user_id = app.user_id() and app.agent_id() is null
  union all
  select a.tenant_id from public.agent_registry a
  where a.id = app.agent_id() and a.status in ('active', 'draining')
$$;

-- Refuses with insufficient_privilege unless the caller belongs to the tenant; the engine's own login is let through.
create function app.assert_tenant(p_tenant uuid) returns void
language plpgsql stable security definer
set search_path = ''
as $$
begin
  if session_user = 'nofx_worker' then
    return;
  end if;
  if not exists (select from app.tenant_ids() as t (id) where t.id = p_tenant) then
    raise insufficient_privilege using message = 'not a member of this tenant';
  end if;
end
$$;

-- What an agent's key opens. Called before any claim is set, by the logins of the web and of the agent gateway. It notes
-- that the agent was seen, at most every ten seconds: a write a request would queue all requests of one agent.
create function app.agent_by_key(p_key_sha256 text)
returns table (agent_id uuid, tenant_id uuid, name text, capabilities text[], status text)
language sql volatile security definer
set search_path = ''
as $$
  with known as (
    select a.* from public.agent_keys k join public.agent_registry a on a.id = k.agent_id
    where k.key_sha256 = p_key_sha256 and k.revoked_at is null and a.status in ('active', 'draining')
  ),
  seen as (
    update public.agent_registry r set last_seen_at = clock_timestamp()
    from known where r.id = known.id
      and (known.last_seen_at is null or known.last_seen_at < clock_timestamp() - interval '10 seconds')
  )
  select known.id, known.tenant_id, known.name, known.capabilities, known.status from known
$$;

grant execute on function app.uuid7(), app.claims(), app.user_id(), app.agent_id(), app.tenant_ids()
  to authenticated, nofx_member, nofx_agent;
grant execute on function app.assert_tenant(uuid) to nofx_member, nofx_agent;
grant usage on schema app to nofx_web, nofx_agent_gateway;
grant execute on function app.agent_by_key(text) to nofx_web, nofx_agent_gateway;

alter table public.tenants enable row level security;
alter table public.members enable row level security;
alter table public.tenant_settings enable row level security;
alter table public.agent_registry enable row level security;
alter table public.agent_keys enable row level security;

create policy tenants_read on public.tenants for select to authenticated, nofx_member, nofx_agent
  using (id in (select app.tenant_ids()));
create policy members_read on public.members for select to authenticated, nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy tenant_settings_read on public.tenant_settings for select to authenticated, nofx_member, nofx_agent
  using (tenant_id in (select app.tenant_ids()));
create policy agent_registry_read on public.agent_registry for select to authenticated, nofx_member, nofx_agent
  using (tenant_id in (select app.tenant_ids()));
create policy agent_registry_write on public.agent_registry for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()));
create policy agent_registry_change on public.agent_registry for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
create policy agent_keys_read on public.agent_keys for select to nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy agent_keys_write on public.agent_keys for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()));
create policy agent_keys_change on public.agent_keys for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));

grant select on public.tenants, public.members, public.tenant_settings, public.agent_registry to authenticated, nofx_member;
grant select on public.tenants, public.tenant_settings, public.agent_registry to nofx_agent;
grant insert on public.agent_registry, public.agent_keys to nofx_member;
grant update (description, capabilities, status) on public.agent_registry to nofx_member;
grant select (id, tenant_id, agent_id, hint, created_at, revoked_at) on public.agent_keys to nofx_member;
grant update (revoked_at) on public.agent_keys to nofx_member;
