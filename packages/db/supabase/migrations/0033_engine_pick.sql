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

-- Which tenants a worker serves. p_route: {tenants?: [uuid], shard?: [i, n]}: a shard is the last 28 bits of a tenant's id, modulo n.
create function engine.serves(p_route jsonb, p_tenant uuid) returns boolean
language plpgsql immutable
as $$
begin
  return (p_route -> 'tenants' is null or p_route -> 'tenants' ? p_tenant::text)
    and (p_route -> 'shard' is null
      or ('x' || right(p_tenant::text, 7))::bit(28)::integer % (p_route -> 'shard' ->> 1)::integer = (p_route -> 'shard' ->> 0)::integer);
end
$$;
revoke all on function engine.serves(jsonb, uuid) from public;

-- One group of claimable steps, and when its first one is due.
create type engine.claim_group as (tenant_id uuid, handler text, priority smallint, run_at timestamptz);

-- The groups of a queue behind a tenant (at it, where p_at), in index order: one look-up each.
create function engine.groups_behind(p_queue text, p_tenant uuid, p_at boolean, p_limit integer) returns engine.claim_group[]
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  return (with recursive g as (
    (select s.tenant_id, s.handler, s.priority, s.run_at from public.steps s
     where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
       and s.tenant_id >= p_tenant and (p_at or s.tenant_id > p_tenant)
     order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1)
    union all
    select n.* from g cross join lateral (
      select s.tenant_id, s.handler, s.priority, s.run_at from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and (s.tenant_id, s.handler, s.priority) > (g.tenant_id, g.handler, g.priority)
      order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1) n
  )
  select array_agg(l::engine.claim_group) from (select g.tenant_id, g.handler, g.priority, g.run_at from g limit p_limit) l);
end
$$;
revoke all on function engine.groups_behind(text, uuid, boolean, integer) from public;

-- Locks up to p_want steps of one tenant, by priority, then time, then id. p_taken: those that this claim has already.
create function engine.take(p_queue text, p_tenant uuid, p_groups engine.claim_group[], p_owner text, p_want integer, p_taken uuid[])
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
    select g.priority, array_agg(g.handler) as handlers from unnest(p_groups) g where g.tenant_id = p_tenant
    group by g.priority order by g.priority
  loop
    exit when v_left <= 0;
    if cardinality(v_band.handlers) = 1 and not v_ruled then
      v_taken := v_taken || array(
        select s.id from public.steps s
        where s.queue = p_queue and s.tenant_id = p_tenant and s.handler = v_band.handlers[1] and s.priority = v_band.priority
          and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
          and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
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
            and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
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
-- p_route: {queues?: [text], tenants?, shard?, cursor?: {after: uuid, credit}}. Queues are served in their order ("default" alone
-- unless said).
--
-- Fairness: tenants take turns. The walk begins behind the tenant where the caller's last claim ended (its cursor), and what is
-- wanted is shared out among the tenants it meets by their weights; what one has no use for goes to the others. So a
-- tenant that floods the plane waits for its turn like all others, and no state is written: deficit round robin (Shreedhar
-- and Varghese, 1995) with the deficit in the caller's hands. Within a tenant: by priority, then by time, then by id.
--
-- Two callers never choose the same step, and neither waits for the other (skip locked).
create function engine.pick(p_owner text, p_handlers text[], p_want integer, p_route jsonb, out ids uuid[], out cursor jsonb)
language plpgsql security definer
-- the plan is made once, before there are statistics, and must be the right one after
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  c_zero constant uuid := '00000000-0000-0000-0000-000000000000';
  v_queue text;
  v_after uuid := coalesce((p_route -> 'cursor' ->> 'after')::uuid, c_zero);
  v_credit integer := coalesce((p_route -> 'cursor' ->> 'credit')::integer, 0);
  v_start uuid;
  v_at boolean;
  v_lap integer;
  v_page integer := least(64, greatest(8, 4 * p_want));
  v_size integer;
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
  v_everyone constant boolean := p_route -> 'tenants' is null and p_route -> 'shard' is null;
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

    -- first the tenants behind the cursor, then those up to it
    for v_lap in 1 .. 2 loop
      v_start := case v_lap when 1 then v_after else c_zero end;
      v_at := v_lap = 1 and v_credit > 0;
      v_size := v_page;
      while v_left > 0 loop
        v_groups := engine.groups_behind(v_queue, v_start, v_at, v_size);
        exit when v_groups is null;
        if cardinality(v_groups) = v_size and v_size < 64 and v_groups[1].tenant_id = v_groups[v_size].tenant_id then
          v_size := 64;
          continue;
        end if;
        -- a tenant that the page cuts off comes with the next page
        if cardinality(v_groups) = v_size and v_groups[1].tenant_id <> v_groups[v_size].tenant_id then
          v_tenant := v_groups[v_size].tenant_id;
          v_groups := array(select g from unnest(v_groups) g where g.tenant_id <> v_tenant);
        elsif cardinality(v_groups) < v_size then
          v_size := 0;
        end if;
        v_start := v_groups[cardinality(v_groups)].tenant_id;
        v_at := false;
        if v_lap = 2 and v_start >= v_after then
          v_groups := array(select g from unnest(v_groups) g where g.tenant_id <= v_after);
          v_size := 0;
        end if;

        v_groups := array(
          select g from unnest(v_groups) g
          where g.handler = any (p_handlers) and g.run_at <= clock_timestamp() and (v_everyone or engine.serves(p_route, g.tenant_id)));
        v_active := array(select distinct g.tenant_id from unnest(v_groups) g order by 1);
        while v_left > 0 and cardinality(v_active) > 0 loop
          v_again := '{}';
          v_pass := v_left;
          v_total := 1;
          if cardinality(v_active) > 1 then
            select sum(engine.weight_of(t)) into v_total from unnest(v_active) t;
          end if;
          foreach v_tenant in array v_active loop
            exit when v_left <= 0;
            v_weight := engine.weight_of(v_tenant);
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
            cursor := jsonb_build_object('after', v_tenant, 'credit', case
              when cardinality(v_got) < v_share then 0
              else greatest(0, case when v_tenant = v_after and v_credit > 0 then v_credit else v_weight end - cardinality(v_got)) end);
            if v_tenant = v_after then
              v_credit := 0;
            end if;
          end loop;
          v_active := v_again;
        end loop;
        exit when v_size = 0;
      end loop;
      exit when v_left <= 0 or v_after = c_zero;
    end loop;
  end loop;
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
