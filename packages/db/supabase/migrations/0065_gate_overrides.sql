-- Overrides of verdicts: somebody answers for going on although a gate warns or blocks. One is bound to the plan and to the
-- rules as they were judged, and counts only while neither has changed, until it expires or is revoked.

create table public.gate_overrides (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  plan_id uuid not null references public.plans (id) on delete cascade,
  scope text not null check (scope in ('plan', 'step', 'rule')),
  rule text,
  step text,
  reason text not null check (length(reason) between 1 and 1000),
  -- pending: waits for a second person. Expired and void are not stored: they follow from the clock and the digests
  status text not null check (status in ('pending', 'active', 'refused', 'revoked')),
  plan_digest text not null,
  rules_digest text not null,
  -- what was covered: [{gate, rule, version, step, verdict}]
  covers jsonb not null,
  two_people boolean not null,
  requested_by uuid not null,
  requested_by_name text not null,
  requested_at timestamptz not null default clock_timestamp(),
  approval_id uuid,
  decided_by uuid,
  decided_by_name text,
  decided_at timestamptz,
  expires_at timestamptz not null,
  revoked_by uuid,
  revoked_by_name text,
  revoked_at timestamptz,
  revoked_reason text check (length(revoked_reason) between 1 and 1000),
  check ((scope = 'step') <= (step is not null) and (scope = 'rule') = (rule is not null)),
  check (scope <> 'plan' or step is null),
  check (expires_at > requested_at and expires_at <= requested_at + interval '30 days 1 minute'),
  check ((status = 'revoked') = (revoked_at is not null)),
  check (not two_people or status in ('pending', 'revoked') or decided_by is not null),
  -- the second person is another one
  check (not two_people or decided_by is null or decided_by <> requested_by)
);
comment on table public.gate_overrides is 'Who answers for going on although a gate warns or blocks; bound to what was judged';
create index gate_overrides_plan on public.gate_overrides (plan_id, id desc);
create index gate_overrides_list on public.gate_overrides (tenant_id, id desc);
create index gate_overrides_approval on public.gate_overrides (approval_id) where approval_id is not null;
comment on index public.gate_overrides_approval is 'The override that an approval is about';
comment on index public.gate_overrides_plan is 'Overrides of a plan';
comment on index public.gate_overrides_list is 'Overrides of a tenant, newest first';

alter table public.gate_overrides enable row level security;
create policy gate_overrides_read on public.gate_overrides for select to authenticated, nofx_member using (tenant_id in (select app.tenant_ids()));
create policy gate_overrides_write on public.gate_overrides for insert to nofx_member with check (tenant_id in (select app.tenant_ids()));
create policy gate_overrides_change on public.gate_overrides for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
grant select on public.gate_overrides to authenticated, nofx_member;
grant insert on public.gate_overrides to nofx_member;
grant update (status, approval_id, decided_by, decided_by_name, decided_at, revoked_by, revoked_by_name, revoked_at, revoked_reason)
  on public.gate_overrides to nofx_member;
