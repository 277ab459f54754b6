-- Notices: the relay tells people too, in Slack and by e-mail, behind the same cursors; and decisions on approvals come in by
-- webhooks that others sign.

alter table public.webhooks
  add column format text not null default 'nofx' check (format in ('nofx', 'slack', 'email')),
  -- whether titles are told to people, beside what kind of thing happened
  add column titles boolean not null default true,
  -- user ids: a mail goes to whatever address they have as members when it is sent
  add column recipients uuid[] not null default '{}',
  add constraint webhooks_recipients check ((format = 'email') = (recipients <> '{}'));
comment on column public.webhooks.url is 'The address; of Slack its host alone, of e-mail nothing but its kind: what is told by them is a secret or a person';

-- an address of Slack is a secret itself, and nothing is signed
alter table public.webhook_secrets
  alter column secret drop not null,
  add column url text check (length(url) between 1 and 2048),
  add constraint webhook_secrets_one check (secret is not null or url is not null);

-- A mail lists many events; where one was on its way, the next attempt is the same mail.
alter table public.webhook_cursors add column digest_to bigint;
grant update (digest_to) on public.webhook_cursors to nofx_member;

-- as 0025; besides: the format, the address where it is a secret, and a digest that is on its way is not added to
drop function engine.relay_claim(text, integer, integer, integer);
create function engine.relay_claim(p_relay text, p_limit integer, p_batch integer, p_lease_ms integer)
returns table (
  webhook_id uuid, tenant_id uuid, format text, url text, secrets text[], version bigint, attempts integer, scanned_to bigint, events jsonb
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
    returning c.webhook_id, c.tenant_id, c.version, c.attempts, c.seq, c.digest_to
  )
  select t.webhook_id, t.tenant_id, w.format, coalesce(s.url, w.url),
    array_remove(array[s.secret, case when s.previous_until > clock_timestamp() then s.previous end], null),
    t.version, t.attempts, coalesce(next.scanned_to, t.digest_to, t.seq), coalesce(next.events, '[]')
  from taken t
  join public.webhooks w on w.id = t.webhook_id
  left join public.webhook_secrets s on s.webhook_id = t.webhook_id
  -- one mail tells of more than one post does
  cross join lateral (select case when w.format = 'email' then 4 * p_batch else p_batch end as most) as batch
  cross join lateral (
    select
      -- a full batch may have more behind it; else all that was looked at is done with
      case when count(*) filter (where e.place = batch.most + 1) > 0 then max(e.seq) filter (where e.place = batch.most) else max(e.seq) end
        as scanned_to,
      jsonb_agg(e.message order by e.seq) filter (where e.place <= batch.most) as events
    from (
      select e.seq, case when e.told then row_number() over (partition by e.told order by e.seq) end as place, e.message
      from (
        select e.seq,
          case when e.type = 'webhook.tested' then e.payload ->> 'webhook_id' = t.webhook_id::text
               else w.event_types = '{}' or e.type = any (w.event_types) end as told,
          jsonb_build_object('seq', e.seq, 'id', e.id, 'version', e.version, 'type', e.type, 'correlation_id', e.correlation_id,
            'causation_id', e.causation_id, 'traceparent', e.traceparent, 'tenant_id', e.tenant_id, 'at', e.at,
            'payload', e.payload) as message
        from public.events e
        where e.tenant_id = t.tenant_id and e.seq > t.seq and (t.digest_to is null or e.seq <= t.digest_to)
        order by e.seq limit 1000
      ) as e
    ) as e
  ) as next
$$;
grant execute on function engine.relay_claim(text, integer, integer, integer) to nofx_worker;

-- What people are told beside the kind of an event: titles of plans and approvals, names of runs and steps, until when a question is
-- open, and where the endpoint does not tell titles, none of the names. Whoever asks fixes the digest: every attempt lists the
-- events up to p_to. Null: the lease is another's by now.
create function engine.relay_notice(p_webhook uuid, p_version bigint, p_to bigint, p_events uuid[]) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_webhook public.webhooks;
begin
  select w.* into v_webhook from public.webhooks w where w.id = p_webhook;
  update public.webhook_cursors c set digest_to = case when v_webhook.format = 'email' then p_to end
  where c.webhook_id = p_webhook and c.version = p_version;
  if not found then
    return null;
  end if;
  return jsonb_build_object(
    'recipients', (
      select coalesce(jsonb_agg(jsonb_build_object('name', m.name, 'email', m.email) order by m.email), '[]')
      from public.members m where m.tenant_id = v_webhook.tenant_id and m.user_id = any (v_webhook.recipients)),
    'facts', (
      select coalesce(jsonb_object_agg(e.id, jsonb_strip_nulls(jsonb_build_object(
        'expires_at', a.expires_at,
        'plan', case when v_webhook.titles then p.title end,
        'approval', case when v_webhook.titles then a.title end,
        'run', case when v_webhook.titles and r.tenant_id = e.tenant_id then r.title end,
        'step', case when v_webhook.titles and s.tenant_id = e.tenant_id then s.name end))), '{}')
      from public.events e
      left join public.approvals a on a.id = (e.payload ->> 'approval_id')::uuid and a.tenant_id = e.tenant_id
      -- by id alone: with the tenant beside it a planner without statistics reads all runs of the tenant
      left join public.runs_all r on r.id = coalesce(e.run_id, (e.payload ->> 'run_id')::uuid)
      left join public.steps_all s on s.id = (e.payload ->> 'step_id')::uuid
      left join public.plans p on p.id = coalesce((e.payload ->> 'plan_id')::uuid, a.plan_id, r.plan_id) and p.tenant_id = e.tenant_id
      where e.tenant_id = v_webhook.tenant_id and e.id = any (p_events)));
end
$$;
grant execute on function engine.relay_notice(uuid, bigint, bigint, uuid[]) to nofx_worker;

-- A mail that lists events has been taken: the cursor moves to the last of them and rests. p_deliveries: as relay_delivered, a list.
-- False: the lease is another's by now.
create function engine.relay_digested(p_webhook uuid, p_version bigint, p_rest_ms bigint, p_deliveries jsonb) returns boolean
language plpgsql security definer
set search_path = ''
as $$
declare
  v_tenant uuid;
begin
  perform from public.webhooks w where w.id = p_webhook for key share;
  update public.webhook_cursors c
  set seq = (select max((d ->> 'seq')::bigint) from jsonb_array_elements(p_deliveries) as d), attempts = 0, failing_since = null,
      digest_to = null, next_at = clock_timestamp() + make_interval(secs => p_rest_ms / 1000.0)
  where c.webhook_id = p_webhook and c.version = p_version
  returning c.tenant_id into v_tenant;
  if v_tenant is null then
    return false;
  end if;
  perform engine.relay_note(p_webhook, v_tenant, 'delivered', d) from jsonb_array_elements(p_deliveries) as d;
  return true;
end
$$;
grant execute on function engine.relay_digested(uuid, bigint, bigint, jsonb) to nofx_worker;

-- as 0025; an endpoint that rests goes on resting, and a digest that is done with ends
create or replace function engine.relay_release(p_webhook uuid, p_version bigint, p_scanned_to bigint) returns boolean
language sql volatile security definer
set search_path = ''
as $$
  with released as (
    update public.webhook_cursors c
    set seq = greatest(c.seq, coalesce(p_scanned_to, c.seq)), leased_by = null, lease_until = null,
        next_at = greatest(c.next_at, clock_timestamp()),
        digest_to = case when greatest(c.seq, coalesce(p_scanned_to, c.seq)) < c.digest_to then c.digest_to end
    where c.webhook_id = p_webhook and c.version = p_version
    returning true
  )
  select exists (select from released)
$$;

-- Whose signed word is taken for a decision: a receiver speaks for the members that an admin named, and for nobody else.
create table public.inbound_receivers (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  description text not null default '' check (length(description) <= 500),
  acts_for uuid[] not null check (cardinality(acts_for) between 1 and 200),
  decisions text[] not null check (cardinality(decisions) > 0 and decisions <@ array['approve', 'reject']),
  -- empty: all
  subjects text[] not null default '{}' check (subjects <@ array['plan', 'plan_step', 'step', 'tool', 'override']),
  status text not null default 'active' check (status in ('active', 'disabled')),
  -- who was shown a secret of it: what they stand behind themselves is not decided by it
  holders uuid[] not null,
  created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  unique (tenant_id, name)
);
comment on table public.inbound_receivers is 'Webhooks that come in: each signed by its sender, each speaking for named members';
comment on index public.inbound_receivers_tenant_id_name_key is 'A receiver by its name; the list of a tenant';

-- No role reads this table either.
create table public.inbound_secrets (
  receiver_id uuid primary key references public.inbound_receivers (id) on delete cascade,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  secret text not null check (secret like 'whsec\_%'),
  -- while a sender changes over, either opens
  previous text check (previous like 'whsec\_%'),
  previous_until timestamptz,
  check ((previous is null) = (previous_until is null))
);
comment on table public.inbound_secrets is 'What messages that come in have to be signed with; shown once when made';

create table public.inbound_messages (
  receiver_id uuid not null references public.inbound_receivers (id) on delete cascade,
  message_id text not null check (length(message_id) between 1 and 256),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  begun_at timestamptz not null default clock_timestamp(),
  -- decided, or the code of what it was refused with; null while it is being dealt with
  outcome text check (outcome ~ '^[a-z][a-z0-9_]{0,63}$'),
  approval_id uuid,
  user_id uuid,
  primary key (receiver_id, message_id)
);
comment on table public.inbound_messages is 'Ids of messages that came in, kept for 30 days: none is taken twice';
create index inbound_messages_list on public.inbound_messages (receiver_id, begun_at desc);
create index inbound_messages_age on public.inbound_messages (begun_at);
comment on index public.inbound_messages_list is 'What a receiver took, newest first, and when it was last used';
comment on index public.inbound_messages_age is 'Messages that are old enough to be forgotten';

do $$
declare
  name text;
begin
  foreach name in array array['inbound_receivers', 'inbound_secrets', 'inbound_messages'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for all to nofx_member using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()))', name || '_own', name);
  end loop;
end
$$;
grant select, insert, delete on public.inbound_receivers to nofx_member;
grant update (status) on public.inbound_receivers to nofx_member;
grant insert on public.inbound_secrets to nofx_member;
grant select on public.inbound_messages to nofx_member;

-- What a message that claims to be for a receiver is checked with. Called before any claim is set; no row for one that is
-- disabled or not there.
create function app.inbound_receiver(p_receiver uuid)
returns table (tenant_id uuid, name text, secrets text[], decisions text[], subjects text[], holders uuid[])
language sql stable security definer
set search_path = ''
as $$
  select r.tenant_id, r.name,
    array_remove(array[s.secret, case when s.previous_until > clock_timestamp() then s.previous end], null), r.decisions, r.subjects,
    r.holders
  from public.inbound_receivers r join public.inbound_secrets s on s.receiver_id = r.id
  where r.id = p_receiver and r.status = 'active'
$$;

-- The member of that address whom the receiver speaks for; null where there is none.
create function app.inbound_member(p_receiver uuid, p_email text) returns uuid
language sql stable security definer
set search_path = ''
as $$
  select m.user_id from public.inbound_receivers r
  join public.members m on m.tenant_id = r.tenant_id and m.user_id = any (r.acts_for)
  where r.id = p_receiver and lower(m.email) = lower(p_email)
  order by m.created_at limit 1
$$;

-- Takes a message once. Answers begun, replayed, or in_flight; one whose process died a minute ago is begun again, under an
-- idempotency key of its own that sees to it that nothing is decided twice.
create function app.inbound_begin(p_receiver uuid, p_message text) returns text
language plpgsql security definer
set search_path = ''
as $$
declare
  v_outcome text;
begin
  insert into public.inbound_messages as m (receiver_id, message_id, tenant_id)
  select r.id, p_message, r.tenant_id from public.inbound_receivers r where r.id = p_receiver
  on conflict (receiver_id, message_id) do update set begun_at = clock_timestamp()
  where m.outcome is null and m.begun_at < clock_timestamp() - interval '1 minute';
  if found then
    return 'begun';
  end if;
  select m.outcome into v_outcome from public.inbound_messages m where m.receiver_id = p_receiver and m.message_id = p_message;
  return case when v_outcome is null then 'in_flight' else 'replayed' end;
end
$$;

-- What became of a message; p_outcome null: nothing, it may come again.
create function app.inbound_end(p_receiver uuid, p_message text, p_outcome text, p_approval uuid, p_user uuid) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  if p_outcome is null then
    delete from public.inbound_messages m where m.receiver_id = p_receiver and m.message_id = p_message and m.outcome is null;
  else
    update public.inbound_messages m set outcome = p_outcome, approval_id = p_approval, user_id = p_user
    where m.receiver_id = p_receiver and m.message_id = p_message;
  end if;
end
$$;

-- as app.rotate_webhook_secret, of a receiver
create function app.rotate_inbound_secret(p_tenant uuid, p_receiver uuid, p_secret text) returns timestamptz
language plpgsql security definer
set search_path = ''
as $$
declare
  v_until timestamptz;
begin
  perform app.assert_tenant(p_tenant);
  update public.inbound_secrets s
  set previous = s.secret, previous_until = clock_timestamp() + interval '24 hours', secret = p_secret
  where s.receiver_id = p_receiver and s.tenant_id = p_tenant
  returning s.previous_until into v_until;
  update public.inbound_receivers r set holders = r.holders || app.user_id()
  where r.id = p_receiver and r.tenant_id = p_tenant and not app.user_id() = any (r.holders);
  return v_until;
end
$$;
revoke all on function app.inbound_receiver(uuid), app.inbound_member(uuid, text), app.inbound_begin(uuid, text),
  app.inbound_end(uuid, text, text, uuid, uuid), app.rotate_inbound_secret(uuid, uuid, text) from public;
grant execute on function app.inbound_receiver(uuid), app.inbound_member(uuid, text), app.inbound_begin(uuid, text),
  app.inbound_end(uuid, text, text, uuid, uuid) to nofx_web;
grant execute on function app.rotate_inbound_secret(uuid, uuid, text) to nofx_member;

create or replace function engine.relay_prune(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_pruned integer;
begin
  delete from public.inbound_messages m
  where m.ctid in (
    select old.ctid from public.inbound_messages old
    where old.begun_at <= clock_timestamp() - interval '30 days'
    order by old.begun_at limit p_limit for update skip locked
  );
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

-- as 0015; decisions: what the batch tells of plans, questions and verdicts, counted: [{what: plan | approval | verdict, name, verdict,
-- count}]. Each event is sealed once, so the sealers' sums over all workers are the plane's.
drop function engine.seal(integer);
create function engine.seal(p_limit integer)
returns table (tenant_id uuid, seq bigint, sealed integer, run_ids uuid[], approvals boolean, lag_ms integer, decisions jsonb)
language plpgsql security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_horizon xid8;
  v_batch uuid[];
  v_ended record;
begin
  if not pg_try_advisory_xact_lock(7_160_101) then
    return;
  end if;

  v_horizon := pg_snapshot_xmin(pg_current_snapshot());
  select array_agg(b.id order by b.xid, b.id) into v_batch
  from (
    select e.id, e.xid from public.events e where e.seq is null and e.xid < v_horizon order by e.xid, e.id limit p_limit
  ) as b;
  if v_batch is null then
    return;
  end if;

  return query
  with batch as materialized (
    select e.id, e.tenant_id, e.run_id, e.at, row_number() over (partition by e.tenant_id order by b.place) as n
    from unnest(v_batch) with ordinality as b (id, place) join public.events e on e.id = b.id
  ),
  heads as (
    insert into public.event_heads as h (tenant_id, seq)
    select b.tenant_id, count(*) from batch b group by b.tenant_id order by b.tenant_id
    on conflict (tenant_id) do update set seq = h.seq + excluded.seq
    returning h.tenant_id, h.seq
  ),
  sizes as (
    select b.tenant_id, count(*) as n, min(b.at) as oldest from batch b group by b.tenant_id
  ),
  sealed as (
    update public.events e
    set seq = h.seq - s.n + b.n,
        causation_id = coalesce(e.causation_id, nullif(r.causation_id, e.id)),
        traceparent = coalesce(e.traceparent, r.traceparent)
    from batch b left join public.runs r on r.id = b.run_id join heads h on h.tenant_id = b.tenant_id join sizes s on s.tenant_id = b.tenant_id
    where e.id = b.id
    returning e.tenant_id, e.seq, e.run_id, e.type, s.oldest,
      case when e.type like 'plan.%' or e.type like 'approval.%' then e.payload end as payload
  ),
  told as (
    select s.tenant_id, split_part(s.type, '.', 1) as what,
      case when s.type = 'approval.decided' then s.payload ->> 'status' else split_part(s.type, '.', 2) end as name, null as verdict
    from sealed s where s.payload is not null
    union all
    select s.tenant_id, 'verdict', v.gate, v.verdict
    from sealed s
    join public.plan_evaluations v on v.plan_id = (s.payload ->> 'plan_id')::uuid and v.digest = s.payload ->> 'digest' and v.model is null
    where s.type in ('plan.ready', 'plan.blocked')
  ),
  counted as (
    select c.tenant_id, jsonb_agg(jsonb_build_object('what', c.what, 'name', c.name, 'verdict', c.verdict, 'count', c.count)) as decisions
    from (select t.tenant_id, t.what, t.name, t.verdict, count(*) from told t group by 1, 2, 3, 4) as c
    group by c.tenant_id
  )
  select s.tenant_id, max(s.seq), count(*)::integer,
         coalesce(array_agg(distinct s.run_id) filter (where s.run_id is not null), '{}'),
         bool_or(s.type like 'approval.%'),
         (extract(epoch from clock_timestamp() - min(s.oldest)) * 1000)::integer,
         coalesce((select c.decisions from counted c where c.tenant_id = s.tenant_id), '[]')
  from sealed s group by s.tenant_id;

  -- the heads of the audit log last: nobody waits for anything else while holding one
  for v_ended in
    select e.tenant_id, e.run_id, e.type
    from unnest(v_batch) with ordinality as b (id, place) join public.events e on e.id = b.id
    where e.type in ('run.succeeded', 'run.failed', 'run.cancelled')
    order by e.tenant_id, b.place
  loop
    perform app.append_audit(v_ended.tenant_id, 'run.ended', 'system', 'sealer',
      jsonb_build_object('run_id', v_ended.run_id, 'status', split_part(v_ended.type, '.', 2))::text);
  end loop;
end
$$;
grant execute on function engine.seal(integer) to nofx_worker;
