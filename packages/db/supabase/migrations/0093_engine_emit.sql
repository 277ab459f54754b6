-- What a step says for others of its run to wait for, once under its name.

-- Stores an event of a step for its run and wakes who waits for it there. That it was sent is a checkpoint of the step, stored in the
-- same transaction: a step that is begun again says nothing twice. Names are locked before steps (0022_engine_waits.sql says why).
create function engine.emit_event(
  p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_event text, p_key text, p_payload jsonb, p_actor_type text, p_actor_id text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps;
  v_lock bigint;
  v_before jsonb;
  v_sent jsonb;
begin
  for v_lock in
    select distinct engine.event_lock(p_tenant, p_event, k.key) from unnest(array[null, p_key]) as k (key) order by 1
  loop
    perform pg_advisory_xact_lock_shared(v_lock);
  end loop;
  v_step := engine.owned(p_tenant, p_step, p_epoch);

  select c.value into v_before from public.checkpoints c where c.step_id = p_step and c.name = left('emit ' || p_name, 200);
  if found then
    perform engine.mark_running(v_step);
    return jsonb_build_object('event_id', v_before ->> 'event_id', 'created', false, 'waiting', 0, 'for_workers', 0, 'for_agents', 0);
  end if;
  v_sent := engine.send_event(p_tenant, p_event, p_key, p_payload, v_step.run_id, p_actor_type, p_actor_id);
  perform engine.checkpoint(p_tenant, p_step, p_epoch, left('emit ' || p_name, 200), jsonb_build_object('event_id', v_sent ->> 'event_id'));
  return v_sent || jsonb_build_object('created', true);
end
$$;

revoke all on function engine.emit_event(uuid, uuid, bigint, text, text, text, jsonb, text, text) from public;
grant execute on function engine.emit_event(uuid, uuid, bigint, text, text, text, jsonb, text, text) to nofx_agent;
