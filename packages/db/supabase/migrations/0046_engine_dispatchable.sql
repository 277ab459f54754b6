-- How many steps of a group its rules would allow now, p_want at most: engine.allow without a lock, so that a look keeps no claim
-- from its own. What it says may be over when it is read.
create function engine.would_allow(p_tenant uuid, p_queue text, p_handler text, p_want integer) returns integer
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
  v_rule public.claim_rules;
  v_running integer;
  v_allowed integer := p_want;
begin
  for v_rule in select * from engine.rules_for(p_tenant, p_queue, p_handler, '') loop
    exit when v_allowed <= 0;
    if v_rule.paused_at is not null then
      v_allowed := 0;
    elsif v_rule.max_running is not null then
      select count(*) into v_running from (
        select from public.steps s
        where s.status in ('assigned', 'running')
          and (v_rule.tenant_id is null or s.tenant_id = v_rule.tenant_id)
          and (v_rule.queue is null or s.queue = v_rule.queue)
          and (v_rule.type is null or engine.is_of_type(v_rule.type, s.kind, s.capability))
        limit v_rule.max_running) as running;
      v_allowed := least(v_allowed, v_rule.max_running - v_running);
    end if;
    if v_rule.rate is not null then
      v_allowed := least(v_allowed, floor(engine.refill(
        v_rule.tokens, v_rule.refilled_at, v_rule.rate, v_rule.per_seconds, v_rule.burst, clock_timestamp())));
    end if;
  end loop;
  return greatest(0, v_allowed);
end
$$;
revoke all on function engine.would_allow(uuid, text, text, integer) from public;

-- What a dispatcher may tell a transport of: claimable steps of one queue for one kind of worker, in fair order. Nothing is locked
-- and nothing is promised: the claim asks everything again.
--
-- p_route: {tenants?, shard?, after?: uuid}: tenants behind `after` alone. The walk ends behind p_limit groups (tenant, handler, priority)
-- and answers where, so that the next one goes on there; `after` is null when it has come to the end.
--
-- Tenants take turns: first the first step of each, then the second. What the rules of a tenant do not allow now is left out, or
-- it would fill the room of what could be claimed.
--
-- Answers {steps: [{id, epoch, tenant_id, weight}], after}. A walk reads p_limit heads of groups, and of steps at most about four times
-- p_limit, whatever the length of the queue.
create function engine.dispatchable(p_handlers text[], p_queue text, p_route jsonb, p_limit integer) returns json
language plpgsql security definer
-- a plan made before there are statistics must be the same as after
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_groups engine.claim_group[];
  v_cut uuid;
  v_after uuid;
  v_each integer;
  v_steps json;
  v_allowed jsonb;
begin
  v_groups := engine.groups_behind(p_queue, coalesce((p_route ->> 'after')::uuid, '00000000-0000-0000-0000-000000000000'), false, p_limit);
  if cardinality(v_groups) = p_limit then
    v_cut := v_groups[p_limit].tenant_id;
    -- a tenant that the walk cuts off is read by the next one, unless it is all there is
    if v_groups[1].tenant_id <> v_cut then
      v_groups := array(select g from unnest(v_groups) g where g.tenant_id <> v_cut);
    end if;
    v_after := v_groups[cardinality(v_groups)].tenant_id;
  end if;
  v_groups := array(
    select g from unnest(v_groups) g
    where g.handler = any (p_handlers) and g.run_at <= clock_timestamp() and engine.serves(p_route, g.tenant_id));

  select coalesce(jsonb_object_agg(k.tenant_id || k.handler, engine.would_allow(k.tenant_id, p_queue, k.handler, p_limit)), '{}')
  into v_allowed
  from (select distinct g.tenant_id, g.handler from unnest(v_groups) g) k where engine.ruled(k.tenant_id);

  v_each := least(p_limit, greatest(2, 4 * p_limit / greatest(1, cardinality(v_groups))));
  select json_agg(json_build_object('id', t.id, 'epoch', t.epoch, 'tenant_id', t.tenant_id, 'weight', t.weight) order by t.turn, t.tenant_id)
  into v_steps
  from (
    select k.*, engine.weight_of(k.tenant_id) as weight,
      row_number() over (partition by k.tenant_id order by k.last desc, k.priority, k.run_at, k.id) as turn
    from (
      select s.*, row_number() over (partition by s.tenant_id, s.handler order by s.priority, s.run_at, s.id) as nth
      from (
        select s.id, s.epoch, s.tenant_id, s.handler, s.priority, s.run_at, false as last
        from unnest(v_groups) g cross join lateral (
          select s.id, s.epoch, s.tenant_id, s.handler, s.priority, s.run_at from public.steps s
          where s.queue = p_queue and s.tenant_id = g.tenant_id and s.handler = g.handler and s.priority = g.priority
            and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
            and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
          order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at, s.id
          limit v_each) s
        union all
        -- what one more crash would end: each worker takes one of these at a time
        (select s.id, s.epoch, s.tenant_id, s.handler, s.priority, s.run_at, true from public.steps s
         where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and s.crashes > 0 and s.crashes + 1 >= s.max_crashes
           and s.handler = any (p_handlers) and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
           and engine.serves(p_route, s.tenant_id)
         order by s.queue, s.priority, s.run_at, s.id limit 8)
      ) s
    ) k
    where k.nth <= coalesce((v_allowed ->> (k.tenant_id || k.handler))::integer, p_limit)
    order by turn, k.tenant_id
    limit p_limit
  ) t;
  return json_build_object('steps', coalesce(v_steps, '[]'), 'after', v_after);
end
$$;
revoke all on function engine.dispatchable(text[], text, jsonb, integer) from public;
grant execute on function engine.dispatchable(text[], text, jsonb, integer) to nofx_worker;
