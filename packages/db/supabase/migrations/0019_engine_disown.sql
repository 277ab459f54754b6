-- A worker whose call was cut off cannot know whether it claimed something: the answer may have been lost after the commit.
-- It names what it holds (p_held: [{step_id, epoch}]) and everything else under its name is given back at once instead of
-- waiting for its lease to run out. Answers how many steps.
create function engine.disown(p_owner text, p_held jsonb) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_unknown jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object('step_id', s.id, 'epoch', s.epoch, 'outcome', 'released')), '[]') into v_unknown
  from public.steps s
  where s.status in ('assigned', 'running') and s.executor = 'worker' and s.lease_owner = p_owner
    and not exists (
      select from jsonb_to_recordset(p_held) as h (step_id uuid, epoch bigint) where h.step_id = s.id and h.epoch = s.epoch);
  if jsonb_array_length(v_unknown) > 0 then
    perform engine.settle(p_owner, 'worker', null, v_unknown);
  end if;
  return jsonb_array_length(v_unknown);
end
$$;
grant execute on function engine.disown(text, jsonb) to nofx_worker;
