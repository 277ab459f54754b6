-- A step waits for some of its children, not only for all: what has ended of the others is no matter.

-- of a wait for children: the names of those that are waited for; all, where null
alter table public.waits add column children text[] check (cardinality(children) between 1 and 1000);
select engine.mirror_history();

-- How many children of a step are still under way: of all, or of those that are named.
create function engine.children_left(p_step uuid, p_names text[]) returns integer
language sql stable security definer
set search_path = ''
as $$
  select case when p_names is null then p.children_left else (
    select count(*)::integer from unnest(p_names) as n (name)
    join public.steps c on c.run_id = p.run_id and c.name = p.name || '.' || n.name and c.parent_step_id = p.id
    where c.status in ('queued', 'assigned', 'running')) end
  from public.steps p where p.id = p_step
$$;

-- As in 0031, of these children alone; of all, where there are no names.
create function engine.children_json(p_step uuid, p_names text[]) returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object('children', coalesce(jsonb_agg(
    jsonb_build_object('name', substr(c.name, length(p.name) + 2), 'step_id', c.id, 'status', c.status) order by c.id), '[]'))
  from public.steps p join public.steps c on c.parent_step_id = p.id
  where p.id = p_step and (p_names is null or substr(c.name, length(p.name) + 2) = any (p_names))
$$;

-- As in 0022, but a wait may be for some children.
create or replace function engine.wait(p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_options jsonb) returns jsonb
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
    insert into public.waits (tenant_id, run_id, step_id, name, option, position, kind, topic, key, children, due_at, question,
      approval_id)
    select v_step.tenant_id, v_step.run_id, p_step, p_name, v_option ->> 'option',
      (select count(*) from public.waits w where w.step_id = p_step and w.name = p_name), v_option ->> 'kind',
      v_option ->> 'topic', v_option ->> 'key',
      case when v_option ? 'children' then array(select jsonb_array_elements_text(v_option -> 'children')) end,
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
        v_payload := case when engine.children_left(v_step.id, v_wait.children) <= v_wait.upto then engine.children_json(p_step, v_wait.children) end;
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

-- As in 0097, but a wait may be for some children.
create or replace function engine.children_ended(p_ids uuid[]) returns table (for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = ''
as $$
declare
  v_waits uuid[];
  v_payloads jsonb;
begin
  perform from public.steps p
  where p.id in (select c.parent_step_id from public.steps c where c.id = any (p_ids))
  order by p.id for update;
  perform engine.nodes_ended(p_ids);

  with ended as (
    select c.parent_step_id as id, count(*)::integer as n
    from public.steps c where c.id = any (p_ids) and c.parent_step_id is not null group by c.parent_step_id
  ),
  counted as (
    update public.steps p set children_left = p.children_left - e.n
    from ended e where p.id = e.id
    returning p.id, p.status, p.kind, p.children_left
  )
  -- a session reads for itself what has ended
  select array_agg(w.id), jsonb_object_agg(w.id, case c.kind when 'session' then 'null' else engine.children_json(w.step_id, w.children) end)
  into v_waits, v_payloads
  from counted c join public.waits w on w.step_id = c.id and w.kind = 'children' and w.status = 'open'
  -- what this statement counts down is not in the row yet
  where c.status = 'queued' and case when w.children is null then c.children_left else engine.children_left(c.id, w.children) end <= w.upto;

  return query select m.for_workers, m.for_agents
  from engine.meet_waits(coalesce(v_waits, '{}'), v_payloads, null, 'system', 'engine') m;
end
$$;

revoke all on function engine.children_left(uuid, text[]), engine.children_json(uuid, text[]) from public;
