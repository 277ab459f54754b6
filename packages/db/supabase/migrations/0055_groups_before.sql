-- A look for groups ends where its range ends.
--
-- As a bound of the index (tenant_id, handler, priority) < (...) only ends the scan where tenant_id decides it; where the tenant is
-- that of the bound, Postgres reads on through all that the tenant has queued (before 18). So the bounds are single columns here.

-- The groups of a tenant before this one of its groups, in index order.
create function engine.groups_before(p_queue text, p_group engine.claim_group, p_limit integer) returns engine.claim_group[]
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_groups engine.claim_group[] := '{}';
  g engine.claim_group := row(p_group.tenant_id, '', 0, null)::engine.claim_group;
begin
  while cardinality(v_groups) < p_limit loop
    select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
    where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
      and s.tenant_id = p_group.tenant_id and (s.handler, s.priority) > (g.handler, g.priority) and s.handler < p_group.handler
    order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    exit when not found;
    v_groups := v_groups || g;
  end loop;
  g := null;
  while cardinality(v_groups) < p_limit loop
    select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
    where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
      and s.tenant_id = p_group.tenant_id and s.handler = p_group.handler
      and s.priority > coalesce(g.priority, -32768) and s.priority < p_group.priority
    order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    exit when not found;
    v_groups := v_groups || g;
  end loop;
  return v_groups;
end
$$;
revoke all on function engine.groups_before(text, engine.claim_group, integer) from public;

-- As in 0033. p_below: a tenant, all of whose groups are out of the range, or one of the tenant p_to's groups.
create or replace function engine.groups_of(
  p_queue text, p_mode text, p_from engine.claim_group, p_to uuid, p_below engine.claim_group, p_limit integer
) returns engine.claim_group[]
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_groups engine.claim_group[] := '{}';
  g engine.claim_group := p_from;
begin
  if p_below.handler <> '' then
    return engine.groups_before(p_queue, p_below, p_limit);
  end if;
  loop
    -- three statements, because a bound that may or may not apply would be no bound of the index
    if p_mode = 'behind' then
      select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and s.tenant_id > g.tenant_id and s.tenant_id <= p_to and s.tenant_id < p_below.tenant_id
      order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    elsif p_mode = 'at' then
      select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and s.tenant_id >= g.tenant_id and s.tenant_id <= p_to and s.tenant_id < p_below.tenant_id
      order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    else
      select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and (s.tenant_id, s.handler, s.priority) > (g.tenant_id, g.handler, g.priority)
        and s.tenant_id <= p_to and s.tenant_id < p_below.tenant_id
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
