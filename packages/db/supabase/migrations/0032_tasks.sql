-- Tasks: runs of one step without a plan, made for tens of thousands a second.
--
-- The tables that every step writes lose their foreign keys: each cost a query a row and a shared lock on the row it names
-- (a third of an enqueue, measured). What they kept is kept by the engine's functions, the only writers, and looked for by
-- the invariants I3, I10 and I11. So nothing cascades from a tenant, a plan or a run any more: who removes one removes all of it.
do $$
declare
  v record;
begin
  for v in
    select c.conname, t.relname from pg_catalog.pg_constraint c join pg_catalog.pg_class t on t.oid = c.conrelid
    where c.contype = 'f' and t.relnamespace = 'public'::regnamespace
      and t.relname in ('runs', 'steps', 'step_dependencies', 'attempts', 'checkpoints', 'step_logs', 'events')
  loop
    execute format('alter table public.%I drop constraint %I', v.relname, v.conname);
  end loop;
end
$$;

alter table public.runs alter column plan_id drop not null;
alter table public.runs
  add column title text check (length(title) between 1 and 200),
  -- a second task of the same key is the first one
  add column task_key text check (length(task_key) between 1 and 255),
  add column schedule_id uuid,
  add constraint runs_named check (plan_id is not null or title is not null);
comment on table public.runs is 'One execution of one plan version, or of one task';
create unique index runs_task_key on public.runs (tenant_id, task_key) where task_key is not null;
drop index public.runs_plan;
create index runs_plan on public.runs (plan_id, id desc) where plan_id is not null;
create index runs_schedule on public.runs (schedule_id, id desc) where schedule_id is not null;
-- Settles update the same rows a few times: room in the page keeps those updates off all indexes (heap-only tuples).
alter table public.runs set (fillfactor = 60);
alter table public.attempts set (fillfactor = 60);

-- Each index of steps costs an entry at the insert and one at each change of status: those that another can answer for go.
-- Steps of a run are found by (run_id, name); attempts by their step.
drop index public.steps_of_run;
drop index public.attempts_run;

-- uuid v7 as before (RFC 9562, method 3), now in plpgsql: the plan of an SQL function is made anew in each statement that calls
-- it, a quarter of a millisecond for the default of an id.
create or replace function app.uuid7() returns uuid
language plpgsql volatile parallel safe
set search_path = ''
as $$
declare
  v_us bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  return encode(
    overlay(
      overlay(uuid_send(gen_random_uuid()) placing substring(int8send(v_us / 1000) from 3) from 1 for 6)
      placing substring(int4send((28672 + (v_us % 1000) * 4096 / 1000)::integer) from 3) from 7 for 2),
    'hex')::uuid;
end
$$;

-- Makes tasks. p_tasks: [{kind, kind_version, executor, capability?, arguments, queue?, priority?, title, key?, token, run_at?, max_failures?,
-- deadline_ms?, compensate?, undo?, schedule_id?}], a title of at most 200 characters, all judged by the caller.
--
-- A task whose key is there already, in this call or before it, makes nothing: its run is answered. One event a call, with the
-- first hundred runs; no event and no audit entry a task, or their number would be the limit.
--
-- Answers {runs: [uuid, in the order asked], existing, for_workers, for_agents}. Measured: 20,000 tasks in calls of 1,000 take
-- about 20 us each of one core, of which half are indexes.
create function engine.enqueue(
  p_tenant uuid, p_tasks jsonb, p_actor_type text, p_actor_id text, p_correlation uuid, p_traceparent text default null,
  p_causation uuid default null
) returns json
language plpgsql security definer
set search_path = '' set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_made uuid[];
  v_runs uuid[];
  v_for_workers integer;
  v_for_agents integer;
  v_asked integer := jsonb_array_length(p_tasks);
  v_us bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  if session_user <> 'nofx_worker' then
    perform app.assert_tenant(p_tenant);
  end if;

  with asked as materialized (
    -- uuid v7 as app.uuid7 makes them, a microsecond apart: in the order asked, and at a quarter of the cost of as many calls
    select t.*,
      encode(t.at || substring(uuid_send(gen_random_uuid()) from 9), 'hex')::uuid as run_id,
      encode(t.at || substring(uuid_send(gen_random_uuid()) from 9), 'hex')::uuid as step_id
    from (
      select r.*, substring(int8send((v_us + r.n) / 1000) from 3)
        || substring(int4send((28672 + ((v_us + r.n) % 1000) * 4096 / 1000)::integer) from 3) as at
      from (
        select row_number() over () as n, t.*
        from jsonb_to_recordset(p_tasks) as t (
          kind text, kind_version smallint, executor text, capability text, arguments jsonb, queue text, priority smallint, title text,
          key text, token text, run_at timestamptz, max_failures integer, deadline_ms bigint, compensate boolean, undo jsonb, schedule_id uuid)
      ) r
    ) t
  ),
  made as (
    insert into public.runs (id, tenant_id, title, task_key, schedule_id, compensate, step_count, steps_left, correlation_id, causation_id,
      traceparent, created_by_type, created_by)
    select a.run_id, p_tenant, a.title, a.key, a.schedule_id, coalesce(a.compensate, true), 1, 1, p_correlation, p_causation,
      p_traceparent, p_actor_type, p_actor_id
    from asked a order by a.n
    on conflict (tenant_id, task_key) where task_key is not null do nothing
    returning id
  ),
  queued as (
    insert into public.steps (id, tenant_id, run_id, name, title, kind, kind_version, executor, capability, queue, priority, position,
      arguments, token, undo, max_failures, deadline_ms, run_at, correlation_id, causation_id, traceparent)
    select a.step_id, p_tenant, a.run_id, 'task', a.title, a.kind, coalesce(a.kind_version, 1), a.executor, a.capability,
      coalesce(a.queue, 'default'), coalesce(a.priority, 3), 0, a.arguments, a.token, a.undo, coalesce(a.max_failures, 3),
      coalesce(a.deadline_ms, 86400000), coalesce(a.run_at, clock_timestamp()), p_correlation, p_causation, p_traceparent
    from asked a where a.run_id in (select m.id from made m)
    order by a.n
    returning executor
  )
  select (select array_agg(a.run_id order by a.n) from asked a), (select array_agg(m.id) from made m),
    count(*) filter (where q.executor = 'worker'), count(*) filter (where q.executor = 'agent')
  into v_runs, v_made, v_for_workers, v_for_agents
  from queued q;

  -- keys that were taken: their runs, in the places of those that were not made
  if coalesce(cardinality(v_made), 0) < v_asked then
    select array_agg(coalesce(case when t.run_id = any (v_made) then t.run_id end, r.id) order by t.n) into v_runs
    from unnest(v_runs) with ordinality as t (run_id, n)
    left join public.runs r on r.tenant_id = p_tenant and r.task_key = p_tasks -> (t.n - 1)::integer ->> 'key';
  end if;

  if v_made is not null then
    insert into public.events (tenant_id, type, correlation_id, causation_id, traceparent, actor_type, actor_id, run_id, payload)
    values (p_tenant, 'tasks.queued', p_correlation, p_causation, p_traceparent, p_actor_type, p_actor_id,
      case when cardinality(v_made) = 1 then v_made[1] end,
      jsonb_build_object('count', cardinality(v_made), 'runs', to_jsonb(v_made[1:100])));
  end if;
  return json_build_object('runs', v_runs, 'existing', v_asked - coalesce(cardinality(v_made), 0),
    'for_workers', v_for_workers, 'for_agents', v_for_agents);
end
$$;
grant execute on function engine.enqueue(uuid, jsonb, text, text, uuid, text, uuid) to nofx_worker, nofx_member;
