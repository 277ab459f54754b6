-- Locks the steps of these items with their parents, in the order of their ids.
create function engine.lock_steps(p_items jsonb) returns void
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_steps uuid[] := array(select i.step_id from jsonb_to_recordset(p_items) as i (step_id uuid));
begin
  v_steps := v_steps || array(select s.parent_step_id from public.steps s where s.id = any (v_steps));
  perform from public.steps s where s.id = any (v_steps) order by s.id for update;
end
$$;
revoke all on function engine.lock_steps(jsonb) from public;

-- One call a tick: settles, renews and claims in one round trip and one transaction. A dependant that a settlement
-- unlocks can come back in the same call.
--
-- p_route says where to claim: {queues?, tenants?, shard?, cursor?} as engine.pick takes it, or {ids: [uuid]}: steps that a
-- transport has named, of which those are claimed that still can be.
--
-- Answers {settled, renewed, claimed, cursor}. settled.results leaves out what settled and succeeded; claimed leaves out what is
-- empty; cursor goes into the next call's route.
drop function engine.exchange(text, text, text[], jsonb, jsonb, integer, integer);
create function engine.exchange(
  p_owner text, p_version text, p_handlers text[], p_settlements jsonb, p_renewals jsonb, p_want integer, p_lease_ms integer,
  p_route jsonb default '{}'
) returns json
language plpgsql security definer
set search_path = ''
as $$
declare
  v_settled jsonb := '{"results": [], "for_workers": 0, "for_agents": 0}';
  v_renewed jsonb := '[]';
  v_claimed json := '[]';
  v_ids uuid[];
  v_cursor jsonb;
begin
  -- steps before runs, as everywhere: settling locks runs, so what is renewed is locked before
  if p_settlements <> '[]' and p_renewals <> '[]' then
    perform engine.lock_steps(p_settlements || p_renewals);
  end if;
  if p_settlements <> '[]' then
    v_settled := engine.settle(p_owner, 'worker', null, p_settlements, true);
  end if;
  if p_renewals <> '[]' then
    select coalesce(jsonb_agg(to_jsonb(r)), '[]') into v_renewed
    from engine.renew(p_owner, 'worker', null, p_renewals, p_lease_ms) r;
  end if;
  if p_want > 0 then
    perform engine.assert_caller(p_owner, 'worker', null);
    if p_route -> 'ids' is null then
      select p.ids, p.cursor into v_ids, v_cursor from engine.pick(p_owner, p_handlers, p_want, p_route) p;
    else
      v_ids := engine.pick_named(p_owner, p_handlers, array(select jsonb_array_elements_text(p_route -> 'ids') limit p_want)::uuid[], p_route);
    end if;
    if cardinality(v_ids) > 0 then
      v_claimed := engine.grant_claims(v_ids, p_owner, 'worker', p_lease_ms, p_version);
    end if;
  end if;
  return json_build_object('settled', v_settled, 'renewed', v_renewed, 'claimed', v_claimed, 'cursor', v_cursor);
end
$$;
grant execute on function engine.exchange(text, text, text[], jsonb, jsonb, integer, integer, jsonb) to nofx_worker;
