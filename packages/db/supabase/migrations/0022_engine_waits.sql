-- Waiting without a process: a step that waits is queued with hold bits, its lease is over, no slot is held and no attempt is
-- used. What it waits for is a row of waits, so every wait outlives every process.
--
-- Lock order of everything here: first the names (advisory locks of event names and mailboxes, in the order of their
-- numbers), then the steps (in id order), then their waits, then their approvals and runs. Nobody who holds a step asks for
-- a name: engine.wait takes its names before its own step, so a sender that holds a name and wakes steps cannot meet a
-- waiter that holds its step and wants that name. Registering and sending exclude each other by the name, and every
-- statement after a lock sees what was committed before it (read committed): either the waiter finds what was sent, or
-- the sender finds who waits.
create table public.waits (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid not null references public.runs (id) on delete cascade,
  step_id uuid not null references public.steps (id) on delete cascade,
  -- one question of a step: it is answered by the first of its options that is met
  name text not null check (length(name) between 1 and 200),
  option text not null check (length(option) between 1 and 64),
  position smallint not null,
  kind text not null check (kind in ('timer', 'event', 'message', 'children', 'person', 'approval')),
  -- the event's name or the message's channel
  topic text check (length(topic) between 1 and 128),
  -- of an event; null takes any
  key text check (length(key) between 1 and 255),
  due_at timestamptz,
  question jsonb,
  approval_id uuid,
  status text not null default 'open' check (status in ('open', 'met', 'lost', 'cancelled')),
  payload jsonb,
  -- the event or message that met it: a step is told of each once
  source uuid,
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  unique (step_id, name, option),
  check ((status = 'open') = (ended_at is null)),
  check (kind <> 'timer' or due_at is not null),
  check (kind not in ('event', 'message') or topic is not null),
  check (kind <> 'approval' or approval_id is not null)
);
comment on table public.waits is 'What steps wait for: one row an option, the first that is met answers';
create unique index waits_met_once on public.waits (step_id, name) where status = 'met';
create index waits_timers on public.waits (due_at) where status = 'open' and kind = 'timer';
create index waits_events on public.waits (tenant_id, topic, key) where status = 'open' and kind = 'event';
create unique index waits_approvals on public.waits (approval_id) where approval_id is not null;
create index waits_open on public.waits (tenant_id, id) where status = 'open';
create index waits_run on public.waits (run_id, id);

create table public.external_events (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (length(name) between 1 and 128),
  key text check (length(key) between 1 and 255),
  -- only for waits of this run
  run_id uuid references public.runs (id) on delete cascade,
  payload jsonb not null,
  sent_by_type text not null check (sent_by_type in ('member', 'agent', 'worker', 'system')),
  sent_by text not null,
  sent_at timestamptz not null default clock_timestamp()
);
comment on table public.external_events is 'What the outside told of: kept, so that a step that asks later finds it';
create index external_events_name on public.external_events (tenant_id, name, sent_at);
create index external_events_key on public.external_events (tenant_id, name, key, sent_at) where key is not null;

-- how its sender knows a message again: one that is sent twice is stored once
alter table public.agent_messages add column sent_as text check (length(sent_as) between 1 and 512);
create unique index agent_messages_sent_once on public.agent_messages (step_id, sent_as) where sent_as is not null;

do $$
declare
  name text;
begin
  foreach name in array array['waits', 'external_events'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member, nofx_agent using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('grant select on public.%I to authenticated, nofx_member, nofx_agent', name);
  end loop;
end
$$;

-- The hold that a kind of wait puts on its step (core: vocabulary/holds.ts).
create function engine.hold_bit(p_kind text) returns integer
language sql immutable parallel safe
set search_path = ''
as $$
  select case p_kind when 'approval' then 2 when 'children' then 4 when 'timer' then 8 when 'event' then 16 when 'message' then 32
    when 'person' then 128 end
$$;

create function engine.event_lock(p_tenant uuid, p_name text, p_key text) returns bigint
language sql immutable parallel safe
set search_path = ''
as $$
  select hashtextextended(concat_ws('|', 'nofx.event', p_tenant, p_name, p_key), 0)
$$;

create function engine.mailbox_lock(p_step uuid) returns bigint
language sql immutable parallel safe
set search_path = ''
as $$
  select hashtextextended('nofx.mailbox|' || p_step, 0)
$$;

-- What an executor is told of a wait that was met.
create function engine.wait_answer(p_wait public.waits) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object('held', false, 'name', p_wait.name, 'met', p_wait.option, 'kind', p_wait.kind,
    'payload', case when p_wait.kind = 'children' then jsonb_build_object('children', coalesce(
        (select jsonb_agg(i.child || jsonb_build_object('output', c.output, 'error', c.error) order by i.n)
         from jsonb_array_elements(p_wait.payload -> 'children') with ordinality as i (child, n)
         join public.steps c on c.id = (i.child ->> 'step_id')::uuid), '[]'))
      else p_wait.payload end)
$$;

-- Calls off questions that nobody needs answered any more. One that is being decided right now is left to that decision,
-- which finds nothing to move: waiting for it could be waiting in a circle.
create function engine.withdraw_questions(p_approvals uuid[], p_actor_type text, p_actor_id text) returns void
language sql security definer
set search_path = ''
as $$
  with open_questions as (
    select a.id from public.approvals a
    where a.id = any (p_approvals) and a.status = 'pending'
    order by a.id for update skip locked
  ),
  closed as (
    update public.approvals a set status = 'cancelled', decided_at = clock_timestamp()
    from open_questions q where a.id = q.id
    returning a.id, a.tenant_id, a.run_id, a.step_id, a.correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select c.tenant_id, 'approval.decided', c.correlation_id, p_actor_type, p_actor_id, c.run_id,
    jsonb_build_object('approval_id', c.id, 'subject', 'step', 'status', 'cancelled', 'run_id', c.run_id, 'step_id', c.step_id)
  from closed c
$$;

-- Meets open waits and wakes their steps: the other options of the same question are lost in the same breath, the hold bits
-- that nothing else needs are cleared, and the deadline moves by the time spent waiting. Of several options of one question
-- the one that was due first is met. What is not open any more is passed over.
--
-- p_payloads: {wait id: payload}. p_sources: {wait id: id of the event or message}.
create function engine.meet_waits(p_waits uuid[], p_payloads jsonb, p_sources jsonb, p_actor_type text, p_actor_id text)
returns table (for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = ''
as $$
declare
  v_met uuid[];
  v_steps uuid[];
  v_withdrawn uuid[];
begin
  for_workers := 0;
  for_agents := 0;
  perform from public.steps s
  where s.id in (select w.step_id from public.waits w where w.id = any (p_waits))
  order by s.id for update;

  with chosen as (
    select distinct on (w.step_id, w.name) w.id
    from public.waits w join public.steps s on s.id = w.step_id
    where w.id = any (p_waits) and w.status = 'open' and s.status = 'queued'
    order by w.step_id, w.name, w.due_at nulls first, w.position
  ),
  met as (
    update public.waits w
    set status = 'met', ended_at = clock_timestamp(), payload = p_payloads -> w.id::text, source = (p_sources ->> w.id::text)::uuid
    from chosen c where w.id = c.id
    returning w.id, w.tenant_id, w.run_id, w.step_id, w.kind
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'wait.met', s.correlation_id, p_actor_type, p_actor_id, m.run_id,
      jsonb_build_object('wait_id', m.id, 'run_id', m.run_id, 'step_id', m.step_id, 'kind', m.kind)
    from met m join public.steps s on s.id = m.step_id
  )
  select coalesce(array_agg(m.id), '{}'), coalesce(array_agg(distinct m.step_id), '{}') into v_met, v_steps from met m;
  if cardinality(v_met) = 0 then
    return next;
    return;
  end if;

  with lost as (
    update public.waits w set status = 'lost', ended_at = clock_timestamp()
    from public.waits m
    where m.id = any (v_met) and w.step_id = m.step_id and w.name = m.name and w.status = 'open'
    returning w.approval_id
  )
  select array_agg(l.approval_id) into v_withdrawn from lost l where l.approval_id is not null;
  if v_withdrawn is not null then
    perform engine.withdraw_questions(v_withdrawn, p_actor_type, p_actor_id);
  end if;

  with held as (
    select w.step_id, bit_or(engine.hold_bit(w.kind)) as bits,
      coalesce(bit_or(engine.hold_bit(w.kind)) filter (where w.status = 'open'), 0) as needed
    from public.waits w where w.step_id = any (v_steps) group by w.step_id
  ),
  woken as (
    update public.steps s
    set holds = (s.holds & ~h.bits) | h.needed, run_at = clock_timestamp(),
        deadline_at = case when (s.holds & ~h.bits) | h.needed = 0
          then s.deadline_at + (clock_timestamp() - coalesce(s.held_at, clock_timestamp())) else s.deadline_at end,
        held_at = case when (s.holds & ~h.bits) | h.needed = 0 then null else s.held_at end
    from held h where s.id = h.step_id and s.status = 'queued'
    returning s.executor, s.holds
  )
  select count(*) filter (where w.executor = 'worker' and w.holds = 0), count(*) filter (where w.executor = 'agent' and w.holds = 0)
  into for_workers, for_agents from woken w;
  return next;
end
$$;

-- The waits of steps that have ended.
create function engine.close_waits(p_steps uuid[]) returns void
language sql security definer
set search_path = ''
as $$
  update public.waits w set status = 'cancelled', ended_at = clock_timestamp()
  where w.step_id = any (p_steps) and w.status = 'open'
$$;

-- Puts the step that its executor holds on hold: queued with these bits, its lease over, the attempt suspended. A step whose
-- cancel was asked for ends instead, because nobody would tell it later.
create function engine.suspend(p_step public.steps, p_bits integer, p_hold text) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  if p_step.cancel_requested_at is not null then
    update public.steps s
    set status = 'cancelled', finalised_at = clock_timestamp(), lease_owner = null, lease_until = null,
        started_at = coalesce(s.started_at, clock_timestamp())
    where s.id = p_step.id;
  else
    update public.steps s
    set status = 'queued', holds = s.holds | p_bits, lease_owner = null, lease_until = null, run_at = clock_timestamp(),
        held_at = clock_timestamp(), started_at = coalesce(s.started_at, clock_timestamp())
    where s.id = p_step.id;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_step.tenant_id, 'step.held', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
      jsonb_build_object('step_id', p_step.id, 'run_id', p_step.run_id, 'hold', p_hold));
  end if;

  update public.attempts a
  set finished_at = clock_timestamp(), started_at = coalesce(a.started_at, a.claimed_at),
      outcome = case when p_step.cancel_requested_at is null then 'suspended' else 'cancelled' end
  where a.step_id = p_step.id and a.epoch = p_step.epoch;

  if p_step.cancel_requested_at is not null then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_step.tenant_id, 'steps.settled', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
      jsonb_build_object('run_id', p_step.run_id, 'steps', jsonb_build_array(jsonb_build_object('step_id', p_step.id,
        'run_id', p_step.run_id, 'attempt', p_step.epoch, 'outcome', 'cancelled', 'status', 'cancelled'))));
    perform engine.finish('{}', array[p_step.id], p_step.executor, p_step.lease_owner);
  end if;
end
$$;

-- Registers what a step waits for and looks whether it is there already, as one act: no wake-up is lost in between.
--
-- p_options: [{option, kind, …}], in the order in which they are looked at:
--   timer     seconds or until         event     topic, key?            message  topic
--   children                           person    question {title, question, choices?}
--   approval  title, question, why, arguments, arguments_digest, requester, expires_ms
--
-- Answers {held: true} when the step was put on hold and the executor must stop; else {held: false, met, kind, payload}. A
-- question that was asked before under this name gets the answer that it got.
create function engine.wait(p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_options jsonb) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps;
  v_lock bigint;
  v_option jsonb;
  v_wait public.waits;
  v_source uuid;
  v_payload jsonb;
  v_withdrawn uuid[];
begin
  for v_lock in
    select distinct case o.kind when 'event' then engine.event_lock(s.tenant_id, o.topic, o.key) else engine.mailbox_lock(s.id) end
    from public.steps s, jsonb_to_recordset(p_options) as o (kind text, topic text, key text)
    where s.id = p_step and o.kind in ('event', 'message')
    order by 1
  loop
    perform pg_advisory_xact_lock(v_lock);
  end loop;

  v_step := engine.owned(p_tenant, p_step, p_epoch);
  select w.* into v_wait from public.waits w where w.step_id = p_step and w.name = p_name and w.status = 'met';
  if found then
    perform engine.mark_running(v_step);
    return engine.wait_answer(v_wait);
  end if;

  for v_option in select o from jsonb_array_elements(p_options) o loop
    insert into public.waits (tenant_id, run_id, step_id, name, option, position, kind, topic, key, due_at, question, approval_id)
    select v_step.tenant_id, v_step.run_id, p_step, p_name, v_option ->> 'option',
      (select count(*) from public.waits w where w.step_id = p_step and w.name = p_name), v_option ->> 'kind',
      v_option ->> 'topic', v_option ->> 'key',
      case v_option ->> 'kind' when 'timer' then coalesce((v_option ->> 'until')::timestamptz,
        clock_timestamp() + make_interval(secs => (v_option ->> 'seconds')::double precision)) end,
      case v_option ->> 'kind' when 'person' then v_option -> 'question' end,
      case v_option ->> 'kind' when 'approval' then (engine.open_question(v_step, p_name || ' · ' || (v_option ->> 'option'),
        v_option ->> 'title', v_option ->> 'question', v_option ->> 'why', v_option -> 'arguments',
        v_option ->> 'arguments_digest', v_option ->> 'requester', (v_option ->> 'expires_ms')::bigint)).id end
    where not exists (
      select from public.waits w where w.step_id = p_step and w.name = p_name and w.option = v_option ->> 'option');
  end loop;

  for v_wait in
    select w.* from public.waits w where w.step_id = p_step and w.name = p_name and w.status = 'open' order by w.position
  loop
    v_source := null;
    v_payload := null;
    case v_wait.kind
      when 'timer' then
        v_payload := case when v_wait.due_at <= clock_timestamp() then 'null'::jsonb end;
      when 'event' then
        select e.id, engine.event_json(e) into v_source, v_payload
        from public.external_events e join public.runs r on r.id = v_step.run_id
        where e.tenant_id = v_step.tenant_id and e.name = v_wait.topic and (v_wait.key is null or e.key = v_wait.key)
          and (e.run_id is null or e.run_id = v_step.run_id) and e.sent_at >= r.created_at
          and not exists (select from public.waits t where t.step_id = p_step and t.source = e.id)
        order by e.sent_at, e.id limit 1;
      when 'message' then
        select t.id, t.payload into v_source, v_payload from engine.take_message(v_wait.id, p_step, v_wait.topic) t;
      when 'children' then
        v_payload := case when v_step.children_left = 0 then engine.children_json(p_step) end;
      when 'approval' then
        v_payload := engine.verdict_json(v_wait.approval_id);
      when 'person' then
        null;
    end case;
    continue when v_payload is null;

    update public.waits w set status = 'met', ended_at = clock_timestamp(), payload = nullif(v_payload, 'null'), source = v_source
    where w.id = v_wait.id returning w.* into v_wait;
    with lost as (
      update public.waits w set status = 'lost', ended_at = clock_timestamp()
      where w.step_id = p_step and w.name = p_name and w.status = 'open'
      returning w.approval_id
    )
    select array_agg(l.approval_id) into v_withdrawn from lost l where l.approval_id is not null;
    perform engine.withdraw_questions(v_withdrawn, v_step.executor, v_step.lease_owner);
    perform engine.mark_running(v_step);
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_step.tenant_id, 'wait.met', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('wait_id', v_wait.id, 'run_id', v_step.run_id, 'step_id', p_step, 'kind', v_wait.kind));
    return engine.wait_answer(v_wait);
  end loop;

  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select v_step.tenant_id, 'wait.opened', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
    jsonb_build_object('run_id', v_step.run_id, 'step_id', p_step, 'kinds', jsonb_agg(distinct w.kind))
  from public.waits w where w.step_id = p_step and w.name = p_name and w.status = 'open';
  perform engine.suspend(v_step, w.bits, w.kind) from (
    select bit_or(engine.hold_bit(w.kind)) as bits, (array_agg(w.kind order by w.position))[1] as kind
    from public.waits w where w.step_id = p_step and w.name = p_name and w.status = 'open'
  ) w;
  return jsonb_build_object('held', true, 'name', p_name, 'met', null, 'kind', null, 'payload', null);
end
$$;

create function engine.event_json(p_event public.external_events) returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object('event_id', p_event.id, 'name', p_event.name, 'key', p_event.key, 'sent_at', p_event.sent_at,
    'payload', p_event.payload)
$$;

-- How a question to people was answered; null while it is open.
create function engine.verdict_json(p_approval uuid) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object('approval_id', a.id, 'status', a.status, 'arguments', a.arguments, 'reason',
    (select d.reason from public.approval_decisions d where d.approval_id = a.id order by d.at desc limit 1))
  from public.approvals a where a.id = p_approval and a.status <> 'pending'
$$;

-- Takes the oldest message that nobody has taken. The caller holds the mailbox.
create function engine.take_message(p_wait uuid, p_step uuid, p_channel text) returns table (id uuid, payload jsonb)
language sql security definer
set search_path = ''
as $$
  update public.agent_messages m set consumed_by = p_wait
  where m.id = (
    select o.id from public.agent_messages o
    where o.to_step = p_step and o.channel = p_channel and o.consumed_by is null
    order by o.seq limit 1)
  returning m.id, jsonb_build_object('message_id', m.id, 'from_step', m.step_id, 'channel', m.channel, 'sent_at', m.at,
    'payload', m.payload)
$$;

-- A person's answer to a question of kind person. Answers {result: met | closed, status, …}; null where there is none.
create function engine.answer_wait(p_tenant uuid, p_wait uuid, p_answer jsonb, p_actor_type text, p_actor_id text) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_wait public.waits;
  v_freed record;
begin
  perform app.assert_tenant(p_tenant);
  perform from public.steps s
  where s.id = (select w.step_id from public.waits w where w.id = p_wait and w.tenant_id = p_tenant) for update;
  select w.* into v_wait from public.waits w where w.id = p_wait and w.tenant_id = p_tenant and w.kind = 'person';
  if not found then
    return null;
  end if;
  if v_wait.status <> 'open' then
    return jsonb_build_object('result', 'closed', 'status', v_wait.status, 'for_workers', 0, 'for_agents', 0);
  end if;
  select * into v_freed from engine.meet_waits(array[p_wait],
    jsonb_build_object(p_wait, jsonb_build_object('answer', p_answer, 'by', p_actor_id, 'at', clock_timestamp())),
    null, p_actor_type, p_actor_id);
  return jsonb_build_object('result', 'met', 'status', 'met', 'run_id', v_wait.run_id, 'step_id', v_wait.step_id,
    'for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents);
end
$$;

-- Wakes steps whose timers are due, by the database clock. Any number of sweepers may run at once.
create function engine.wake_timers(p_limit integer) returns table (woken integer, for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = ''
as $$
declare
  v_waits uuid[];
begin
  select coalesce(array_agg(d.id), '{}') into v_waits from (
    select w.id from public.waits w join public.steps s on s.id = w.step_id
    where w.status = 'open' and w.kind = 'timer' and w.due_at <= clock_timestamp()
    order by w.due_at limit p_limit for update of s skip locked
  ) d;
  return query select cardinality(v_waits), m.for_workers, m.for_agents
  from engine.meet_waits(v_waits, null, null, 'system', 'sweeper') m;
end
$$;

revoke all on function
  engine.wait_answer(public.waits), engine.withdraw_questions(uuid[], text, text),
  engine.meet_waits(uuid[], jsonb, jsonb, text, text), engine.close_waits(uuid[]),
  engine.suspend(public.steps, integer, text), engine.verdict_json(uuid), engine.take_message(uuid, uuid, text)
from public;
grant execute on function engine.wait(uuid, uuid, bigint, text, jsonb) to nofx_worker, nofx_agent;
grant execute on function engine.answer_wait(uuid, uuid, jsonb, text, text) to nofx_member, nofx_worker;
grant execute on function engine.wake_timers(integer) to nofx_worker;
