-- One call a tick: settles, renews and claims in one round trip and one transaction. A dependant that a settlement
-- unlocks can come back in the same call.
create function engine.exchange(
  p_owner text, p_version text, p_handlers text[], p_settlements jsonb, p_renewals jsonb, p_want integer, p_lease_ms integer
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_settled jsonb := '{"results": [], "for_workers": 0, "for_agents": 0}';
  v_renewed jsonb := '[]';
  v_claimed jsonb := '[]';
begin
  -- steps before runs, as everywhere: settling locks runs, so what is renewed is locked before
  if jsonb_array_length(p_settlements) > 0 and jsonb_array_length(p_renewals) > 0 then
    perform from public.steps s
    where s.id in (
      select unnest(array[o.id, o.parent_step_id])
      from jsonb_to_recordset(p_settlements || p_renewals) as i (step_id uuid) join public.steps o on o.id = i.step_id)
    order by s.id for update;
  end if;
  if jsonb_array_length(p_settlements) > 0 then
    v_settled := engine.settle(p_owner, 'worker', null, p_settlements);
  end if;
  if jsonb_array_length(p_renewals) > 0 then
    select coalesce(jsonb_agg(to_jsonb(r)), '[]') into v_renewed
    from engine.renew(p_owner, 'worker', null, p_renewals, p_lease_ms) r;
  end if;
  if p_want > 0 then
    select coalesce(jsonb_agg(c), '[]') into v_claimed
    from engine.claim(p_owner, 'worker', p_handlers, null, '{}', p_want, p_lease_ms, p_version) c;
  end if;
  return jsonb_build_object('settled', v_settled, 'renewed', v_renewed, 'claimed', v_claimed);
end
$$;
grant execute on function engine.exchange(text, text, text[], jsonb, jsonb, integer, integer) to nofx_worker;
