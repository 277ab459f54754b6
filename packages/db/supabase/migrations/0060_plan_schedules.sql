-- When the steps of a plan are to run, what they are expected to take, and what came of it.

-- lags: need -> seconds from its end to the start of this item; resources: what the item must have for itself while it runs.
alter table public.backlog_items
  add column lags jsonb not null default '{}',
  add column resources text[] not null default '{}',
  add column estimate_minutes double precision check (estimate_minutes > 0 and estimate_minutes <= 525600);

-- estimate: {durationMs: {p10, p50, p90}, tokens, costUsd, basis: telemetry | prior, samples}. Times are empty in plans made before there were any.
alter table public.plan_steps
  add column resources text[] not null default '{}',
  add column estimate jsonb,
  add column start_seconds double precision check (start_seconds >= 0),
  add column slack_seconds double precision check (slack_seconds >= 0),
  add column critical boolean not null default false;

-- parent_id: the version before, which a diff begins from; forecast: what the whole plan is expected to take (PlanForecast).
alter table public.plans
  add column parent_id uuid references public.plans (id) on delete set null,
  add column makespan_seconds double precision check (makespan_seconds >= 0),
  add column lower_bound_seconds double precision check (lower_bound_seconds >= 0),
  add column resources jsonb not null default '[]',
  add column forecast jsonb;
create index plans_parent on public.plans (parent_id) where parent_id is not null;
comment on index public.plans_parent is 'The versions that follow a plan, when it is deleted';

-- What a step reported to have used: an agent's output may have {usage: {tokens, costUsd}}.
create function app.used(p_output jsonb, p_what text) returns double precision
language sql immutable parallel safe
set search_path = ''
as $$
  select case when jsonb_typeof(p_output -> 'usage' -> p_what) = 'number'
    then greatest(0, (p_output -> 'usage' ->> p_what)::double precision) end
$$;
grant execute on function app.used(jsonb, text) to authenticated, nofx_member;

create view public.plan_step_outcomes with (security_invoker = true) as
select p.tenant_id, p.plan_id, s.run_id, p.id as plan_step_id, p.name, p.title, p.position, p.kind, p.estimate, s.status,
  extract(epoch from s.finalised_at - s.started_at)::double precision * 1000 as duration_ms,
  app.used(s.output, 'tokens') as tokens, app.used(s.output, 'costUsd') as cost_usd
-- not steps_all: engine.mirror_history makes that anew when steps has a new column
from public.plan_steps p join (
  select plan_step_id, run_id, status, output, started_at, finalised_at, kept_from from public.steps
  union all
  select plan_step_id, run_id, status, output, started_at, finalised_at, kept_from from public.steps_history
) s on s.plan_step_id = p.id
where p.estimate is not null and s.started_at is not null and s.finalised_at is not null and s.kept_from is null;
comment on view public.plan_step_outcomes is 'Of each step of a plan that was executed: what it was expected to take, and what it took';
grant select on public.plan_step_outcomes to authenticated, nofx_member;
