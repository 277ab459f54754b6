-- Flags: paths of the product that a tenant's admin opens and closes, each alone. A flag that nobody has touched has no row, and
-- its default holds. Who switched what, when and why is in the audit log; here stands the newest of it.

create table public.feature_flags (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (name ~ '^FEATURE_[A-Z0-9_]{1,100}$'),
  enabled boolean not null,
  note text not null check (length(note) between 1 and 500),
  updated_by uuid not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, name)
);
comment on table public.feature_flags is 'What a tenant has switched on or off; without a row the default holds';

alter table public.feature_flags enable row level security;
create policy feature_flags_read on public.feature_flags for select to authenticated, nofx_member, nofx_agent
  using (tenant_id in (select app.tenant_ids()));
create policy feature_flags_write on public.feature_flags for insert to nofx_member with check (tenant_id in (select app.tenant_ids()));
create policy feature_flags_change on public.feature_flags for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
grant select on public.feature_flags to authenticated, nofx_member, nofx_agent;
grant insert on public.feature_flags to nofx_member;
grant update (enabled, note, updated_by, updated_at) on public.feature_flags to nofx_member;

create view public.config with (security_invoker = true) as
select f.tenant_id, f.name as key, to_jsonb(f.enabled) as value, f.updated_by, f.updated_at from public.feature_flags f;
comment on view public.config is 'Flags under the name of the source documents';
grant select on public.config to authenticated, nofx_member;
