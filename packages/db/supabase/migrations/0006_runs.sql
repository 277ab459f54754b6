create table public.runs (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  plan_id uuid not null references public.plans (id) on delete cascade,
  status text not null default 'queued' check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  compensation text not null default 'none' check (compensation in ('none', 'running', 'done', 'failed')),
  workspace text,
  -- whose workspace this run goes on with, where it continues another run
  workspace_run uuid,
  forked_from uuid,
  redrive_of uuid,
  -- undo on failure or cancel, and in which order: of completion (reversed), or only as the steps depend on each other
  compensate boolean not null default true,
  undo_order text not null default 'completion' check (undo_order in ('completion', 'dependency')),
  -- what a run under compensation will end as
  outcome text check (outcome in ('failed', 'cancelled')),
  cancel_requested_at timestamptz,
  paused_at timestamptz,
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
  check ((status in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)),
  check ((compensation <> 'none') <= (outcome is not null))
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
  kind_version smallint not null default 1,
  -- what a worker must know to run it: an old worker passes over versions it has no code for
  handler text generated always as (kind || '@' || kind_version) stored,
  executor text not null check (executor in ('worker', 'agent')),
  capability text,
  queue text not null default 'default',
  priority smallint not null,
  position integer not null,
  arguments jsonb not null,
  token text not null,
  sensitive boolean not null default false,
  -- {kind, with}: what takes the effect back, registered in compensations when the step succeeds
  undo jsonb,
  pivot boolean not null default false,
  -- set on a compensation: the step whose effect it takes back
  undo_of uuid,
  -- set where the result was taken over from another run: the step that really ran
  kept_from uuid,
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
  -- no retry begins after deadline_at; the first claim sets it, and time spent waiting moves it
  deadline_ms bigint not null default 86400000 check (deadline_ms > 0),
  deadline_at timestamptz,
  held_at timestamptz,
  children_left integer not null default 0 check (children_left >= 0),
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
-- the few that crashes have made suspect
create index steps_claim_suspect on public.steps (queue, priority, run_at, id)
  where status = 'queued' and holds = 0 and executor = 'worker' and crashes > 0;
create index steps_held_suspect on public.steps (lease_owner)
  where status in ('assigned', 'running') and crashes > 0;
-- claim by agents: only their own tenant, by capability
create index steps_claim_agent on public.steps (tenant_id, capability, priority, run_at, id)
  where status = 'queued' and holds = 0 and executor = 'agent';
-- the sweep for lapsed leases
create index steps_lease on public.steps (lease_until) where status in ('assigned', 'running');
create index steps_of_run on public.steps (run_id, position);
create index steps_kept on public.steps (kept_from) where kept_from is not null;
create index steps_of_parent on public.steps (parent_step_id) where parent_step_id is not null;
create index steps_deadline on public.steps (deadline_at) where status = 'queued' and deadline_at is not null;
create index steps_of_plan_step on public.steps (plan_step_id, id desc) where plan_step_id is not null;

create table public.step_dependencies (
  step_id uuid not null references public.steps (id) on delete cascade,
  depends_on uuid not null references public.steps (id) on delete cascade,
  tenant_id uuid not null,
  -- a required edge is met by success only, and dooms the step otherwise; the other kind is met by any end
  required boolean not null default true,
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
  error_message text,
  worker_version text,
  -- a settlement that came after the lease was lost: refused, and kept for whoever looks into it
  refused_at timestamptz,
  refused_outcome text,
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
  -- a mailbox: messages to one step and channel are taken in this order, each by one wait
  to_step uuid,
  channel text not null default 'default' check (length(channel) between 1 and 128),
  seq bigint generated always as identity,
  consumed_by uuid,
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
create index agent_messages_mailbox on public.agent_messages (to_step, channel, seq) where to_step is not null and consumed_by is null;

-- The undo register: what takes an effect back, written in the statement that stores the effect. seq is the order of
-- completion, which undoing reverses.
create table public.compensations (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid not null references public.runs (id) on delete cascade,
  step_id uuid not null references public.steps (id) on delete cascade,
  -- empty: declared by the plan; else the checkpoint that it belongs to
  name text not null default '',
  kind text not null,
  kind_version smallint not null default 1,
  arguments jsonb not null,
  seq bigint generated always as identity,
  epoch bigint not null,
  status text not null default 'registered' check (status in ('registered', 'undoing', 'undone', 'failed', 'accepted')),
  undo_step uuid,
  evidence text,
  resolved_by text,
  registered_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  unique (step_id, name)
);
comment on table public.compensations is 'The undo register: one row an effect that can be taken back, and what became of that';
create index compensations_run on public.compensations (run_id, seq);
create unique index compensations_undo_step on public.compensations (undo_step) where undo_step is not null;

-- Steps that failed for a reason that people or a repair have to look at.
create table public.dead_letters (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid not null references public.runs (id) on delete cascade,
  step_id uuid not null unique references public.steps (id) on delete cascade,
  stage text not null check (stage in ('claim', 'input', 'execute', 'commit', 'compensate')),
  reason text not null check (reason in ('invalid_input', 'unknown_handler', 'retries_exhausted', 'deadline', 'poison_crash',
    'non_deterministic', 'compensation_failed', 'unclassified')),
  status text not null default 'new' check (status in ('new', 'triaged', 'redriving', 'resolved', 'discarded')),
  version integer not null default 1,
  error jsonb not null,
  payload jsonb not null,
  history jsonb not null,
  worker_version text,
  correlation_id uuid not null,
  failures integer not null,
  crashes integer not null,
  note text check (length(note) <= 4000),
  triaged_by text,
  redrive_run uuid,
  first_at timestamptz not null default clock_timestamp(),
  last_at timestamptz not null default clock_timestamp()
);
comment on table public.dead_letters is 'Steps that failed for good, by stage and reason, with all that is known of the failure';
create index dead_letters_list on public.dead_letters (tenant_id, status, last_at desc, id desc);
create index dead_letters_redrive on public.dead_letters (redrive_run) where redrive_run is not null;

-- Retry budgets: at most about a tenth of the traffic to one dependency is retries.
create table public.retry_budgets (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  dependency text not null check (length(dependency) between 1 and 255),
  tokens numeric(6, 2) not null default 10,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, dependency)
);
comment on table public.retry_budgets is 'Tokens left for retries of calls to one dependency: a success adds a tenth, a retry takes one';

do $$
declare
  name text;
begin
  foreach name in array array['runs', 'steps', 'step_dependencies', 'attempts', 'checkpoints', 'artifacts', 'step_logs', 'agent_messages',
    'compensations', 'dead_letters', 'retry_budgets'] loop
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
