-- Rules of gates as data. A row is one version of one rule and never changes: an edit, or switching it on or off, is the next
-- version, so a verdict can say for ever under which rule it was given. Of a rule that comes with the product a row holds only
-- what the tenant has changed of it; a rule of the tenant's own is whole here.

create table public.gate_rules (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,127}$'),
  version integer not null check (version > 0),
  origin text not null check (origin in ('built_in', 'own')),
  enabled boolean not null default true,
  -- in place of the product's own, where it is a rule that comes with it
  verdict text check (verdict in ('allow', 'warn', 'block')),
  override text check (override in ('none', 'one', 'two')),
  gate text check (gate in ('structural', 'risk', 'compliance', 'resource')),
  scope text check (scope in ('plan', 'step')),
  -- CEL; true where it finds something
  condition text check (length(condition) between 1 and 2000),
  reason text check (length(reason) between 1 and 500),
  tip text check (length(tip) between 1 and 500),
  -- [{name, expect: pass | fail, plan}]
  examples jsonb not null default '[]',
  created_by uuid not null,
  created_by_name text not null,
  created_at timestamptz not null default clock_timestamp(),
  unique (tenant_id, name, version),
  check (origin = 'built_in' or (verdict is not null and override is not null)),
  check ((origin = 'own') = (gate is not null) and (origin = 'own') = (scope is not null) and (origin = 'own') = (condition is not null)
    and (origin = 'own') = (reason is not null) and (origin = 'own') = (tip is not null))
);
comment on table public.gate_rules is 'Versions of the rules that gates judge by; the newest of each name holds';

alter table public.gate_rules enable row level security;
create policy gate_rules_read on public.gate_rules for select to authenticated, nofx_member using (tenant_id in (select app.tenant_ids()));
create policy gate_rules_write on public.gate_rules for insert to nofx_member with check (tenant_id in (select app.tenant_ids()));
grant select on public.gate_rules to authenticated, nofx_member;
grant insert on public.gate_rules to nofx_member;

-- What a verdict was given by: the rules in force, and the model whose plan it is, where several were compared.
alter table public.plan_evaluations
  add column model text check (length(model) between 1 and 200),
  add column rules_digest text check (length(rules_digest) = 64),
  -- the worst finding about each step that is mentioned: {name: verdict}
  add column steps jsonb not null default '{}';
alter table public.plan_evaluations drop constraint plan_evaluations_plan_id_gate_digest_key;
alter table public.plan_evaluations add constraint plan_evaluations_once unique nulls not distinct (plan_id, gate, digest, model);
comment on index public.plan_evaluations_once is 'One verdict a gate, of what was judged, and model';

-- Settings that gates judge by. budgets: {costUsdPerPlan, tokensPerPlan, durationMsPerPlan, costUsdPerDay}; compliance:
-- {approvers: {label: group}, regions: {default, queues}, licences, changeWindows}.
alter table public.tenant_settings drop constraint tenant_settings_key_check;
alter table public.tenant_settings add constraint tenant_settings_key_check
  check (key in ('shell', 'retention', 'budgets', 'compliance'));
comment on table public.tenant_settings is
  'Settings of a tenant; shell: "off" | "trusted" | "sandboxed"; retention: see app.retention; budgets, compliance: what gates judge by';
drop policy tenant_settings_write on public.tenant_settings;
drop policy tenant_settings_change on public.tenant_settings;
drop policy tenant_settings_remove on public.tenant_settings;
create policy tenant_settings_write on public.tenant_settings for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()) and key in ('retention', 'budgets', 'compliance'));
create policy tenant_settings_change on public.tenant_settings for update to nofx_member
  using (tenant_id in (select app.tenant_ids()) and key in ('retention', 'budgets', 'compliance'))
  with check (tenant_id in (select app.tenant_ids()) and key in ('retention', 'budgets', 'compliance'));
create policy tenant_settings_remove on public.tenant_settings for delete to nofx_member
  using (tenant_id in (select app.tenant_ids()) and key in ('retention', 'budgets', 'compliance'));
