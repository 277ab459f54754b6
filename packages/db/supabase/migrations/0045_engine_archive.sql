-- Moves runs between live and history, and removes what has been kept long enough.
--
-- The unit is a family: a run and all that was forked from it or from its forks. What runs refer to in each other (kept_from, undo_of,
-- undo_step, workspace_run, redrive_run) stays within the family, so nothing that is live ever refers to what is archived:
-- a run that something still needs is simply not alone, and stays until its whole family may go.

-- Moves the rows of one table that belong to these runs or steps, to the history or back. Without seq scans: right after a bulk
-- load there are no statistics, and every table here has an index on what is asked for.
create function engine.move_rows(p_table text, p_key text, p_ids uuid[], p_back boolean) returns integer
language plpgsql security definer
set search_path = '' set enable_seqscan = off
as $$
declare
  v_columns text;
  v_moved integer;
begin
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into v_columns
  from pg_catalog.pg_attribute a
  where a.attrelid = ('public.' || p_table)::regclass and a.attnum > 0 and not a.attisdropped and not (p_back and a.attgenerated <> '');
  execute format('with gone as (delete from public.%1$I where %3$I = any ($1) returning *) insert into public.%2$I (%4$s) %5$s select %4$s from gone',
    p_table || case when p_back then '_history' else '' end, p_table || case when p_back then '' else '_history' end, p_key, v_columns,
    case when p_back then 'overriding system value' else '' end)
  using p_ids;
  get diagnostics v_moved = row_count;
  return v_moved;
end
$$;

-- Moves whole runs; answers how many steps they had. The caller holds the runs.
create function engine.move_runs(p_runs uuid[], p_back boolean) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_table record;
  v_steps uuid[];
begin
  select array_agg(s.id) into v_steps
  from (
    select s.id from public.steps s where not p_back and s.run_id = any (p_runs)
    union all
    select s.id from public.steps_history s where p_back and s.run_id = any (p_runs)
  ) s;
  for v_table in select h.* from engine.history_tables() h loop
    perform engine.move_rows(v_table.name, v_table.key, case v_table.key when 'step_id' then coalesce(v_steps, '{}') else p_runs end, p_back);
  end loop;
  return coalesce(cardinality(v_steps), 0);
end
$$;

-- Whether a finished run is of no use to anything live any more:
--   an effect that could not be undone is still owed; a letter about it, or that it tries again, is open; a question about it is
--   open; one of its steps waits; an event of it has no number yet.
create function engine.is_settled(p_run public.runs) returns boolean
language sql stable security definer
set search_path = ''
as $$
  select p_run.finished_at is not null and p_run.compensation in ('none', 'done')
    and not exists (select from public.dead_letters d where d.run_id = p_run.id and d.status in ('new', 'triaged', 'redriving'))
    and not exists (select from public.dead_letters d where d.redrive_run = p_run.id and d.status in ('new', 'triaged', 'redriving'))
    and not exists (select from public.approvals a where a.run_id = p_run.id and a.status = 'pending')
    and not exists (select from public.waits w where w.run_id = p_run.id and w.status = 'open')
    and not exists (select from public.events e where e.run_id = p_run.id and e.seq is null)
$$;

-- A run and all that goes on from it, at any distance.
create function engine.run_family(p_roots uuid[]) returns table (root uuid, id uuid)
language sql stable security definer
set search_path = ''
as $$
  with recursive kin (root, id) as (
    select r, r from unnest(p_roots) as r
    union
    select k.root, f.id from kin k join public.runs f on f.forked_from = k.id
  )
  select k.root, k.id from kin k
$$;

-- Whether all of a root's family ended before that moment and is settled.
create function engine.may_archive(p_root public.runs, p_before timestamptz) returns boolean
language plpgsql stable security definer
set search_path = ''
as $$
begin
  if not engine.is_settled(p_root) then
    return false;
  end if;
  -- nearly all runs are alone
  if not exists (select from public.runs f where f.forked_from = p_root.id) then
    return true;
  end if;
  return not exists (
    select from engine.run_family(array[p_root.id]) k join public.runs r on r.id = k.id
    where r.finished_at is null or r.finished_at >= p_before or not engine.is_settled(r));
end
$$;

-- Archives what is due, oldest first within each tenant, about p_limit runs. Any number may do it at once: who finds a run of a
-- family locked leaves the family. A fork holds the run that it goes on from (engine.restore), so once all of a family is
-- locked it has no newcomers, and the second look, in a statement of its own, sees those that came before.
--
-- Rows go from one table to the other in this transaction, so a reader sees each run exactly once in any one statement.
-- Answers {runs, steps, lag_seconds}: how long past its time the oldest of them was.
create function engine.archive(p_limit integer) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_due record;
  v_found uuid[];
  v_locked uuid[];
  v_roots uuid[];
  v_runs uuid[];
  v_steps integer := 0;
  v_count integer := 0;
  v_lag double precision := 0;
begin
  for v_due in
    select p.tenant_id, p.archive_before from engine.retention() p
    where exists (select from public.runs r where r.tenant_id = p.tenant_id and r.finished_at < p.archive_before)
    order by random()
  loop
    exit when v_count >= p_limit;
    select array_agg(d.id) into v_found
    from (
      select r.id from public.runs r
      where r.tenant_id = v_due.tenant_id and r.finished_at < v_due.archive_before and r.forked_from is null
        and engine.may_archive(r, v_due.archive_before)
      order by r.finished_at limit p_limit - v_count
    ) d;
    continue when v_found is null;

    select array_agg(l.id) into v_locked
    from (
      select r.id from public.runs r where r.id in (select k.id from engine.run_family(v_found) k)
      order by r.id for update skip locked
    ) l;
    continue when v_locked is null;

    select array_agg(r.id) into v_roots
    from public.runs r where r.id = any (v_found) and r.id = any (v_locked) and engine.may_archive(r, v_due.archive_before);
    select array_agg(f.id) into v_runs
    from (
      select k.root, k.id, bool_and(k.id = any (v_locked)) over (partition by k.root) as whole from engine.run_family(v_roots) k
    ) f where f.whole;
    continue when v_runs is null;

    select greatest(v_lag, extract(epoch from v_due.archive_before - min(r.finished_at))) into v_lag
    from public.runs r where r.id = any (v_runs);
    v_steps := v_steps + engine.move_runs(v_runs, false);
    v_count := v_count + cardinality(v_runs);
  end loop;
  return jsonb_build_object('runs', v_count, 'steps', v_steps, 'lag_seconds', round(v_lag::numeric, 3));
end
$$;
grant execute on function engine.archive(integer) to nofx_worker;

-- Keeps a run live until the caller's transaction ends, bringing it back from the history with its family if need be. Called before
-- anything goes on from a run. Answers whether it was brought back; null where there is no such run.
--
-- A task whose key has been given to another since comes back without it: the key is the other's.
create function engine.restore(p_tenant uuid, p_run uuid) returns boolean
language plpgsql security definer
set search_path = ''
as $$
declare
  v_root uuid;
  v_runs uuid[];
begin
  perform app.assert_tenant(p_tenant);
  loop
    perform from public.runs r where r.id = p_run and r.tenant_id = p_tenant for key share;
    if found then
      return false;
    end if;
    with recursive above (id, forked_from) as (
      select h.id, h.forked_from from public.runs_history h where h.id = p_run and h.tenant_id = p_tenant
      union
      select h.id, h.forked_from from above a join public.runs_history h on h.id = a.forked_from
    )
    select a.id into v_root from above a where a.forked_from is null;
    if v_root is null then
      -- between the two looks it may have come back
      perform from public.runs r where r.id = p_run and r.tenant_id = p_tenant;
      continue when found;
      return null;
    end if;

    perform from public.runs_history h where h.id = v_root for update;
    -- who waited here for another who brought it back looks again
    continue when not found;
    with recursive kin (id) as (
      select v_root
      union
      select h.id from kin k join public.runs_history h on h.forked_from = k.id
    )
    select array_agg(k.id) into v_runs from kin k;
    update public.runs_history h set task_key = null
    where h.id = any (v_runs) and h.task_key is not null
      and exists (select from public.runs r where r.tenant_id = h.tenant_id and r.task_key = h.task_key);
    perform engine.move_runs(v_runs, true);
    return true;
  end loop;
end
$$;
grant execute on function engine.restore(uuid, uuid) to nofx_member, nofx_worker;

-- Deletes what the history has kept long enough, whole families, about p_limit runs: with their dead letters and the questions
-- that their steps asked. Their files are put on the list of files to be removed. Answers {runs, files}.
create function engine.delete_history(p_limit integer) returns jsonb
language plpgsql security definer
set search_path = '' set enable_seqscan = off
as $$
declare
  v_due record;
  v_roots uuid[];
  v_runs uuid[];
  v_steps uuid[];
  v_table record;
  v_files integer := 0;
  v_count integer := 0;
  v_listed integer;
begin
  for v_due in
    select p.tenant_id, p.delete_before from engine.retention() p
    where exists (select from public.runs_history h where h.tenant_id = p.tenant_id and h.finished_at < p.delete_before)
    order by random()
  loop
    exit when v_count >= p_limit;
    select array_agg(d.id) into v_roots
    from (
      select h.id from public.runs_history h
      where h.tenant_id = v_due.tenant_id and h.finished_at < v_due.delete_before and h.forked_from is null
        and not exists (
          with recursive kin (id, finished_at) as (
            select f.id, f.finished_at from public.runs_history f where f.forked_from = h.id
            union
            select f.id, f.finished_at from kin k join public.runs_history f on f.forked_from = k.id
          )
          select from kin k where k.finished_at >= v_due.delete_before)
      order by h.finished_at limit p_limit - v_count
      for update skip locked
    ) d;
    continue when v_roots is null;
    with recursive kin (id) as (
      select r from unnest(v_roots) as r
      union
      select f.id from kin k join public.runs_history f on f.forked_from = k.id
    )
    select array_agg(k.id) into v_runs from kin k;
    select coalesce(array_agg(s.id), '{}') into v_steps from public.steps_history s where s.run_id = any (v_runs);

    insert into public.storage_deletions (path, tenant_id)
    select a.path, a.tenant_id from public.artifacts_history a where a.run_id = any (v_runs)
    on conflict (path) do nothing;
    get diagnostics v_listed = row_count;
    v_files := v_files + v_listed;
    delete from public.dead_letters d where d.run_id = any (v_runs);
    delete from public.approvals a where a.run_id = any (v_runs) and (a.subject = 'step' or a.plan_id is null);
    for v_table in select t.* from engine.history_tables() t loop
      execute format('delete from public.%I where %I = any ($1)', v_table.name || '_history', v_table.key)
      using case v_table.key when 'step_id' then v_steps else v_runs end;
    end loop;
    v_count := v_count + cardinality(v_runs);
  end loop;
  return jsonb_build_object('runs', v_count, 'files', v_files);
end
$$;
grant execute on function engine.delete_history(integer) to nofx_worker;

-- Deletes old events, about p_limit: those the audit log has vouched for, that every webhook has been told of, and that nothing
-- younger comes before in the sequence. The sequence keeps its numbers. Answers how many.
create function engine.prune_events(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_due record;
  v_head public.event_heads;
  v_to bigint;
  v_count integer := 0;
  v_deleted integer;
begin
  for v_due in
    select p.tenant_id, p.events_before from engine.retention() p join public.event_heads h on h.tenant_id = p.tenant_id
    where p.events_before is not null and h.audited_seq > h.pruned_seq
      and exists (
        select from (
          select e.at from public.events e where e.tenant_id = p.tenant_id and e.seq > h.pruned_seq order by e.seq limit 1
        ) oldest where oldest.at < p.events_before)
    order by random()
  loop
    exit when v_count >= p_limit;
    select h.* into v_head from public.event_heads h where h.tenant_id = v_due.tenant_id for update skip locked;
    continue when not found;
    v_to := least(v_head.audited_seq, v_head.pruned_seq + p_limit - v_count,
      (select min(c.seq) from public.webhook_cursors c where c.tenant_id = v_due.tenant_id));
    select least(v_to, min(e.seq) - 1) into v_to
    from public.events e
    where e.tenant_id = v_due.tenant_id and e.seq > v_head.pruned_seq and e.seq <= v_to and e.at >= v_due.events_before;
    continue when v_to <= v_head.pruned_seq;
    delete from public.events e where e.tenant_id = v_due.tenant_id and e.seq > v_head.pruned_seq and e.seq <= v_to;
    get diagnostics v_deleted = row_count;
    update public.event_heads h set pruned_seq = v_to where h.tenant_id = v_due.tenant_id;
    v_count := v_count + v_deleted;
  end loop;
  return v_count;
end
$$;
grant execute on function engine.prune_events(integer) to nofx_worker;

-- Files to be removed now, at most p_limit. Each is answered again, later and later, until engine.files_gone says that it is
-- gone: a worker that dies in between loses nothing, and removing a file twice does nothing.
create function engine.files_to_remove(p_limit integer) returns table (tenant_id uuid, path text)
language sql volatile security definer
set search_path = ''
as $$
  update public.storage_deletions d
  set attempts = d.attempts + 1, next_at = clock_timestamp() + make_interval(secs => least(3600, 60 * 2 ^ least(d.attempts, 10)))
  where d.path in (
    select x.path from public.storage_deletions x where x.next_at <= clock_timestamp()
    order by x.next_at limit p_limit for update skip locked)
  returning d.tenant_id, d.path
$$;
create function engine.files_gone(p_paths text[]) returns void
language sql volatile security definer
set search_path = ''
as $$
  delete from public.storage_deletions d where d.path = any (p_paths)
$$;
grant execute on function engine.files_to_remove(integer), engine.files_gone(text[]) to nofx_worker;

revoke all on function
  engine.move_rows(text, text, uuid[], boolean), engine.move_runs(uuid[], boolean), engine.is_settled(public.runs),
  engine.run_family(uuid[]), engine.may_archive(public.runs, timestamptz)
from public;
