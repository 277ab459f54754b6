-- Webhooks: the sealed events of a tenant, told to its endpoints. The event log is the outbox: nothing is written a second
-- time, and no commit waits for anybody outside. Each endpoint has a cursor in the sequence and is told in its order.

create table public.webhooks (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  url text not null check (length(url) between 1 and 2048),
  description text not null default '',
  -- empty: all types
  event_types text[] not null default '{}',
  status text not null default 'active' check (status in ('active', 'disabled')),
  disabled_reason text check (disabled_reason in ('gone', 'failing', 'by_member')),
  created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  check ((status = 'disabled') = (disabled_reason is not null))
);
comment on table public.webhooks is 'Endpoints that are told of a tenant''s events';
create index webhooks_list on public.webhooks (tenant_id, id);

-- No role reads this table: the engine hands secrets to the relay, which signs with them, and nobody else sees them again.
create table public.webhook_secrets (
  webhook_id uuid primary key references public.webhooks (id) on delete cascade,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  secret text not null check (secret like 'whsec\_%'),
  -- while a receiver changes over, both sign
  previous text check (previous like 'whsec\_%'),
  previous_until timestamptz,
  check ((previous is null) = (previous_until is null))
);
comment on table public.webhook_secrets is 'What deliveries are signed with; shown once when made, then read by the relay only';

create table public.webhook_cursors (
  webhook_id uuid primary key references public.webhooks (id) on delete cascade,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  -- everything up to here is delivered, or none of this endpoint's types
  seq bigint not null,
  attempts integer not null default 0,
  next_at timestamptz not null default clock_timestamp(),
  failing_since timestamptz,
  leased_by text,
  lease_until timestamptz,
  -- raised by every lease and by every person who moves the cursor: a relay of an older one writes nothing
  version bigint not null default 0
);
comment on table public.webhook_cursors is 'How far each endpoint has been told, and who is telling it';
create index webhook_cursors_due on public.webhook_cursors (next_at);

create table public.webhook_deliveries (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  webhook_id uuid not null references public.webhooks (id) on delete cascade,
  event_id uuid not null,
  type text not null,
  seq bigint not null,
  attempt integer not null,
  status text not null check (status in ('delivered', 'failed')),
  http_status integer,
  error text check (length(error) <= 1000),
  took_ms integer not null,
  at timestamptz not null default clock_timestamp()
);
comment on table public.webhook_deliveries is 'One row an attempt, kept for 30 days';
create index webhook_deliveries_list on public.webhook_deliveries (webhook_id, id desc);
-- pruning
create index webhook_deliveries_age on public.webhook_deliveries (at);

do $$
declare
  name text;
begin
  foreach name in array array['webhooks', 'webhook_secrets', 'webhook_cursors', 'webhook_deliveries'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for all to nofx_member using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()))', name || '_own', name);
  end loop;
end
$$;
-- addresses may hold tokens of their own, so a browser reads none of this: people ask by commands
grant select, insert, delete on public.webhooks to nofx_member;
grant update (status, disabled_reason) on public.webhooks to nofx_member;
grant insert on public.webhook_secrets to nofx_member;
grant select, insert on public.webhook_cursors to nofx_member;
grant update (seq, attempts, next_at, failing_since, leased_by, lease_until, version) on public.webhook_cursors to nofx_member;
grant select on public.webhook_deliveries to nofx_member;

-- A new secret; the one before it signs too for another day. Answers until when, nothing where there is no such webhook.
create function app.rotate_webhook_secret(p_tenant uuid, p_webhook uuid, p_secret text) returns timestamptz
language plpgsql security definer
set search_path = ''
as $$
declare
  v_until timestamptz;
begin
  perform app.assert_tenant(p_tenant);
  update public.webhook_secrets s
  set previous = s.secret, previous_until = clock_timestamp() + interval '24 hours', secret = p_secret
  where s.webhook_id = p_webhook and s.tenant_id = p_tenant
  returning s.previous_until into v_until;
  return v_until;
end
$$;
grant execute on function app.rotate_webhook_secret(uuid, uuid, text) to nofx_member;

-- Endpoints that are due, each leased to this relay: its address and secrets, and the next events of its types, at most
-- p_batch. scanned_to is how far the cursor may go once they are delivered: events of other types are passed over.
create function engine.relay_claim(p_relay text, p_limit integer, p_batch integer, p_lease_ms integer)
returns table (
  webhook_id uuid, tenant_id uuid, url text, secrets text[], version bigint, attempts integer, scanned_to bigint, events jsonb
)
language sql volatile security definer
set search_path = ''
as $$
  with due as (
    select c.webhook_id
    from public.webhook_cursors c
    join public.webhooks w on w.id = c.webhook_id and w.status = 'active'
    join public.event_heads h on h.tenant_id = c.tenant_id and h.seq > c.seq
    where c.next_at <= clock_timestamp() and (c.lease_until is null or c.lease_until <= clock_timestamp())
    order by c.next_at limit p_limit
    for update of c skip locked
  ),
  taken as (
    update public.webhook_cursors c
    set version = c.version + 1, leased_by = p_relay, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from due where c.webhook_id = due.webhook_id
    returning c.webhook_id, c.tenant_id, c.version, c.attempts, c.seq
  )
  select t.webhook_id, t.tenant_id, w.url,
    array_remove(array[s.secret, case when s.previous_until > clock_timestamp() then s.previous end], null),
    t.version, t.attempts, coalesce(next.scanned_to, t.seq), coalesce(next.events, '[]')
  from taken t
  join public.webhooks w on w.id = t.webhook_id
  join public.webhook_secrets s on s.webhook_id = t.webhook_id
  cross join lateral (
    select
      -- a full batch may have more behind it; else all that was looked at is done with
      case when count(*) filter (where e.place = p_batch + 1) > 0 then max(e.seq) filter (where e.place = p_batch) else max(e.seq) end
        as scanned_to,
      jsonb_agg(e.message order by e.seq) filter (where e.place <= p_batch) as events
    from (
      select e.seq, case when e.told then row_number() over (partition by e.told order by e.seq) end as place, e.message
      from (
        select e.seq,
          case when e.type = 'webhook.tested' then e.payload ->> 'webhook_id' = t.webhook_id::text
               else w.event_types = '{}' or e.type = any (w.event_types) end as told,
          jsonb_build_object('seq', e.seq, 'id', e.id, 'version', e.version, 'type', e.type, 'correlation_id', e.correlation_id,
            'causation_id', e.causation_id, 'traceparent', e.traceparent, 'tenant_id', e.tenant_id, 'at', e.at,
            'payload', e.payload) as message
        from public.events e where e.tenant_id = t.tenant_id and e.seq > t.seq order by e.seq limit 1000
      ) as e
    ) as e
  ) as next
$$;
grant execute on function engine.relay_claim(text, integer, integer, integer) to nofx_worker;

-- The row of one attempt, for whoever still leases the endpoint. p_delivery: {event_id, type, seq, attempt, http_status, error, took_ms}
create function engine.relay_note(p_webhook uuid, p_tenant uuid, p_status text, p_delivery jsonb) returns void
language sql volatile security definer
set search_path = ''
as $$
  insert into public.webhook_deliveries (tenant_id, webhook_id, event_id, type, seq, attempt, status, http_status, error, took_ms)
  select p_tenant, p_webhook, d.event_id, d.type, d.seq, d.attempt, p_status, d.http_status, left(d.error, 1000), d.took_ms
  from jsonb_to_record(p_delivery) as d (event_id uuid, type text, seq bigint, attempt integer, http_status integer, error text, took_ms integer)
$$;

-- One event has been taken: the cursor moves to it and the lease is renewed. False: the lease is another's by now.
create function engine.relay_delivered(p_webhook uuid, p_version bigint, p_lease_ms integer, p_delivery jsonb) returns boolean
language plpgsql security definer
set search_path = ''
as $$
declare
  v_tenant uuid;
begin
  -- the webhook before its cursor, as everywhere
  perform from public.webhooks w where w.id = p_webhook for key share;
  update public.webhook_cursors c
  set seq = (p_delivery ->> 'seq')::bigint, attempts = 0, failing_since = null, next_at = clock_timestamp(),
      lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
  where c.webhook_id = p_webhook and c.version = p_version
  returning c.tenant_id into v_tenant;
  if v_tenant is null then
    return false;
  end if;
  perform engine.relay_note(p_webhook, v_tenant, 'delivered', p_delivery);
  return true;
end
$$;
grant execute on function engine.relay_delivered(uuid, bigint, integer, jsonb) to nofx_worker;

-- One attempt was in vain: the endpoint rests, its event stays at the head. What answers that it is gone, or has failed for
-- longer than p_give_up_ms, is disabled. Answers retry, disabled, or lost.
create function engine.relay_failed(
  p_webhook uuid, p_version bigint, p_retry_ms bigint, p_gone boolean, p_give_up_ms bigint, p_delivery jsonb
) returns text
language plpgsql security definer
set search_path = ''
as $$
declare
  v_cursor public.webhook_cursors;
  v_reason text;
begin
  perform from public.webhooks w where w.id = p_webhook for no key update;
  update public.webhook_cursors c
  set attempts = c.attempts + 1, failing_since = coalesce(c.failing_since, clock_timestamp()), leased_by = null, lease_until = null,
      next_at = clock_timestamp() + make_interval(secs => p_retry_ms / 1000.0)
  where c.webhook_id = p_webhook and c.version = p_version
  returning * into v_cursor;
  if v_cursor.webhook_id is null then
    return 'lost';
  end if;
  perform engine.relay_note(p_webhook, v_cursor.tenant_id, 'failed', p_delivery);
  v_reason := case when p_gone then 'gone'
    when clock_timestamp() - v_cursor.failing_since >= make_interval(secs => p_give_up_ms / 1000.0) then 'failing' end;
  if v_reason is null then
    return 'retry';
  end if;
  update public.webhooks w set status = 'disabled', disabled_reason = v_reason where w.id = p_webhook and w.status = 'active';
  if found then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
    values (v_cursor.tenant_id, 'webhook.disabled', app.uuid7(), 'system', 'relay',
      jsonb_build_object('webhook_id', p_webhook, 'reason', v_reason));
  end if;
  return 'disabled';
end
$$;
grant execute on function engine.relay_failed(uuid, bigint, bigint, boolean, bigint, jsonb) to nofx_worker;

-- Ends a lease in good order: the cursor may pass over what is not told to this endpoint.
create function engine.relay_release(p_webhook uuid, p_version bigint, p_scanned_to bigint) returns boolean
language sql volatile security definer
set search_path = ''
as $$
  with released as (
    update public.webhook_cursors c
    set seq = greatest(c.seq, coalesce(p_scanned_to, c.seq)), leased_by = null, lease_until = null, next_at = clock_timestamp()
    where c.webhook_id = p_webhook and c.version = p_version
    returning true
  )
  select exists (select from released)
$$;
grant execute on function engine.relay_release(uuid, bigint, bigint) to nofx_worker;

create function engine.relay_prune(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_pruned integer;
begin
  delete from public.webhook_deliveries d
  where d.ctid in (
    select old.ctid from public.webhook_deliveries old
    where old.at <= clock_timestamp() - interval '30 days'
    order by old.at limit p_limit for update skip locked
  );
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$$;
grant execute on function engine.relay_prune(integer) to nofx_worker;
