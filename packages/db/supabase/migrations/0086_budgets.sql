-- Budgets: what may be spent, used and begun, by whom and in which time; how much of each is used; what is reserved for what is under
-- way; and what was used by the hour. Only the functions of 0087 write what is counted. Money is whole picodollars.

alter table public.agent_registry add column team text check (team ~ '^[a-z0-9][a-z0-9._-]{0,63}$');
comment on column public.agent_registry.team is 'Budgets of a team cover all of its agents';
create index agent_registry_team on public.agent_registry (tenant_id, team) where team is not null;
comment on index public.agent_registry_team is 'The agents of a team';

create table public.budgets (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  note text not null default '' check (length(note) <= 500),
  -- whose use is summed
  scope text not null check (scope in ('step', 'run', 'agent', 'team', 'tenant', 'model')),
  -- one of them: a uuid, the name of a team, provider/model with a star at its end for all that begin so. Null: each on its own
  subject text check (length(subject) between 1 and 300),
  -- only what is asked of such models
  model text check (length(model) between 1 and 300),
  measure text not null check (measure in ('usd', 'tokens', 'calls', 'agents', 'fan_out', 'depth')),
  -- a cap is a sum over a window, a rate a bucket that fills again
  kind text not null check (kind in ('cap', 'rate')),
  "window" text not null check ("window" in ('minute', 'hour', 'day', 'month', 'total', 'at_once', 'rate')),
  -- of a rate: what flows into the bucket in per_seconds
  "limit" numeric(40) not null check ("limit" >= 0),
  per_seconds integer check (per_seconds between 1 and 86400),
  burst integer check (burst between 1 and 2000000000),
  outcome text not null check (outcome in ('stop', 'degrade', 'ask', 'wrap_up')),
  -- beyond the limit: what a yes adds (ask), or what is kept for the last work (wrap_up)
  extra numeric(40) not null default 0 check (extra >= 0),
  enabled boolean not null default true,
  version integer not null default 1,
  created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  changed_by uuid not null,
  changed_at timestamptz not null default clock_timestamp(),
  removed_at timestamptz,
  check ((kind = 'rate') = ("window" = 'rate') and (kind = 'rate') = (per_seconds is not null) and (kind = 'rate') = (burst is not null)),
  check (kind = 'cap' or (measure in ('calls', 'tokens') and outcome = 'stop' and "limit" between 1 and 2000000000)),
  check (scope <> 'tenant' or subject is null),
  check (scope <> 'model' or model is null),
  check (measure <> 'depth' or "window" = 'total'),
  check (outcome in ('ask', 'wrap_up') or extra = 0)
);
comment on table public.budgets is 'What may be spent, used and begun: of whom, in which time, and what follows where it is not enough';
create unique index budgets_name on public.budgets (tenant_id, name) where removed_at is null;
create index budgets_in_force on public.budgets (tenant_id) where removed_at is null and enabled;
comment on index public.budgets_name is 'A budget by its name';
comment on index public.budgets_in_force is 'What a reservation is judged by';

create table public.budget_counters (
  budget_id uuid not null references public.budgets (id) on delete cascade,
  subject text not null,
  -- of the window; 1970 where there is none
  starts_at timestamptz not null,
  ends_at timestamptz,
  tenant_id uuid not null,
  used numeric(40) not null default 0 check (used >= 0),
  reserved numeric(40) not null default 0 check (reserved >= 0),
  -- what people have added to this window
  extra numeric(40) not null default 0,
  -- of used: what was more than had been reserved for it
  overrun numeric(40) not null default 0,
  -- of a rate: what is in the bucket; less than nothing where something came to more than was reserved
  tokens numeric(40, 6),
  refilled_at timestamptz,
  refusals integer not null default 0,
  exhausted_at timestamptz,
  -- the question to people that is open, or that they said no to
  approval_id uuid,
  changed_at timestamptz not null default clock_timestamp(),
  -- when the books close over it; null: never
  forget_at timestamptz,
  primary key (budget_id, subject, starts_at)
)
-- each call rewrites some, and no index changes
with (fillfactor = 50);
comment on table public.budget_counters is 'How much of a budget is used and reserved, by subject and window; those of windows that are over are its history';
create index budget_counters_forget on public.budget_counters (forget_at) where forget_at is not null;
create index budget_counters_approval on public.budget_counters (approval_id) where approval_id is not null;
comment on index public.budget_counters_forget is 'Old windows, for the sweep';
comment on index public.budget_counters_approval is 'What a question to people is about';

create type app.budget_hold as (budget_id uuid, subject text, starts_at timestamptz, ends_at timestamptz, measure text, amount numeric);

-- Without a foreign key to its tenant: each call writes one, and many at once would share a lock on the tenant's row.
create table public.budget_reservations (
  id uuid primary key,
  tenant_id uuid not null,
  request_key text not null check (length(request_key) between 1 and 200),
  run_id uuid,
  step_id uuid,
  agent_id uuid,
  model text,
  -- by measure, numbers as text
  amounts jsonb not null,
  -- the counters that it holds
  holds app.budget_hold[] not null,
  state text not null default 'open' check (state in ('open', 'settled', 'released', 'expired')),
  actual jsonb,
  overrun jsonb,
  late boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  unique (tenant_id, request_key),
  check ((state = 'open') = (ended_at is null)),
  check ((state = 'settled') = (actual is not null))
);
comment on table public.budget_reservations is 'What is set aside for something that is under way, until it is settled or its lease ends';
create index budget_reservations_open on public.budget_reservations (expires_at, tenant_id) where state = 'open';
create index budget_reservations_ended on public.budget_reservations (ended_at) where state <> 'open';
comment on index public.budget_reservations_open is 'Leases that have run out, for the sweep and for whoever needs the room';
comment on index public.budget_reservations_ended is 'What can be forgotten, for the sweep';
comment on index public.budget_reservations_tenant_id_request_key_key is 'One reservation an intent';

create table public.usage_counters (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  -- an hour, as the tenant's time zone cuts them
  starts_at timestamptz not null,
  agent_id uuid,
  model text,
  calls bigint not null default 0,
  tokens bigint not null default 0,
  cost_pico numeric(40) not null default 0,
  -- settled at more than was reserved, and after the lease had ended
  overruns bigint not null default 0,
  late bigint not null default 0,
  constraint usage_counters_once unique nulls not distinct (tenant_id, starts_at, agent_id, model)
)
with (fillfactor = 50);
comment on table public.usage_counters is 'What was used by the hour, agent and model: what gates and the usage page read';
comment on index public.usage_counters_once is 'One row an hour, agent and model';

do $$
declare
  name text;
begin
  foreach name in array array['budgets', 'budget_counters', 'budget_reservations', 'usage_counters'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('grant select on public.%I to authenticated, nofx_member', name);
  end loop;
end
$$;
create policy budgets_write on public.budgets for insert to nofx_member with check (tenant_id in (select app.tenant_ids()));
create policy budgets_change on public.budgets for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
grant insert on public.budgets to nofx_member;
grant update (note, "limit", per_seconds, burst, outcome, extra, enabled, version, changed_by, changed_at, removed_at) on public.budgets to nofx_member;
grant update (team) on public.agent_registry to nofx_member;

-- Windows begin and end by the tenant's own clock: the setting time_zone, an IANA name.
alter table public.tenant_settings drop constraint tenant_settings_key_check;
alter table public.tenant_settings add constraint tenant_settings_key_check
  check (key in ('shell', 'retention', 'budgets', 'compliance', 'model_endpoint', 'time_zone'));
create policy tenant_settings_zone_write on public.tenant_settings for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()) and key = 'time_zone');
create policy tenant_settings_zone_change on public.tenant_settings for update to nofx_member
  using (tenant_id in (select app.tenant_ids()) and key = 'time_zone') with check (tenant_id in (select app.tenant_ids()) and key = 'time_zone');

-- People are asked for more of a budget, too.
alter table public.approvals drop constraint approvals_subject_check;
alter table public.approvals add constraint approvals_subject_check
  check (subject in ('plan', 'plan_step', 'step', 'tool', 'override', 'budget'));
alter table public.approvals add column budget_id uuid references public.budgets (id) on delete cascade;
alter table public.approvals drop constraint approvals_about;
alter table public.approvals add constraint approvals_about check (
  case subject when 'plan' then plan_id is not null when 'plan_step' then plan_step_id is not null or step_id is not null
    when 'override' then override_id is not null when 'tool' then step_id is not null and tool is not null
    when 'budget' then budget_id is not null
    else step_id is not null end);
create index approvals_budget on public.approvals (budget_id) where budget_id is not null;
comment on index public.approvals_budget is 'The questions about a budget';
alter table public.approval_rules drop constraint approval_rules_subject_check;
alter table public.approval_rules add constraint approval_rules_subject_check
  check (subject in ('*', 'plan', 'plan_step', 'step', 'tool', 'override', 'budget'));
