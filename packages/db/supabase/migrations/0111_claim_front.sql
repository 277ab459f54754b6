-- Where many workers claim from one line of steps, each looked for the first free one where it was last itself, half a second of
-- everybody's claims ago, and stepped over all that others had taken since: a fifth of the time of an exchange with 64 workers.
-- Now they tell each other how far the line is claimed, at once and before they commit. That is a hint and no more: it is lost in a crash,
-- two lines may share a place and then neither finds its own, and what it leaves behind is found by looking without it.
create unlogged sequence engine.claim_front_0;
create unlogged sequence engine.claim_front_1;
create unlogged sequence engine.claim_front_2;
create unlogged sequence engine.claim_front_3;
create unlogged sequence engine.claim_front_4;
create unlogged sequence engine.claim_front_5;
create unlogged sequence engine.claim_front_6;
create unlogged sequence engine.claim_front_7;
comment on sequence engine.claim_front_0 is
  'How far a line of steps is claimed, for engine.claim_front: a sequence because what one transaction says here others see before it commits';

-- Of a hash of the line the last three bits say which sequence; eleven others stand in it before the microseconds since 2020.
create function engine.front_key(p_queue text, p_group engine.claim_group) returns bigint
language sql immutable
set search_path = ''
as $$
  select pg_catalog.hashtextextended(p_queue || '/' || p_group.tenant_id || '/' || p_group.handler || '/' || p_group.priority, 0)
$$;
revoke execute on function engine.front_key(text, engine.claim_group) from public;

create function engine.claim_front(p_queue text, p_group engine.claim_group) returns timestamptz
language plpgsql
set search_path = ''
as $$
declare
  v_key constant bigint := engine.front_key(p_queue, p_group);
  v_value constant bigint := pg_sequence_last_value(('engine.claim_front_' || (v_key & 7))::regclass);
begin
  if v_value is null or v_value >> 52 <> (v_key >> 3) & 2047 then
    return null;
  end if;
  return timestamptz '2020-01-01 00:00:00+00' + make_interval(secs => ((v_value & 4503599627370495) - 1) / 1000000.0);
end
$$;
comment on function engine.claim_front is 'Until when (run_at) a line of steps, of one queue, tenant, handler and priority, is claimed, as the last claim by a large fleet said; or null';
revoke execute on function engine.claim_front(text, engine.claim_group) from public;

create function engine.move_front(p_queue text, p_group engine.claim_group) returns void
language plpgsql
set search_path = ''
as $$
declare
  v_key constant bigint := engine.front_key(p_queue, p_group);
begin
  perform setval(('engine.claim_front_' || (v_key & 7))::regclass,
    ((v_key >> 3) & 2047) << 52 | (extract(epoch from p_group.run_at - timestamptz '2020-01-01 00:00:00+00') * 1000000)::bigint);
end
$$;
revoke execute on function engine.move_front(text, engine.claim_group) from public;

-- As engine.groups_of, with one of the lines given: what was claimed of it is not stepped over to find where it begins.
create function engine.groups_around(p_queue text, p_mode text, p_from engine.claim_group, p_to uuid, p_below engine.claim_group, p_limit integer,
  p_known engine.claim_group) returns engine.claim_group[]
language plpgsql
set search_path = ''
as $$
declare
  v_groups engine.claim_group[] := '{}';
begin
  if p_known.tenant_id is null or p_known.tenant_id < p_from.tenant_id or (p_known.tenant_id = p_from.tenant_id and p_mode = 'behind')
    or p_known.tenant_id > p_to or p_known.tenant_id >= p_below.tenant_id then
    return engine.groups_of(p_queue, p_mode, p_from, p_to, p_below, p_limit);
  end if;
  if p_known.tenant_id > p_from.tenant_id then
    v_groups := engine.groups_of(p_queue, p_mode, p_from, p_to, row(p_known.tenant_id, '', 0, null)::engine.claim_group, p_limit);
  end if;
  if cardinality(v_groups) < p_limit then
    v_groups := v_groups || engine.groups_before(p_queue, p_known, p_limit - cardinality(v_groups));
  end if;
  if cardinality(v_groups) < p_limit then
    v_groups := v_groups || p_known;
  end if;
  if cardinality(v_groups) < p_limit then
    v_groups := v_groups || engine.groups_of(p_queue, 'group', p_known, p_to, p_below, p_limit - cardinality(v_groups));
  end if;
  return v_groups;
end
$$;
revoke execute on function engine.groups_around(text, text, engine.claim_group, uuid, engine.claim_group, integer, engine.claim_group) from public;

-- As in 0108, but what is known of the line that most was taken from holds whichever tenant's turn it is: so a flood's claimed steps are not
-- stepped over each time the turn comes to others. With fresh_ms in the route: looks everywhere each so many milliseconds only, and shares how
-- far it came.
create or replace function engine.pick(p_owner text, p_handlers text[], p_want integer, p_route jsonb, out ids uuid[], out cursor jsonb)
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  c_first constant uuid := '00000000-0000-0000-0000-000000000000';
  c_last constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  c_end constant engine.claim_group := row(c_last, '', 0, null)::engine.claim_group;
  c_soon constant interval := interval '250 ms';
  -- many workers look everywhere the more seldom, each of them
  v_fresh constant interval := coalesce(make_interval(secs => (p_route ->> 'fresh_ms')::numeric / 1000.0), c_soon);
  v_shared constant boolean := p_route ? 'fresh_ms';
  v_queue text;
  v_after uuid := coalesce((p_route -> 'cursor' ->> 'after')::uuid, c_first);
  v_credit integer := coalesce((p_route -> 'cursor' ->> 'credit')::integer, 0);
  v_hot jsonb := p_route -> 'cursor' -> 'hot';
  v_full timestamptz := coalesce((v_hot ->> 'full')::timestamptz, '-infinity');
  v_is_hot boolean := v_full > clock_timestamp() - v_fresh;
  -- the line that most was taken from the last time: the look goes on there where that ended
  v_own engine.claim_group;
  v_most uuid[] := '{}';
  v_laps integer[];
  v_at integer;
  v_lap integer;
  v_from uuid;
  v_page constant integer := least(64, greatest(8, 4 * p_want));
  v_found engine.claim_group[];
  v_alone engine.claim_group;
  v_groups engine.claim_group[];
  v_active uuid[];
  v_again uuid[];
  v_tenant uuid;
  v_left integer := p_want;
  v_pass integer;
  v_total integer;
  v_weight integer;
  v_share integer;
  v_got uuid[];
  v_one record;
  v_everyone constant boolean := p_route -> 'tenants' is null and p_route -> 'not' is null and p_route -> 'shard' is null;
begin
  ids := '{}';
  cursor := p_route -> 'cursor';

  foreach v_queue in array coalesce(array(select jsonb_array_elements_text(p_route -> 'queues')), '{}')
    || case when p_route -> 'queues' is null then '{default}'::text[] else '{}' end
  loop
    exit when v_left <= 0;
    -- of what one more crash would end a worker holds one at a time: so what kills its executors is found out alone
    if exists (
      select from public.steps s
      where s.queue = v_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and s.crashes > 0 and s.crashes + 1 >= s.max_crashes
    ) and not engine.has_last_chance(p_owner) then
      select s.id, s.tenant_id, s.handler into v_one from public.steps s
      where s.queue = v_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and s.crashes > 0 and s.crashes + 1 >= s.max_crashes
        and s.handler = any (p_handlers) and s.run_at <= clock_timestamp()
        and (s.deadline_at is null or s.deadline_at > clock_timestamp())
        and engine.serves(p_route, s.tenant_id)
      order by s.queue, s.priority, s.run_at, s.id
      limit 1 for update skip locked;
      if found and (not engine.ruled(v_one.tenant_id) or engine.allow(v_one.tenant_id, v_queue, v_one.handler, p_owner, 1) > 0) then
        ids := ids || v_one.id;
        v_left := v_left - 1;
      end if;
    end if;

    v_own := case when v_is_hot and v_hot ->> 'queue' = v_queue then
      row(coalesce((v_hot ->> 'tenant')::uuid, v_after), v_hot ->> 'handler', (v_hot ->> 'priority')::smallint,
        (v_hot ->> 'since')::timestamptz)::engine.claim_group end;
    if v_shared and v_own is not null then
      v_own.run_at := greatest(v_own.run_at, engine.claim_front(v_queue, v_own));
    end if;

    -- 1: the tenants behind the cursor, 2: those before it, 3: the one at it, whose turn was the last; first where it has credit left
    v_laps := case when v_after = c_first then '{1}' when v_credit > 0 then '{3,1,2}' else '{1,2,3}' end;
    v_at := 1;
    v_from := null;
    while v_left > 0 and v_at <= cardinality(v_laps) loop
      v_groups := '{}';
      v_active := '{}';
      -- as many tenants as can get something
      while v_at <= cardinality(v_laps) and cardinality(v_active) < least(v_left, 16) loop
        v_lap := v_laps[v_at];
        if v_lap = 3 then
          v_found := engine.groups_around(v_queue, 'at', row(v_after, null, null, null)::engine.claim_group, v_after, c_end, 64, v_own);
          v_at := v_at + 1;
        else
          v_found := engine.groups_around(v_queue, case when v_from is null and v_lap = 2 then 'at' else 'behind' end,
            row(coalesce(v_from, case v_lap when 1 then v_after else c_first end), null, null, null)::engine.claim_group, c_last,
            case v_lap when 1 then c_end else row(v_after, '', 0, null)::engine.claim_group end, v_page, v_own);
          if cardinality(v_found) < v_page then
            v_at := v_at + 1;
            v_from := null;
          elsif v_found[1].tenant_id = v_found[v_page].tenant_id then
            v_from := v_found[1].tenant_id;
            v_found := engine.groups_around(v_queue, 'at', v_found[1], v_from, c_end, 64, v_own);
          else
            -- a tenant that the page cuts off comes with the next page
            v_tenant := v_found[v_page].tenant_id;
            v_found := array(select g from unnest(v_found) g where g.tenant_id <> v_tenant);
            v_from := v_found[cardinality(v_found)].tenant_id;
          end if;
        end if;
        -- none or one is what most looks find, and needs no query
        if cardinality(v_found) = 1 then
          v_alone := v_found[1];
          if v_alone.handler = any (p_handlers) and v_alone.run_at <= clock_timestamp()
            and (v_everyone or engine.serves(p_route, v_alone.tenant_id)) then
            v_groups := v_groups || v_alone;
            v_active := v_active || v_alone.tenant_id;
          end if;
        elsif cardinality(v_found) > 1 then
          v_found := array(
            select g from unnest(v_found) g
            where g.handler = any (p_handlers) and g.run_at <= clock_timestamp() and (v_everyone or engine.serves(p_route, g.tenant_id)));
          v_groups := v_groups || v_found;
          v_active := v_active || array(select distinct g.tenant_id from unnest(v_found) g order by 1);
        end if;
      end loop;

      while v_left > 0 and cardinality(v_active) > 0 loop
        v_again := '{}';
        v_pass := v_left;
        v_total := 1;
        if cardinality(v_active) > 1 then
          select sum(engine.weight_of(t)) into v_total from unnest(v_active) t;
        end if;
        foreach v_tenant in array v_active loop
          exit when v_left <= 0;
          v_weight := case when v_tenant = v_after and v_credit > 0 then v_credit else engine.weight_of(v_tenant) end;
          v_share := least(v_left, case
            when cardinality(v_active) = 1 then v_pass
            when v_tenant = v_after and v_credit > 0 then v_credit
            else greatest(v_weight, v_pass * v_weight / v_total) end);
          v_got := engine.take(v_queue, v_tenant, v_groups, p_owner, v_share, ids);
          ids := ids || v_got;
          v_left := v_left - cardinality(v_got);
          -- who got less has no more, or may not have it now
          if cardinality(v_got) > 0 and cardinality(v_got) >= cardinality(v_most) and (cardinality(v_got) = v_share or engine.ruled(v_tenant)) then
            v_most := v_got;
          end if;
          if cardinality(v_got) = v_share then
            v_again := v_again || v_tenant;
          end if;
          cursor := jsonb_build_object('after', v_tenant, 'credit',
            case when cardinality(v_got) < v_share then 0 else greatest(0, v_weight - cardinality(v_got)) end);
          if v_tenant = v_after then
            v_credit := 0;
          end if;
        end loop;
        v_active := v_again;
      end loop;
    end loop;
  end loop;

  if v_most <> '{}' then
    select s.queue, s.tenant_id, s.handler, s.priority, s.run_at into v_one from public.steps s where s.id = v_most[cardinality(v_most)];
    if v_shared then
      perform engine.move_front(v_one.queue, row(v_one.tenant_id, v_one.handler, v_one.priority, v_one.run_at)::engine.claim_group);
    end if;
    v_is_hot := v_is_hot and v_one.queue = v_hot ->> 'queue' and v_one.tenant_id::text = coalesce(v_hot ->> 'tenant', v_after::text)
      and v_one.handler = v_hot ->> 'handler' and v_one.priority = (v_hot ->> 'priority')::smallint;
    v_hot := jsonb_build_object('queue', v_one.queue, 'tenant', v_one.tenant_id, 'handler', v_one.handler, 'priority', v_one.priority, 'since', v_one.run_at);
  end if;
  if v_hot is not null then
    if not v_is_hot and (v_most <> '{}' or v_left > 0) then
      v_full := clock_timestamp();
    end if;
    -- there may be something behind after all
    if v_shared and v_left > 0 then
      v_full := least(v_full, clock_timestamp() + c_soon - v_fresh);
    end if;
    cursor := cursor || jsonb_build_object('hot', v_hot || jsonb_build_object('full', v_full));
  end if;
end
$$;
