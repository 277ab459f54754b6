create table public.plans (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  pack_id uuid not null references public.packs (id) on delete cascade,
  version integer not null check (version > 0),
  title text not null,
  workspace text,
  status text not null check (status in ('ready', 'blocked', 'approved', 'superseded', 'cancelled')),
  verdict text not null check (verdict in ('allow', 'warn', 'block')),
  score real not null,
  digest text not null,
  step_count integer not null,
  correlation_id uuid not null,
  created_by_type text not null,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  unique (pack_id, version)
);
comment on table public.plans is 'An immutable, versioned graph of plan steps; only its status moves';
create index plans_list on public.plans (tenant_id, id desc);

create table public.plan_steps (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  plan_id uuid not null references public.plans (id) on delete cascade,
  backlog_item_id uuid not null references public.backlog_items (id) on delete cascade,
  name text not null,
  title text not null,
  item_key text not null,
  kind text not null,
  executor text not null check (executor in ('worker', 'agent')),
  capability text,
  queue text not null default 'default',
  arguments jsonb not null,
  needs text[] not null default '{}',
  priority smallint not null,
  position integer not null,
  sensitive boolean not null,
  risk text[] not null default '{}',
  labels text[] not null default '{}',
  owner text,
  undo jsonb,
  -- a point of no return: once it has succeeded the run is not undone
  pivot boolean not null default false,
  max_failures integer not null default 3 check (max_failures between 1 and 20),
  deadline_seconds integer not null default 86400 check (deadline_seconds between 1 and 2592000),
  token text not null,
  arguments_digest text not null,
  verdict text not null check (verdict in ('allow', 'warn', 'block')),
  x real not null,
  y real not null,
  unique (plan_id, name)
);
comment on table public.plan_steps is 'Nodes of a plan. token = sha256(tenant, lineage, name, arguments): what is unchanged keeps it';
create index plan_steps_order on public.plan_steps (plan_id, position);
-- what became of a backlog item
create index plan_steps_item on public.plan_steps (backlog_item_id, id desc);

create table public.plan_evaluations (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  plan_id uuid not null references public.plans (id) on delete cascade,
  gate text not null check (gate in ('structural', 'risk', 'compliance', 'resource')),
  verdict text not null check (verdict in ('allow', 'warn', 'block')),
  score real not null,
  digest text not null,
  findings jsonb not null,
  at timestamptz not null default clock_timestamp(),
  unique (plan_id, gate, digest)
);
comment on table public.plan_evaluations is 'What each gate said, bound by digest to what it judged';

create table public.approvals (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  subject text not null check (subject in ('plan', 'plan_step', 'step')),
  plan_id uuid references public.plans (id) on delete cascade,
  plan_step_id uuid references public.plan_steps (id) on delete cascade,
  run_id uuid,
  step_id uuid,
  name text not null default '',
  title text not null,
  question text not null,
  why text not null,
  arguments jsonb not null,
  arguments_digest text not null,
  status text not null default 'pending'
    check (status in ('pending', 'approved', 'rejected', 'expired', 'cancelled', 'superseded')),
  requested_by_type text not null,
  requested_by text not null,
  requested_by_name text not null,
  requester_user_id uuid,
  requested_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  decided_at timestamptz,
  correlation_id uuid not null,
  check ((status = 'pending') = (decided_at is null)),
  check (case subject when 'plan' then plan_id is not null when 'plan_step' then plan_step_id is not null else step_id is not null end)
);
comment on table public.approvals is 'Questions to people, bound to the exact action by a digest; answered by approval_decisions';
-- the inbox: what is still open, oldest deadline first
create index approvals_pending on public.approvals (tenant_id, expires_at, id) where status = 'pending';
create index approvals_list on public.approvals (tenant_id, id desc);
create index approvals_plan on public.approvals (plan_id) where plan_id is not null;
create index approvals_plan_step on public.approvals (plan_step_id) where plan_step_id is not null;
-- one question of one name and content a step, however often it is asked again
create unique index approvals_step_question on public.approvals (step_id, name, arguments_digest) where subject = 'step';
-- expiry sweep
create index approvals_expiry on public.approvals (expires_at) where status = 'pending';

create table public.approval_decisions (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  approval_id uuid not null references public.approvals (id) on delete cascade,
  member_user_id uuid not null,
  member_name text not null,
  decision text not null check (decision in ('approve', 'approve_with_changes', 'reject')),
  reason text,
  at timestamptz not null default clock_timestamp(),
  unique (approval_id, member_user_id)
);
comment on table public.approval_decisions is 'Append-only: who decided what, when and why';

do $$
declare
  name text;
begin
  foreach name in array array['plans', 'plan_steps', 'plan_evaluations', 'approvals', 'approval_decisions'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('create policy %I on public.%I for insert to nofx_member with check (tenant_id in (select app.tenant_ids()))', name || '_write', name);
    execute format('grant select on public.%I to authenticated, nofx_member', name);
    execute format('grant insert on public.%I to nofx_member', name);
  end loop;
end
$$;

create policy plans_change on public.plans for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
create policy approvals_change on public.approvals for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
-- a plan is immutable but for its status; an approval but for its answer and the run that it was used for
grant update (status) on public.plans to nofx_member;
grant update (status, decided_at, run_id, step_id) on public.approvals to nofx_member;
