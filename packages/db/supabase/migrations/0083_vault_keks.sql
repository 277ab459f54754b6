-- Changing the key that wraps keys, while keys are used: the new one becomes the one to write with, every secret's key is wrapped anew,
-- then the old one is retired and refused. Called by the web's own login, outside of any person's transaction, for those who operate the plane.

create function app.list_keks()
returns table (kid text, fingerprint text, status text, created_at timestamptz, retired_at timestamptz, versions bigint)
language sql stable security definer
set search_path = ''
as $$
  select k.kid, k.fingerprint, k.status, k.created_at, k.retired_at,
    (select count(*) from public.secure_key_versions v where v.kek = k.kid)
  from app.keks k order by k.created_at, k.kid
$$;
grant execute on function app.list_keks() to nofx_web;

-- Makes a KEK the one to write with. Waits for those who are writing with the one before. Refuses a retired name, and a name that
-- stands for another key.
create function app.make_kek_current(p_kid text, p_fingerprint text) returns text
language plpgsql security definer
set search_path = ''
as $$
declare
  v_known app.keks;
begin
  perform pg_advisory_xact_lock(82, 1);
  select * into v_known from app.keks k where k.kid = p_kid;
  if v_known.fingerprint <> p_fingerprint then
    return 'another';
  elsif v_known.status in ('current', 'retired') then
    return v_known.status;
  end if;
  update app.keks k set status = 'previous' where k.status = 'current';
  insert into app.keks (kid, fingerprint, status) values (p_kid, p_fingerprint, 'current')
  on conflict (kid) do update set status = 'current';
  return 'made';
end
$$;
grant execute on function app.make_kek_current(text, text) to nofx_web;

-- The next secrets that are wrapped by another than the current KEK, after p_after.
create function app.keys_to_rewrap(p_after uuid, p_limit integer)
returns table (id uuid, jwe jsonb)
language sql stable security definer
set search_path = ''
as $$
  select v.id, v.jwe from public.secure_key_versions v
  where v.kek <> (select k.kid from app.keks k where k.status = 'current') and v.id > p_after
  order by v.id limit p_limit
$$;
grant execute on function app.keys_to_rewrap(uuid, integer) to nofx_web;

-- Stores what was wrapped anew, where nobody has changed it meanwhile. p_rows: [{id, from, header, encrypted_key}], `from` the wrapped key
-- that it was read with. Of what is encrypted nothing changes.
create function app.rewrap_keys(p_rows jsonb, p_actor_type text, p_actor_id text) returns integer
language sql volatile security definer
set search_path = ''
as $$
  with wanted as (
    select * from jsonb_to_recordset(p_rows) as r (id uuid, "from" text, header jsonb, encrypted_key text)
  ),
  held as (
    select v.id, w.header, w.encrypted_key
    from wanted w
    join public.secure_key_versions v on v.id = w.id and v.jwe ->> 'encrypted_key' = w."from"
    join app.keks k on k.kid = w.header ->> 'kid' and k.status = 'current'
    order by v.id for update of v
  ),
  written as (
    update public.secure_key_versions v
    set jwe = v.jwe || jsonb_build_object('header', h.header, 'encrypted_key', h.encrypted_key), kek = h.header ->> 'kid'
    from held h where v.id = h.id
    returning v.key_id, v.tenant_id, v.version, v.kek
  ),
  noted as (
    insert into public.secure_keys_audit (tenant_id, key_id, version, provider, name, action, actor_type, actor_id, kek)
    select w.tenant_id, w.key_id, w.version, k.provider, k.name, 'rewrapped', p_actor_type, p_actor_id, w.kek
    from written w join public.secure_keys k on k.id = w.key_id
    returning 1
  )
  select count(*)::integer from noted
$$;
grant execute on function app.rewrap_keys(jsonb, text, text) to nofx_web;

-- Ends a KEK for good: what is wrapped by it is refused from now on, should it come back. Not while a row needs it.
create function app.retire_kek(p_kid text) returns text
language plpgsql security definer
set search_path = ''
as $$
declare
  v_status text;
begin
  perform pg_advisory_xact_lock(82, 1);
  select k.status into v_status from app.keks k where k.kid = p_kid for update;
  if v_status is null then
    return 'unknown';
  elsif v_status <> 'previous' then
    return v_status;
  elsif exists (select from public.secure_key_versions v where v.kek = p_kid) then
    return 'in_use';
  end if;
  update app.keks k set status = 'retired', retired_at = clock_timestamp() where k.kid = p_kid;
  return 'done';
end
$$;
grant execute on function app.retire_kek(text) to nofx_web;

-- Destroys secrets whose overlap is over.
create function engine.destroy_ended_keys(p_limit integer) returns integer
language sql volatile security definer
set search_path = ''
as $$
  with ended as (
    select v.id from public.secure_key_versions v
    where v.usable_until <= clock_timestamp() and v.jwe is not null
    order by v.usable_until limit p_limit for update skip locked
  ),
  destroyed as (
    update public.secure_key_versions v set jwe = null, kek = null from ended e where v.id = e.id
    returning v.key_id, v.tenant_id, v.version
  ),
  noted as (
    insert into public.secure_keys_audit (tenant_id, key_id, version, provider, name, action, actor_type, actor_id)
    select d.tenant_id, d.key_id, d.version, k.provider, k.name, 'destroyed', 'system', 'vault'
    from destroyed d join public.secure_keys k on k.id = d.key_id
    returning 1
  )
  select count(*)::integer from noted
$$;
grant execute on function engine.destroy_ended_keys(integer) to nofx_worker;
