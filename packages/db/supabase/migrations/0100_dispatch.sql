-- Dispatch: which strategy the agents of a session follow is chosen on how choices before it ended. Each choice is kept with its reason
-- and the numbers it was made by, each outcome once; what is learnt of them is one row of constant size a level.

create table public.dispatch_settings (
  tenant_id uuid primary key references public.tenants (id) on delete cascade,
  -- share of choices made uniformly at random, to measure the others by
  hold_out double precision not null check (hold_out between 0 and 0.5),
  success_usd double precision not null check (success_usd > 0 and success_usd <= 1000000),
  hour_usd double precision not null check (hour_usd between 0 and 1000000),
  prefer_seconds double precision not null check (prefer_seconds between 0 and 600),
  updated_by uuid not null,
  updated_at timestamptz not null default clock_timestamp()
);
comment on table public.dispatch_settings is 'How a tenant wants strategies chosen; without a row the defaults hold';

create table public.strategy_decisions (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  run_id uuid,
  step_id uuid,
  capability text not null check (capability ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  -- capability/type/risk
  segment text not null,
  strategy text not null check (strategy in ('solo', 'pair', 'hierarchical', 'swarm')),
  held_out boolean not null,
  level text not null check (level in ('segment', 'capability', 'tenant', 'prior')),
  -- how many strategies could be taken, and how likely this one was, hold-out included
  open smallint not null check (open between 1 and 4),
  probability double precision not null check (probability between 0 and 1),
  hold_out double precision not null check (hold_out between 0 and 0.5),
  success_usd double precision not null,
  hour_usd double precision not null,
  reason text not null check (length(reason) between 1 and 2000),
  -- core's ChoiceNumbers, and the agents in the order in which they were drawn
  numbers jsonb not null,
  agents jsonb not null default '[]',
  decided_at timestamptz not null default clock_timestamp()
);
comment on table public.strategy_decisions is 'Which strategy was chosen, why, and by which numbers';
create index strategy_decisions_list on public.strategy_decisions (tenant_id, id desc);
comment on index public.strategy_decisions_list is 'Choices of a tenant, newest first';
create index strategy_decisions_step on public.strategy_decisions (step_id) where step_id is not null;
comment on index public.strategy_decisions_step is 'Why a step has its strategy and agents';

create table public.strategy_outcomes (
  decision_id uuid primary key references public.strategy_decisions (id) on delete cascade,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  succeeded boolean not null,
  seconds double precision not null check (seconds >= 0),
  cost_pico numeric(40, 0) not null check (cost_pico >= 0),
  -- how good a success was, where somebody knows
  reward double precision check (reward between 0 and 1),
  noted_at timestamptz not null default clock_timestamp(),
  -- whether strategy_statistics know of it
  learnt boolean not null default false
);
comment on table public.strategy_outcomes is 'How choices of a strategy ended, each once';
create index strategy_outcomes_new on public.strategy_outcomes (tenant_id, noted_at, decision_id) where not learnt;
comment on index public.strategy_outcomes_new is 'What is still to be learnt from';
create index strategy_outcomes_list on public.strategy_outcomes (tenant_id, decision_id desc);
comment on index public.strategy_outcomes_list is 'Outcomes of a tenant, by the newest choice';

create table public.strategy_statistics (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  -- *, a capability, or a segment
  level_key text not null,
  -- core's Level
  state jsonb not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, level_key)
)
with (fillfactor = 50);
comment on table public.strategy_statistics is 'What was learnt of strategies, one row of constant size a level';

do $$
declare
  name text;
begin
  foreach name in array array['dispatch_settings', 'strategy_decisions', 'strategy_outcomes', 'strategy_statistics'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('grant select on public.%I to authenticated, nofx_member', name);
  end loop;
end
$$;
create policy dispatch_settings_write on public.dispatch_settings for insert to nofx_member with check (tenant_id in (select app.tenant_ids()));
create policy dispatch_settings_change on public.dispatch_settings for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
grant insert on public.dispatch_settings to nofx_member;
grant update (hold_out, success_usd, hour_usd, prefer_seconds, updated_by, updated_at) on public.dispatch_settings to nofx_member;

-- A preference is soft: until preferred_until a step is left to this agent alone.
alter table public.steps
  add column preferred_agent_id uuid,
  add column preferred_until timestamptz;
comment on column public.steps.preferred_agent_id is 'The agent that it is meant for: others leave it alone until preferred_until';
select engine.mirror_history();
