-- Exchanges that claim go through a few lanes. Where many workers compete, what they ask for would else be answered by all of
-- their connections at once: they take turns on a few cores, each steps over what the others have locked, and a step costs four
-- times as much. In line they cost the same however many there are, and each call brings more.
--
-- A lane only spares work. It is entered before any row is locked, so whoever waits for one holds up nobody; and after 100 ms,
-- where what holds the lanes waits itself, one goes on without.
create function engine.wait_for_lane(p_lane integer) returns void
language plpgsql security definer
set search_path = '' set lock_timeout = '100ms'
as $$
begin
  perform pg_advisory_xact_lock(1852796536, p_lane);
exception when lock_not_available then
  null;
end
$$;
revoke all on function engine.wait_for_lane(integer) from public;

create function engine.enter_lane() returns void
language plpgsql security definer
set search_path = ''
as $$
declare
  -- as many as a database of some cores can work on at a time
  c_lanes constant integer := 8;
  v_first constant integer := pg_backend_pid() % c_lanes;
begin
  for i in 0 .. c_lanes - 1 loop
    if pg_try_advisory_xact_lock(1852796536, (v_first + i) % c_lanes) then
      return;
    end if;
  end loop;
  perform engine.wait_for_lane(v_first);
end
$$;
revoke all on function engine.enter_lane() from public;

create or replace function engine.exchange(
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
  if p_want > 0 then
    perform engine.enter_lane();
  end if;
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
