-- Snapshots of decisions, for whoever asks later what was decided on. The text is made and its digest put into the audit log in the
-- transaction of the decision; the worker then moves the text to storage, and the row keeps the digest.
create table public.audit_snapshots (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  plan_id uuid not null references public.plans (id) on delete cascade,
  kind text not null check (kind in ('judged', 'decided', 'overridden', 'executed')),
  -- SHA-256 of the text
  digest text not null,
  size integer not null,
  -- empty once it lies in storage
  body text,
  at timestamptz not null default clock_timestamp(),
  stored_at timestamptz,
  check (body is not null or stored_at is not null)
);
comment on table public.audit_snapshots is 'What was decided on: digests of texts that lie in storage, or are on their way there';
create index audit_snapshots_by_plan on public.audit_snapshots (plan_id, id);
create index audit_snapshots_by_digest on public.audit_snapshots (tenant_id, digest);
create index audit_snapshots_unstored on public.audit_snapshots (id) where stored_at is null;
comment on index public.audit_snapshots_by_plan is 'What was kept of a plan, oldest first';
comment on index public.audit_snapshots_by_digest is 'The text behind an entry of the audit log';
comment on index public.audit_snapshots_unstored is 'What is still to be moved to storage, oldest first';
-- it leaves soon: compressing it would take longer than writing it
alter table public.audit_snapshots alter column body set storage external;

alter table public.audit_snapshots enable row level security;
create policy audit_snapshots_read on public.audit_snapshots for select to nofx_member
  using (tenant_id in (select app.tenant_ids()));
grant select on public.audit_snapshots to nofx_member;

-- Whatever is known of a plan from a table that names its plan, or its approval: empty where there is no such table.
create function app.snapshot_rows(p_table text, p_key text, p_ids uuid[]) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_rows jsonb;
begin
  if not exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = to_regclass('public.' || p_table) and a.attname = p_key and not a.attisdropped
  ) then
    return '[]';
  end if;
  execute format('select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t) ->> ''id''), ''[]'') from public.%I t where t.%I = any ($1)', p_table, p_key)
  into v_rows using p_ids;
  return v_rows;
end
$$;
revoke all on function app.snapshot_rows(text, text, uuid[]) from public;

-- Takes a snapshot of a plan as this transaction sees it; answers its digest. The steps never change, so they are in the first one
-- (`judged`), and the others name that.
create function app.take_snapshot(p_tenant uuid, p_plan uuid, p_kind text, p_actor_type text, p_actor_id text) returns text
language plpgsql security definer
set search_path = ''
as $$
declare
  v_approvals uuid[];
  v_text text;
  v_digest text;
begin
  perform app.assert_tenant(p_tenant);
  select coalesce(array_agg(a.id), '{}') into v_approvals from public.approvals a where a.plan_id = p_plan and a.tenant_id = p_tenant;
  select json_build_object('format', 'nofx.snapshot.v1', 'kind', p_kind, 'at', app.audit_time(clock_timestamp()),
    'actor', p_actor_type || ':' || p_actor_id, 'plan', to_jsonb(p),
    'verdicts', app.snapshot_rows('plan_evaluations', 'plan_id', array[p_plan]),
    'approvals', app.snapshot_rows('approvals', 'plan_id', array[p_plan]),
    'decisions', app.snapshot_rows('approval_decisions', 'approval_id', v_approvals),
    'comments', app.snapshot_rows('approval_comments', 'approval_id', v_approvals),
    'overrides', app.snapshot_rows('gate_overrides', 'plan_id', array[p_plan]),
    'runs', app.snapshot_rows('runs', 'plan_id', array[p_plan]),
    'judged', (select s.digest from public.audit_snapshots s where s.plan_id = p_plan and s.kind = 'judged' order by s.id limit 1),
    'steps', case when p_kind = 'judged' then coalesce(
      -- what the digest of the plan is taken of, and the verdict; as text and not by jsonb, which takes four times as long
      (select json_agg(s order by s.position) from (
        select t.id, t.backlog_item_id, t.item_key, t.name, t.title, t.kind, t.executor, t.capability, t.queue, t.arguments, t.needs, t.priority,
          t.position, t.sensitive, t.risk, t.labels, t.owner, t.undo, t.pivot, t.max_failures, t.deadline_seconds, t.token,
          t.arguments_digest, t.verdict
        from public.plan_steps t where t.plan_id = p_plan
      ) s), '[]') end)::text
  into v_text
  from public.plans p where p.id = p_plan and p.tenant_id = p_tenant;
  if v_text is null then
    return null;
  end if;
  v_digest := encode(sha256(convert_to(v_text, 'UTF8')), 'hex');
  insert into public.audit_snapshots (tenant_id, plan_id, kind, digest, size, body)
  values (p_tenant, p_plan, p_kind, v_digest, octet_length(v_text), v_text);
  return v_digest;
end
$$;
grant execute on function app.take_snapshot(uuid, uuid, text, text, text) to nofx_member;

-- Snapshots that are still to be moved to storage, oldest first.
create function engine.snapshots_to_store(p_limit integer)
returns table (id uuid, tenant_id uuid, plan_id uuid, digest text, body text)
language sql stable security definer
set search_path = ''
as $$
  select s.id, s.tenant_id, s.plan_id, s.digest, s.body from public.audit_snapshots s where s.stored_at is null order by s.id limit p_limit
$$;
grant execute on function engine.snapshots_to_store(integer) to nofx_worker;

create function engine.snapshot_stored(p_id uuid) returns void
language sql security definer
set search_path = ''
as $$
  update public.audit_snapshots s set body = null, stored_at = clock_timestamp() where s.id = p_id and s.stored_at is null
$$;
grant execute on function engine.snapshot_stored(uuid) to nofx_worker;

-- Digests and snapshots lie in buckets of their own, which nobody removes anything from.
insert into storage.buckets (id, name, public, file_size_limit)
values ('digests', 'digests', false, 65536), ('snapshots', 'snapshots', false, 52428800)
on conflict (id) do nothing;

create policy nofx_audit_objects_read on storage.objects for select to authenticated
  using (
    bucket_id in ('digests', 'snapshots')
    and (split_part(name, '/', 1) in (select id::text from app.tenant_ids() as t (id))
      or split_part(name, '/', 1) = app.storage_tenant())
  );
create policy nofx_audit_objects_write on storage.objects for insert to authenticated
  with check (bucket_id in ('digests', 'snapshots') and split_part(name, '/', 1) = app.storage_tenant());

-- What a step asks people is a decision of its own to come: that it was asked is entered with it, and so is what a fork, a rerun or a
-- redrive asks about its steps. Other questions about plans and their steps are in the snapshot of the plan; that of a loss its command
-- enters.
create function app.audit_question() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  -- the database's owner belongs to no tenant; what they do by hand is in no chain
  if session_user <> 'nofx_worker' and app.user_id() is null and app.agent_id() is null then
    return null;
  end if;
  perform app.append_audit(new.tenant_id, 'approval.requested', new.requested_by_type, new.requested_by,
    jsonb_build_object('approval_id', new.id, 'subject', new.subject, 'run_id', new.run_id, 'step_id', new.step_id,
      'arguments_digest', new.arguments_digest)::text);
  return null;
end
$$;
revoke all on function app.audit_question() from public;

-- as the transaction commits: the head of the chain is the last lock that anybody takes
create constraint trigger approvals_audit after insert on public.approvals
  deferrable initially deferred for each row
  when ((new.subject in ('step', 'tool') and not (new.name = 'accept_loss' and new.requested_by_type = 'member'))
    or (new.subject = 'plan_step' and new.step_id is not null))
  execute function app.audit_question();

-- How questions go on without a vote: another one takes their place, what they were about is over, or the next group is asked. Votes and
-- the end of their time are entered where they are dealt with. By tenant, so that two who end questions of several wait for each
-- other's chains in one order.
create function app.audit_unvoted() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_agent text := app.agent_id()::text;
  v_member text := app.user_id()::text;
begin
  if session_user <> 'nofx_worker' and v_member is null and v_agent is null then
    return null;
  end if;
  insert into app.audit_drafts (tenant_id, verb, actor_type, actor_id, body)
  select n.tenant_id, case when n.status = 'pending' then 'approval.escalated' else 'approval.decided' end,
    case when v_agent is not null then 'agent' when v_member is not null then 'member' else 'system' end,
    coalesce(v_agent, v_member, 'engine'),
    jsonb_strip_nulls(jsonb_build_object('approval_id', n.id, 'subject', n.subject, 'run_id', n.run_id, 'step_id', n.step_id,
      'status', case when n.status <> 'pending' then n.status end,
      'group', case when n.status = 'pending' then n.rule ->> 'escalateTo' end))::text
  from after n join before o on o.id = n.id
  where o.status = 'pending' and (n.status in ('superseded', 'cancelled')
    or (n.status = 'pending' and o.escalated_at is null and n.escalated_at is not null and n.rule ->> 'escalateTo' is not null))
  order by n.tenant_id, n.id;
  return null;
end
$$;
revoke all on function app.audit_unvoted() from public;

create trigger approvals_audit_unvoted after update on public.approvals
  referencing old table as before new table as after
  for each statement execute function app.audit_unvoted();
