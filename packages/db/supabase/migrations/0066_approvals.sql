-- Approvals whole: who may answer (quorum, groups, four eyes over the whole principal chain), what an approver may edit, when
-- people are reminded and others asked; the catalogue of tools, the grants that a yes gives, and the runs of tools that use them up.

-- who stands behind an agent: nobody answers what their own agent asks
alter table public.agent_registry add column owner_user_id uuid;
alter table public.agent_keys add column issued_by uuid;
grant select (issued_by) on public.agent_keys to nofx_member;
create index agent_keys_agent on public.agent_keys (agent_id);
comment on index public.agent_keys_agent is 'The keys of an agent';

-- Who stands behind what a schedule starts, for as long as anything of it can be asked about: longer than the schedule is there.
-- No role reads this table.
create table public.schedule_people (
  schedule_id uuid not null,
  user_id uuid not null,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  via text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (schedule_id, user_id)
);
comment on table public.schedule_people is 'Who made a schedule, and who said what it starts; kept when it is removed';
alter table public.schedule_people enable row level security;
create policy schedule_people_own on public.schedule_people for all to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));

create function app.note_schedule_person() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  insert into public.schedule_people (schedule_id, user_id, tenant_id, via)
  select new.id, w.who, new.tenant_id, w.verb || ' the schedule ' || new.name
  from (select case when tg_op = 'INSERT' then new.created_by else app.user_id() end as who,
    case when tg_op = 'INSERT' then 'made' else 'changed' end as verb) w
  where w.who is not null
  on conflict (schedule_id, user_id) do nothing;
  return null;
end
$$;
revoke all on function app.note_schedule_person() from public;
create trigger schedules_made after insert on public.schedules for each row execute function app.note_schedule_person();
create trigger schedules_changed after update of task on public.schedules for each row
  when (old.task is distinct from new.task) execute function app.note_schedule_person();
insert into public.schedule_people (schedule_id, user_id, tenant_id, via, at)
select s.id, s.created_by, s.tenant_id, 'made the schedule ' || s.name, s.created_at from public.schedules s;

-- One row a version; the active one is the catalogue's. What a version says never changes, so a yes to it stays a yes to that.
create table public.agent_tools (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  version text not null check (version ~ '^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$'),
  title text not null check (length(title) between 1 and 200),
  description text not null default '' check (length(description) <= 2000),
  input_schema jsonb not null default '{}',
  sensitivity text not null check (sensitivity in ('low', 'medium', 'high', 'critical')),
  requires_approval boolean not null,
  -- who has to say yes; empty: as the tenant's rules say
  rule jsonb,
  -- sha256 of canonical {name, version, schema, sensitivity}
  digest text not null,
  status text not null default 'active' check (status in ('active', 'retired')),
  created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  retired_at timestamptz,
  unique (tenant_id, name, version),
  check ((status = 'retired') = (retired_at is not null))
);
comment on table public.agent_tools is 'What agents may do to the world: name, version, schema of the arguments, sensitivity';
create unique index agent_tools_active on public.agent_tools (tenant_id, name) where status = 'active';
comment on index public.agent_tools_active is 'The version of a tool that holds now';
comment on index public.agent_tools_tenant_id_name_version_key is 'A version says one thing for ever';

alter table public.approvals drop constraint approvals_subject_check;
alter table public.approvals add constraint approvals_subject_check
  check (subject in ('plan', 'plan_step', 'step', 'tool', 'override'));
alter table public.approvals
  -- {quorum, groups: [{group, k}], veto, shared, escalateTo, onExpiry}; empty when inserted: as the tenant's rules say
  add column rule jsonb not null default '{}',
  add column risk text check (length(risk) <= 64),
  add column tool text,
  add column tool_version text,
  -- what the tool acts on, where the asker names it beside the arguments
  add column target text check (length(target) <= 500),
  -- human -> agent -> sub-agent: [{type: member | agent, id, name, via}]
  add column principals jsonb not null default '[]',
  add column root_run_id uuid,
  add column version integer not null default 1,
  -- what an approver may edit; empty: nothing
  add column arguments_schema jsonb,
  add column edited_arguments jsonb,
  add column edited_digest text,
  add column remind_at timestamptz,
  add column escalate_at timestamptz,
  add column reminded_at timestamptz,
  add column escalated_at timestamptz,
  add column override_id uuid,
  add constraint approvals_edited check ((edited_arguments is null) = (edited_digest is null)),
  add constraint approvals_no_longer check (expires_at <= requested_at + interval '30 days 1 minute');
alter table public.approvals drop constraint approvals_about;
alter table public.approvals add constraint approvals_about check (
  case subject when 'plan' then plan_id is not null when 'plan_step' then plan_step_id is not null or step_id is not null
    when 'override' then override_id is not null when 'tool' then step_id is not null and tool is not null
    else step_id is not null end);
create index approvals_remind on public.approvals (remind_at) where status = 'pending' and reminded_at is null;
create index approvals_escalate on public.approvals (escalate_at) where status = 'pending' and escalated_at is null;
create index approvals_root_run on public.approvals (root_run_id) where status = 'pending' and root_run_id is not null;
create unique index approvals_tool_question on public.approvals (step_id, name, arguments_digest) where subject = 'tool' and status = 'pending';
comment on index public.approvals_remind is 'Questions whose reminder is due, for the sweep';
comment on index public.approvals_escalate is 'Questions whose escalation is due, for the sweep';
comment on index public.approvals_root_run is 'The open questions under a root run';
comment on index public.approvals_tool_question is 'A step that asks the same of a tool again is told the same question';
grant update (version, edited_arguments, edited_digest) on public.approvals to nofx_member;

-- member_user_id is the person who acted; delegated_for whose vote it counts as. One vote a person and content: after an edit
-- the content is another one.
alter table public.approval_decisions
  add column delegated_for uuid,
  add column delegated_for_name text,
  add column groups text[] not null default '{}',
  add column arguments_digest text not null default '',
  add column arguments jsonb,
  add column batch boolean not null default false,
  -- by which receiver it came in, where not by our own pages and API, and who knew a secret of it: any of them could have cast it
  add column via text check (length(via) <= 200),
  add column behind uuid[] not null default '{}';
alter table public.approval_decisions drop constraint approval_decisions_approval_id_member_user_id_key;
alter table public.approval_decisions add constraint approval_decisions_once unique (approval_id, member_user_id, arguments_digest);
create unique index approval_decisions_counted on public.approval_decisions (approval_id, coalesce(delegated_for, member_user_id), arguments_digest);
create index approval_decisions_batch on public.approval_decisions (tenant_id, member_user_id, at) where batch;
comment on index public.approval_decisions_once is 'One vote a person and content';
comment on index public.approval_decisions_counted is 'One vote counts for a person, whoever cast it';
comment on index public.approval_decisions_batch is 'How much somebody decided in batches of late';

create table public.approval_grants (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  approval_id uuid not null unique references public.approvals (id) on delete cascade,
  run_id uuid,
  step_id uuid,
  tool text,
  tool_version text,
  arguments_digest text not null,
  granted_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  consumed_at timestamptz
);
comment on table public.approval_grants is 'What a yes gives: one use, of exactly these arguments, by this step, with this version of the tool';
create index approval_grants_open on public.approval_grants (step_id) where consumed_at is null;
comment on index public.approval_grants_open is 'The unused grants of a step';
comment on index public.approval_grants_approval_id_key is 'One grant a yes';

create table public.tool_runs (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid not null,
  step_id uuid not null,
  epoch bigint not null,
  -- the use inside its step: the same name again is the same use
  name text not null check (length(name) between 1 and 200),
  tool text not null,
  tool_version text not null,
  arguments_digest text not null,
  grant_id uuid,
  agent_id text not null,
  status text not null default 'intended' check (status in ('intended', 'succeeded', 'failed', 'unknown')),
  result_digest text,
  error_code text check (length(error_code) <= 64),
  intended_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  unique (step_id, name),
  check ((status = 'intended') = (ended_at is null))
);
comment on table public.tool_runs is 'Intent before, result after: one row a use of a tool. An intent whose executor was lost is unknown, and never tried blindly';
create index tool_runs_run on public.tool_runs (run_id, id);
create index tool_runs_list on public.tool_runs (tenant_id, tool, id desc);
comment on index public.tool_runs_run is 'What a run did with tools';
comment on index public.tool_runs_list is 'The uses of a tool, newest first';
comment on index public.tool_runs_step_id_name_key is 'One use of one name a step';

create table public.approval_groups (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  description text not null default '' check (length(description) <= 2000),
  changed_at timestamptz not null default clock_timestamp(),
  unique (tenant_id, name)
);
comment on table public.approval_groups is 'Groups of approvers, named by the rules of approvals';
comment on index public.approval_groups_tenant_id_name_key is 'A group by its name';

create table public.approval_group_members (
  group_id uuid not null references public.approval_groups (id) on delete cascade,
  user_id uuid not null,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  added_by uuid not null,
  added_at timestamptz not null default clock_timestamp(),
  primary key (group_id, user_id)
);
comment on table public.approval_group_members is 'Who is in a group of approvers';
create index approval_group_members_user on public.approval_group_members (tenant_id, user_id);
comment on index public.approval_group_members_user is 'The groups of a person';

create table public.approval_delegations (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  from_user_id uuid not null,
  from_name text not null,
  to_user_id uuid not null,
  to_name text not null,
  reason text not null check (length(reason) between 1 and 500),
  starts_at timestamptz not null default clock_timestamp(),
  ends_at timestamptz not null,
  revoked_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  check (from_user_id <> to_user_id),
  check (ends_at > starts_at and ends_at <= starts_at + interval '90 days')
);
comment on table public.approval_delegations is 'For a time somebody else votes in somebody''s stead: counted as theirs, shown as both';
create index approval_delegations_to on public.approval_delegations (tenant_id, to_user_id, ends_at) where revoked_at is null;
create index approval_delegations_list on public.approval_delegations (tenant_id, id desc);
comment on index public.approval_delegations_to is 'In whose stead somebody votes now';
comment on index public.approval_delegations_list is 'Delegations, newest first';

create table public.approval_comments (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  approval_id uuid not null references public.approvals (id) on delete cascade,
  member_user_id uuid not null,
  member_name text not null,
  text text not null check (length(text) between 1 and 4000),
  at timestamptz not null default clock_timestamp()
);
comment on table public.approval_comments is 'What people said about a question; it decides nothing';
create index approval_comments_of on public.approval_comments (approval_id, id);
comment on index public.approval_comments_of is 'The talk about a question, in its order';

-- Who has to say yes to what, where the thing itself does not say. '*' is any.
create table public.approval_rules (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  subject text not null check (subject in ('*', 'plan', 'plan_step', 'step', 'tool', 'override')),
  risk text not null check (length(risk) between 1 and 64),
  rule jsonb not null,
  changed_by uuid not null,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, subject, risk)
);
comment on table public.approval_rules is 'Quorum and groups by subject and risk; the most exact row holds';

do $$
declare
  name text;
begin
  foreach name in array array['agent_tools', 'approval_grants', 'tool_runs', 'approval_groups', 'approval_group_members',
    'approval_delegations', 'approval_comments', 'approval_rules'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('grant select on public.%I to authenticated, nofx_member', name);
  end loop;
  -- grants and runs of tools are written by the engine alone
  foreach name in array array['agent_tools', 'approval_groups', 'approval_group_members', 'approval_delegations', 'approval_comments',
    'approval_rules'] loop
    execute format('create policy %I on public.%I for insert to nofx_member with check (tenant_id in (select app.tenant_ids()))', name || '_write', name);
    execute format('grant insert on public.%I to nofx_member', name);
  end loop;
  foreach name in array array['agent_tools', 'approval_groups', 'approval_delegations', 'approval_rules'] loop
    execute format('create policy %I on public.%I for update to nofx_member using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()))', name || '_change', name);
  end loop;
  foreach name in array array['approval_groups', 'approval_group_members', 'approval_rules'] loop
    execute format('create policy %I on public.%I for delete to nofx_member using (tenant_id in (select app.tenant_ids()))', name || '_remove', name);
    execute format('grant delete on public.%I to nofx_member', name);
  end loop;
end
$$;
grant update (title, description, requires_approval, rule, status, retired_at) on public.agent_tools to nofx_member;
grant update (description, changed_at) on public.approval_groups to nofx_member;
grant update (revoked_at) on public.approval_delegations to nofx_member;
grant update (rule, changed_by, changed_at) on public.approval_rules to nofx_member;
-- an agent reads the catalogue, to know what it may be asked to have approved
create policy agent_tools_agent on public.agent_tools for select to nofx_agent using (tenant_id in (select app.tenant_ids()));
grant select on public.agent_tools to nofx_agent;
