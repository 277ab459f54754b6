-- Which steps a claim takes.
--
-- The claimable index is read by groups (queue, tenant, handler, priority), each found by one look-up behind the one before (a skip
-- scan): so a claim reads the heads of the groups it may take from and the rows it takes, whatever lies behind them, what the
-- caller has no code for, or what is not due yet. Nothing is sorted or filtered that grows with the backlog.
drop index public.steps_claim_worker;
create index steps_claim_worker on public.steps (queue, tenant_id, handler, priority, run_at, id)
  where status = 'queued' and holds = 0 and executor = 'worker' and (crashes = 0 or crashes + 1 < max_crashes);
-- those that one more crash would end, whose claims come one at a time
drop index public.steps_claim_suspect;
create index steps_claim_suspect on public.steps (queue, priority, run_at, id)
  where status = 'queued' and holds = 0 and executor = 'worker' and crashes > 0 and crashes + 1 >= max_crashes;

-- Rules of a tenant or of the whole plane; replaced where rules are defined. Without one a claim asks and locks nothing. These
-- are plpgsql like all that a claim calls: its plans stay made, those of an SQL function are made anew at each call.
create function engine.ruled(p_tenant uuid) returns boolean
language plpgsql stable as $$ begin return false; end $$;
create function engine.weight_of(p_tenant uuid) returns integer
language plpgsql stable as $$ begin return 1; end $$;
-- How many of p_want steps of this kind may be claimed now; what then is not taken is given back.
create function engine.allow(p_tenant uuid, p_queue text, p_handler text, p_owner text, p_want integer) returns integer
language plpgsql volatile as $$ begin return p_want; end $$;
create function engine.give_back(p_tenant uuid, p_queue text, p_handler text, p_owner text, p_count integer) returns void
language plpgsql volatile as $$ begin end $$;
revoke all on function engine.ruled(uuid), engine.weight_of(uuid), engine.allow(uuid, text, text, text, integer),
  engine.give_back(uuid, text, text, text, integer) from public;

-- Which tenants a worker serves. p_route: {tenants?: [uuid], not?: [uuid], shard?: [i, n]}: a shard is the last 28 bits of a tenant's id, modulo n.
create function engine.serves(p_route jsonb, p_tenant uuid) returns boolean
language plpgsql immutable
as $$
begin
  return (p_route -> 'tenants' is null or p_route -> 'tenants' ? p_tenant::text)
    and (p_route -> 'not' is null or not p_route -> 'not' ? p_tenant::text)
    and (p_route -> 'shard' is null
      or ('x' || right(p_tenant::text, 7))::bit(28)::integer % (p_route -> 'shard' ->> 1)::integer = (p_route -> 'shard' ->> 0)::integer);
end
$$;
revoke all on function engine.serves(jsonb, uuid) from public;

-- One group of claimable steps, and when its first one is due.
create type engine.claim_group as (tenant_id uuid, handler text, priority smallint, run_at timestamptz);

-- The groups of a queue in index order, one look-up each: from a tenant on (p_mode at), behind it (behind), or behind one of its
-- groups (group); up to the tenant p_to, and before the group p_below.
create function engine.groups_of(
  p_queue text, p_mode text, p_from engine.claim_group, p_to uuid, p_below engine.claim_group, p_limit integer
) returns engine.claim_group[]
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_groups engine.claim_group[] := '{}';
  g engine.claim_group := p_from;
begin
  loop
    -- three statements, because a bound that may or may not apply would be no bound of the index
    if p_mode = 'behind' then
      select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and s.tenant_id > g.tenant_id
        and s.tenant_id <= p_to and (s.tenant_id, s.handler, s.priority) < (p_below.tenant_id, p_below.handler, p_below.priority)
      order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    elsif p_mode = 'at' then
      select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and s.tenant_id >= g.tenant_id
        and s.tenant_id <= p_to and (s.tenant_id, s.handler, s.priority) < (p_below.tenant_id, p_below.handler, p_below.priority)
      order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    else
      select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and (s.tenant_id, s.handler, s.priority) > (g.tenant_id, g.handler, g.priority)
        and s.tenant_id <= p_to and (s.tenant_id, s.handler, s.priority) < (p_below.tenant_id, p_below.handler, p_below.priority)
      order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    end if;
    exit when not found;
    v_groups := v_groups || g;
    exit when cardinality(v_groups) >= p_limit;
    p_mode := 'group';
  end loop;
  return v_groups;
end
$$;
revoke all on function engine.groups_of(text, text, engine.claim_group, uuid, engine.claim_group, integer) from public;

-- All groups of a queue from a tenant on (behind it, unless p_at), p_limit at most; null where there is none.
create function engine.groups_behind(p_queue text, p_tenant uuid, p_at boolean, p_limit integer) returns engine.claim_group[]
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  c_last constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
begin
  return nullif(engine.groups_of(p_queue, case when p_at then 'at' else 'behind' end, row(p_tenant, null, null, null)::engine.claim_group,
    c_last, row(c_last, '', 0, null)::engine.claim_group, p_limit), '{}');
end
$$;
revoke all on function engine.groups_behind(text, uuid, boolean, integer) from public;

-- Locks up to p_want steps of one tenant, by priority, then time, then id, in each priority from the first of its groups' times
-- on. p_taken: those that this claim has already.
create function engine.take(
  p_queue text, p_tenant uuid, p_groups engine.claim_group[], p_owner text, p_want integer, p_taken uuid[]
)
returns uuid[]
language plpgsql security definer
set search_path = ''
as $$
declare
  v_ruled boolean := engine.ruled(p_tenant);
  v_band record;
  v_handler text;
  v_some uuid[];
  v_allowed integer;
  v_ids uuid[];
  v_handlers text[];
  v_times timestamptz[];
  v_taken uuid[] := '{}';
  v_left integer := p_want;
begin
  for v_band in
    select g.priority, array_agg(g.handler) as handlers, min(g.run_at) as since from unnest(p_groups) g where g.tenant_id = p_tenant
    group by g.priority order by g.priority
  loop
    exit when v_left <= 0;
    if cardinality(v_band.handlers) = 1 and not v_ruled then
      v_taken := v_taken || array(
        select s.id from public.steps s
        where s.queue = p_queue and s.tenant_id = p_tenant and s.handler = v_band.handlers[1] and s.priority = v_band.priority
          and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
          and s.run_at between v_band.since and clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
          and (p_taken = '{}' or s.id <> all (p_taken))
        order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at, s.id
        limit v_left for update skip locked);
    else
      v_ids := '{}'; v_handlers := '{}'; v_times := '{}';
      foreach v_handler in array v_band.handlers loop
        v_allowed := v_left;
        if v_ruled then
          v_allowed := engine.allow(p_tenant, p_queue, v_handler, p_owner, v_left);
          continue when v_allowed <= 0;
        end if;
        with due as (
          select s.id, s.run_at from public.steps s
          where s.queue = p_queue and s.tenant_id = p_tenant and s.handler = v_handler and s.priority = v_band.priority
            and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
            and s.run_at between v_band.since and clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
            and (p_taken = '{}' or s.id <> all (p_taken))
          order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at, s.id
          limit v_allowed for update skip locked
        )
        select v_ids || coalesce(array_agg(due.id), '{}'), v_times || coalesce(array_agg(due.run_at), '{}'),
          v_handlers || array_fill(v_handler, array[count(*)::integer])
        into v_ids, v_times, v_handlers from due;
        if v_ruled then
          -- what is allowed and not there is given back at once, what the merge leaves below
          perform engine.give_back(p_tenant, p_queue, v_handler, p_owner, v_allowed - (
            select count(*)::integer from unnest(v_handlers) h where h = v_handler));
        end if;
      end loop;
      v_some := array(select t.id from unnest(v_ids, v_times) as t (id, at) order by t.at, t.id limit v_left);
      if v_ruled then
        perform engine.give_back(p_tenant, p_queue, left_over.handler, p_owner, left_over.n)
        from (
          select t.handler, count(*)::integer as n from unnest(v_ids, v_handlers) as t (id, handler)
          where t.id <> all (v_some) group by t.handler
        ) left_over;
      end if;
      v_taken := v_taken || v_some;
    end if;
    v_left := p_want - cardinality(v_taken);
  end loop;
  return v_taken;
end
$$;
revoke all on function engine.take(text, uuid, engine.claim_group[], text, integer, uuid[]) from public;

-- Chooses up to p_want steps for a worker and locks them.
--
-- p_route: {queues?: [text], tenants?, not?, shard?, cursor?}; cursor is what the caller's last claim answered. Queues are served in
-- their order ("default" alone unless said).
--
-- Fairness: tenants take turns. The walk begins behind the tenant where the caller's last claim ended (its cursor), and what is
-- wanted is shared out among the tenants it meets by their weights; what one has no use for goes to the others. So a
-- tenant that floods the plane waits for its turn like all others, and no state is written: deficit round robin (Shreedhar
-- and Varghese, 1995) with the deficit in the caller's hands. Within a tenant: by priority, then by time, then by id.
--
-- Two callers never choose the same step, and neither waits for the other (skip locked).
--
-- What has been claimed leaves dead entries at the head of its group, until a vacuum. So the cursor says where in the group
-- this caller took last (hot), and for a quarter of a second it looks from there on; then once from the head again, for what
-- was committed late. (20,000 dead entries cost 2 ms a look.)
create function engine.pick(p_owner text, p_handlers text[], p_want integer, p_route jsonb, out ids uuid[], out cursor jsonb)
language plpgsql security definer
-- the plan is made once, before there are statistics, and must be the right one after
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  c_first constant uuid := '00000000-0000-0000-0000-000000000000';
  c_last constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  c_end constant engine.claim_group := row(c_last, '', 0, null)::engine.claim_group;
  c_fresh constant interval := interval '250 ms';
  v_queue text;
  v_after uuid := coalesce((p_route -> 'cursor' ->> 'after')::uuid, c_first);
  v_credit integer := coalesce((p_route -> 'cursor' ->> 'credit')::integer, 0);
  v_hot jsonb := p_route -> 'cursor' -> 'hot';
  v_full timestamptz := coalesce((v_hot ->> 'full')::timestamptz, '-infinity');
  v_is_hot boolean := v_full > clock_timestamp() - c_fresh;
  v_own engine.claim_group;
  v_laps integer[];
  v_at integer;
  v_lap integer;
  v_from uuid;
  v_page constant integer := least(64, greatest(8, 4 * p_want));
  v_found engine.claim_group[];
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
      row(v_after, v_hot ->> 'handler', (v_hot ->> 'priority')::smallint, (v_hot ->> 'since')::timestamptz)::engine.claim_group end;

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
          if v_own is not null then
            v_found := engine.groups_of(v_queue, 'at', v_own, v_after, v_own, 64) || v_own || engine.groups_of(v_queue, 'group', v_own, v_after, c_end, 64);
          else
            v_found := engine.groups_of(v_queue, 'at', row(v_after, null, null, null)::engine.claim_group, v_after, c_end, 64);
          end if;
          v_at := v_at + 1;
        else
          v_found := engine.groups_of(v_queue, case when v_from is null and v_lap = 2 then 'at' else 'behind' end,
            row(coalesce(v_from, case v_lap when 1 then v_after else c_first end), null, null, null)::engine.claim_group, c_last,
            case v_lap when 1 then c_end else row(v_after, '', 0, null)::engine.claim_group end, v_page);
          if cardinality(v_found) < v_page then
            v_at := v_at + 1;
            v_from := null;
          elsif v_found[1].tenant_id = v_found[v_page].tenant_id then
            v_from := v_found[1].tenant_id;
            v_found := engine.groups_of(v_queue, 'at', v_found[1], v_from, c_end, 64);
          else
            -- a tenant that the page cuts off comes with the next page
            v_tenant := v_found[v_page].tenant_id;
            v_found := array(select g from unnest(v_found) g where g.tenant_id <> v_tenant);
            v_from := v_found[cardinality(v_found)].tenant_id;
          end if;
        end if;
        v_found := array(
          select g from unnest(v_found) g
          where g.handler = any (p_handlers) and g.run_at <= clock_timestamp() and (v_everyone or engine.serves(p_route, g.tenant_id)));
        v_groups := v_groups || v_found;
        v_active := v_active || array(select distinct g.tenant_id from unnest(v_found) g order by 1);
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

  if cardinality(ids) > 0 then
    select s.queue, s.tenant_id, s.handler, s.priority, s.run_at into v_one from public.steps s where s.id = ids[cardinality(ids)];
    if cursor ->> 'after' = v_one.tenant_id::text then
      cursor := cursor || jsonb_build_object('hot', jsonb_build_object('queue', v_one.queue, 'handler', v_one.handler, 'priority', v_one.priority,
        'since', v_one.run_at, 'full', case when v_is_hot and v_one.tenant_id = v_after and v_one.handler = v_hot ->> 'handler'
          and v_one.priority = (v_hot ->> 'priority')::smallint then v_full else clock_timestamp() end));
    end if;
  elsif v_hot is not null and not v_is_hot then
    cursor := cursor || jsonb_build_object('hot', v_hot || jsonb_build_object('full', clock_timestamp()));
  end if;
end
$$;
revoke all on function engine.pick(text, text[], integer, jsonb) from public;

-- The same for steps that a transport has named: of them those that are claimable now.
create function engine.pick_named(p_owner text, p_handlers text[], p_ids uuid[], p_route jsonb) returns uuid[]
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_group record;
  v_ids uuid[] := '{}';
  v_allowed integer;
begin
  for v_group in
    select l.tenant_id, l.queue, l.handler, l.last, array_agg(l.id order by l.priority, l.run_at, l.id) as ids
    from (
      select s.id, s.tenant_id, s.queue, s.handler, s.priority, s.run_at, s.crashes > 0 and s.crashes + 1 >= s.max_crashes as last
      from public.steps s
      where s.id = any (p_ids) and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and s.handler = any (p_handlers)
        and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
        and engine.serves(p_route, s.tenant_id)
      order by s.id for update skip locked
    ) l
    group by l.tenant_id, l.queue, l.handler, l.last
  loop
    v_allowed := cardinality(v_group.ids);
    if v_group.last then
      continue when engine.has_last_chance(p_owner) or exists (
        select from public.steps s where s.id = any (v_ids) and s.crashes > 0 and s.crashes + 1 >= s.max_crashes);
      v_allowed := 1;
    end if;
    if engine.ruled(v_group.tenant_id) then
      v_allowed := engine.allow(v_group.tenant_id, v_group.queue, v_group.handler, p_owner, v_allowed);
    end if;
    v_ids := v_ids || v_group.ids[1:v_allowed];
  end loop;
  return v_ids;
end
$$;
revoke all on function engine.pick_named(text, text[], uuid[], jsonb) from public;
