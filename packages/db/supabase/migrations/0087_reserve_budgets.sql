-- Reserving and settling: one statement each, exact under any number of callers.
--
-- Locks are taken in one order, so nobody waits in a circle: the key of a request, then rows of reservations, then counters by
-- (budget, subject, window), then the row of usage. Whoever holds a counter never waits for a reservation.

-- plpgsql, as the next ones: its plan outlives the statement.
create function app.time_zone(p_tenant uuid) returns text
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return coalesce((select s.value #>> '{}' from public.tenant_settings s where s.tenant_id = p_tenant and s.key = 'time_zone'), 'UTC');
end
$$;
grant execute on function app.time_zone(uuid) to nofx_member;

-- When the window around an instant begins and ends by the clock of a place. A day or month is as long as that place makes it.
-- Both inlined, so without settings of their own.
create function app.window_start(p_window text, p_zone text, p_at timestamptz) returns timestamptz
language sql stable parallel safe
as $$
  select case when p_window in ('minute', 'hour', 'day', 'month') then date_trunc(p_window, p_at, p_zone) else timestamptz '1970-01-01 00:00:00+00' end
$$;

create function app.window_end(p_window text, p_zone text, p_at timestamptz) returns timestamptz
language sql stable parallel safe
as $$
  select case p_window
    when 'minute' then date_trunc('minute', p_at, p_zone) + interval '1 minute'
    when 'hour' then date_trunc('hour', p_at, p_zone) + interval '1 hour'
    when 'day' then (date_trunc('day', p_at at time zone p_zone) + interval '1 day') at time zone p_zone
    when 'month' then (date_trunc('month', p_at at time zone p_zone) + interval '1 month') at time zone p_zone
  end
$$;

-- Whether a pattern names a model: the same, or with a star at its end what it begins with.
create function app.is_model(p_pattern text, p_model text) returns boolean
language sql immutable parallel safe
as $$
  select coalesce(case when right(p_pattern, 1) = '*' then starts_with(p_model, left(p_pattern, -1)) else p_pattern = p_model end, false)
$$;
grant execute on function app.window_start(text, text, timestamptz), app.window_end(text, text, timestamptz), app.is_model(text, text) to nofx_member;
-- pages show how full a bucket is
grant execute on function engine.refill(numeric, timestamptz, integer, integer, integer, timestamptz) to nofx_member;

-- The counters that a use would be summed in, in the order of their locks.
create function app.budgets_for(p_tenant uuid, p_scopes jsonb, p_amounts jsonb, p_at timestamptz) returns app.budget_hold[]
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_model text := p_scopes ->> 'model';
  v_team text := p_scopes ->> 'team';
  v_zone text;
begin
  perform from public.budgets b where b.tenant_id = p_tenant and b.removed_at is null and b.enabled limit 1;
  if not found then
    return null;
  end if;
  v_zone := app.time_zone(p_tenant);
  if v_team is null and p_scopes ? 'agent_id' then
    select a.team into v_team from public.agent_registry a where a.id = (p_scopes ->> 'agent_id')::uuid and a.tenant_id = p_tenant;
  end if;
  return (
    select array_agg(row(m.id, m.whose, app.window_start(m.window, v_zone, p_at), app.window_end(m.window, v_zone, p_at), m.measure,
      (p_amounts ->> m.measure)::numeric)::app.budget_hold order by m.id)
    from (
      select b.*, case b.scope
        when 'tenant' then p_tenant::text
        when 'run' then p_scopes ->> 'run_id'
        when 'step' then p_scopes ->> 'step_id'
        when 'agent' then p_scopes ->> 'agent_id'
        when 'team' then v_team
        when 'model' then case when v_model is not null and (b.subject is null or app.is_model(b.subject, v_model))
          then coalesce(b.subject, v_model) end
      end as whose
      from public.budgets b
      where b.tenant_id = p_tenant and b.removed_at is null and b.enabled and p_amounts ? b.measure
        and (b.model is null or app.is_model(b.model, v_model))
    ) m
    where m.whose is not null and (m.subject is null or m.scope = 'model' or m.subject = m.whose));
end
$$;
revoke all on function app.budgets_for(uuid, jsonb, jsonb, timestamptz) from public;

-- Sets open reservations free whose counters the caller holds. What flowed out of a bucket stays out where nobody knows whether it was used.
create function app.free_holds(p_reservations uuid[], p_state text) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  update public.budget_counters c
  set reserved = c.reserved - case when b.kind = 'rate' then 0 else f.amount end,
      tokens = case when p_state = 'released' then least(b.burst, c.tokens + f.amount) else c.tokens end, changed_at = clock_timestamp()
  from (
    select h.budget_id, h.subject, h.starts_at, sum(h.amount) as amount
    from public.budget_reservations r cross join lateral unnest(r.holds) h
    where r.id = any (p_reservations) and h.measure <> 'depth'
    group by 1, 2, 3) f
  join public.budgets b on b.id = f.budget_id
  where c.budget_id = f.budget_id and c.subject = f.subject and c.starts_at = f.starts_at;
  update public.budget_reservations r set state = p_state, ended_at = clock_timestamp() where r.id = any (p_reservations);
end
$$;
revoke all on function app.free_holds(uuid[], text) from public;

-- Sees to it that each of these holds has its counter. Windows of minutes are kept for two days, of hours for 35, longer ones for 400, and
-- so are those of a run or step, which have no end.
create function app.ensure_counters(p_tenant uuid, p_holds app.budget_hold[], p_at timestamptz) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  insert into public.budget_counters (budget_id, subject, starts_at, ends_at, tenant_id, tokens, refilled_at, forget_at)
  select h.budget_id, h.subject, h.starts_at, h.ends_at, p_tenant, b.burst, case when b.kind = 'rate' then p_at end,
    case when h.ends_at is not null
      then h.ends_at + case b.window when 'minute' then interval '2 days' when 'hour' then interval '35 days' else interval '400 days' end
      when b.scope in ('run', 'step') then p_at + interval '400 days' end
  from unnest(p_holds) h join public.budgets b on b.id = h.budget_id
  where not exists (select from public.budget_counters c
    where c.budget_id = h.budget_id and c.subject = h.subject and c.starts_at = h.starts_at)
  order by h.budget_id, h.subject, h.starts_at
  on conflict do nothing;
end
$$;
revoke all on function app.ensure_counters(uuid, app.budget_hold[], timestamptz) from public;

-- Locks the counters of these holds, and those of these reservations, in the order that all do.
create function app.lock_counters(p_holds app.budget_hold[], p_reservations uuid[]) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform from public.budget_counters c
  where (c.budget_id, c.subject, c.starts_at) in (
    select h.budget_id, h.subject, h.starts_at from unnest(p_holds) h
    union
    select h.budget_id, h.subject, h.starts_at
    from public.budget_reservations r cross join lateral unnest(r.holds) h where r.id = any (p_reservations))
  order by c.budget_id, c.subject, c.starts_at for update;
end
$$;
revoke all on function app.lock_counters(app.budget_hold[], uuid[]) from public;

-- What people said to more of this window: pending, rejected, or null where nobody is asked.
create function app.budget_answer(p_counter public.budget_counters) returns text
language sql stable security definer
set search_path = ''
as $$
  select a.status from public.approvals a
  where a.id = p_counter.approval_id and (a.status = 'rejected' or (a.status = 'pending' and a.expires_at > clock_timestamp()))
$$;
revoke all on function app.budget_answer(public.budget_counters) from public;

-- Opens the question to people whether a window of a budget gets more, or finds the one that is open. The caller holds the counter.
create function app.ask_for_budget(p_budget public.budgets, p_counter public.budget_counters, p_scopes jsonb, p_asked numeric) returns uuid
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_unit numeric := case p_budget.measure when 'usd' then 1000000000000 else 1 end;
  v_sign text := case p_budget.measure when 'usd' then '$' else '' end;
  v_left numeric := p_budget.limit + p_counter.extra - p_counter.used - p_counter.reserved;
  v_extra numeric := greatest(p_budget.extra, p_asked - v_left);
  v_arguments jsonb;
  v_agent uuid := coalesce(app.agent_id(), (p_scopes ->> 'agent_id')::uuid);
  v_run record;
  v_approval public.approvals;
begin
  if app.budget_answer(p_counter) = 'pending' then
    return p_counter.approval_id;
  end if;

  v_arguments := jsonb_build_object('budget', p_budget.name, 'scope', p_budget.scope, 'subject', p_counter.subject, 'measure', p_budget.measure,
    'window', p_budget.window, 'limit', trim_scale((p_budget.limit + p_counter.extra) / v_unit)::text,
    'used', trim_scale((p_counter.used + p_counter.reserved) / v_unit)::text, 'extra', trim_scale(v_extra / v_unit)::text);
  select r.id, r.correlation_id, case when r.created_by_type = 'member' then r.created_by::uuid end as member into v_run
  from public.runs r where r.id = (p_scopes ->> 'run_id')::uuid and r.tenant_id = p_counter.tenant_id;
  insert into public.approvals (tenant_id, subject, budget_id, run_id, name, title, question, why, arguments, arguments_digest, arguments_schema,
    requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id)
  values (p_counter.tenant_id, 'budget', p_budget.id, v_run.id, p_budget.name, 'More of the budget ' || p_budget.name,
    format('May %s %s more be used?', v_sign || trim_scale(v_extra / v_unit), case p_budget.measure when 'usd' then '' else p_budget.measure end),
    format('%s of %s are used or reserved (%s, %s), and %s more are asked for.', v_sign || trim_scale((p_counter.used + p_counter.reserved) / v_unit),
      v_sign || trim_scale((p_budget.limit + p_counter.extra) / v_unit), p_budget.scope, p_budget.window, v_sign || trim_scale(p_asked / v_unit)),
    v_arguments, encode(sha256(convert_to(v_arguments::text, 'UTF8')), 'hex'),
    jsonb_build_object('type', 'object', 'additionalProperties', false, 'required', jsonb_build_array('extra'), 'properties',
      (select jsonb_object_agg(k.key, case k.key when 'extra'
        then jsonb_build_object('type', 'string', 'pattern', '^\d{1,12}(\.\d{1,12})?$') else jsonb_build_object('const', k.value) end)
       from jsonb_each(v_arguments) k)),
    case when v_agent is null then 'member' else 'agent' end,
    coalesce(v_agent, app.user_id(), p_budget.created_by)::text,
    coalesce((select g.name from public.agent_registry g where g.id = v_agent),
      (select m.name from public.members m where m.tenant_id = p_counter.tenant_id and m.user_id = app.user_id()), 'a caller'),
    coalesce(v_run.member, case when v_agent is null then app.user_id() end),
    greatest(least(p_counter.ends_at, clock_timestamp() + interval '24 hours'), clock_timestamp() + interval '1 minute'),
    coalesce(v_run.correlation_id, app.uuid7()))
  returning * into v_approval;
  -- what follows for a run from silence is said of its own questions
  update public.approvals a set rule = a.rule - 'onExpiry' where a.id = v_approval.id and a.rule ? 'onExpiry';
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_counter.tenant_id, 'approval.requested', v_approval.correlation_id, v_approval.requested_by_type, v_approval.requested_by, v_run.id,
    jsonb_strip_nulls(jsonb_build_object('approval_id', v_approval.id, 'subject', 'budget', 'run_id', v_run.id)));
  update public.budget_counters c set approval_id = v_approval.id
  where c.budget_id = p_counter.budget_id and c.subject = p_counter.subject and c.starts_at = p_counter.starts_at;
  return v_approval.id;
end
$$;
revoke all on function app.ask_for_budget(public.budgets, public.budget_counters, jsonb, numeric) from public;

-- Sets aside what something may come to, in every budget that covers it, or in none. p_amounts: {measure: number as text}; p_scopes:
-- {run_id, step_id, agent_id, team, model}. The same key again is the same reservation, whatever became of it; one that was given
-- back or ran out begins anew under its old id, so that a late answer still finds it.
--
-- Exact: what is used and reserved is read under the locks of all counters, and no number is looked up elsewhere. Who needs room
-- first frees the tenant's reservations whose lease has ended.
create function app.reserve_budget(p_claims jsonb, p_tenant uuid, p_id uuid, p_key text, p_scopes jsonb, p_amounts jsonb, p_lease_ms integer,
  p_wrapping_up boolean) returns jsonb
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_at timestamptz := clock_timestamp();
  v_known public.budget_reservations;
  v_expired uuid[];
  v_holds app.budget_hold[];
  v_row record;
  v_room numeric;
  v_wait_ms bigint;
  v_refusal jsonb;
  v_refused jsonb;
  v_rank integer := 99;
  v_outcome text;
  v_told record;
  v_now timestamptz;
  v_spent app.budget_hold[] := '{}';
begin
  perform app.act_as(p_claims, p_tenant);
  if p_lease_ms not between 1000 and 86400000 or length(p_key) not between 1 and 200
    or exists (select from jsonb_each_text(p_amounts) a where a.value !~ '^\d{1,38}$') then
    raise invalid_parameter_value using message = 'amounts are whole numbers of at least 0, a lease lasts from a second to a day';
  end if;

  perform pg_advisory_xact_lock(hashtextextended(p_key, hashtextextended(p_tenant::text, 0)));
  select r.* into v_known from public.budget_reservations r where r.tenant_id = p_tenant and r.request_key = p_key for update;
  if found and (v_known.state = 'settled' or (v_known.state = 'open' and v_known.expires_at > v_at)) then
    return jsonb_build_object('outcome', 'reserved', 'id', v_known.id, 'state', v_known.state, 'replayed', true);
  end if;

  v_holds := app.budgets_for(p_tenant, p_scopes, p_amounts, v_at);
  v_expired := array(
    select r.id from public.budget_reservations r
    where r.tenant_id = p_tenant and r.state = 'open' and r.expires_at <= v_at
    order by r.id limit 50 for update skip locked);
  if v_known.state = 'open' and v_known.id <> all (v_expired) then
    v_expired := v_expired || v_known.id;
  end if;
  if v_holds is not null then
    perform app.ensure_counters(p_tenant, v_holds, v_at);
  end if;
  -- of what is freed too; else the loop takes the locks
  if v_expired <> '{}' then
    perform app.lock_counters(v_holds, v_expired);
    perform app.free_holds(v_expired, 'expired');
  end if;

  for v_row in
    select b as budget, c as counter, h as hold
    from unnest(v_holds) h
    join public.budgets b on b.id = h.budget_id
    join public.budget_counters c on c.budget_id = h.budget_id and c.subject = h.subject and c.starts_at = h.starts_at
    order by h.budget_id, h.subject, h.starts_at
    for update of c
  loop
    v_wait_ms := null;
    v_now := clock_timestamp();
    if (v_row.budget).kind = 'rate' then
      v_room := engine.refill((v_row.counter).tokens, (v_row.counter).refilled_at, (v_row.budget).limit::integer, (v_row.budget).per_seconds,
        (v_row.budget).burst, v_now);
      -- more than the bucket can ever hold passes when it is full, and is paid off by those who come after
      v_wait_ms := ceil((least((v_row.hold).amount, (v_row.budget).burst) - v_room) * (v_row.budget).per_seconds * 1000 / (v_row.budget).limit);
      continue when v_wait_ms <= 0;
      v_outcome := 'stop';
    else
      v_room := (v_row.budget).limit + (v_row.counter).extra
        + case when p_wrapping_up and (v_row.budget).outcome = 'wrap_up' then (v_row.budget).extra else 0 end
        - case when (v_row.hold).measure = 'depth' then 0 else (v_row.counter).used + (v_row.counter).reserved end;
      continue when (v_row.hold).amount <= v_room;
      v_spent := v_spent || (v_row.hold)::app.budget_hold;
      v_outcome := case when p_wrapping_up and (v_row.budget).outcome = 'wrap_up' then 'stop' else (v_row.budget).outcome end;
      if v_outcome = 'ask' and app.budget_answer(v_row.counter) = 'rejected' then
        v_outcome := 'stop';
      end if;
    end if;
    -- the strictest is told; of several, whoever takes longest
    v_refusal := jsonb_build_object('outcome', v_outcome, 'budget_id', (v_row.budget).id, 'budget_name', (v_row.budget).name,
      'kind', (v_row.budget).kind, 'scope', (v_row.budget).scope, 'subject', (v_row.counter).subject, 'measure', (v_row.budget).measure,
      'window', (v_row.budget).window, 'limit', (case (v_row.budget).kind when 'rate' then (v_row.budget).burst
        else (v_row.budget).limit + (v_row.counter).extra end)::text,
      'used', (case (v_row.budget).kind when 'rate' then ceil((v_row.budget).burst - v_room) else (v_row.counter).used end)::text,
      'reserved', (v_row.counter).reserved::text, 'asked', (v_row.hold).amount::text,
      'resets_at', coalesce((v_row.hold).ends_at, v_at + make_interval(secs => v_wait_ms / 1000.0)),
      'retry_after_ms', coalesce(v_wait_ms, ceil(extract(epoch from (v_row.hold).ends_at - v_at) * 1000)::bigint),
      'approval_id', (v_row.counter).approval_id);
    if array_position(array['stop', 'ask', 'wrap_up', 'degrade'], v_outcome) < v_rank
      or (v_outcome = v_refused ->> 'outcome' and (v_refused ->> 'retry_after_ms') is not null
        and coalesce((v_refusal ->> 'retry_after_ms')::bigint > (v_refused ->> 'retry_after_ms')::bigint, true)) then
      v_refused := v_refusal;
      v_told := v_row;
      v_rank := array_position(array['stop', 'ask', 'wrap_up', 'degrade'], v_outcome);
    end if;
  end loop;

  if v_refused is not null then
    if v_refused ->> 'outcome' = 'ask' then
      v_refused := v_refused || jsonb_build_object('approval_id',
        app.ask_for_budget(v_told.budget, v_told.counter, p_scopes, (v_told.hold).amount));
    end if;
    with refused as (
      update public.budget_counters c
      set refusals = c.refusals + 1, exhausted_at = coalesce(c.exhausted_at, v_at), changed_at = clock_timestamp()
      from unnest(v_spent) h
      where c.budget_id = h.budget_id and c.subject = h.subject and c.starts_at = h.starts_at
      returning c.budget_id, c.subject, c.exhausted_at
    )
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select p_tenant, 'budget.exhausted', app.uuid7(), case when app.agent_id() is not null then 'agent' when app.user_id() is not null then 'member' else 'system' end,
      coalesce(app.agent_id()::text, app.user_id()::text, 'budgets'), (p_scopes ->> 'run_id')::uuid,
      jsonb_strip_nulls(jsonb_build_object('budget_id', b.id, 'budget', b.name, 'scope', b.scope, 'measure', b.measure, 'window', b.window,
        'outcome', b.outcome, 'run_id', p_scopes ->> 'run_id', 'agent_id', p_scopes ->> 'agent_id'))
    from refused f join public.budgets b on b.id = f.budget_id
    -- once a window
    where f.exhausted_at = v_at;
    return v_refused;
  end if;

  if v_holds is not null then
    update public.budget_counters c
    set reserved = c.reserved + case when b.kind = 'rate' or h.measure = 'depth' then 0 else h.amount end,
        used = case when h.measure = 'depth' then greatest(c.used, h.amount) else c.used end,
        tokens = case when b.kind = 'rate' then
          engine.refill(c.tokens, c.refilled_at, b.limit::integer, b.per_seconds, b.burst, v_now) - h.amount end,
        refilled_at = case when b.kind = 'rate' then greatest(c.refilled_at, v_now) end,
        changed_at = clock_timestamp()
    from unnest(v_holds) h join public.budgets b on b.id = h.budget_id
    where c.budget_id = h.budget_id and c.subject = h.subject and c.starts_at = h.starts_at;
  end if;
  insert into public.budget_reservations as r (id, tenant_id, request_key, run_id, step_id, agent_id, model, amounts, holds, expires_at)
  values (p_id, p_tenant, p_key, (p_scopes ->> 'run_id')::uuid, (p_scopes ->> 'step_id')::uuid, (p_scopes ->> 'agent_id')::uuid,
    p_scopes ->> 'model', p_amounts, coalesce(v_holds, '{}'), clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0))
  on conflict (tenant_id, request_key) do update
  set run_id = excluded.run_id, step_id = excluded.step_id, agent_id = excluded.agent_id, model = excluded.model, amounts = excluded.amounts,
      holds = excluded.holds, expires_at = excluded.expires_at, state = 'open', ended_at = null, created_at = clock_timestamp()
  returning r.id into p_id;
  return jsonb_build_object('outcome', 'reserved', 'id', p_id, 'state', 'open', 'replayed', false);
end
$$;

-- Ends a reservation: with what was really used, or (null) with nothing. Once: what stands, stands. What is not named in p_actual counts
-- as it was reserved. More than that is counted and noted, and so is what comes after the lease has ended. Null: there is none.
create function app.settle_budget(p_id uuid, p_actual jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_known public.budget_reservations;
  v_actual jsonb;
  v_late boolean;
  v_overrun jsonb;
  v_more jsonb;
  v_holds app.budget_hold[];
begin
  if exists (select from jsonb_each_text(p_actual) a where a.value !~ '^\d{1,38}$') then
    raise invalid_parameter_value using message = 'amounts are whole numbers of at least 0';
  end if;
  select r.* into v_known from public.budget_reservations r where r.id = p_id for update;
  if not found then
    return null;
  elsif v_known.state = 'settled' or (p_actual is null and v_known.state <> 'open') then
    return jsonb_build_object('settled', false, 'late', v_known.late, 'overrun', coalesce(v_known.overrun, '{}'));
  end if;
  v_holds := v_known.holds;
  -- of what nobody had thought of beforehand nothing is reserved, and it is counted all the same
  select jsonb_object_agg(a.key, '0') into v_more from jsonb_object_keys(p_actual) a (key) where not v_known.amounts ? a.key;
  if v_more is not null then
    v_holds := v_holds || app.budgets_for(v_known.tenant_id, jsonb_strip_nulls(jsonb_build_object('run_id', v_known.run_id,
      'step_id', v_known.step_id, 'agent_id', v_known.agent_id, 'model', v_known.model)), v_more, v_known.created_at);
    perform app.ensure_counters(v_known.tenant_id, v_holds, clock_timestamp());
  end if;
  if v_holds <> '{}' then
    perform app.lock_counters(v_holds, '{}');
  end if;
  if p_actual is null then
    perform app.free_holds(array[p_id], 'released');
    return jsonb_build_object('settled', true, 'late', false, 'overrun', '{}'::jsonb);
  end if;

  v_actual := v_known.amounts || p_actual;
  v_late := v_known.state <> 'open';
  select coalesce(jsonb_object_agg(a.key, (a.value::numeric - coalesce((v_known.amounts ->> a.key)::numeric, 0))::text), '{}') into v_overrun
  from jsonb_each_text(v_actual) a
  where a.key <> 'depth' and a.value::numeric > coalesce((v_known.amounts ->> a.key)::numeric, 0);

  if v_holds <> '{}' then
    update public.budget_counters c
    set reserved = c.reserved - case when v_late or b.kind = 'rate' or h.measure = 'depth' then 0 else h.amount end,
        used = case
          when h.measure = 'depth' then greatest(c.used, u.actual)
          when b.window in ('at_once', 'rate') then c.used
          else c.used + u.actual end,
        overrun = c.overrun + case
          when h.measure = 'depth' or b.window in ('at_once', 'rate') then 0
          when v_late then u.actual
          else greatest(u.actual - h.amount, 0) end,
        tokens = case when b.kind = 'rate' then
          least(b.burst, c.tokens + case v_known.state when 'released' then 0 else h.amount end - u.actual) end,
        changed_at = clock_timestamp()
    from unnest(v_holds) h
    join public.budgets b on b.id = h.budget_id
    cross join lateral (select (v_actual ->> h.measure)::numeric as actual) u
    where c.budget_id = h.budget_id and c.subject = h.subject and c.starts_at = h.starts_at;
  end if;
  update public.budget_reservations r
  set state = 'settled', holds = v_holds, actual = v_actual, overrun = v_overrun, late = v_late, ended_at = clock_timestamp()
  where r.id = p_id;

  if v_actual ?| array['usd', 'tokens', 'calls'] then
    insert into public.usage_counters as u (tenant_id, starts_at, agent_id, model, calls, tokens, cost_pico, overruns, late)
    values (v_known.tenant_id, date_trunc('hour', v_known.created_at, app.time_zone(v_known.tenant_id)), v_known.agent_id, v_known.model,
      coalesce((v_actual ->> 'calls')::bigint, 0), coalesce((v_actual ->> 'tokens')::bigint, 0), coalesce((v_actual ->> 'usd')::numeric, 0),
      (v_overrun <> '{}')::integer, v_late::integer)
    on conflict on constraint usage_counters_once do update
    set calls = u.calls + excluded.calls, tokens = u.tokens + excluded.tokens, cost_pico = u.cost_pico + excluded.cost_pico,
        overruns = u.overruns + excluded.overruns, late = u.late + excluded.late;
  end if;
  return jsonb_build_object('settled', true, 'late', v_late, 'overrun', v_overrun);
end
$$;

-- Still under way. False where it has ended.
create function app.renew_reservation(p_id uuid, p_lease_ms integer) returns boolean
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  update public.budget_reservations r
  set expires_at = greatest(r.expires_at, clock_timestamp() + make_interval(secs => least(p_lease_ms, 86400000) / 1000.0))
  where r.id = p_id and r.state = 'open';
  return found;
end
$$;
grant execute on function app.reserve_budget(jsonb, uuid, uuid, text, jsonb, jsonb, integer, boolean), app.settle_budget(uuid, jsonb),
  app.renew_reservation(uuid, integer) to nofx_web, nofx_agent_gateway, nofx_worker;

-- Frees what is reserved by those who were not heard of in time, and forgets what nobody asks for any more: reservations that ended two
-- days ago, and windows whose time to be forgotten has come.
create function engine.sweep_budgets(p_limit integer) returns integer
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_expired uuid[] := array(
    select r.id from public.budget_reservations r
    where r.state = 'open' and r.expires_at <= clock_timestamp()
    order by r.id limit p_limit for update skip locked);
begin
  if v_expired <> '{}' then
    perform app.lock_counters('{}', v_expired);
    perform app.free_holds(v_expired, 'expired');
  end if;
  delete from public.budget_reservations r
  where r.id in (
    select o.id from public.budget_reservations o
    where o.state <> 'open' and o.ended_at < clock_timestamp() - interval '2 days'
    order by o.ended_at limit p_limit for update skip locked);
  delete from public.budget_counters c
  where (c.budget_id, c.subject, c.starts_at) in (
    select o.budget_id, o.subject, o.starts_at
    from public.budget_counters o
    where o.forget_at < clock_timestamp() and o.reserved = 0
    order by o.forget_at limit p_limit for update skip locked);
  return cardinality(v_expired);
end
$$;
grant execute on function engine.sweep_budgets(integer) to nofx_worker;

-- A yes to more: so much more of that window, once. Answers {budget_id, extra: in the measure's own unit}; null where there is nothing to
-- add.
create function app.extend_budget(p_approval uuid) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_approval public.approvals;
  v_extra numeric;
begin
  select a.* into v_approval from public.approvals a where a.id = p_approval;
  perform app.assert_tenant(v_approval.tenant_id);
  if v_approval.subject is distinct from 'budget' or v_approval.status <> 'approved' then
    return null;
  end if;
  v_extra := (coalesce(v_approval.edited_arguments, v_approval.arguments) ->> 'extra')::numeric
    * case v_approval.arguments ->> 'measure' when 'usd' then 1000000000000 else 1 end;
  update public.budget_counters c
  set extra = c.extra + ceil(v_extra), approval_id = null, exhausted_at = null, changed_at = clock_timestamp()
  where c.approval_id = p_approval;
  return case when found then jsonb_build_object('budget_id', v_approval.budget_id, 'extra', ceil(v_extra)::text) end;
end
$$;
grant execute on function app.extend_budget(uuid) to nofx_member;
