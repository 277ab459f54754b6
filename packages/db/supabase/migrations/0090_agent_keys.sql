-- Keys of agents: named, for some scopes, with an end. A key that was rotated ends when the overlap is over. What is asked of a key
-- on a request is one read; that it was used is noted once a minute.

alter table public.agent_keys
  add column name text not null default 'key' check (length(name) between 1 and 100),
  add column scopes text[] not null
    default '{steps:run,messages:read,messages:write,models:call,artifacts:write,agents:read,agents:write}'
    check (cardinality(scopes) > 0 and scopes <@
      '{steps:run,messages:read,messages:write,models:call,artifacts:write,agents:read,agents:write}'::text[]),
  add column expires_at timestamptz,
  add column rotated_from uuid references public.agent_keys (id) on delete set null,
  add column last_used_at timestamptz,
  add column revoked_by uuid;
comment on column public.agent_keys.last_used_at is 'To the minute';
grant select (name, scopes, expires_at, rotated_from, last_used_at, revoked_by) on public.agent_keys to nofx_member;
grant update (expires_at, revoked_by) on public.agent_keys to nofx_member;

-- An agent that may act in its tenant: one that people have quarantined or retired may not. One that its breaker quarantined ends what
-- it holds, and is given trials.
create or replace function app.tenant_ids() returns setof uuid
language plpgsql stable security definer parallel safe
set search_path = ''
as $$
begin
  if app.agent_id() is null then
    return query select m.tenant_id from public.members m where m.user_id = app.user_id();
  else
    return query select a.tenant_id from public.agent_registry a
      where a.id = app.agent_id() and (a.status in ('active', 'draining') or (a.status = 'quarantined' and a.status_by = 'breaker'));
  end if;
end
$$;

drop function app.model_caller(text);
drop function app.agent_by_key(text);

create function app.agent_of_key(p_key public.agent_keys)
returns table (key_id uuid, scopes text[], expires_at timestamptz, agent_id uuid, tenant_id uuid, name text, capabilities text[],
  status text, status_by text, status_reason text, trial_at timestamptz, max_concurrency integer)
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_agent public.agent_registry;
begin
  if p_key.id is null or p_key.revoked_at is not null or p_key.expires_at <= clock_timestamp() then
    return;
  end if;
  select * into v_agent from public.agent_registry a where a.id = p_key.agent_id and a.status <> 'retired';
  if not found then
    return;
  end if;
  -- whoever finds the row locked leaves it to who locks it
  if v_agent.last_seen_at is null or v_agent.last_seen_at < clock_timestamp() - interval '30 s' then
    update public.agent_registry r set last_seen_at = clock_timestamp()
    where r.id = (select l.id from public.agent_registry l where l.id = v_agent.id for no key update skip locked);
  end if;
  if p_key.last_used_at is null or p_key.last_used_at < clock_timestamp() - interval '60 s' then
    update public.agent_keys k set last_used_at = clock_timestamp()
    where k.id = (select l.id from public.agent_keys l where l.id = p_key.id for no key update skip locked);
  end if;
  return query select p_key.id, p_key.scopes, p_key.expires_at, v_agent.id, v_agent.tenant_id, v_agent.name, v_agent.capabilities,
    v_agent.status, v_agent.status_by, v_agent.status_reason, v_agent.trial_at, v_agent.max_concurrency;
end
$$;
revoke all on function app.agent_of_key(public.agent_keys) from public;

-- What an agent's key opens, and what a token opens that the key was exchanged for. Called before any claim is set.
create function app.agent_by_key(p_key_sha256 text)
returns table (key_id uuid, scopes text[], expires_at timestamptz, agent_id uuid, tenant_id uuid, name text, capabilities text[],
  status text, status_by text, status_reason text, trial_at timestamptz, max_concurrency integer)
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_key public.agent_keys;
begin
  select * into v_key from public.agent_keys k where k.key_sha256 = p_key_sha256;
  return query select * from app.agent_of_key(v_key);
end
$$;

create function app.agent_by_key_id(p_key uuid)
returns table (key_id uuid, scopes text[], expires_at timestamptz, agent_id uuid, tenant_id uuid, name text, capabilities text[],
  status text, status_by text, status_reason text, trial_at timestamptz, max_concurrency integer)
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_key public.agent_keys;
begin
  select * into v_key from public.agent_keys k where k.id = p_key;
  return query select * from app.agent_of_key(v_key);
end
$$;

-- Who calls models, and what the tenant says of its endpoint. By the digest of a key, or by the id of one whose token was verified.
create function app.model_caller(p_key_sha256 text, p_key uuid default null)
returns table (agent_id uuid, tenant_id uuid, name text, scopes text[], settings jsonb)
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_key public.agent_keys;
begin
  if p_key is null then
    select * into v_key from public.agent_keys k where k.key_sha256 = p_key_sha256;
  else
    select * into v_key from public.agent_keys k where k.id = p_key;
  end if;
  return query select a.agent_id, a.tenant_id, a.name, a.scopes,
    (select s.value from public.tenant_settings s where s.tenant_id = a.tenant_id and s.key = 'model_endpoint')
  from app.agent_of_key(v_key) a where a.status <> 'quarantined' or a.status_by = 'breaker';
end
$$;
grant execute on function app.agent_by_key(text), app.agent_by_key_id(uuid), app.model_caller(text, uuid) to nofx_web, nofx_agent_gateway;

create or replace function app.assert_tenant(p_tenant uuid) returns void
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_claims jsonb;
begin
  if session_user = 'nofx_worker' then
    return;
  end if;
  v_claims := app.claims();
  if coalesce(v_claims ->> 'agent_id', '') = '' then
    perform from public.members m where m.tenant_id = p_tenant and m.user_id = nullif(v_claims ->> 'sub', '')::uuid;
  else
    perform from public.agent_registry a
    where a.id = (v_claims ->> 'agent_id')::uuid and a.tenant_id = p_tenant
      and (a.status in ('active', 'draining') or (a.status = 'quarantined' and a.status_by = 'breaker'));
  end if;
  if not found then
    raise insufficient_privilege using message = 'not a member of this tenant';
  end if;
end
$$;
