create table public.runs (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  plan_id uuid not null references public.plans (id) on delete cascade,
  status text not null default 'queued' check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  compensation text not null default 'none' check (compensation in ('none', 'running', 'done', 'failed')),
  workspace text,
  step_count integer not null,
  steps_left integer not null check (steps_left >= 0),
  steps_failed integer not null default 0,
  correlation_id uuid not null,
  -- the event that started it: what the engine tells of its steps was led to by that
  causation_id uuid,
  traceparent text,
  created_by_type text not null,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz,
  check ((status in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null))
);
comment on table public.runs is 'One execution of one plan version';
create index runs_list on public.runs (tenant_id, id desc);
create index runs_plan on public.runs (plan_id, id desc);

-- The step row is the job: no second queue to disagree with. States, holds and transitions:
-- packages/core/src/machine. No table has a foreign key to steps but those that move with the run.
create table public.steps (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid not null references public.runs (id) on delete cascade,
  plan_step_id uuid,
  parent_step_id uuid,
  name text not null,
  title text not null,
  kind text not null,
  executor text not null check (executor in ('worker', 'agent')),
  capability text,
  queue text not null default 'default',
  priority smallint not null,
  position integer not null,
  arguments jsonb not null,
  token text not null,
  sensitive boolean not null default false,
  status text not null default 'queued'
    check (status in ('queued', 'assigned', 'running', 'succeeded', 'failed', 'cancelled')),
  -- why a queued step is not claimable: 1 dependency, 2 approval, 4 children, 8 timer, 16 event, 32 message, 64 quota,
  -- 128 person, 256 paused (core: vocabulary/holds.ts)
  holds integer not null default 0 check (holds between 0 and 511),
  deps_left integer not null default 0 check (deps_left >= 0),
  run_at timestamptz not null default clock_timestamp(),
  -- the fencing token: raised by a claim and by nothing else
  epoch bigint not null default 0,
  lease_owner text,
  lease_until timestamptz,
  cancel_requested_at timestamptz,
  failures integer not null default 0,
  crashes integer not null default 0,
  max_failures integer not null default 3,
  max_crashes integer not null default 3,
  progress jsonb,
  output jsonb,
  error jsonb,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  finalised_at timestamptz,
  unique (run_id, name),
  check ((status in ('succeeded', 'failed', 'cancelled')) = (finalised_at is not null)),
  check ((status in ('assigned', 'running')) = (lease_until is not null)),
  check ((deps_left > 0) <= (holds & 1 = 1))
)
-- settles rewrite the same row several times: room in the page keeps those updates off the indexes that do not change
with (fillfactor = 70);
comment on table public.steps is 'One node of a run: the unit that is queued, leased, executed, retried';
-- claim by workers: the order of the index is the order of work, nothing is sorted
create index steps_claim_worker on public.steps (queue, priority, run_at, id)
  where status = 'queued' and holds = 0 and executor = 'worker';
-- claim by agents: only their own tenant, by capability
create index steps_claim_agent on public.steps (tenant_id, capability, priority, run_at, id)
  where status = 'queued' and holds = 0 and executor = 'agent';
-- the sweep for lapsed leases
create index steps_lease on public.steps (lease_until) where status in ('assigned', 'running');
create index steps_of_run on public.steps (run_id, position);
create index steps_of_plan_step on public.steps (plan_step_id, id desc) where plan_step_id is not null;

create table public.step_dependencies (
  step_id uuid not null references public.steps (id) on delete cascade,
  depends_on uuid not null references public.steps (id) on delete cascade,
  tenant_id uuid not null,
  primary key (depends_on, step_id)
);
comment on table public.step_dependencies is 'Edges of a run; read from depends_on when a step succeeds';
create index step_dependencies_of on public.step_dependencies (step_id);

create table public.attempts (
  step_id uuid not null references public.steps (id) on delete cascade,
  epoch bigint not null,
  tenant_id uuid not null,
  run_id uuid not null,
  executor text not null,
  claimed_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz,
  outcome text check (outcome in ('succeeded', 'failed', 'released', 'suspended', 'lost', 'cancelled')),
  error_code text,
  primary key (step_id, epoch),
  check ((outcome is null) = (finished_at is null))
);
comment on table public.attempts is 'One row a claim: who executed the step, when, and how it ended';
create index attempts_run on public.attempts (run_id, claimed_at);

create table public.checkpoints (
  step_id uuid not null references public.steps (id) on delete cascade,
  name text not null check (length(name) between 1 and 200),
  tenant_id uuid not null,
  value jsonb not null,
  epoch bigint not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (step_id, name)
);
comment on table public.checkpoints is 'Named, stored results inside a step; a retried step does not redo them';

create table public.artifacts (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid not null references public.runs (id) on delete cascade,
  step_id uuid not null references public.steps (id) on delete cascade,
  epoch bigint not null,
  name text not null check (length(name) between 1 and 255),
  content_type text not null,
  size bigint not null check (size >= 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  path text not null unique,
  stored_at timestamptz,
  created_at timestamptz not null default clock_timestamp()
);
comment on table public.artifacts is 'Files that steps made; the bytes are in storage under path, reached by signed URLs';
create unique index artifacts_stored on public.artifacts (step_id, name) where stored_at is not null;
create index artifacts_run on public.artifacts (run_id, id);

create table public.step_logs (
  id bigint generated always as identity primary key,
  tenant_id uuid not null,
  run_id uuid not null references public.runs (id) on delete cascade,
  step_id uuid not null references public.steps (id) on delete cascade,
  epoch bigint not null,
  seq integer not null,
  at timestamptz not null,
  stream text not null check (stream in ('stdout', 'stderr', 'log', 'system')),
  text text not null check (length(text) <= 16384),
  -- a chunk that is sent again is not stored again
  unique (step_id, epoch, seq)
);
comment on table public.step_logs is 'What a step printed, line by line';
create index step_logs_run on public.step_logs (run_id, id);

create table public.agent_messages (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid references public.runs (id) on delete cascade,
  step_id uuid,
  type text not null,
  version smallint not null default 1,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  payload jsonb not null,
  at timestamptz not null default clock_timestamp()
);
comment on table public.agent_messages is 'Durable envelopes (Message Schema v1) between agents, or agent and supervisor';
create index agent_messages_run on public.agent_messages (run_id, id);

do $$
declare
  name text;
begin
  foreach name in array array['runs', 'steps', 'step_dependencies', 'attempts', 'checkpoints', 'artifacts', 'step_logs', 'agent_messages'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member, nofx_agent using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('grant select on public.%I to authenticated, nofx_member, nofx_agent', name);
  end loop;
  foreach name in array array['runs', 'steps', 'step_dependencies'] loop
    execute format('create policy %I on public.%I for insert to nofx_member with check (tenant_id in (select app.tenant_ids()))', name || '_write', name);
    execute format('grant insert on public.%I to nofx_member', name);
  end loop;
end
$$;
