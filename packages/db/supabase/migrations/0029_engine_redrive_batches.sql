-- Many dead letters redriven one after the other, by the sweep: at a pace, and no further when they fail again.
create table public.redrive_batches (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  filter jsonb not null,
  status text not null default 'running' check (status in ('running', 'done', 'stopped')),
  total integer not null,
  max_per_minute integer not null check (max_per_minute between 1 and 6000),
  -- stop when more than this share of what has ended failed again; null: never
  stop_percent integer check (stop_percent between 1 and 100),
  correlation_id uuid not null,
  traceparent text,
  created_by uuid not null,
  created_by_name text not null,
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  check ((status = 'running') = (ended_at is null))
);
comment on table public.redrive_batches is 'Dead letters that are redriven together, at a pace';
create index redrive_batches_list on public.redrive_batches (tenant_id, id desc);
create index redrive_batches_running on public.redrive_batches (id) where status = 'running';

create table public.redrive_batch_items (
  batch_id uuid not null references public.redrive_batches (id) on delete cascade,
  dead_letter_id uuid not null references public.dead_letters (id) on delete cascade,
  tenant_id uuid not null,
  position integer not null,
  status text not null default 'waiting' check (status in ('waiting', 'redriving', 'succeeded', 'failed', 'skipped')),
  -- not tried again before: its run, or one on the same workspace, is still going
  not_before timestamptz,
  redriven_at timestamptz,
  -- why it was passed over
  note text,
  primary key (batch_id, dead_letter_id)
);
comment on table public.redrive_batch_items is 'One dead letter of a batch, and what became of it';
create index redrive_batch_items_next on public.redrive_batch_items (batch_id, position) where status in ('waiting', 'redriving');

do $$
declare
  name text;
begin
  foreach name in array array['redrive_batches', 'redrive_batch_items'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('create policy %I on public.%I for insert to nofx_member with check (tenant_id in (select app.tenant_ids()))', name || '_write', name);
    execute format('grant select on public.%I to authenticated, nofx_member', name);
    execute format('grant insert on public.%I to nofx_member', name);
  end loop;
end
$$;
create policy redrive_batches_change on public.redrive_batches for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
grant update (status, ended_at) on public.redrive_batches to nofx_member;

-- The sweep of batches: looks what became of what was redriven, stops what mostly fails again, and redrives as many more as the
-- pace allows, at most p_limit a batch. Before the first five have ended no more than five are under way, so that a batch that is
-- bound to fail is stopped by its first letters. Any number of sweepers may run at once.
create function engine.redrive_batches(p_limit integer) returns table (redriven integer, for_workers integer, for_agents integer)
language plpgsql security definer
set search_path = ''
as $$
declare
  v_batch public.redrive_batches;
  v_item public.redrive_batch_items;
  v_count record;
  v_free integer;
  v_answer jsonb;
  v_status text;
begin
  redriven := 0;
  for_workers := 0;
  for_agents := 0;
  for v_batch in
    select b.* from public.redrive_batches b where b.status = 'running' order by b.id limit 20 for update skip locked
  loop
    update public.redrive_batch_items i
    set status = case d.status when 'resolved' then 'succeeded' when 'discarded' then 'skipped' else 'failed' end
    from public.dead_letters d
    where i.batch_id = v_batch.id and i.status = 'redriving' and d.id = i.dead_letter_id and d.status <> 'redriving';

    select count(*) filter (where i.status = 'waiting') as waiting, count(*) filter (where i.status = 'redriving') as going,
      count(*) filter (where i.status = 'succeeded') as succeeded, count(*) filter (where i.status = 'failed') as failed,
      count(*) filter (where i.status = 'skipped') as skipped, count(i.redriven_at) as begun,
      count(*) filter (where i.redriven_at > clock_timestamp() - interval '1 minute') as lately
    into v_count from public.redrive_batch_items i where i.batch_id = v_batch.id;

    v_status := case
      when v_count.failed * 100 > v_batch.stop_percent * (v_count.succeeded + v_count.failed)
        and (v_count.succeeded + v_count.failed >= 5 or v_count.going = 0) and v_count.waiting > 0 then 'stopped'
      when v_count.waiting = 0 and v_count.going = 0 then 'done' end;
    if v_status is not null then
      update public.redrive_batches b set status = v_status, ended_at = clock_timestamp() where b.id = v_batch.id;
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
      values (v_batch.tenant_id, 'redrive_batch.ended', v_batch.correlation_id, 'system', 'sweeper', jsonb_build_object(
        'batch_id', v_batch.id, 'status', v_status, 'succeeded', v_count.succeeded, 'failed', v_count.failed,
        'skipped', v_count.skipped));
      continue;
    end if;

    -- evenly over the minute, and never more than the minute's share within one
    v_free := least(p_limit, v_batch.max_per_minute - v_count.lately,
      1 + floor(extract(epoch from clock_timestamp() - v_batch.created_at) * v_batch.max_per_minute / 60) - v_count.begun);
    if v_batch.stop_percent is not null and v_count.succeeded + v_count.failed < 5 then
      v_free := least(v_free, 5 - v_count.going);
    end if;
    continue when v_free <= 0;

    for v_item in
      select i.* from public.redrive_batch_items i
      where i.batch_id = v_batch.id and i.status = 'waiting' and (i.not_before is null or i.not_before <= clock_timestamp())
      order by i.position limit v_free
    loop
      -- one that an earlier letter of the same run took along
      continue when exists (
        select from public.redrive_batch_items i
        where i.batch_id = v_batch.id and i.dead_letter_id = v_item.dead_letter_id and i.status <> 'waiting');
      begin
        v_answer := engine.redrive_letter(v_batch.tenant_id, v_item.dead_letter_id, null, null, app.uuid7(), v_batch.created_by,
          v_batch.created_by_name, 'system', 'sweeper', v_batch.correlation_id, v_batch.traceparent);
      exception when serialization_failure or deadlock_detected or lock_not_available then
        continue;
      when others then
        -- one letter must not stand in the way of all others
        v_answer := jsonb_build_object('result', 'error', 'status', sqlstate);
      end;
      case coalesce(v_answer ->> 'result', 'gone')
        when 'redriven' then
          update public.redrive_batch_items i set status = 'redriving', redriven_at = clock_timestamp()
          where i.batch_id = v_batch.id and i.status = 'waiting'
            and i.dead_letter_id in (select l::uuid from jsonb_array_elements_text(v_answer -> 'letters') l);
          redriven := redriven + 1;
          for_workers := for_workers + (v_answer ->> 'for_workers')::integer;
          for_agents := for_agents + (v_answer ->> 'for_agents')::integer;
        when 'going', 'busy' then
          update public.redrive_batch_items i set not_before = clock_timestamp() + interval '10 seconds'
          where i.batch_id = v_batch.id and i.dead_letter_id = v_item.dead_letter_id;
        else
          update public.redrive_batch_items i set status = 'skipped', note = coalesce(v_answer ->> 'status', 'gone')
          where i.batch_id = v_batch.id and i.dead_letter_id = v_item.dead_letter_id;
      end case;
    end loop;
  end loop;
  return next;
end
$$;
grant execute on function engine.redrive_batches(integer) to nofx_worker;
