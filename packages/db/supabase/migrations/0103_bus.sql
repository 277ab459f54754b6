-- The bus: agent_messages as one durable log of conversations. A conversation is a channel of a step, an agent, a session, a run or
-- the tenant; its messages are numbered without gaps under the lock of its row, so whoever has read up to a number has missed nothing
-- before it. A mailbox (messages to a step) is a conversation whose messages are also taken once each by waits, as in 0022.
--
-- Lock order: names (mailboxes), then the sender's step, then the run's own row (channel *, whose number counts all messages of the run),
-- then the conversation, then the step that is woken.

create table public.conversations (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  kind text not null check (kind in ('tenant', 'run', 'session', 'step', 'agent')),
  -- whose channel it is: of the tenant's own the tenant
  of_id uuid not null,
  channel text not null check (length(channel) between 1 and 200),
  -- of a run, and of its steps and sessions
  run_id uuid,
  -- the newest number given
  seq bigint not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  unique (tenant_id, kind, of_id, channel)
);
comment on table public.conversations is 'Channels in which messages were sent, with the newest number of each';
comment on index public.conversations_tenant_id_kind_of_id_channel_key is 'A channel is one conversation';
create index conversations_run on public.conversations (run_id) where run_id is not null;
comment on index public.conversations_run is 'The conversations of a run';

-- What was said is sealed: encrypted under a key of the item's own, which is in content_keys, wrapped by the KEK. Who destroys the key
-- destroys what was said, in every copy of the row. Plain payloads are those of before, and of writers inside the database.
alter table public.agent_messages
  alter column payload drop not null,
  add column conversation_id uuid,
  add column conversation_seq bigint,
  -- its place among all messages of its run: what pages and tails of a run go by
  add column run_seq bigint,
  add column session_id uuid,
  add column to_agent uuid,
  add column sender_type text not null default 'system' check (sender_type in ('agent', 'member', 'system')),
  add column sender_id text not null default '',
  add column sender_name text not null default '' check (length(sender_name) <= 200),
  add column class text not null default 'standard' check (class in ('transient', 'standard', 'audit')),
  -- {artifacts: [id], checkpoints: [{step_id, name}]}
  add column refs jsonb,
  add column board_key text check (length(board_key) between 1 and 200),
  add column sealed bytea,
  -- SHA-256 of salt and payload; the salt is sealed with it, so that nobody guesses what is gone
  add column content_hash text check (content_hash ~ '^[0-9a-f]{64}$'),
  add column acknowledged_at timestamptz,
  add column redacted_at timestamptz,
  add column redacted_by text,
  add column redacted_why text check (length(redacted_why) <= 1000),
  add column redaction_id uuid;
-- those of before had neither conversation nor number
create unique index agent_messages_conversation on public.agent_messages (conversation_id, conversation_seq)
  where conversation_id is not null;
create unique index agent_messages_run_seq on public.agent_messages (run_id, run_seq) where run_seq is not null;
comment on index public.agent_messages_run_seq is 'The messages of a run in order; no number twice';
create index agent_messages_board on public.agent_messages (conversation_id, board_key, conversation_seq desc) where board_key is not null;
create unique index agent_messages_sent_by on public.agent_messages (sender_id, sent_as) where step_id is null and sent_as is not null;
create index agent_messages_age on public.agent_messages (tenant_id, class, at);
create index agent_messages_redacted on public.agent_messages (conversation_id, redacted_at) where redacted_at is not null;
comment on index public.agent_messages_conversation is 'The messages of a conversation in order; no number twice';
comment on index public.agent_messages_board is 'What stands under a key of a board';
comment on index public.agent_messages_sent_by is 'As agent_messages_sent_once, for senders that hold no step';
comment on index public.agent_messages_redacted is 'What readers of a conversation are told is gone';
comment on index public.agent_messages_age is 'What has been kept long enough, by class';

create table public.content_keys (
  -- the item's id
  id uuid primary key,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  item text not null check (item in ('message', 'transcript', 'redaction')),
  -- null: destroyed
  wrapped bytea,
  -- null: the process that wrote it was given no KEK, so the key is as it is
  kek text,
  created_at timestamptz not null default clock_timestamp(),
  destroyed_at timestamptz,
  check ((wrapped is null) = (destroyed_at is not null))
);
comment on table public.content_keys is 'The keys of sealed content, one an item. No role reads this table: functions hand them out with what they open';
create index content_keys_kek on public.content_keys (kek, id) where kek is not null and wrapped is not null;
comment on index public.content_keys_kek is 'What is still under an older KEK';

-- Where a reader has come to in a conversation.
create table public.message_cursors (
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  reader text not null check (length(reader) between 1 and 200),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  done bigint not null default 0,
  -- redactions up to here were told
  told_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (conversation_id, reader)
);
comment on table public.message_cursors is 'How far each reader is done with a conversation; only ever forward';

-- Types of a tenant's own, by version; the newest holds.
create table public.message_types (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (name ~ '^x(\.[a-z][a-z0-9_]*)+$' and length(name) <= 128),
  version integer not null check (version > 0),
  schema jsonb not null,
  registered_by_type text not null check (registered_by_type in ('agent', 'member')),
  registered_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, name, version)
);
comment on table public.message_types is 'Types of messages that a tenant registered, with the JSON Schema of what they say';

-- Who may send and read where: the most exact rule decides (core: bus/permission.ts).
create table public.channel_rules (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  -- null: every agent
  agent_id uuid,
  channel text not null check (length(channel) between 1 and 130),
  type_prefix text not null default '' check (length(type_prefix) <= 128),
  verb text not null check (verb in ('send', 'read')),
  effect text not null check (effect in ('allow', 'deny')),
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  unique nulls not distinct (tenant_id, agent_id, channel, type_prefix, verb)
);
comment on table public.channel_rules is 'Who may send and read in which channels; the most exact row decides';

do $$
declare
  name text;
begin
  foreach name in array array['conversations', 'message_types', 'channel_rules', 'message_cursors'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member, nofx_agent using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('grant select on public.%I to authenticated, nofx_member, nofx_agent', name);
  end loop;
end
$$;
alter table public.content_keys enable row level security;
create policy message_types_write on public.message_types for insert to nofx_member, nofx_agent
  with check (tenant_id in (select app.tenant_ids()));
grant insert on public.message_types to nofx_member, nofx_agent;
create policy channel_rules_write on public.channel_rules for insert to nofx_member with check (tenant_id in (select app.tenant_ids()));
create policy channel_rules_change on public.channel_rules for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
create policy channel_rules_remove on public.channel_rules for delete to nofx_member using (tenant_id in (select app.tenant_ids()));
grant insert, update (effect, created_by, created_at), delete on public.channel_rules to nofx_member;

alter table public.agent_messages_history alter column payload drop not null;
select engine.mirror_history();
create index agent_messages_history_conversation on public.agent_messages_history (conversation_id, conversation_seq)
  where conversation_id is not null;
create index agent_messages_history_run_seq on public.agent_messages_history (run_id, run_seq) where run_seq is not null;
comment on index public.agent_messages_history_run_seq is 'As agent_messages_run_seq';
create index agent_messages_history_age on public.agent_messages_history (tenant_id, class, at);
comment on index public.agent_messages_history_conversation is 'As agent_messages_conversation';
comment on index public.agent_messages_history_age is 'As agent_messages_age';

-- engine.mirror_history() makes such views for what pages read; this one is made here, so whoever adds a column makes it anew.
create view public.agent_messages_all with (security_invoker = true) as
select m.id, m.tenant_id, m.run_id, m.step_id, m.to_step, m.channel, m.seq, m.consumed_by, m.type, m.version, m.correlation_id,
  m.causation_id, m.traceparent, m.payload, m.at, m.sent_as, m.conversation_id, m.conversation_seq, m.run_seq, m.session_id, m.to_agent,
  m.sender_type, m.sender_id, m.sender_name, m.class, m.refs, m.board_key, m.sealed, m.content_hash, m.acknowledged_at, m.redacted_at,
  m.redacted_by, m.redacted_why, m.redaction_id, false as archived
from public.agent_messages m
union all
select h.id, h.tenant_id, h.run_id, h.step_id, h.to_step, h.channel, h.seq, h.consumed_by, h.type, h.version, h.correlation_id,
  h.causation_id, h.traceparent, h.payload, h.at, h.sent_as, h.conversation_id, h.conversation_seq, h.run_seq, h.session_id, h.to_agent,
  h.sender_type, h.sender_id, h.sender_name, h.class, h.refs, h.board_key, h.sealed, h.content_hash, h.acknowledged_at, h.redacted_at,
  h.redacted_by, h.redacted_why, h.redaction_id, true
from public.agent_messages_history h;
comment on view public.agent_messages_all is 'Live and history together: each row once in any one statement';
grant select on public.agent_messages_all to authenticated, nofx_member, nofx_agent;

-- The same messages under the name and the columns of the source documents.
create view public.agent_communications with (security_invoker = true) as
select m.id, m.session_id,
  case when m.sender_type = 'agent' and m.sender_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then m.sender_id::uuid end as from_agent_id,
  m.to_agent as to_agent_id, m.type as message_type,
  -- what is sealed is opened by the plane, never here
  coalesce(m.payload, jsonb_strip_nulls(jsonb_build_object('sealed', m.sealed is not null, 'redacted', m.redacted_at is not null,
    'content_hash', m.content_hash))) as payload,
  m.acknowledged_at, m.at as created_at, m.tenant_id
from public.agent_messages m;
comment on view public.agent_communications is 'agent_messages as the source documents name it';
grant select on public.agent_communications to authenticated, nofx_member, nofx_agent;

-- What a sender is part of: the run of the step that it holds, and the sessions of which that step, or one above it, is a part.
create function app.bus_place(p_tenant uuid, p_step uuid)
returns table (run_id uuid, correlation_id uuid, agent_id uuid, epoch bigint, sessions uuid[])
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_line uuid[];
begin
  perform app.assert_tenant(p_tenant);
  with recursive above (id, parent, depth) as (
    select s.id, s.parent_step_id, 0 from public.steps s where s.id = p_step and s.tenant_id = p_tenant
    union all
    select s.id, s.parent_step_id, a.depth + 1 from above a join public.steps s on s.id = a.parent where a.depth < 50
  )
  select array_agg(a.id) into v_line from above a;
  select s.run_id, s.correlation_id, s.epoch, case when s.lease_until > clock_timestamp() then engine.as_uuid(s.lease_owner) end
  into run_id, correlation_id, epoch, agent_id
  from public.steps s where s.id = p_step and s.tenant_id = p_tenant;
  sessions := '{}';
  if to_regclass('public.agent_sessions') is not null then
    execute 'select coalesce(array_agg(s.id), ''{}'') from public.agent_sessions s where s.tenant_id = $1 and s.step_id = any ($2)'
    into sessions using p_tenant, v_line;
  end if;
  return next;
end
$$;

-- Whom an address names; no row where there is no such one in this tenant.
create function app.bus_target(p_tenant uuid, p_kind text, p_id uuid, p_name text) returns table (of_id uuid, run_id uuid, ended boolean)
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  case p_kind
    when 'tenant' then
      return query select p_tenant, null::uuid, false;
    when 'run' then
      return query select r.id, r.id, r.finished_at is not null from public.runs_all r where r.id = p_id and r.tenant_id = p_tenant;
    when 'step' then
      return query select s.id, s.run_id, s.status in ('succeeded', 'failed', 'cancelled')
        from public.steps_all s where s.id = p_id and s.tenant_id = p_tenant;
    when 'agent' then
      return query select a.id, null::uuid, a.status = 'retired' from public.agent_registry a
        where a.tenant_id = p_tenant and (a.id = p_id or (p_id is null and a.name = p_name));
    when 'session' then
      if to_regclass('public.agent_sessions') is not null then
        return query execute 'select s.id, s.run_id, s.status not in (''running'', ''queued'') from public.agent_sessions s
          where s.id = $1 and s.tenant_id = $2' using p_id, p_tenant;
      end if;
  end case;
end
$$;

-- Stores a message, gives it the next number of its conversation, and wakes the step that waits for it. The caller has decided that
-- it may be sent, holds the sender's step where there is one, and the mailbox where it goes to a step.
--
-- p: {id?, kind, of_id, run_id?, channel, type, version?, correlation_id, causation_id?, traceparent?, payload | sealed (base64),
-- content_hash?, wrapped? (base64), kek?, class?, refs?, key?, expect?, from_step?, sent_as?, sender_type, sender_id, sender_name}
--
-- Answers {message_id, conversation_id, seq, repeated, …}; {conflict: seq} where `expect` is not what stands under the key.
create function engine.store_message(p_tenant uuid, p jsonb) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_known record;
  v_conversation public.conversations;
  v_message uuid := coalesce((p ->> 'id')::uuid, app.uuid7());
  v_step uuid := (p ->> 'from_step')::uuid;
  v_to uuid := case when p ->> 'kind' = 'step' then (p ->> 'of_id')::uuid end;
  v_run uuid := (p ->> 'run_id')::uuid;
  v_run_seq bigint;
  v_standing bigint;
  v_wait uuid;
  v_taken record;
  v_workers integer := 0;
  v_agents integer := 0;
begin
  if v_step is null and p ->> 'sent_as' is not null then
    perform pg_advisory_xact_lock(hashtextextended(concat_ws('|', 'nofx.sent', p ->> 'sender_id', p ->> 'sent_as'), 0));
  end if;
  select m.id, m.conversation_id, m.conversation_seq into v_known
  from public.agent_messages m
  where m.sent_as = p ->> 'sent_as'
    and case when v_step is null then m.step_id is null and m.sender_id = p ->> 'sender_id' else m.step_id = v_step end
    and m.tenant_id = p_tenant;
  if found then
    return jsonb_build_object('message_id', v_known.id, 'conversation_id', v_known.conversation_id, 'seq', v_known.conversation_seq,
      'repeated', true, 'ended', false, 'for_workers', 0, 'for_agents', 0);
  end if;

  -- a KEK cannot be retired before this commits
  if p ->> 'kek' is not null then
    perform from app.keks k where k.kid = p ->> 'kek' and k.status <> 'retired' for key share;
    if not found then
      return jsonb_build_object('kek_refused', true);
    end if;
  end if;

  -- the run first, for every message of it: two that send twice in other orders do not wait for each other in a circle
  if v_run is not null then
    insert into public.conversations as c (tenant_id, kind, of_id, channel, run_id, seq) values (p_tenant, 'run', v_run, '*', v_run, 1)
    on conflict (tenant_id, kind, of_id, channel) do update set seq = c.seq + 1 returning seq into v_run_seq;
  end if;
  insert into public.conversations (tenant_id, kind, of_id, channel, run_id)
  values (p_tenant, p ->> 'kind', (p ->> 'of_id')::uuid, p ->> 'channel',
    case when p ->> 'kind' in ('run', 'session', 'step') then v_run end)
  on conflict (tenant_id, kind, of_id, channel) do nothing;
  select c.* into v_conversation from public.conversations c
  where c.tenant_id = p_tenant and c.kind = p ->> 'kind' and c.of_id = (p ->> 'of_id')::uuid and c.channel = p ->> 'channel'
  for update;
  if p ? 'expect' then
    select coalesce(max(m.conversation_seq), 0) into v_standing
    from public.agent_messages m where m.conversation_id = v_conversation.id and m.board_key = p ->> 'key';
    if v_standing <> (p ->> 'expect')::bigint then
      -- the run's number was not used: it is given back
      update public.conversations c set seq = c.seq - 1 where v_run is not null and c.tenant_id = p_tenant and c.kind = 'run'
        and c.of_id = v_run and c.channel = '*';
      return jsonb_build_object('conflict', v_standing, 'head', v_conversation.seq);
    end if;
  end if;
  update public.conversations c set seq = c.seq + 1 where c.id = v_conversation.id returning c.* into v_conversation;

  insert into public.agent_messages (id, tenant_id, run_id, step_id, to_step, to_agent, session_id, channel, type, version,
    correlation_id, causation_id, traceparent, payload, sealed, content_hash, class, refs, board_key, sent_as, sender_type, sender_id,
    sender_name, conversation_id, conversation_seq, run_seq)
  values (v_message, p_tenant, v_run, v_step, v_to, case when p ->> 'kind' = 'agent' then (p ->> 'of_id')::uuid end,
    case when p ->> 'kind' = 'session' then (p ->> 'of_id')::uuid end, p ->> 'channel', p ->> 'type', coalesce((p ->> 'version')::smallint, 1),
    (p ->> 'correlation_id')::uuid, (p ->> 'causation_id')::uuid, p ->> 'traceparent', p -> 'payload', decode(p ->> 'sealed', 'base64'),
    p ->> 'content_hash', coalesce(p ->> 'class', 'standard'), nullif(p -> 'refs', 'null'), p ->> 'key', p ->> 'sent_as',
    case when p ->> 'sender_type' in ('agent', 'member') then p ->> 'sender_type' else 'system' end, p ->> 'sender_id', coalesce(p ->> 'sender_name', ''), v_conversation.id, v_conversation.seq, v_run_seq);
  if p ? 'wrapped' then
    insert into public.content_keys (id, tenant_id, item, wrapped, kek)
    values (v_message, p_tenant, 'message', decode(p ->> 'wrapped', 'base64'), p ->> 'kek');
  end if;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_tenant, 'message.sent', (p ->> 'correlation_id')::uuid, p ->> 'sender_type', p ->> 'sender_id', v_run,
    jsonb_strip_nulls(jsonb_build_object('message_id', v_message, 'run_id', v_run, 'step_id', v_to)));

  -- Whoever holds two steps here holds its own first: the other is not waited for, the whole call is tried again (55P03).
  if v_to is not null and exists (
    select from public.waits w where w.step_id = v_to and w.kind = 'message' and w.topic = p ->> 'channel' and w.status = 'open')
  then
    if v_step is null then
      perform from public.steps s where s.id = v_to for update;
    else
      perform from public.steps s where s.id = v_to for update nowait;
    end if;
    select w.id into v_wait from public.waits w
    where w.step_id = v_to and w.kind = 'message' and w.topic = p ->> 'channel' and w.status = 'open' limit 1;
    if found then
      select * into v_taken from engine.take_message(v_wait, v_to, p ->> 'channel');
      select m.for_workers, m.for_agents into v_workers, v_agents
      from engine.meet_waits(array[v_wait], jsonb_build_object(v_wait, v_taken.payload), jsonb_build_object(v_wait, v_taken.id),
        p ->> 'sender_type', p ->> 'sender_id') m;
    end if;
  end if;
  return jsonb_build_object('message_id', v_message, 'conversation_id', v_conversation.id, 'seq', v_conversation.seq, 'repeated', false,
    'ended', false, 'for_workers', v_workers, 'for_agents', v_agents);
end
$$;

-- A message on the bus, as engine.store_message takes it; the sender's step is held first, by its epoch. Null: the step that it goes
-- to is not there; {ended: true}: it reads nothing any more.
create function engine.post_message(p_tenant uuid, p jsonb) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_from public.steps;
  v_to public.steps;
begin
  perform app.assert_tenant(p_tenant);
  if app.agent_id() is not null and (p ->> 'sender_type' <> 'agent' or p ->> 'sender_id' <> app.agent_id()::text) then
    raise insufficient_privilege using message = 'an agent sends as itself';
  end if;
  if p ->> 'kind' = 'step' then
    perform pg_advisory_xact_lock(engine.mailbox_lock((p ->> 'of_id')::uuid));
  end if;
  if p ->> 'from_step' is not null and p ->> 'epoch' is not null then
    v_from := engine.owned(p_tenant, (p ->> 'from_step')::uuid, (p ->> 'epoch')::bigint);
    perform engine.mark_running(v_from);
  end if;
  if p ->> 'kind' = 'step' then
    select s.* into v_to from public.steps s where s.id = (p ->> 'of_id')::uuid and s.tenant_id = p_tenant;
    if not found then
      return null;
    elsif v_to.status in ('succeeded', 'failed', 'cancelled')
      and not exists (select from public.agent_messages m where m.step_id = v_from.id and m.sent_as = p ->> 'sent_as')
    then
      return jsonb_build_object('message_id', null, 'ended', true, 'for_workers', 0, 'for_agents', 0);
    end if;
    p := p || jsonb_build_object('run_id', v_to.run_id);
  end if;
  return engine.store_message(p_tenant, p);
end
$$;

-- As in 0030, as a message of a conversation. p_sealed: {id, sealed, content_hash, wrapped, kek}, where what is said is sealed.
drop function engine.send_message(uuid, uuid, bigint, uuid, text, jsonb, text, text, text);
create function engine.send_message(
  p_tenant uuid, p_from uuid, p_epoch bigint, p_to uuid, p_channel text, p_payload jsonb, p_sent_as text,
  p_actor_type text, p_actor_id text, p_sealed jsonb default null
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_from public.steps;
  v_to public.steps;
begin
  perform app.assert_tenant(p_tenant);
  perform pg_advisory_xact_lock(engine.mailbox_lock(p_to));
  if p_from is not null then
    v_from := engine.owned(p_tenant, p_from, p_epoch);
    perform engine.mark_running(v_from);
  elsif app.agent_id() is not null then
    raise insufficient_privilege using message = 'an agent sends as the step that it holds';
  end if;
  select s.* into v_to from public.steps s
  where s.id = p_to and s.tenant_id = p_tenant and (p_from is null or s.run_id = v_from.run_id);
  if not found then
    return null;
  end if;
  if v_to.status in ('succeeded', 'failed', 'cancelled')
    and not exists (select from public.agent_messages m where m.step_id = p_from and m.sent_as = p_sent_as)
  then
    return jsonb_build_object('message_id', null, 'ended', true, 'for_workers', 0, 'for_agents', 0);
  end if;
  return engine.store_message(p_tenant, jsonb_build_object('kind', 'step', 'of_id', p_to, 'run_id', v_to.run_id, 'channel', p_channel,
      'type', 'message.sent', 'correlation_id', v_to.correlation_id, 'from_step', p_from, 'sent_as', p_sent_as,
      'sender_type', p_actor_type, 'sender_id', p_actor_id)
    || case when p_sealed is null then jsonb_build_object('payload', p_payload) else p_sealed end);
end
$$;
grant execute on function engine.send_message(uuid, uuid, bigint, uuid, text, jsonb, text, text, text, jsonb)
  to nofx_member, nofx_agent, nofx_worker;
grant execute on function engine.post_message(uuid, jsonb) to nofx_member, nofx_agent, nofx_worker;
grant execute on function app.bus_place(uuid, uuid), app.bus_target(uuid, text, uuid, text) to nofx_member, nofx_agent;

-- As in 0022. Of what is sealed a wait keeps the id alone: it is opened for whoever takes it, each time it asks.
create or replace function engine.take_message(p_wait uuid, p_step uuid, p_channel text) returns table (id uuid, payload jsonb)
language sql security definer
set search_path = ''
as $$
  update public.agent_messages m set consumed_by = p_wait, acknowledged_at = clock_timestamp()
  where m.id = (
    select o.id from public.agent_messages o
    where o.to_step = p_step and o.channel = p_channel and o.consumed_by is null
    order by o.seq limit 1)
  returning m.id, jsonb_build_object('message_id', m.id, 'from_step', m.step_id, 'channel', m.channel, 'sent_at', m.at,
    'payload', m.payload, 'sealed', m.payload is null)
$$;

-- What opens sealed messages, for those that the caller may read: the plane decides that before. The worker may leave out the tenant.
create function engine.sealed_content(p_tenant uuid, p_ids uuid[])
returns table (id uuid, tenant_id uuid, payload jsonb, sealed bytea, wrapped bytea, kek text, redacted_at timestamptz, redacted_by text,
  redacted_why text, content_hash text)
language plpgsql stable security definer
set search_path = ''
as $$
begin
  if p_tenant is not null or session_user <> 'nofx_worker' then
    perform app.assert_tenant(p_tenant);
  end if;
  return query
    select m.id, m.tenant_id, m.payload, m.sealed, k.wrapped, k.kek, m.redacted_at, m.redacted_by, m.redacted_why, m.content_hash
    from public.agent_messages_all m left join public.content_keys k on k.id = m.id
    where m.id = any (p_ids) and (p_tenant is null or m.tenant_id = p_tenant);
end
$$;

-- Messages of a conversation from a number on, with what opens them.
create function engine.read_messages(p_tenant uuid, p_conversation uuid, p_from bigint, p_limit integer)
returns setof public.agent_messages_all
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  return query
    select m.* from public.agent_messages_all m
    where m.conversation_id = p_conversation and m.tenant_id = p_tenant and m.conversation_seq >= p_from
    order by m.conversation_seq limit p_limit;
end
$$;

-- What stands on a board: the newest message of each key, and after a number those without one.
create function engine.read_board(p_tenant uuid, p_conversation uuid, p_after bigint, p_limit integer)
returns setof public.agent_messages_all
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  return query
    select m.* from public.agent_messages_all m
    where m.conversation_id = p_conversation and m.tenant_id = p_tenant and m.conversation_seq > p_after
      and (m.board_key is null or not exists (
        select from public.agent_messages_all o
        where o.conversation_id = m.conversation_id and o.board_key = m.board_key and o.conversation_seq > m.conversation_seq))
    order by m.conversation_seq limit p_limit;
end
$$;

-- A conversation and its newest number; no row where nothing was ever sent there.
create function engine.find_conversation(p_tenant uuid, p_kind text, p_of uuid, p_channel text)
returns table (id uuid, seq bigint, oldest bigint)
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  return query
    select c.id, c.seq, (select min(m.conversation_seq) from public.agent_messages_all m where m.conversation_id = c.id)
    from public.conversations c
    where c.tenant_id = p_tenant and c.kind = p_kind and c.of_id = p_of and c.channel = p_channel;
end
$$;

-- The KEK to write content with; the one that is offered where none was ever used.
create function engine.content_kek(p_kid text, p_fingerprint text) returns table (kid text, fingerprint text)
language sql volatile security definer
set search_path = ''
as $$
  select * from app.current_kek(p_kid, p_fingerprint)
$$;
grant execute on function engine.sealed_content(uuid, uuid[]), engine.content_kek(text, text),
  engine.read_messages(uuid, uuid, bigint, integer), engine.read_board(uuid, uuid, bigint, integer),
  engine.find_conversation(uuid, text, uuid, text)
to nofx_member, nofx_agent, nofx_worker;

-- Moves a reader's place forward and notes that it has been told of redactions. Answers its place and what was redacted of what it
-- had read since it was last told.
create function engine.move_cursor(p_tenant uuid, p_conversation uuid, p_reader text, p_done bigint)
returns table (done bigint, redacted uuid[])
language plpgsql security definer
set search_path = ''
as $$
declare
  v_cursor public.message_cursors;
  -- a redaction that is being written now is told of next time; one of the last minutes may be told twice
  v_told timestamptz := clock_timestamp() - interval '5 minutes';
begin
  perform app.assert_tenant(p_tenant);
  insert into public.message_cursors (conversation_id, reader, tenant_id)
  select c.id, p_reader, c.tenant_id from public.conversations c where c.id = p_conversation and c.tenant_id = p_tenant
  on conflict (conversation_id, reader) do nothing;
  select c.* into v_cursor from public.message_cursors c
  where c.conversation_id = p_conversation and c.reader = p_reader and c.tenant_id = p_tenant for update;
  if not found then
    return query select 0::bigint, '{}'::uuid[];
    return;
  end if;
  select coalesce(array_agg(m.id), '{}') into redacted from public.agent_messages m
  where m.conversation_id = p_conversation and m.conversation_seq <= v_cursor.done and m.redacted_at >= v_cursor.told_at;
  done := greatest(v_cursor.done, least(coalesce(p_done, 0), (select c.seq from public.conversations c where c.id = p_conversation)));
  if done > v_cursor.done or cardinality(redacted) > 0 then
    update public.message_cursors c
    set done = move_cursor.done, told_at = greatest(c.told_at, v_told), updated_at = clock_timestamp()
    where c.conversation_id = p_conversation and c.reader = p_reader;
  end if;
  if done > v_cursor.done then
    update public.agent_messages m set acknowledged_at = clock_timestamp()
    where m.conversation_id = p_conversation and m.conversation_seq > v_cursor.done and m.conversation_seq <= move_cursor.done
      and m.to_agent is not null and m.acknowledged_at is null;
  end if;
  return next;
end
$$;
grant execute on function engine.move_cursor(uuid, uuid, text, bigint) to nofx_member, nofx_agent;
revoke all on function engine.store_message(uuid, jsonb) from public;
