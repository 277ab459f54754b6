-- Signed digests of the audit chains. The chain alone shows a change only to whoever remembers its head: with the database in hand
-- it can be made anew from any entry on. So once an hour a leader signs how far each chain has come, with a key that the database
-- never sees, each signature following on the one before; the digests are put down here and outside.
create table public.audit_digests (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  n bigint not null check (n > 0),
  from_seq bigint not null check (from_seq > 0),
  to_seq bigint not null,
  count bigint not null,
  head_hash text not null check (head_hash ~ '^[0-9a-f]{64}$'),
  -- empty for the first
  previous_signature text not null,
  at timestamptz not null,
  kid text not null check (kid ~ '^[0-9a-f]{16}$'),
  signature text not null check (signature ~ '^[A-Za-z0-9_-]{86}$'),
  -- when a copy lay in storage
  shipped_at timestamptz,
  primary key (tenant_id, n),
  check (count = to_seq - from_seq + 1 and count >= 0),
  check ((n = 1) = (previous_signature = ''))
);
comment on table public.audit_digests is 'Append-only: how far each audit chain had come, signed by a key outside the database';
create index audit_digests_by_seq on public.audit_digests (tenant_id, to_seq);
create index audit_digests_unshipped on public.audit_digests (at) where shipped_at is null;
comment on index public.audit_digests_by_seq is 'An export finds the digests of its range';
comment on index public.audit_digests_unshipped is 'What is still to be copied to storage, oldest first';

alter table public.audit_digests enable row level security;
create policy audit_digests_read on public.audit_digests for select to nofx_member
  using (tenant_id in (select app.tenant_ids()));
grant select on public.audit_digests to nofx_member;

-- Somebody wants a digest of what is there now, without waiting for the hour.
create table public.audit_digest_requests (
  tenant_id uuid primary key references public.tenants (id) on delete cascade,
  at timestamptz not null default clock_timestamp()
);
comment on table public.audit_digest_requests is 'When a tenant last asked for a digest out of turn';
alter table public.audit_digest_requests enable row level security;
create policy audit_digest_requests_own on public.audit_digest_requests for all to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
grant select, insert, update (at) on public.audit_digest_requests to nofx_member;

-- An instant as it is hashed and signed.
create function app.audit_time(p_at timestamptz) returns text
language sql stable parallel safe
set search_path = ''
as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
grant execute on function app.audit_time(timestamptz) to nofx_member, nofx_worker;

-- What is to be signed now: of each chain whose last digest is older than that, also where nothing was written since, the tenants that
-- waited longest first. Reads what was committed, so no lock: a chain only grows.
create function engine.digests_due(p_interval_seconds integer, p_limit integer)
returns table (tenant text, n bigint, "from" bigint, "to" bigint, count bigint, "headHash" text, "previousSignature" text, at text)
language sql volatile security definer
set search_path = ''
as $$
  select h.tenant_id::text, coalesce(d.n, 0) + 1, coalesce(d.to_seq, 0) + 1, h.seq, h.seq - coalesce(d.to_seq, 0), h.hash,
    coalesce(d.signature, ''), app.audit_time(clock_timestamp())
  from public.audit_heads h
  left join lateral (
    select * from public.audit_digests g where g.tenant_id = h.tenant_id order by g.n desc limit 1
  ) d on true
  where h.seq > 0 and (d.at is null or d.at <= clock_timestamp() - p_interval_seconds * interval '1 s'
    or exists (select from public.audit_digest_requests q where q.tenant_id = h.tenant_id and q.at > d.at))
  order by d.at nulls first limit p_limit
$$;
grant execute on function engine.digests_due(integer, integer) to nofx_worker;

-- Keeps what the leader of a term has signed. A digest that does not follow the one before, or whose head is not an entry of the chain as
-- it is stored, is refused: then somebody wrote to the tables past the functions. One tenant's broken chain keeps nobody else's from
-- being signed. Answers {kept, refused: [tenant]}.
create function engine.keep_digests(p_term bigint, p_digests jsonb) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_new record;
  v_last public.audit_digests;
  v_count integer := 0;
  v_refused jsonb := '[]';
begin
  perform engine.assert_term('auditor', p_term);
  for v_new in
    select * from jsonb_to_recordset(p_digests) as d (tenant uuid, n bigint, "from" bigint, "to" bigint, count bigint, "headHash" text,
      "previousSignature" text, at timestamptz, kid text, signature text)
    order by d.tenant, d.n
  loop
    select * into v_last from public.audit_digests d where d.tenant_id = v_new.tenant order by d.n desc limit 1;
    continue when v_new.n <= coalesce(v_last.n, 0);
    if v_new.n <> coalesce(v_last.n, 0) + 1 or v_new."from" <> coalesce(v_last.to_seq, 0) + 1
      or v_new."previousSignature" <> coalesce(v_last.signature, '')
      or not exists (select from public.audit_log a where a.tenant_id = v_new.tenant and a.seq = v_new."to" and a.hash = v_new."headHash")
    then
      v_refused := v_refused || to_jsonb(v_new.tenant);
      continue;
    end if;
    insert into public.audit_digests (tenant_id, n, from_seq, to_seq, count, head_hash, previous_signature, at, kid, signature)
    values (v_new.tenant, v_new.n, v_new."from", v_new."to", v_new.count, v_new."headHash", v_new."previousSignature", v_new.at, v_new.kid,
      v_new.signature);
    -- of a stretch in which nobody decided anything nobody is told: telling would make the next entry
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
    select v_new.tenant, 'audit.digest_signed', app.uuid7(), 'system', 'auditor', jsonb_build_object('n', v_new.n, 'from', v_new."from",
      'to', v_new."to", 'head_hash', v_new."headHash", 'kid', v_new.kid, 'signature', v_new.signature)
    where exists (select from public.audit_log a where a.tenant_id = v_new.tenant and a.seq between v_new."from" and v_new."to" and a.verb <> 'events.sealed');
    v_count := v_count + 1;
  end loop;
  return jsonb_build_object('kept', v_count, 'refused', v_refused);
end
$$;
grant execute on function engine.keep_digests(bigint, jsonb) to nofx_worker;

-- Digests of which no copy lies in storage yet, oldest first.
create function engine.digests_to_ship(p_limit integer)
returns table (tenant text, n bigint, "from" bigint, "to" bigint, count bigint, "headHash" text, "previousSignature" text, at text, kid text, signature text)
language sql stable security definer
set search_path = ''
as $$
  select d.tenant_id::text, d.n, d.from_seq, d.to_seq, d.count, d.head_hash, d.previous_signature, app.audit_time(d.at), d.kid, d.signature
  from public.audit_digests d where d.shipped_at is null order by d.at limit p_limit
$$;
grant execute on function engine.digests_to_ship(integer) to nofx_worker;

create function engine.digest_shipped(p_tenant uuid, p_n bigint) returns void
language sql security definer
set search_path = ''
as $$
  update public.audit_digests d set shipped_at = clock_timestamp() where d.tenant_id = p_tenant and d.n = p_n and d.shipped_at is null
$$;
grant execute on function engine.digest_shipped(uuid, bigint) to nofx_worker;
