-- What wakes waits from outside: events and messages. Names are locked before steps (0022_engine_waits.sql says why).

-- Stores what the outside tells of and wakes every step that waits for it. p_key says what it is about; waits without a key
-- take any. Senders share the name, so they do not wait for each other.
create function engine.send_event(
  p_tenant uuid, p_name text, p_key text, p_payload jsonb, p_run uuid, p_actor_type text, p_actor_id text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_event public.external_events;
  v_lock bigint;
  v_waits uuid[];
  v_freed record;
begin
  perform app.assert_tenant(p_tenant);
  for v_lock in
    select distinct engine.event_lock(p_tenant, p_name, k.key) from unnest(array[null, p_key]) as k (key) order by 1
  loop
    perform pg_advisory_xact_lock_shared(v_lock);
  end loop;

  insert into public.external_events (tenant_id, name, key, run_id, payload, sent_by_type, sent_by)
  select p_tenant, p_name, p_key, p_run, p_payload, p_actor_type, p_actor_id
  where p_run is null or exists (select from public.runs r where r.id = p_run and r.tenant_id = p_tenant)
  returning * into v_event;
  if not found then
    return null;
  end if;

  select coalesce(array_agg(w.id), '{}') into v_waits
  from public.waits w
  where w.tenant_id = p_tenant and w.kind = 'event' and w.status = 'open' and w.topic = p_name
    and (w.key is null or w.key = p_key) and (p_run is null or w.run_id = p_run);
  select * into v_freed from engine.meet_waits(v_waits,
    (select jsonb_object_agg(w, engine.event_json(v_event)) from unnest(v_waits) w),
    (select jsonb_object_agg(w, v_event.id) from unnest(v_waits) w), p_actor_type, p_actor_id);
  return jsonb_build_object('event_id', v_event.id, 'waiting', cardinality(v_waits),
    'for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents);
end
$$;

-- Puts a message into a step's mailbox and wakes the step if it waits for one of that channel. From an executor (p_from,
-- p_epoch: the step that it holds, of the same run) or from people (p_from null). p_sent_as: what is sent again under that
-- name by the same step is not stored again.
--
-- Answers {message_id, ended, …}; null where there is no such step; ended: it will read nothing any more.
create function engine.send_message(
  p_tenant uuid, p_from uuid, p_epoch bigint, p_to uuid, p_channel text, p_payload jsonb, p_sent_as text,
  p_actor_type text, p_actor_id text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_from public.steps;
  v_to public.steps;
  v_message uuid;
  v_wait uuid;
  v_taken record;
  v_workers integer := 0;
  v_agents integer := 0;
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

  select m.id into v_message from public.agent_messages m where m.step_id = p_from and m.sent_as = p_sent_as;
  if found then
    return jsonb_build_object('message_id', v_message, 'ended', false, 'for_workers', 0, 'for_agents', 0);
  end if;
  if v_to.status in ('succeeded', 'failed', 'cancelled') then
    return jsonb_build_object('message_id', null, 'ended', true, 'for_workers', 0, 'for_agents', 0);
  end if;

  insert into public.agent_messages (tenant_id, run_id, step_id, to_step, channel, type, correlation_id, payload, sent_as)
  values (p_tenant, v_to.run_id, p_from, p_to, p_channel, 'message.sent', v_to.correlation_id, p_payload, p_sent_as)
  returning id into v_message;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_tenant, 'message.sent', v_to.correlation_id, p_actor_type, p_actor_id, v_to.run_id,
    jsonb_build_object('message_id', v_message, 'run_id', v_to.run_id, 'step_id', p_to));

  -- Whoever holds two steps here holds its own first: the other is not waited for, the whole call is tried again (55P03).
  if exists (select from public.waits w where w.step_id = p_to and w.kind = 'message' and w.topic = p_channel and w.status = 'open') then
    if p_from is null then
      perform from public.steps s where s.id = p_to for update;
    else
      perform from public.steps s where s.id = p_to for update nowait;
    end if;
    select w.id into v_wait from public.waits w
    where w.step_id = p_to and w.kind = 'message' and w.topic = p_channel and w.status = 'open' limit 1;
    if found then
      select * into v_taken from engine.take_message(v_wait, p_to, p_channel);
      select m.for_workers, m.for_agents into v_workers, v_agents
      from engine.meet_waits(array[v_wait], jsonb_build_object(v_wait, v_taken.payload), jsonb_build_object(v_wait, v_taken.id),
        p_actor_type, p_actor_id) m;
    end if;
  end if;
  return jsonb_build_object('message_id', v_message, 'ended', false, 'for_workers', v_workers, 'for_agents', v_agents);
end
$$;


grant execute on function engine.send_message(uuid, uuid, bigint, uuid, text, jsonb, text, text, text)
  to nofx_member, nofx_agent, nofx_worker;
grant execute on function engine.send_event(uuid, text, text, jsonb, uuid, text, text) to nofx_member, nofx_worker;
