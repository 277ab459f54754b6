-- Plans of queries: nothing that runs often reads more of the backlog, or of what runs, than it takes or is asked for
-- (packages/db/test/engine/plans-of-queries.test.ts, at a million queued steps). And of each index, what it is for.

-- Only an executor's own claims: found by the id. Written out, the states would let the planner take the index of leases, which is small
-- when it plans and is not when it runs (engine.settle_one).
create or replace function engine.owned(p_tenant uuid, p_step uuid, p_epoch bigint) returns public.steps
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  c_held constant text[] := '{assigned,running}';
  v_step public.steps;
begin
  if p_tenant is not null then
    perform app.assert_tenant(p_tenant);
  elsif session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'only the engine acts across tenants';
  end if;
  select s.* into v_step from public.steps s
  where s.id = p_step and s.epoch = p_epoch
    and (p_tenant is null or (s.tenant_id = p_tenant and s.lease_owner = app.agent_id()::text))
    and s.status = any (c_held) and s.lease_until > clock_timestamp()
  for update;
  if not found then
    raise exception using errcode = 'NX001', message = 'lease_lost';
  end if;
  return v_step;
end
$$;

create or replace function engine.describe_held(p_owner text, p_executor text, p_tenant uuid, p_items jsonb) returns setof jsonb
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  c_held constant text[] := '{assigned,running}';
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);
  return query
  select engine.describe(s)
  from jsonb_to_recordset(p_items) as i (step_id uuid, epoch bigint)
  join public.steps s on s.id = i.step_id and s.epoch = i.epoch
  where s.status = any (c_held) and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
    and (p_tenant is null or s.tenant_id = p_tenant)
  order by s.priority, s.id;
end
$$;

-- The sweeps find a few rows by their times and follow them by their ids: never a whole table, whatever the statistics say.
alter function engine.reclaim(integer)
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan;
alter function engine.overdue(integer) set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off;
alter function engine.wake_timers(integer) set enable_seqscan = off set enable_bitmapscan = off set jit = off;
alter function engine.archive(integer) set enable_seqscan = off set enable_bitmapscan = off set jit = off;
alter function engine.enqueue(uuid, jsonb, text, text, uuid, text, uuid) set enable_seqscan = off set jit = off;

-- the steps of what has been settled lately are looked up, not read in their order
alter function engine.queue_stats(uuid) set enable_hashjoin = off set enable_mergejoin = off;

-- By another word for open than queries by a step use, or they would read all of it.
drop index public.waits_open;
create index waits_open on public.waits (tenant_id, id) where ended_at is null;

-- What waits for something keeps its deadline and is not ended by it: left out, or every sweep would read it again.
drop index public.steps_deadline;
create index steps_deadline on public.steps (deadline_at) where status = 'queued' and holds = 0 and deadline_at is not null;

-- Those that are late for longest first, by the index of deadlines.
create or replace function engine.expire_deadlines(p_limit integer) returns integer
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
declare
  v_ended uuid[];
begin
  with late as (
    select s.id from public.steps s
    where s.status = 'queued' and s.deadline_at <= clock_timestamp() and s.holds = 0
    order by s.deadline_at limit p_limit for update skip locked
  ),
  moved as (
    update public.steps s
    set status = case when s.cancel_requested_at is null then 'failed' else 'cancelled' end, finalised_at = clock_timestamp(),
        error = coalesce(s.error, jsonb_build_object('code', 'deadline_exceeded', 'message', 'It did not get done within its time.'))
          || '{"past_deadline": true}'
    from late where s.id = late.id
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.error, s.correlation_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.settled', (array_agg(m.correlation_id))[1], 'system', 'sweeper', m.run_id,
      jsonb_build_object('run_id', m.run_id, 'steps', jsonb_agg(jsonb_build_object('step_id', m.id, 'run_id', m.run_id,
        'attempt', m.epoch, 'outcome', 'failed', 'status', m.status, 'error_code', m.error ->> 'code')))
    from moved m group by m.tenant_id, m.run_id
  )
  select coalesce(array_agg(m.id), '{}') into v_ended from moved m;
  if cardinality(v_ended) > 0 then
    perform engine.finish('{}', v_ended, 'system', 'sweeper');
  end if;
  return cardinality(v_ended);
end
$$;

-- Agents claim as workers do: the groups of what they can do are found by skip scan, and each is read from its head. So neither a
-- queue that is paused, nor what the agent has no code for, nor what is not due yet is in the way.
drop index public.steps_claim_agent;
create index steps_claim_agent on public.steps (tenant_id, capability, queue, handler, priority, run_at, id)
  where status = 'queued' and holds = 0 and executor = 'agent';

create type engine.agent_group as (capability text, queue text, handler text, priority smallint);

-- The groups of a tenant's claimable steps for agents, one look-up each.
create function engine.agent_groups(p_tenant uuid, p_capabilities text[]) returns engine.agent_group[]
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
begin
  return (with recursive g as (
    select f.* from unnest(p_capabilities) as c (capability) cross join lateral (
      select s.capability, s.queue, s.handler, s.priority from public.steps s
      where s.tenant_id = p_tenant and s.capability = c.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
      order by s.tenant_id, s.capability, s.queue, s.handler, s.priority limit 1) f
    union all
    select n.* from g cross join lateral (
      select s.capability, s.queue, s.handler, s.priority from public.steps s
      where s.tenant_id = p_tenant and s.capability = g.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
        and (s.queue, s.handler, s.priority) > (g.queue, g.handler, g.priority)
      order by s.tenant_id, s.capability, s.queue, s.handler, s.priority limit 1) n
  )
  select coalesce(array_agg(l::engine.agent_group), '{}') from g l);
end
$$;
revoke all on function engine.agent_groups(uuid, text[]) from public;

-- Steps for an agent, of what its registry row says it can do: by priority, then by time, as far as the rules of each queue and
-- capability allow.
create or replace function engine.pick_for_agent(p_owner text, p_handlers text[], p_tenant uuid, p_capabilities text[], p_limit integer) returns uuid[]
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
declare
  v_ruled boolean := engine.ruled(p_tenant);
  v_groups engine.agent_group[] := engine.agent_groups(p_tenant, array(
    select distinct c.capability from public.agent_registry r, unnest(r.capabilities) as c (capability)
    where r.id = p_owner::uuid and r.status = 'active' and c.capability = any (p_capabilities)));
  v_shut text[] := '{}';
  v_priority smallint;
  v_group record;
  v_found boolean;
  v_allowed integer;
  v_ids uuid[] := '{}';
begin
  for v_priority in select distinct g.priority from unnest(v_groups) g where g.handler = any (p_handlers) order by g.priority loop
    -- a group that gives less than was asked for is shut for the rest of this claim, so every round but the last shuts one
    v_found := true;
    while v_found and cardinality(v_ids) < p_limit loop
      v_found := false;
      for v_group in
        select t.queue, t.capability, array_agg(t.id order by t.run_at, t.id) as ids
        from (
          select s.* from unnest(v_groups) as g
          cross join lateral (
            select s.id, s.queue, s.capability, s.run_at from public.steps s
            where s.tenant_id = p_tenant and s.capability = g.capability and s.queue = g.queue and s.handler = g.handler
              and s.priority = g.priority and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
              and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
              and s.id <> all (v_ids)
            order by s.tenant_id, s.capability, s.queue, s.handler, s.priority, s.run_at, s.id
            limit p_limit - cardinality(v_ids) for update skip locked
          ) as s
          where g.priority = v_priority and g.handler = any (p_handlers) and g.queue || '/' || g.capability <> all (v_shut)
          order by s.run_at, s.id limit p_limit - cardinality(v_ids)
        ) as t
        group by t.queue, t.capability order by min(t.run_at)
      loop
        v_allowed := cardinality(v_group.ids);
        if v_ruled then
          v_allowed := engine.allow(p_tenant, v_group.queue, 'agent@1/' || v_group.capability, p_owner, v_allowed);
        end if;
        v_ids := v_ids || v_group.ids[1:v_allowed];
        if v_allowed < cardinality(v_group.ids) then
          v_shut := v_shut || (v_group.queue || '/' || v_group.capability);
          v_found := true;
        end if;
      end loop;
    end loop;
  end loop;
  return v_ids;
end
$$;

create or replace function engine.claim(
  p_owner text, p_executor text, p_handlers text[], p_tenant uuid, p_capabilities text[], p_limit integer, p_lease_ms integer,
  p_version text default null
) returns setof jsonb
language plpgsql security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
  v_ids uuid[];
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);
  if p_executor = 'worker' then
    select p.ids into v_ids from engine.pick(p_owner, p_handlers, p_limit, '{}') p;
  else
    v_ids := engine.pick_for_agent(p_owner, p_handlers, p_tenant, p_capabilities, p_limit);
  end if;
  if cardinality(v_ids) = 0 then
    return;
  end if;
  perform engine.grant_claims(v_ids, p_owner, p_executor, p_lease_ms, p_version);
  return query
  select engine.describe(s) from unnest(v_ids) with ordinality as c (id, n) join public.steps s on s.id = c.id
  order by s.priority, s.id;
end
$$;

-- As in 0023, by the groups (tenant, handler) of the queue: a backlog that workers have code for costs a look-up a group.
create or replace function engine.end_stranded(p_seconds double precision, p_limit integer) returns integer
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
declare
  v_since timestamptz := clock_timestamp() - make_interval(secs => p_seconds);
  v_known text[];
  v_stranded uuid[];
  v_ended uuid[];
begin
  if not exists (
    select from public.worker_devices d
    where d.status <> 'stopped' and d.up_since <= v_since and d.seen_at > clock_timestamp() - interval '60 s'
  ) then
    return 0;
  end if;
  select coalesce(array_agg(distinct h.handler), '{}') into v_known
  from public.worker_devices d cross join lateral unnest(d.handlers) as h (handler)
  where d.seen_at > v_since;

  v_stranded := array(
    with recursive g as (
      (select s.tenant_id, s.handler from public.steps s
       where s.queue = 'default' and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
       order by s.queue, s.tenant_id, s.handler limit 1)
      union all
      select n.* from g cross join lateral (
        select s.tenant_id, s.handler from public.steps s
        where s.queue = 'default' and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
          and (s.tenant_id, s.handler) > (g.tenant_id, g.handler)
        order by s.queue, s.tenant_id, s.handler limit 1) n
    )
    (select t.id from g cross join lateral (
       select s.id from public.steps s
       where s.queue = 'default' and s.tenant_id = g.tenant_id and s.handler = g.handler and s.run_at <= v_since
         and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
       order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at, s.id limit p_limit) t
     where g.handler <> all (v_known) limit p_limit)
    union all
    (select s.id from public.steps s
     where s.queue = 'default' and s.handler <> all (v_known) and s.run_at <= v_since
       and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and s.crashes > 0 and s.crashes + 1 >= s.max_crashes
     order by s.queue, s.priority, s.run_at, s.id limit p_limit)
    limit p_limit);

  with stranded as (
    select s.id from public.steps s
    where s.id = any (v_stranded) and s.status = 'queued' and s.holds = 0 and s.run_at <= v_since
    order by s.id for update skip locked
  ),
  moved as (
    update public.steps s
    set status = case when s.cancel_requested_at is null then 'failed' else 'cancelled' end, finalised_at = clock_timestamp(),
        error = jsonb_build_object('code', 'unknown_handler', 'message',
          format('No worker has had code for "%s" for %s s.', s.handler, round(p_seconds::numeric)))
    from stranded where s.id = stranded.id
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.error, s.correlation_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.settled', (array_agg(m.correlation_id))[1], 'system', 'sweeper', m.run_id,
      jsonb_build_object('run_id', m.run_id, 'steps', jsonb_agg(jsonb_build_object('step_id', m.id, 'run_id', m.run_id,
        'attempt', m.epoch, 'outcome', 'failed', 'status', m.status, 'error_code', m.error ->> 'code')))
    from moved m group by m.tenant_id, m.run_id
  )
  select coalesce(array_agg(m.id), '{}') into v_ended from moved m;
  if cardinality(v_ended) > 0 then
    perform engine.finish('{}', v_ended, 'system', 'sweeper');
  end if;
  return cardinality(v_ended);
end
$$;

-- What /metrics says of the whole plane, in one document. No count walks more than 10,000 rows, and each walks a partial index of what
-- is open: claimable steps, held steps, leases, open dead letters, unsealed events. A number that stands at the limit means "at
-- least"; of claimable steps those that are due are counted among the first 10,000 of workers and of agents.
create or replace function engine.stats() returns jsonb
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_limit constant integer := 10000;
begin
  return jsonb_build_object(
    'queue', (
      select jsonb_agg(jsonb_build_object('executor', e.executor, 'depth', q.depth, 'oldest_seconds', coalesce(q.oldest, 0)))
      from unnest(array['worker', 'agent']) as e (executor)
      cross join lateral (
        select count(*) as depth, extract(epoch from clock_timestamp() - min(c.run_at)) as oldest
        from (
          (select s.run_at from public.steps s
           where e.executor = 'worker' and s.executor = 'worker' and s.status = 'queued' and s.holds = 0
             and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
           limit v_limit)
          union all
          (select s.run_at from public.steps s
           where e.executor = 'worker' and s.executor = 'worker' and s.status = 'queued' and s.holds = 0
             and s.crashes > 0 and s.crashes + 1 >= s.max_crashes
           limit v_limit)
          union all
          (select s.run_at from public.steps s
           where e.executor = 'agent' and s.executor = 'agent' and s.status = 'queued' and s.holds = 0
           limit v_limit)
          limit v_limit
        ) as c
        where c.run_at <= clock_timestamp()
      ) as q),
    'in_flight', (
      select count(*) from (
        select from public.steps s where s.status in ('assigned', 'running') limit v_limit) as held),
    'holds', (
      select jsonb_object_agg(b.name, coalesce(b.n, 0)) from (
        select bits.name, sum(h.n) filter (where h.holds & bits.bit <> 0) as n
        from (values ('dependency', 1), ('approval', 2), ('children', 4), ('timer', 8), ('event', 16), ('message', 32),
          ('quota', 64), ('person', 128), ('paused', 256)) as bits (name, bit)
        left join (
          select held.holds, count(*) as n from (
            select s.holds from public.steps s where s.status = 'queued' and s.holds <> 0 limit v_limit
          ) as held group by held.holds
        ) as h on true
        group by bits.name
      ) as b),
    'dead_letters', (
      select coalesce(jsonb_agg(jsonb_build_object('stage', d.stage, 'reason', d.reason, 'count', d.n)), '[]') from (
        select l.stage, l.reason, count(*) as n from public.dead_letters l
        where l.status in ('new', 'triaged') group by l.stage, l.reason
      ) as d),
    'seal', (
      select jsonb_build_object('unsealed', count(*), 'lag_seconds', coalesce(extract(epoch from clock_timestamp() - min(u.at)), 0))
      from (select e.at from public.events e where e.seq is null order by e.xid, e.id limit v_limit) as u),
    'workers', (
      select jsonb_object_agg(w.status, w.n) from (
        select k.status, count(d.name) as n
        from unnest(array['active', 'draining', 'silent']) as k (status)
        left join public.worker_devices d on d.status <> 'stopped'
          and k.status = case when d.seen_at < clock_timestamp() - interval '15 s' then 'silent' else d.status end
        group by k.status
      ) as w),
    -- events of types that an endpoint did not ask for count too: they are passed over when their turn comes
    'webhooks', (
      select jsonb_build_object('behind', coalesce(sum(h.seq - c.seq), 0), 'failing', count(*) filter (where c.failing_since is not null))
      from public.webhook_cursors c
      join public.webhooks w on w.id = c.webhook_id and w.status = 'active'
      join public.event_heads h on h.tenant_id = c.tenant_id)
  );
end
$$;

-- engine.stats was its only reader
drop index public.runs_open;

-- What each index is for. An index without a reader goes: each costs every insert an entry, and updates of its columns too.
comment on index public.steps_claim_worker is 'Claims of workers: the heads of groups (tenant, handler, priority) by skip scan, and a group in order from its head; depth of queues';
comment on index public.steps_claim_suspect is 'Claims of steps that one more crash would end, one at a time a worker';
comment on index public.steps_claim_agent is 'Claims of agents: the groups of what they can do by skip scan, and a group in order from its head';
comment on index public.steps_lease is 'Leases that have run out, for the sweep; what runs, for limits and metrics';
comment on index public.steps_held_suspect is 'Whether a worker holds a step that one more crash would end';
comment on index public.steps_held is 'Queued steps on hold, by tenant and queue: ceilings at admission, metrics';
comment on index public.steps_deadline is 'Claimable steps past their deadline, for the sweep';
comment on index public.steps_of_parent is 'Children of a step: to end with it, to wake it, to show them';
comment on index public.steps_of_plan_step is 'The newest step of a plan step, for the page of a plan and the backlog';
comment on index public.steps_kept is 'Steps of forks that stand for a step of the source, before that one is archived or deleted';
comment on index public.runs_list is 'A tenant''s runs, newest first';
comment on index public.runs_of_plans is 'A tenant''s runs of plans, newest first, however many tasks lie between';
comment on index public.runs_bad is 'A tenant''s failed and cancelled runs, newest first';
comment on index public.runs_finished is 'A tenant''s runs that are due for the history, oldest first';
comment on index public.runs_plan is 'The runs of a plan, newest first';
comment on index public.runs_schedule is 'The runs of a schedule, newest first';
comment on index public.runs_forks is 'What was forked from a run: its family moves to the history whole';
comment on index public.runs_task_key is 'A second task of the same key is the first one';
comment on index public.runs_workspace is 'The runs that share the workspace of another';
comment on index public.step_dependencies_of is 'What a step depends on: what its executor is told of, and what the page draws';
comment on index public.events_by_run is 'The events of a run, in order; whether one of them has no number yet';
comment on index public.events_by_seq is 'A tenant''s events by cursor; each number once';
comment on index public.events_unsealed is 'What the sealer numbers next';
comment on index public.step_logs_run is 'The log of a run, in order';
comment on index public.waits_timers is 'Timers that are due, for the sweep';
comment on index public.waits_events is 'Who waits for an event, by topic and key';
comment on index public.waits_open is 'What a tenant''s steps wait for';
comment on index public.waits_run is 'The waits of a run, for its page and its archive';
comment on index public.waits_approvals is 'The wait of a question; one each';
comment on index public.waits_met_once is 'Of the options of a wait one is met';
comment on index public.agent_messages_mailbox is 'The next message for a step on a channel';
comment on index public.agent_messages_run is 'The messages of a run, in order';
comment on index public.agent_messages_sent_once is 'A message that is sent again is the first one';
comment on index public.approvals_list is 'A tenant''s questions, newest first';
comment on index public.approvals_pending is 'A tenant''s open questions, the next to expire first';
comment on index public.approvals_expiry is 'Questions that have expired, for the sweep';
comment on index public.approvals_plan is 'The questions about a plan';
comment on index public.approvals_plan_step is 'The questions about a step of a plan';
comment on index public.approvals_run is 'The questions of a run, for its page and its archive';
comment on index public.approvals_step_question is 'A step that asks the same again is told the same question';
comment on index public.artifacts_run is 'The artifacts of a run';
comment on index public.artifacts_stored is 'The artifact of a step by its name; stored once';
comment on index public.backlog_items_list is 'The items of a pack in their order';
comment on index public.claim_rules_agent is 'The rules of an agent go with it';
comment on index public.compensations_run is 'What a run''s undoing has to do, in the order of registration';
comment on index public.compensations_undo_step is 'The compensation that a step carries out; one each';
comment on index public.dead_letters_list is 'A tenant''s dead letters by status, newest first';
comment on index public.dead_letters_open is 'Counts of open dead letters by stage and reason';
comment on index public.dead_letters_redrive is 'The letter that a redriving run settles';
comment on index public.dead_letters_run is 'The letters of a run; whether one keeps it from the history';
comment on index public.external_events_key is 'The first event of a name and key that came before its waiter';
comment on index public.external_events_name is 'The first event of a name that came before its waiter';
comment on index public.external_events_run is 'The events sent to a run, for its archive';
comment on index public.idempotency_keys_expiry is 'Keys that have expired, for the prune';
comment on index public.members_user is 'The tenants of a person: asked by every policy';
comment on index public.plan_steps_item is 'The newest plan step of a backlog item';
comment on index public.plan_steps_order is 'The steps of a plan in their order';
comment on index public.plans_list is 'A tenant''s plans, newest first';
comment on index public.redrive_batch_items_next is 'What a batch of redrives does next';
comment on index public.redrive_batches_list is 'A tenant''s batches of redrives, newest first';
comment on index public.redrive_batches_running is 'Batches of redrives that go on, for the sweep';
comment on index public.schedule_firings_age is 'Old firings, for the prune';
comment on index public.schedules_due is 'Schedules that are due';
comment on index public.schedules_list is 'A tenant''s schedules, newest first';
comment on index public.storage_deletions_due is 'Files to remove, the longest due first';
comment on index public.webhook_cursors_due is 'Webhooks whose turn it is';
comment on index public.webhook_deliveries_age is 'Old deliveries, for the prune';
comment on index public.webhook_deliveries_list is 'The deliveries of a webhook, newest first';
comment on index public.webhooks_list is 'A tenant''s webhooks';
comment on index public.worker_heartbeats_at is 'Old heartbeats, for the prune';
comment on index public.runs_history_list is 'As runs_list';
comment on index public.runs_history_of_plans is 'As runs_of_plans';
comment on index public.runs_history_bad is 'As runs_bad';
comment on index public.runs_history_age is 'A tenant''s archived runs that are due for deletion, oldest first';
comment on index public.runs_history_plan is 'As runs_plan';
comment on index public.runs_history_schedule is 'As runs_schedule';
comment on index public.runs_history_forks is 'What was forked from an archived run: a family comes back whole';
comment on index public.steps_history_run is 'The steps of an archived run in their order';
comment on index public.steps_history_plan_step is 'As steps_of_plan_step';
comment on index public.waits_history_list is 'A tenant''s waits of archived runs';
comment on index public.waits_history_run is 'As waits_run';
comment on index public.step_logs_history_run is 'As step_logs_run';
comment on index public.agent_messages_history_run is 'The messages of an archived run';
comment on index public.artifacts_history_run is 'The artifacts of an archived run';
comment on index public.artifacts_history_step is 'The artifacts of an archived step';
comment on index public.compensations_history_run is 'As compensations_run';
comment on index public.compensations_history_step is 'The compensation of an archived step';
comment on index public.external_events_history_run is 'As external_events_run';
