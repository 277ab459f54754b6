-- How long messages are kept: by class, whatever becomes of their run before that; what is held is kept until the hold is lifted.

alter table public.tenant_settings drop constraint tenant_settings_key_check;
alter table public.tenant_settings add constraint tenant_settings_key_check
  check (key in ('shell', 'retention', 'budgets', 'compliance', 'model_endpoint', 'time_zone', 'messages'));
create policy tenant_settings_messages_write on public.tenant_settings for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()) and key = 'messages');
create policy tenant_settings_messages_change on public.tenant_settings for update to nofx_member
  using (tenant_id in (select app.tenant_ids()) and key = 'messages')
  with check (tenant_id in (select app.tenant_ids()) and key = 'messages');

-- Until when a message of a class is kept that was sent then.
create function engine.messages_before() returns table (tenant_id uuid, class text, before timestamptz)
language sql stable security definer
set search_path = ''
as $$
  select t.id, c.class, clock_timestamp() - make_interval(days => (p.value ->> (c.class || '_days'))::integer)
  from public.tenants t
  left join public.tenant_settings own on own.tenant_id = t.id and own.key = 'messages'
  cross join lateral (
    select coalesce((select s.value from public.plane_settings s where s.key = 'messages'), '{}') || coalesce(own.value, '{}') as value
  ) as p
  cross join (values ('transient'), ('standard'), ('audit')) as c (class)
  where p.value ->> (c.class || '_days') is not null
$$;

-- Deletes messages that have been kept long enough, about p_limit, with their keys. A mailbox keeps what nobody has taken while its
-- step may still take it. Answers how many.
create function engine.sweep_messages(p_limit integer) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_due record;
  v_name text;
  v_gone uuid[];
  v_count integer := 0;
begin
  for v_due in select b.* from engine.messages_before() b order by random() loop
    foreach v_name in array array['agent_messages', 'agent_messages_history'] loop
      exit when v_count >= p_limit;
      execute format($sql$
        with due as (
          select m.id from public.%1$I m
          where m.tenant_id = $1 and m.class = $2 and m.at < $3
            and not engine.is_held(m.tenant_id, m.id, m.conversation_id, m.run_id)
            and (m.to_step is null or m.consumed_by is not null or not exists (
              select from public.steps s where s.id = m.to_step and s.status not in ('succeeded', 'failed', 'cancelled')))
          order by m.at limit $4 for update skip locked
        ),
        gone as (delete from public.%1$I m using due d where m.id = d.id returning m.id)
        select coalesce(array_agg(g.id), '{}') from gone g
      $sql$, v_name) into v_gone using v_due.tenant_id, v_due.class, v_due.before, p_limit - v_count;
      delete from public.content_keys k where k.id = any (v_gone);
      v_count := v_count + cardinality(v_gone);
    end loop;
  end loop;
  -- what nobody can read or write any more
  delete from public.conversations c
  where c.id in (
    select o.id from public.conversations o
    where o.run_id is not null and o.created_at < clock_timestamp() - interval '7 days'
      and not exists (select from public.runs_all r where r.id = o.run_id)
      and not exists (select from public.agent_messages_all m where m.conversation_id = o.id)
    limit p_limit);
  return v_count;
end
$$;
revoke all on function engine.messages_before() from public;
grant execute on function engine.sweep_messages(integer) to nofx_worker;

-- As in 0068; of messages those stay that their class or a hold keeps, and the keys of those that go, go.
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
    with gone as (
      delete from public.agent_messages_history m
      where m.run_id = any (v_runs) and not engine.is_held(m.tenant_id, m.id, m.conversation_id, m.run_id)
        and (m.class <> 'audit' or m.at < coalesce(
          (select b.before from engine.messages_before() b where b.tenant_id = m.tenant_id and b.class = m.class), '-infinity'))
      returning m.id
    )
    delete from public.content_keys k using gone g where k.id = g.id;
    for v_table in select t.* from engine.history_tables() t where t.name <> 'agent_messages' loop
      execute format('delete from public.%I where %I = any ($1)', v_table.name || '_history', v_table.key)
      using case v_table.key when 'step_id' then v_steps else v_runs end;
    end loop;
    v_count := v_count + cardinality(v_runs);
  end loop;
  return jsonb_build_object('runs', v_count, 'files', v_files);
end
$$;
