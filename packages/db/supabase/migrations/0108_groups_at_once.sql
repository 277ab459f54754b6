-- Groups of many tenants in one statement: where hundreds of tenants have only steps for later, each claim looks at the heads of all
-- of them, and a statement each took twice the time.

-- As in 0055. The first group by itself, because mostly there is one; the others by a recursive query.
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
  if p_mode <> 'group' then
    -- two statements, because a bound that may or may not apply would be no bound of the index
    if p_mode = 'behind' then
      select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and s.tenant_id > g.tenant_id and s.tenant_id <= p_to and s.tenant_id < p_below.tenant_id
      order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    else
      select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and s.tenant_id >= g.tenant_id and s.tenant_id <= p_to and s.tenant_id < p_below.tenant_id
      order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    end if;
    if not found then
      return '{}';
    end if;
    v_groups := array[g];
    if p_limit <= 1 then
      return v_groups;
    end if;
  end if;
  return v_groups || array(
    with recursive n as (
      select g.tenant_id as tenant_id, g.handler as handler, g.priority as priority, g.run_at as run_at
      union all
      select f.* from n cross join lateral (
        select s.tenant_id, s.handler, s.priority, s.run_at from public.steps s
        where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
          and (s.tenant_id, s.handler, s.priority) > (n.tenant_id, n.handler, n.priority)
          and s.tenant_id <= p_to and s.tenant_id < p_below.tenant_id
        order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1) f
    )
    -- the first is the one that was begun behind
    select row(n.tenant_id, n.handler, n.priority, n.run_at)::engine.claim_group from n offset 1 limit p_limit - cardinality(v_groups));
end
$$;
