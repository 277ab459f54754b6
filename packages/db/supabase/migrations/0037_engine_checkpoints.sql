-- Many checkpoints in one statement: a worker's steps that store at the same time share a round trip and a commit.
--
-- p_items: [{step_id, epoch, name, value, undo?}]. Each is stored as engine.checkpoint stores it, under the same fence. Answers, in the order
-- asked, {name, value, created} or {error: SQLSTATE, message}: one that is refused (NX001: the claim is not held any more) changes
-- nothing for the others.
create function engine.checkpoints(p_items jsonb) returns json
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
  v_item record;
  v_answer jsonb;
  v_answers jsonb := '[]';
  v_state text;
  v_message text;
  v_step public.steps;
begin
  if session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'only the engine acts across tenants';
  end if;
  if not jsonb_path_exists(p_items, '$[*].undo') then
    begin
      return engine.checkpoints_alike(p_items);
    exception when others then
      -- one of them cannot be stored: each by itself
    end;
  end if;
  -- steps in the order of their ids, as everywhere
  perform from public.steps s
  where s.id in (select i.step_id from jsonb_to_recordset(p_items) as i (step_id uuid))
  order by s.id for update;
  for v_item in
    -- a value of null is a value, not a missing one
    select i.*, t.item -> 'value' as value from jsonb_array_elements(p_items) with ordinality as t (item, n),
      jsonb_to_record(t.item) as i (step_id uuid, epoch bigint, name text, undo jsonb)
    order by t.n
  loop
    begin
      v_answer := engine.checkpoint(null, v_item.step_id, v_item.epoch, v_item.name, v_item.value, v_item.undo);
    exception when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
      v_answer := jsonb_build_object('error', v_state, 'message', v_message);
    end;
    v_answers := v_answers || jsonb_build_array(v_answer);
  end loop;
  return v_answers;
end
$$;

-- Those without an undo, all at once. An item whose step is not under its epoch, or whose lease has run out, is refused.
create function engine.checkpoints_alike(p_items jsonb) returns json
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  -- as in engine.settle_one
  c_held constant text[] := '{assigned,running}';
  v_owned uuid[];
  v_begun public.steps;
  v_created text[];
  v_answer json;
begin
  perform from public.steps s
  where s.id in (select i.step_id from jsonb_to_recordset(p_items) as i (step_id uuid))
  order by s.id for update;

  select array_agg(distinct s.id) into v_owned
  from jsonb_to_recordset(p_items) as i (step_id uuid, epoch bigint)
  join public.steps s on s.id = i.step_id and s.epoch = i.epoch
  where s.status = any (c_held) and s.lease_until > clock_timestamp();

  with made as (
    insert into public.checkpoints (step_id, name, tenant_id, value, epoch)
    select i.step_id, i.name, s.tenant_id, t.item -> 'value', i.epoch
    from jsonb_array_elements(p_items) with ordinality as t (item, n),
      jsonb_to_record(t.item) as i (step_id uuid, epoch bigint, name text)
    join public.steps s on s.id = i.step_id and s.epoch = i.epoch
    where i.step_id = any (v_owned)
    order by t.n
    on conflict (step_id, name) do nothing
    returning step_id, name
  )
  select coalesce(array_agg(m.step_id || ' ' || m.name), '{}') into v_created from made m;

  for v_begun in
    select s.* from public.steps s where s.id = any (v_owned) and s.status <> 'running' order by s.id
  loop
    perform engine.mark_running(v_begun);
  end loop;

  select json_agg(case when c.name is null
      then json_build_object('error', 'NX001', 'message', 'lease_lost')
      else json_build_object('name', c.name, 'value', c.value,
        -- of two in one call the first one made it
        'created', (i.step_id || ' ' || i.name) = any (v_created) and t.n = (
          select min(o.n) from jsonb_array_elements(p_items) with ordinality as o (item, n)
          where o.item ->> 'step_id' = t.item ->> 'step_id' and o.item ->> 'name' = i.name and o.item ->> 'epoch' = t.item ->> 'epoch'))
      end order by t.n)
  into v_answer
  from jsonb_array_elements(p_items) with ordinality as t (item, n),
    jsonb_to_record(t.item) as i (step_id uuid, epoch bigint, name text)
  left join public.steps s on s.id = i.step_id and s.epoch = i.epoch and s.id = any (v_owned)
  left join public.checkpoints c on c.step_id = s.id and c.name = i.name;
  return v_answer;
end
$$;
revoke all on function engine.checkpoints_alike(jsonb) from public;
grant execute on function engine.checkpoints(jsonb) to nofx_worker;

-- A worker may have two claims under way at once: of those only one may take a step that one more crash would end, so the lock
-- says yes for whoever comes second, and the look is a new one (volatile) that sees what the first has committed.
create or replace function engine.has_last_chance(p_owner text) returns boolean
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  return not pg_try_advisory_xact_lock(hashtextextended('engine.last_chance ' || p_owner, 0)) or exists (
    select from public.steps s
    where s.status in ('assigned', 'running') and s.lease_owner = p_owner and s.crashes > 0 and s.crashes + 1 >= s.max_crashes);
end
$$;
