-- As in 0045; what a run did with tools goes with it.
create or replace function engine.delete_history(p_limit integer) returns jsonb
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
    delete from public.tool_runs t where t.run_id = any (v_runs);
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
