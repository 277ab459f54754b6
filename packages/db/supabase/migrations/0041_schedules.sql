-- Schedules: tasks that begin by the clock. Which instants a timetable has is computed outside, by one implementation of cron
-- and zones; here it is decided that each of them takes place once. A firing, its run and the step to the next instant are
-- one transaction, and there is one row of firings an instant: two schedulers, or one that has lost its leadership without
-- knowing, cannot fire it twice, and none is passed over, because an instant follows only from the one before.

create table public.schedules (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,127}$'),
  cron text check (length(cron) between 1 and 200),
  time_zone text not null default 'UTC' check (length(time_zone) between 1 and 100),
  every_seconds integer check (every_seconds between 1 and 31536000),
  -- from when every_seconds counts
  anchor_at timestamptz not null default date_trunc('second', clock_timestamp()),
  -- as it was asked for, and as engine.enqueue takes it
  asked jsonb not null,
  task jsonb not null,
  -- while the run before is unfinished: begin the next beside it, or leave it out
  overlap text not null default 'allow' check (overlap in ('allow', 'skip')),
  -- what no scheduler was there for: left out, or the newest of it made up for, catch_up of them at most
  missed text not null default 'catch_up' check (missed in ('skip', 'catch_up')),
  catch_up integer not null default 1 check (catch_up between 1 and 100),
  jitter_seconds integer not null default 0 check (jitter_seconds between 0 and 3600),
  status text not null default 'active' check (status in ('active', 'paused')),
  paused_reason text check (length(paused_reason) between 1 and 500),
  -- the first instant that has not been dealt with; empty while paused, and after the last one
  next_at timestamptz,
  last_at timestamptz,
  last_run uuid,
  misses bigint not null default 0,
  -- raised by people's changes: who computed from an older one does nothing
  version integer not null default 1,
  created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(),
  unique (tenant_id, name),
  check ((cron is null) <> (every_seconds is null)),
  check ((status = 'paused') = (paused_reason is not null)),
  check (status = 'active' or next_at is null)
);
comment on table public.schedules is 'What begins by the clock: a timetable, the task that it starts, and how far it has come';
create index schedules_list on public.schedules (tenant_id, id desc);
create index schedules_due on public.schedules (next_at) where next_at is not null;

create table public.schedule_firings (
  schedule_id uuid not null references public.schedules (id) on delete cascade,
  occurrence timestamptz not null,
  tenant_id uuid not null,
  outcome text not null check (outcome in ('fired', 'skipped_overlap', 'missed', 'failed')),
  run_id uuid,
  -- of missed ones in a row there is one row: how many, and the last of them
  occurrences integer not null default 1 check (occurrences > 0),
  through timestamptz,
  error text check (length(error) <= 1000),
  fired_at timestamptz not null default clock_timestamp(),
  -- of the leader that fired it; empty where a person did
  by_term bigint,
  by_member uuid,
  primary key (schedule_id, occurrence),
  check ((outcome = 'fired') = (run_id is not null)),
  check ((by_term is null) <> (by_member is null))
);
comment on table public.schedule_firings is 'One row an instant of a schedule: what became of it. Kept for 90 days';
-- pruning
create index schedule_firings_age on public.schedule_firings (fired_at);

do $$
declare
  name text;
begin
  foreach name in array array['schedules', 'schedule_firings'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for all to nofx_member using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()))', name || '_own', name);
  end loop;
end
$$;
grant select, insert, delete on public.schedules to nofx_member;
grant update (name, cron, time_zone, every_seconds, anchor_at, asked, task, overlap, missed, catch_up, jitter_seconds, status,
  paused_reason, next_at, version, changed_at) on public.schedules to nofx_member;
grant select on public.schedule_firings to nofx_member;

-- Schedules that are due but for p_skip, the longest due first, the time by which they are, and when the next one is: {clock,
-- schedules, next_at}. p_now is for simulations; without it the database's clock decides.
create function engine.due_schedules(p_limit integer, p_skip uuid[] default '{}', p_now timestamptz default null) returns json
language plpgsql security definer
set search_path = ''
as $$
declare
  v_now timestamptz := coalesce(p_now, clock_timestamp());
  v_due json;
  v_next timestamptz;
begin
  select json_agg(json_build_object('id', s.id, 'version', s.version, 'cron', s.cron, 'time_zone', s.time_zone,
    'every_seconds', s.every_seconds, 'anchor_at', s.anchor_at, 'missed', s.missed, 'catch_up', s.catch_up, 'next_at', s.next_at)
    order by s.next_at)
  into v_due
  from (select * from public.schedules d where d.next_at <= v_now and d.id <> all (p_skip) order by d.next_at limit p_limit) s;
  select min(s.next_at) into v_next from public.schedules s where s.next_at > v_now;
  return json_build_object('clock', v_now, 'schedules', coalesce(v_due, '[]'), 'next_at', v_next);
end
$$;
grant execute on function engine.due_schedules(integer, uuid[], timestamptz) to nofx_worker;

-- Makes the task of one firing, of the version of its kind that is newest now; answers its run and who it is for.
create function engine.begin_scheduled(
  p_schedule public.schedules, p_occurrence timestamptz, p_now timestamptz, p_actor_type text, p_actor_id text, p_correlation uuid,
  p_traceparent text, p_versions jsonb
) returns json
language plpgsql security definer
set search_path = ''
as $$
declare
  v_token text := encode(sha256(convert_to(p_schedule.id || '/' || extract(epoch from p_occurrence), 'UTF8')), 'hex');
  -- the same for the same instant, so that a simulation repeats
  v_jitter interval := (('x' || left(v_token, 7))::bit(28)::integer % (p_schedule.jitter_seconds * 1000 + 1)) * interval '1 ms';
begin
  return engine.enqueue(p_schedule.tenant_id,
    jsonb_build_array(p_schedule.task || jsonb_build_object('token', v_token, 'schedule_id', p_schedule.id,
      'kind_version', coalesce((p_versions ->> (p_schedule.task ->> 'kind'))::smallint, 1),
      'run_at', case when p_schedule.jitter_seconds > 0 then greatest(p_now, p_occurrence + v_jitter) end)),
    p_actor_type, p_actor_id, p_correlation, p_traceparent);
end
$$;
revoke all on function engine.begin_scheduled(public.schedules, timestamptz, timestamptz, text, text, uuid, text, jsonb) from public;

-- What a leader decided of due schedules. p_firings: [{schedule_id, version, occurrence, outcome: fire | missed, occurrences, through,
-- next_at}]; occurrence is the schedule's next_at, and next_at the instant after it (after `through`, for missed ones).
--
-- A firing whose schedule has moved on, been changed or paused meanwhile is `stale` and does nothing. One whose task cannot be
-- made for what it is counts as `failed`; one that was refused for now is `refused` and stays due. No firing stands in the
-- way of another. p_versions: the newest version of each kind.
--
-- Answers {firings: [{schedule_id, occurrence, outcome, run_id, error}], for_workers, for_agents}.
create function engine.fire_schedules(p_term bigint, p_firings jsonb, p_versions jsonb, p_now timestamptz default null) returns json
language plpgsql security definer
set search_path = ''
as $$
declare
  v_now timestamptz := coalesce(p_now, clock_timestamp());
  v_firing record;
  v_schedule public.schedules;
  v_begun json;
  v_outcome text;
  v_error text;
  v_made integer;
  v_told jsonb := '[]';
  v_for_workers integer := 0;
  v_for_agents integer := 0;
begin
  perform engine.assert_term('scheduler', p_term);
  for v_firing in
    select f.schedule_id, f.version, f.occurrence, f.outcome, coalesce(f.occurrences, 1) as occurrences, f.through, f.next_at
    from jsonb_to_recordset(p_firings) as f (
      schedule_id uuid, version integer, occurrence timestamptz, outcome text, occurrences integer, through timestamptz, next_at timestamptz)
    order by f.schedule_id, f.occurrence
  loop
    v_begun := null;
    v_error := null;
    select * into v_schedule from public.schedules s
    where s.id = v_firing.schedule_id and s.version = v_firing.version and s.next_at = v_firing.occurrence
      and v_firing.occurrence <= v_now and (v_firing.next_at > coalesce(v_firing.through, v_firing.occurrence)) is not false
    for update;
    if not found then
      v_outcome := 'stale';
    else
      v_outcome := case
        when v_firing.outcome = 'missed' then 'missed'
        when v_schedule.overlap = 'skip' and exists (
          select from public.runs r where r.id = v_schedule.last_run and r.finished_at is null) then 'skipped_overlap'
        -- dealt with before the timetable came by here again
        when exists (select from public.schedule_firings f where f.schedule_id = v_schedule.id and f.occurrence = v_firing.occurrence)
          then 'stale'
        else 'fired' end;
      if v_outcome = 'fired' then
        begin
          v_begun := engine.begin_scheduled(v_schedule, v_firing.occurrence, v_now, 'system', 'scheduler', app.uuid7(), null, p_versions);
        exception
          when others then
            -- a deadlock or a server that goes down concern the whole call
            if sqlstate ~ '^(40|57)' then
              raise;
            end if;
            v_outcome := case when sqlstate ~ '^(22|23)' then 'failed' else 'refused' end;
            v_error := left(sqlerrm, 1000);
        end;
      end if;
      if v_outcome <> 'refused' then
        if v_outcome <> 'stale' then
          insert into public.schedule_firings (schedule_id, occurrence, tenant_id, outcome, run_id, occurrences, through, error, by_term)
          values (v_schedule.id, v_firing.occurrence, v_schedule.tenant_id, v_outcome, (v_begun -> 'runs' ->> 0)::uuid,
            v_firing.occurrences, v_firing.through, v_error, p_term)
          on conflict do nothing;
          get diagnostics v_made = row_count;
        else
          v_made := 0;
        end if;
        update public.schedules s
        set next_at = v_firing.next_at, last_at = coalesce(v_firing.through, v_firing.occurrence),
            last_run = coalesce((v_begun -> 'runs' ->> 0)::uuid, s.last_run),
            misses = s.misses + case when v_outcome = 'missed' then v_firing.occurrences * v_made else 0 end
        where s.id = v_schedule.id;
        if v_outcome in ('missed', 'failed') and v_made = 1 then
          insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
          values (v_schedule.tenant_id, 'schedule.missed', app.uuid7(), 'system', 'scheduler', jsonb_build_object(
            'schedule_id', v_schedule.id, 'outcome', v_outcome, 'count', v_firing.occurrences,
            'first', v_firing.occurrence, 'last', coalesce(v_firing.through, v_firing.occurrence)));
        end if;
      end if;
      v_for_workers := v_for_workers + coalesce((v_begun ->> 'for_workers')::integer, 0);
      v_for_agents := v_for_agents + coalesce((v_begun ->> 'for_agents')::integer, 0);
    end if;
    v_told := v_told || jsonb_build_object('schedule_id', v_firing.schedule_id, 'occurrence', v_firing.occurrence,
      'outcome', v_outcome, 'run_id', v_begun -> 'runs' ->> 0, 'error', v_error);
  end loop;
  return json_build_object('firings', v_told, 'for_workers', v_for_workers, 'for_agents', v_for_agents);
end
$$;
grant execute on function engine.fire_schedules(bigint, jsonb, jsonb, timestamptz) to nofx_worker;

-- A person fires it outside its timetable, which goes on as it was. Answers {run_id, for_workers, for_agents}, or nothing
-- where there is no such schedule.
create function engine.run_schedule(p_tenant uuid, p_schedule uuid, p_member uuid, p_correlation uuid, p_traceparent text, p_versions jsonb) returns json
language plpgsql security definer
set search_path = ''
as $$
declare
  v_schedule public.schedules;
  v_now timestamptz := clock_timestamp();
  v_begun json;
  v_run uuid;
begin
  perform app.assert_tenant(p_tenant);
  select * into v_schedule from public.schedules s where s.id = p_schedule and s.tenant_id = p_tenant for update;
  if not found then
    return null;
  end if;
  -- never an instant of a timetable, which are whole seconds
  if v_now = date_trunc('second', v_now) then
    v_now := v_now + interval '1 microsecond';
  end if;
  v_schedule.jitter_seconds := 0;
  v_begun := engine.begin_scheduled(v_schedule, v_now, v_now, 'member', p_member::text, p_correlation, p_traceparent, p_versions);
  v_run := (v_begun -> 'runs' ->> 0)::uuid;
  insert into public.schedule_firings (schedule_id, occurrence, tenant_id, outcome, run_id, by_member)
  values (v_schedule.id, v_now, p_tenant, 'fired', v_run, p_member);
  update public.schedules s set last_run = v_run where s.id = v_schedule.id;
  return json_build_object('run_id', v_run, 'for_workers', v_begun -> 'for_workers', 'for_agents', v_begun -> 'for_agents');
end
$$;
grant execute on function engine.run_schedule(uuid, uuid, uuid, uuid, text, jsonb) to nofx_member;

create function engine.prune_firings(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_pruned integer;
begin
  delete from public.schedule_firings f
  where f.ctid in (
    select old.ctid from public.schedule_firings old
    where old.fired_at <= clock_timestamp() - interval '90 days'
    order by old.fired_at limit p_limit for update skip locked
  );
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$$;
grant execute on function engine.prune_firings(integer) to nofx_worker;
