-- Sessions: several agents on one piece of work, the tree of who works below whom, who filled which place of it, and what reviewers
-- said. Only the functions of 0097 and 0098 write them.

create table public.agent_sessions (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid not null,
  step_id uuid not null unique,
  parent_session_id uuid,
  depth integer not null check (depth between 0 and 8),
  -- what was asked for, and what was chosen
  asked text not null check (asked in ('auto', 'solo', 'pair', 'hierarchical', 'swarm')),
  strategy text not null check (strategy in ('solo', 'pair', 'hierarchical', 'swarm')),
  mode text check (mode in ('best_of_n', 'vote', 'race')),
  capability text not null,
  decision_id uuid,
  status text not null default 'running' check (status in ('running', 'succeeded', 'failed', 'cancelled')),
  -- of a pair: reviews so far
  rounds integer not null default 0,
  -- all that the strategy knows (core/orchestration), and how often it was stored: the next one is stored on top of this one only
  state jsonb not null,
  revision integer not null default 0,
  -- what it may use, itself and below: {depth, fanOut, agents, usd?, seconds, failures}
  quotas jsonb not null,
  deadline_at timestamptz not null,
  -- where the process that began it runs
  region text,
  error jsonb,
  cost_pico numeric(40) not null default 0,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  check ((status = 'running') = (finished_at is null))
)
-- each end below it rewrites its state
with (fillfactor = 70);
comment on table public.agent_sessions is 'Several agents on one piece of work, by a strategy: one row a step of kind session';
create index agent_sessions_list on public.agent_sessions (tenant_id, id desc);
create index agent_sessions_running on public.agent_sessions (tenant_id, id desc) where status = 'running';
create index agent_sessions_run on public.agent_sessions (run_id, id);
create index agent_sessions_parent on public.agent_sessions (parent_session_id) where parent_session_id is not null;
comment on index public.agent_sessions_list is 'Sessions of a tenant, newest first';
comment on index public.agent_sessions_running is 'Those under way, among the many that are over';
comment on index public.agent_sessions_run is 'Sessions of a run, and what moves to the history with it';
comment on index public.agent_sessions_parent is 'Sessions below one';
comment on index public.agent_sessions_step_id_key is 'The session of a step';

-- A node of the tree: a session, or a step that was spawned. Its parent is of the same run, which the database holds.
create table public.run_agent_hierarchy (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid not null,
  -- of a session's own node: that session; else the one that it works in
  session_id uuid,
  parent_id uuid,
  step_id uuid not null unique,
  -- whoever worked on it last
  agent_id uuid,
  role text not null check (role in ('lead', 'doer', 'reviewer', 'worker', 'member', 'merger')),
  depth integer not null check (depth between 0 and 8),
  -- names from the root down, joined by /
  path text not null,
  -- once it has ended: {status, seconds, attempts, crashes, cost_pico, children, failed}
  metrics jsonb not null default '{}',
  -- the breaker: children that failed in a row, and when that were too many; nothing is begun below it any more
  failures integer not null default 0,
  opened_at timestamptz,
  region text,
  created_at timestamptz not null default clock_timestamp(),
  unique (id, run_id, tenant_id),
  foreign key (parent_id, run_id, tenant_id) references public.run_agent_hierarchy (id, run_id, tenant_id),
  check ((parent_id is null) = (depth = 0))
)
with (fillfactor = 80);
comment on table public.run_agent_hierarchy is 'Who works below whom in a run: sessions, and steps that were spawned';
-- subtrees lie together, parents before what is below them
create unique index run_agent_hierarchy_tree on public.run_agent_hierarchy (run_id, ((path || '/') collate "C"));
create index run_agent_hierarchy_parent on public.run_agent_hierarchy (parent_id) where parent_id is not null;
create index run_agent_hierarchy_agent on public.run_agent_hierarchy (tenant_id, agent_id, id desc) where agent_id is not null;
comment on index public.run_agent_hierarchy_tree is 'The tree of a run in the order in which it is read';
comment on index public.run_agent_hierarchy_parent is 'What is below a node';
comment on index public.run_agent_hierarchy_agent is 'Where an agent has worked';
comment on index public.run_agent_hierarchy_step_id_key is 'The place of a step';
comment on index public.run_agent_hierarchy_id_run_id_tenant_id_key is 'What a parent is referred to by: its run and tenant are its children''s';

-- Who filled a place, and for how long: an agent that dies leaves its row, and the one that takes over gets the next.
create table public.agent_subagents (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid not null,
  session_id uuid,
  node_id uuid not null,
  step_id uuid not null,
  epoch bigint not null,
  agent_id uuid not null,
  -- whoever held the place above, where an agent did
  parent_agent_id uuid,
  role text not null,
  capability text,
  outcome text not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  unique (step_id, epoch)
);
comment on table public.agent_subagents is 'Which agents filled a place of the tree, one row an attempt, written when the place is done';
create index agent_subagents_run on public.agent_subagents (run_id, id);
create index agent_subagents_agent on public.agent_subagents (tenant_id, agent_id, id desc);
comment on index public.agent_subagents_run is 'Of a run, and what moves to the history with it';
comment on index public.agent_subagents_agent is 'What an agent did below others';
comment on index public.agent_subagents_step_id_epoch_key is 'One row an attempt';

create table public.critic_verdicts (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid not null,
  session_id uuid not null,
  round integer not null check (round between 1 and 10),
  verdict text not null check (verdict in ('accept', 'revise', 'reject')),
  score double precision check (score between 0 and 1),
  feedback text not null default '' check (length(feedback) <= 8000),
  doer_step uuid not null,
  reviewer_step uuid not null,
  doer_agent uuid,
  reviewer_agent uuid,
  at timestamptz not null default clock_timestamp(),
  unique (session_id, round)
);
comment on table public.critic_verdicts is 'What reviewers of pairs said, one row a round';
create index critic_verdicts_run on public.critic_verdicts (run_id, id);
create index critic_verdicts_reviewer on public.critic_verdicts (tenant_id, reviewer_agent) where reviewer_agent is not null;
comment on index public.critic_verdicts_run is 'Of a run, and what moves to the history with it';
comment on index public.critic_verdicts_reviewer is 'How an agent judges others';
comment on index public.critic_verdicts_session_id_round_key is 'One verdict a round';

-- Who has worked with whom, over all runs. One row a pair of agents and kind.
create table public.agent_relationships (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  from_agent uuid not null,
  to_agent uuid not null,
  -- delegates: from gave work to; reviews: from judged what to made
  kind text not null check (kind in ('delegates', 'reviews')),
  times bigint not null default 1,
  succeeded bigint not null default 0,
  first_at timestamptz not null default clock_timestamp(),
  last_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, from_agent, to_agent, kind)
)
with (fillfactor = 70);
comment on table public.agent_relationships is 'Which agents delegate to and review each other, and how often it went well';
create index agent_relationships_to on public.agent_relationships (tenant_id, to_agent);
comment on index public.agent_relationships_to is 'Who gives an agent work, and who judges it';
comment on index public.agent_relationships_pkey is 'One row a pair of agents and kind';

do $$
declare
  name text;
begin
  foreach name in array array['agent_sessions', 'run_agent_hierarchy', 'agent_subagents', 'critic_verdicts', 'agent_relationships'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member, nofx_agent using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('grant select on public.%I to authenticated, nofx_member, nofx_agent', name);
  end loop;
end
$$;

-- They move to the history with their run.
create or replace function engine.history_tables() returns table (name text, key text, seen boolean)
language sql immutable
set search_path = ''
as $$
  values ('runs', 'id', true), ('steps', 'run_id', true), ('step_dependencies', 'step_id', true), ('attempts', 'step_id', true),
    ('checkpoints', 'step_id', false), ('compensations', 'run_id', true), ('artifacts', 'run_id', true), ('step_logs', 'run_id', true),
    ('agent_messages', 'run_id', false), ('waits', 'run_id', true), ('external_events', 'run_id', false),
    ('agent_sessions', 'run_id', true), ('run_agent_hierarchy', 'run_id', true), ('agent_subagents', 'run_id', true),
    ('critic_verdicts', 'run_id', true)
$$;
select engine.mirror_history();
alter table public.agent_sessions_history add primary key (id);
create index agent_sessions_history_list on public.agent_sessions_history (tenant_id, id desc);
create index agent_sessions_history_run on public.agent_sessions_history (run_id, id);
alter table public.run_agent_hierarchy_history add primary key (id);
create index run_agent_hierarchy_history_tree on public.run_agent_hierarchy_history (run_id, ((path || '/') collate "C"));
alter table public.agent_subagents_history add primary key (id);
create index agent_subagents_history_run on public.agent_subagents_history (run_id, id);
alter table public.critic_verdicts_history add primary key (id);
create index critic_verdicts_history_run on public.critic_verdicts_history (run_id, id);
comment on index public.agent_sessions_history_list is 'As agent_sessions_list';
comment on index public.agent_sessions_history_run is 'As agent_sessions_run';
comment on index public.run_agent_hierarchy_history_tree is 'As run_agent_hierarchy_tree';
comment on index public.agent_subagents_history_run is 'As agent_subagents_run';
comment on index public.critic_verdicts_history_run is 'As critic_verdicts_run';

-- As in 0021, with what sessions fail of.
create or replace function engine.error_class(p_code text) returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_code in ('timeout', 'agent_error', 'http_busy', 'http_unavailable', 'lease_lost', 'unclassified') then 'retryable'
    when p_code in ('shell_not_trusted', 'sandbox_unavailable', 'approval_rejected', 'approval_expired', 'address_refused',
      'unknown_outcome', 'wait_timed_out', 'review_rejected') then 'policy'
    when p_code = 'quota_exceeded' then 'budget'
    when p_code = 'poison_crash' then 'poison'
    else 'permanent' end
$$;
