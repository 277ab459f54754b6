-- The vault: keys of model providers, encrypted before they get here. A secret is a flattened JWE whose key (DEK) is wrapped by a key
-- that no database knows (KEK); its associated data binds it to tenant, provider, key and version. Nobody can read a ciphertext but
-- through app.use_key, which notes the use in the same statement.

create table public.secure_keys (
  id uuid primary key,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  provider text not null check (provider ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  -- the newest version
  version integer not null check (version > 0),
  status text not null default 'active' check (status in ('active', 'retired')),
  note text not null default '' check (length(note) <= 500),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
comment on table public.secure_keys is 'Keys of model providers by tenant, provider and name; their secrets are in secure_key_versions';
-- a retired one makes place for another of its name
create unique index secure_keys_active on public.secure_keys (tenant_id, provider, name) where status = 'active';
comment on index public.secure_keys_active is 'Lookup by fields; one active key a name';

create table public.secure_key_versions (
  id uuid primary key,
  key_id uuid not null references public.secure_keys (id) on delete cascade,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  version integer not null check (version > 0),
  -- null once the secret was destroyed
  jwe jsonb check (jwe ?& array['protected', 'header', 'encrypted_key', 'iv', 'ciphertext', 'tag', 'aad']),
  kek text,
  -- the last characters of a long secret: what people recognise it by
  hint text not null check (length(hint) <= 4),
  created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  -- of all but the newest: until when it may still be used
  usable_until timestamptz,
  unique (key_id, version),
  check ((jwe is null) = (kek is null)),
  check (jwe is null or jwe -> 'header' ->> 'kid' = kek)
);
comment on table public.secure_key_versions is 'Encrypted secrets. No role reads this table: app.use_key hands out one at a time and notes it';
create index secure_key_versions_kek on public.secure_key_versions (kek, id) where kek is not null;
create index secure_key_versions_ended on public.secure_key_versions (usable_until) where usable_until is not null and jwe is not null;
comment on index public.secure_key_versions_kek is 'What is still under an older KEK';
comment on index public.secure_key_versions_ended is 'Secrets whose overlap is over, to be destroyed';

create table public.secure_keys_audit (
  seq bigint generated always as identity primary key,
  tenant_id uuid not null,
  key_id uuid not null,
  version integer not null,
  provider text not null,
  name text not null,
  action text not null check (action in ('put', 'rotated', 'retired', 'destroyed', 'used', 'refused', 'rewrapped')),
  actor_type text not null check (actor_type in ('member', 'agent', 'worker', 'system')),
  actor_id text not null,
  run_id uuid,
  step_id uuid,
  purpose text not null default '' check (length(purpose) <= 200),
  -- of put and rotated: SHA-256 of what was encrypted, as it is stored. What is opened has to be that
  digest text check (digest ~ '^[0-9a-f]{64}$'),
  -- of rotated: until when the version before it may be used
  overlap_until timestamptz,
  kek text,
  at timestamptz not null default clock_timestamp(),
  check ((digest is not null) = (action in ('put', 'rotated')))
);
comment on table public.secure_keys_audit is 'Append-only for every role: each change and each use of a key, who, for which run and step, what for';
create index secure_keys_audit_head on public.secure_keys_audit (tenant_id, provider, name, seq desc) where action in ('put', 'rotated', 'retired');
create index secure_keys_audit_written on public.secure_keys_audit (key_id, version) where action in ('put', 'rotated');
create index secure_keys_audit_key on public.secure_keys_audit (key_id, seq desc);
create index secure_keys_audit_list on public.secure_keys_audit (tenant_id, seq desc);
comment on index public.secure_keys_audit_list is 'Who touched keys of a tenant, newest first';
comment on index public.secure_keys_audit_key is 'Who touched one key, newest first';
comment on index public.secure_keys_audit_head is 'What is in force by name';
comment on index public.secure_keys_audit_written is 'What was put there';

-- No foreign key leads here and nothing cascades: what was done with a key outlasts it.
create function app.refuse_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
revoke all on function app.refuse_change() from public;
create trigger secure_keys_audit_append_only before update or delete on public.secure_keys_audit
  for each row execute function app.refuse_change();
create trigger secure_keys_audit_kept before truncate on public.secure_keys_audit
  for each statement execute function app.refuse_change();
-- also where triggers are switched off for a session
alter table public.secure_keys_audit enable always trigger secure_keys_audit_append_only;
alter table public.secure_keys_audit enable always trigger secure_keys_audit_kept;

-- KEKs by the names of their versions; the keys themselves are in no database. The fingerprint tells two keys of one name apart.
create table app.keks (
  kid text primary key check (kid ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  status text not null check (status in ('current', 'previous', 'retired')),
  created_at timestamptz not null default clock_timestamp(),
  retired_at timestamptz,
  check ((status = 'retired') = (retired_at is not null))
);
comment on table app.keks is 'Versions of the key that wraps keys: which one to write with, which are refused';
create unique index keks_current on app.keks ((true)) where status = 'current';

-- Retired is retired, whoever writes.
create function app.keep_retired() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if old.status = 'retired' then
    raise exception 'KEK % is retired', old.kid using errcode = 'insufficient_privilege';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end
$$;
revoke all on function app.keep_retired() from public;
create trigger keks_keep_retired before update or delete on app.keks for each row execute function app.keep_retired();
alter table app.keks enable always trigger keks_keep_retired;

alter table public.secure_keys enable row level security;
alter table public.secure_key_versions enable row level security;
alter table public.secure_keys_audit enable row level security;
alter table app.keks enable row level security;

create policy secure_keys_read on public.secure_keys for select to nofx_member using (tenant_id in (select app.tenant_ids()));
create policy secure_key_versions_read on public.secure_key_versions for select to nofx_member using (tenant_id in (select app.tenant_ids()));
create policy secure_keys_audit_read on public.secure_keys_audit for select to nofx_member using (tenant_id in (select app.tenant_ids()));
grant select on public.secure_keys, public.secure_keys_audit to nofx_member;
grant select (id, key_id, tenant_id, version, kek, hint, created_by, created_at, usable_until) on public.secure_key_versions to nofx_member;

-- The KEK to write with. Where none was ever used, the one that the caller offers becomes it.
create function app.current_kek(p_kid text, p_fingerprint text) returns table (kid text, fingerprint text)
language plpgsql security definer
set search_path = ''
as $$
begin
  return query select k.kid, k.fingerprint from app.keks k where k.status = 'current';
  if found then
    return;
  end if;
  insert into app.keks (kid, fingerprint, status) values (p_kid, p_fingerprint, 'current') on conflict do nothing;
  return query select k.kid, k.fingerprint from app.keks k where k.status = 'current';
end
$$;
grant execute on function app.current_kek(text, text) to nofx_member;

-- Holds the active key of these fields, or their place, until the transaction ends. No row: there is none.
create function app.hold_key(p_tenant uuid, p_provider text, p_name text) returns table (key_id uuid, version integer)
language plpgsql security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  perform pg_advisory_xact_lock(hashtextextended(p_tenant || '/' || p_provider || '/' || p_name, 82));
  return query
    select k.id, k.version from public.secure_keys k
    where k.tenant_id = p_tenant and k.provider = p_provider and k.name = p_name and k.status = 'active'
    for update;
end
$$;
grant execute on function app.hold_key(uuid, text, text) to nofx_member;

-- Stores the next version of a held key, the first where it has none. The version before it may be used until the overlap is over;
-- those before that are destroyed. False: the KEK it was wrapped with is no longer the one to write with, and nothing was stored.
create function app.put_key(
  p_tenant uuid, p_key uuid, p_version_id uuid, p_provider text, p_name text, p_version integer, p_jwe jsonb, p_digest text,
  p_hint text, p_note text, p_overlap_seconds integer, p_actor uuid
) returns boolean
language plpgsql security definer
set search_path = ''
as $$
declare
  v_until timestamptz := clock_timestamp() + make_interval(secs => p_overlap_seconds);
begin
  perform app.assert_tenant(p_tenant);
  -- a KEK cannot stop being current before this commits, so no row slips in behind a rewrap
  perform from app.keks k where k.status = 'current' and k.kid = p_jwe -> 'header' ->> 'kid' for share;
  if not found then
    return false;
  end if;
  if p_version = 1 then
    insert into public.secure_keys (id, tenant_id, provider, name, version, note)
    values (p_key, p_tenant, p_provider, p_name, 1, coalesce(p_note, ''));
  else
    update public.secure_keys k
    set version = p_version, note = coalesce(p_note, k.note), updated_at = clock_timestamp()
    where k.id = p_key and k.tenant_id = p_tenant and k.provider = p_provider and k.name = p_name and k.version = p_version - 1
      and k.status = 'active';
    if not found then
      raise exception 'key % has no version % to follow on', p_key, p_version - 1 using errcode = 'serialization_failure';
    end if;
    -- in the order of a rewrap
    perform from public.secure_key_versions v where v.key_id = p_key order by v.id for update;
    update public.secure_key_versions v set usable_until = v_until
    where v.key_id = p_key and v.version = p_version - 1;
    update public.secure_key_versions v set jwe = null, kek = null
    where v.key_id = p_key and v.jwe is not null and (v.version < p_version - 1 or p_overlap_seconds = 0);
  end if;
  insert into public.secure_key_versions (id, key_id, tenant_id, version, jwe, kek, hint, created_by)
  values (p_version_id, p_key, p_tenant, p_version, p_jwe, p_jwe -> 'header' ->> 'kid', p_hint, p_actor);
  insert into public.secure_keys_audit
    (tenant_id, key_id, version, provider, name, action, actor_type, actor_id, digest, overlap_until, kek)
  values (p_tenant, p_key, p_version, p_provider, p_name, case p_version when 1 then 'put' else 'rotated' end, 'member', p_actor::text,
    p_digest, case when p_version > 1 then v_until end, p_jwe -> 'header' ->> 'kid');
  return true;
end
$$;
grant execute on function app.put_key(uuid, uuid, uuid, text, text, integer, jsonb, text, text, text, integer, uuid) to nofx_member;

-- Destroys the secrets of a held key: nobody can use or restore them.
create function app.retire_key(p_tenant uuid, p_key uuid, p_actor uuid) returns boolean
language plpgsql security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  update public.secure_keys k set status = 'retired', updated_at = clock_timestamp()
  where k.id = p_key and k.tenant_id = p_tenant and k.status = 'active';
  if not found then
    return false;
  end if;
  update public.secure_key_versions v set jwe = null, kek = null where v.key_id = p_key and v.jwe is not null;
  insert into public.secure_keys_audit (tenant_id, key_id, version, provider, name, action, actor_type, actor_id)
  select k.tenant_id, k.id, k.version, k.provider, k.name, 'retired', 'member', p_actor::text
  from public.secure_keys k where k.id = p_key;
  return true;
end
$$;
grant execute on function app.retire_key(uuid, uuid, uuid) to nofx_member;

-- One key to use, by its fields, noted before it is handed out. What is in force is told by the audit, which nobody can roll back, beside
-- what is stored: the caller opens it only where both agree. p_except: a version that the provider has just refused; then the one before
-- it, while it may be used. No row: there is no key, and nothing is noted.
create function app.use_key(
  p_tenant uuid, p_provider text, p_name text, p_actor_type text, p_actor_id text, p_run uuid, p_step uuid, p_purpose text, p_except uuid
) returns table (
  key_id uuid, version_id uuid, version integer, jwe jsonb, digest text, kek_status text
)
language sql volatile security definer
set search_path = ''
as $$
  with head as (
    select a.key_id, a.version, a.action, a.overlap_until
    from public.secure_keys_audit a
    where a.tenant_id = p_tenant and a.provider = p_provider and a.name = p_name and a.action in ('put', 'rotated', 'retired')
    order by a.seq desc limit 1
  ),
  wanted as (
    select h.key_id, w.version
    from head h
    left join public.secure_key_versions newest on newest.key_id = h.key_id and newest.version = h.version
    cross join lateral (
      select case when p_except is null or newest.id is distinct from p_except then h.version
                  when h.overlap_until > clock_timestamp() then h.version - 1 end as version
    ) as w
    where h.action <> 'retired' and w.version is not null
  ),
  noted as (
    insert into public.secure_keys_audit
      (tenant_id, key_id, version, provider, name, action, actor_type, actor_id, run_id, step_id, purpose)
    select p_tenant, w.key_id, w.version, p_provider, p_name, 'used', p_actor_type, p_actor_id, p_run, p_step, p_purpose from wanted w
    returning key_id, version
  )
  select n.key_id, v.id, n.version, v.jwe, put.digest, k.status
  from noted n
  left join public.secure_key_versions v on v.key_id = n.key_id and v.version = n.version
  left join app.keks k on k.kid = v.jwe -> 'header' ->> 'kid'
  left join lateral (
    select a.digest from public.secure_keys_audit a
    where a.key_id = n.key_id and a.version = n.version and a.action in ('put', 'rotated')
    order by a.seq limit 1
  ) as put on true
$$;
grant execute on function app.use_key(uuid, text, text, text, text, uuid, uuid, text, uuid) to nofx_web, nofx_agent_gateway;

-- Notes that a key was handed out and not opened, with the reason.
create function app.note_refused_key(
  p_tenant uuid, p_key uuid, p_version integer, p_provider text, p_name text, p_actor_type text, p_actor_id text, p_run uuid, p_step uuid,
  p_why text
) returns void
language sql volatile security definer
set search_path = ''
as $$
  insert into public.secure_keys_audit
    (tenant_id, key_id, version, provider, name, action, actor_type, actor_id, run_id, step_id, purpose)
  values (p_tenant, p_key, p_version, p_provider, p_name, 'refused', p_actor_type, p_actor_id, p_run, p_step, p_why)
$$;
grant execute on function app.note_refused_key(uuid, uuid, integer, text, text, text, text, uuid, uuid, text) to nofx_web, nofx_agent_gateway;
