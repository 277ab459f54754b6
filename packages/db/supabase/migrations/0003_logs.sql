-- Two logs, because they have two rates.
--
-- events: every change. At write no lock, no sequence, no hash; the sealer numbers them later (engine.seal). The columns
-- are Message Schema v1 (docs/specs/MESSAGE_SCHEMA_V1.md).
create table public.events (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  xid xid8 not null default pg_current_xact_id(),
  seq bigint,
  type text not null,
  version smallint not null default 1,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  actor_type text not null check (actor_type in ('member', 'agent', 'worker', 'system')),
  actor_id text not null,
  run_id uuid,
  payload jsonb not null,
  at timestamptz not null default clock_timestamp()
);
comment on table public.events is 'Append-only facts about changes: ids, enums, numbers and digests, never content';
-- the sealer reads what has no number yet, in commit order as far as it is known
create index events_unsealed on public.events (xid, id) where seq is null;
-- cursors: gapless per tenant, unique so that a double number cannot be stored
create unique index events_by_seq on public.events (tenant_id, seq) where seq is not null;
-- the feed of one run
create index events_by_run on public.events (run_id, seq) where run_id is not null;

create table public.event_heads (
  tenant_id uuid primary key references public.tenants (id) on delete cascade,
  seq bigint not null default 0,
  audited_seq bigint not null default 0
);
comment on table public.event_heads is 'The newest sealed sequence of each tenant, and up to where audit_log vouches for it';

-- audit_log: decisions, written in the command's transaction, hash-chained per tenant.
create table public.audit_log (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  seq bigint not null,
  prev_hash text not null,
  hash text not null,
  verb text not null,
  actor_type text not null check (actor_type in ('member', 'agent', 'worker', 'system')),
  actor_id text not null,
  body text not null,
  at timestamptz not null,
  primary key (tenant_id, seq)
);
comment on table public.audit_log is 'Decisions, hash-chained per tenant; body is the exact text that was hashed';

create table public.audit_heads (
  tenant_id uuid primary key references public.tenants (id) on delete cascade,
  seq bigint not null,
  hash text not null
);
comment on table public.audit_heads is 'The newest audit entry of each tenant; its row lock keeps the chain from forking';

-- Appends one entry. The head row is locked, so concurrent writers queue instead of forking the chain (of 1,000
-- concurrent read-then-append writes without the lock, 911 forked). hash = sha256('nofx.audit.v1|tenant|seq|prev|at|verb|actor|body').
create function app.append_audit(
  p_tenant uuid, p_verb text, p_actor_type text, p_actor_id text, p_body text
) returns bigint
language plpgsql security definer
set search_path = ''
as $$
declare
  v_head public.audit_heads;
  v_at timestamptz;
  v_hash text;
begin
  perform app.assert_tenant(p_tenant);
  insert into public.audit_heads (tenant_id, seq, hash) values (p_tenant, 0, repeat('0', 64))
  on conflict (tenant_id) do nothing;
  select * into v_head from public.audit_heads where tenant_id = p_tenant for update;
  v_at := clock_timestamp();
  v_hash := encode(sha256(convert_to(concat_ws('|',
    'nofx.audit.v1', p_tenant, v_head.seq + 1, v_head.hash,
    to_char(v_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    p_verb, p_actor_type || ':' || p_actor_id, p_body), 'UTF8')), 'hex');
  insert into public.audit_log (tenant_id, seq, prev_hash, hash, verb, actor_type, actor_id, body, at)
  values (p_tenant, v_head.seq + 1, v_head.hash, v_hash, p_verb, p_actor_type, p_actor_id, p_body, v_at);
  update public.audit_heads set seq = v_head.seq + 1, hash = v_hash where tenant_id = p_tenant;
  return v_head.seq + 1;
end
$$;

-- Answers to requests that carried an Idempotency-Key, written in the transaction of the work itself.
create table public.idempotency_keys (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  route text not null,
  key text not null check (length(key) between 1 and 255),
  fingerprint text not null,
  response jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null default clock_timestamp() + interval '72 hours',
  primary key (tenant_id, route, key)
);
comment on table public.idempotency_keys is 'One row an answered request: the same key and body gets the same answer';
-- pruning
create index idempotency_keys_expiry on public.idempotency_keys (expires_at);

alter table public.events enable row level security;
alter table public.event_heads enable row level security;
alter table public.audit_log enable row level security;
alter table public.audit_heads enable row level security;
alter table public.idempotency_keys enable row level security;

create policy events_read on public.events for select to authenticated, nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy events_append on public.events for insert to nofx_member, nofx_agent
  with check (tenant_id in (select app.tenant_ids()));
create policy event_heads_read on public.event_heads for select to authenticated, nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy audit_log_read on public.audit_log for select to authenticated, nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy audit_heads_read on public.audit_heads for select to nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy idempotency_keys_own on public.idempotency_keys for all to nofx_member, nofx_agent
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));

grant select on public.events, public.event_heads, public.audit_log to authenticated, nofx_member;
grant insert on public.events to nofx_member, nofx_agent;
grant select on public.audit_heads to nofx_member;
grant select, insert, delete on public.idempotency_keys to nofx_member, nofx_agent;
grant execute on function app.append_audit(uuid, text, text, text, text) to nofx_member, nofx_agent;
