-- The order of a pack: that of the document it came from, until people move an item. From then on an item keeps its place and an
-- import puts new ones behind the one that they follow in the document.
alter table public.packs add column arranged boolean not null default false;
comment on column public.packs.arranged is 'Somebody moved an item: imports leave the order alone';

-- What the columns of a tenant's tables are, by their headers: whoever imports the next export of the same kind finds it done.
create table public.import_mappings (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  -- SHA-256 of the names in the header
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  mapping jsonb not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, fingerprint)
);
comment on table public.import_mappings is 'What the columns of imported tables were taken for, by header';

alter table public.import_mappings enable row level security;
create policy import_mappings_read on public.import_mappings for select to nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy import_mappings_write on public.import_mappings for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()));
create policy import_mappings_change on public.import_mappings for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
grant select, insert, update on public.import_mappings to nofx_member;
