-- History: runs that ended long ago live in tables of the same shape, so that the tables that are queued from stay small. Why
-- tables and no partitions: docs/adr/0006-history.md.
--
-- What moves with a run is listed in engine.history_tables. Whoever adds a column to one of those ends the migration with
-- `select engine.mirror_history();`, which adds it to the history too; a test compares them. What stays: dead letters and
-- approvals, which people work on, and events, which are numbered and pruned by age (engine.prune_events).

-- What a run is made of. key: the column that says whose row it is, a run's or a step's. seen: whether pages read it.
create function engine.history_tables() returns table (name text, key text, seen boolean)
language sql immutable
set search_path = ''
as $$
  values ('runs', 'id', true), ('steps', 'run_id', true), ('step_dependencies', 'step_id', true), ('attempts', 'step_id', true),
    ('checkpoints', 'step_id', false), ('compensations', 'run_id', true), ('artifacts', 'run_id', true), ('step_logs', 'run_id', true),
    ('agent_messages', 'run_id', false), ('waits', 'run_id', true), ('external_events', 'run_id', false)
$$;

-- Nothing may be removed by a cascade while its run moves, and rows of the history have no live run to refer to.
do $$
declare
  v record;
begin
  for v in
    select c.conname, c.conrelid::regclass as of from pg_catalog.pg_constraint c
    where c.contype = 'f' and c.confrelid in ('public.runs'::regclass, 'public.steps'::regclass)
  loop
    execute format('alter table %s drop constraint %I', v.of, v.conname);
  end loop;
end
$$;

-- Makes the history as the live tables are: the tables that are missing, the columns that are missing, and the views over both
-- (<table>_all). Columns of the history have no defaults and compute nothing.
create function engine.mirror_history() returns void
language plpgsql
set search_path = ''
as $$
declare
  v_table record;
  v_column record;
  v_columns text;
begin
  for v_table in select h.*, h.name || '_history' as past, h.name || '_all' as whole from engine.history_tables() h loop
    if to_regclass('public.' || v_table.past) is null then
      execute format('create table public.%I (like public.%I)', v_table.past, v_table.name);
      execute format('alter table public.%I enable row level security', v_table.past);
      execute format('create policy %I on public.%I for select to authenticated, nofx_member, nofx_agent using (tenant_id in (select app.tenant_ids()))',
        v_table.past || '_read', v_table.past);
      execute format('grant select on public.%I to authenticated, nofx_member, nofx_agent', v_table.past);
      execute format('comment on table public.%I is %L', v_table.past, 'Of runs that have moved to history: as ' || v_table.name);
    end if;

    for v_column in
      select a.attname, a.attnotnull, pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
        case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end as value
      from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = ('public.' || v_table.name)::regclass and a.attnum > 0 and not a.attisdropped
        and not exists (
          select from pg_catalog.pg_attribute p
          where p.attrelid = ('public.' || v_table.past)::regclass and p.attname = a.attname and not p.attisdropped)
      order by a.attnum
    loop
      execute format('alter table public.%I add column %I %s%s%s', v_table.past, v_column.attname, v_column.type,
        coalesce(' default ' || v_column.value, ''), case when v_column.attnotnull and v_column.value is not null then ' not null' else '' end);
      execute format('alter table public.%I alter column %I drop default', v_table.past, v_column.attname);
    end loop;

    continue when not v_table.seen;
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into v_columns
    from pg_catalog.pg_attribute a
    where a.attrelid = ('public.' || v_table.name)::regclass and a.attnum > 0 and not a.attisdropped;
    execute format('drop view if exists public.%I', v_table.whole);
    -- of the caller's rights: the policies of both tables hold
    execute format('create view public.%I with (security_invoker = true) as select %s, false as archived from public.%I union all select %s, true from public.%I',
      v_table.whole, v_columns, v_table.name, v_columns, v_table.past);
    execute format('comment on view public.%I is %L', v_table.whole, 'Live and history together: each row once in any one statement');
    execute format('grant select on public.%I to authenticated, nofx_member, nofx_agent', v_table.whole);
  end loop;
end
$$;
revoke all on function engine.history_tables(), engine.mirror_history() from public;
select engine.mirror_history();

-- Few indexes: what lists, opens, restores and deletes a run by, and no more.
alter table public.runs_history add primary key (id);
create index runs_history_list on public.runs_history (tenant_id, id desc);
create index runs_history_of_plans on public.runs_history (tenant_id, id desc) where plan_id is not null;
-- what went wrong, among the many that did not
create index runs_history_bad on public.runs_history (tenant_id, id desc) where status in ('failed', 'cancelled');
create index runs_history_plan on public.runs_history (plan_id, id desc) where plan_id is not null;
create index runs_history_schedule on public.runs_history (schedule_id, id desc) where schedule_id is not null;
create index runs_history_forks on public.runs_history (forked_from) where forked_from is not null;
create index runs_history_age on public.runs_history (tenant_id, finished_at);
alter table public.steps_history add primary key (id);
create index steps_history_run on public.steps_history (run_id, position);
create index steps_history_plan_step on public.steps_history (plan_step_id, id desc) where plan_step_id is not null;
alter table public.step_dependencies_history add primary key (step_id, depends_on);
alter table public.attempts_history add primary key (step_id, epoch);
alter table public.checkpoints_history add primary key (step_id, name);
alter table public.compensations_history add primary key (id);
create index compensations_history_run on public.compensations_history (run_id, seq);
create index compensations_history_step on public.compensations_history (step_id);
alter table public.artifacts_history add primary key (id);
create index artifacts_history_run on public.artifacts_history (run_id);
create index artifacts_history_step on public.artifacts_history (step_id);
alter table public.step_logs_history add primary key (id);
create index step_logs_history_run on public.step_logs_history (run_id, id);
alter table public.agent_messages_history add primary key (id);
create index agent_messages_history_run on public.agent_messages_history (run_id);
alter table public.waits_history add primary key (id);
create index waits_history_run on public.waits_history (run_id, id);
create index waits_history_list on public.waits_history (tenant_id, id);
alter table public.external_events_history add primary key (id);
create index external_events_history_run on public.external_events_history (run_id);

create index runs_bad on public.runs (tenant_id, id desc) where status in ('failed', 'cancelled');
-- what may move, oldest first
create index runs_finished on public.runs (tenant_id, finished_at) where finished_at is not null;
create index runs_forks on public.runs (forked_from) where forked_from is not null;
create index external_events_run on public.external_events (run_id) where run_id is not null;
create index approvals_run on public.approvals (run_id) where run_id is not null;

-- As in 0016: the page of an archived run listens too.
create or replace function app.can_join(p_topic text) returns boolean
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_kind text := split_part(p_topic, ':', 1);
  v_id uuid;
begin
  if p_topic !~ '^(tenant|approvals|run):[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then
    return false;
  end if;
  v_id := split_part(p_topic, ':', 2)::uuid;
  if v_kind = 'run' then
    return exists (select from public.runs_all r where r.id = v_id and r.tenant_id in (select app.tenant_ids()));
  end if;
  return v_id in (select app.tenant_ids());
end
$$;

-- The policy: how long after its end a run is archived, and how long runs and events are kept at all. null: for ever. A
-- tenant's own is a row of tenant_settings, the plane's is told by the workers' environment.
alter table public.tenant_settings drop constraint tenant_settings_key_check;
alter table public.tenant_settings add constraint tenant_settings_key_check check (key in ('shell', 'retention'));
comment on table public.tenant_settings is 'Settings of a tenant; shell: "off" | "trusted" | "sandboxed"; retention: see app.retention';
create policy tenant_settings_write on public.tenant_settings for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()) and key = 'retention');
create policy tenant_settings_change on public.tenant_settings for update to nofx_member
  using (tenant_id in (select app.tenant_ids()) and key = 'retention')
  with check (tenant_id in (select app.tenant_ids()) and key = 'retention');
create policy tenant_settings_remove on public.tenant_settings for delete to nofx_member
  using (tenant_id in (select app.tenant_ids()) and key = 'retention');
grant insert, update (value, updated_at), delete on public.tenant_settings to nofx_member;

create table public.plane_settings (
  key text primary key check (key in ('retention')),
  value jsonb not null,
  updated_at timestamptz not null default clock_timestamp()
);
comment on table public.plane_settings is 'What holds for every tenant that has not said otherwise';
alter table public.plane_settings enable row level security;
create policy plane_settings_read on public.plane_settings for select to authenticated, nofx_member using (true);
grant select on public.plane_settings to authenticated, nofx_member;
insert into public.plane_settings (key, value)
values ('retention', '{"archive_after_seconds": 604800, "delete_after_days": 365, "events_after_days": 365}');

create function engine.set_plane_retention(p_value jsonb) returns void
language sql volatile security definer
set search_path = ''
as $$
  update public.plane_settings s set value = s.value || p_value, updated_at = clock_timestamp()
  where s.key = 'retention' and not s.value @> p_value
$$;
grant execute on function engine.set_plane_retention(jsonb) to nofx_worker;

-- Every tenant's policy as moments: what ended before them is due. null: never.
create function engine.retention() returns table (tenant_id uuid, archive_before timestamptz, delete_before timestamptz, events_before timestamptz)
language sql stable security definer
set search_path = ''
as $$
  select t.id, clock_timestamp() - make_interval(secs => (p.value ->> 'archive_after_seconds')::double precision),
    clock_timestamp() - make_interval(days => (p.value ->> 'delete_after_days')::integer),
    clock_timestamp() - make_interval(days => (p.value ->> 'events_after_days')::integer)
  from public.tenants t
  left join public.tenant_settings own on own.tenant_id = t.id and own.key = 'retention'
  cross join lateral (
    select coalesce((select s.value from public.plane_settings s where s.key = 'retention'), '{}') || coalesce(own.value, '{}') as value
  ) as p
$$;
revoke all on function engine.retention() from public;

-- Files whose artifacts were deleted with their runs. A row stays until storage has said that the file is gone.
create table public.storage_deletions (
  path text primary key,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  attempts integer not null default 0,
  next_at timestamptz not null default clock_timestamp()
);
comment on table public.storage_deletions is 'Files of artifacts to be removed from storage, each asked for until it is gone';
alter table public.storage_deletions enable row level security;
create index storage_deletions_due on public.storage_deletions (next_at);

-- How far the events of a tenant are pruned: cursors before that begin behind it.
alter table public.event_heads add column pruned_seq bigint not null default 0;

-- Hot tables: rows are written a few times within seconds and removed when their run is archived. A share of the table as
-- threshold lets dead rows grow with its size; a fixed number of them keeps the indexes that are claimed from short. Statistics
-- are taken soon, because they also tell the plans that were made when a table was nearly empty to be made again.
-- Measured with 20,000 tasks a round on two cores: docs/retention.md.
alter table public.steps set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 100000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000,
  autovacuum_vacuum_cost_delay = 0);
alter table public.runs set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 100000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000);
alter table public.attempts set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 200000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000);
alter table public.step_dependencies set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000);
alter table public.events set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 200000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000);
