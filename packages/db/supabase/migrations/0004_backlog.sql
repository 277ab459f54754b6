create table public.packs (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null check (length(name) between 1 and 128),
  title text,
  workspace text,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (tenant_id, name)
);
comment on table public.packs is 'A named set of backlog items released under one policy; its id is the lineage of its plans';

create table public.backlog_items (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  pack_id uuid not null references public.packs (id) on delete cascade,
  key text not null,
  title text not null,
  description text,
  kind text,
  type text,
  arguments jsonb,
  needs text[] not null default '{}',
  priority smallint not null check (priority between 1 and 5),
  labels text[] not null default '{}',
  risk text[] not null default '{}',
  sensitive boolean not null default false,
  owner text,
  undo jsonb,
  pivot boolean not null default false,
  max_failures integer not null default 3 check (max_failures between 1 and 20),
  deadline_seconds integer not null default 86400 check (deadline_seconds between 1 and 2592000),
  position integer not null,
  digest text not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (pack_id, key)
);
comment on table public.backlog_items is 'Pieces of wanted work: kind + arguments (the document''s "with"), or a type that plan_rules expand';
-- the list, newest pack first, in document order
create index backlog_items_list on public.backlog_items (tenant_id, pack_id, position, id);

create table public.plan_rules (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  name text not null,
  position integer not null,
  rule jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  unique (tenant_id, name)
);
comment on table public.plan_rules is 'How a type of item becomes a sequence of steps; the first match in order of position wins';

create table public.uploads (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  purpose text not null check (purpose in ('backlog')),
  path text not null unique,
  content_type text not null,
  size bigint not null check (size > 0),
  created_by uuid not null,
  created_at timestamptz not null default clock_timestamp()
);
comment on table public.uploads is 'Bodies too large for a request: announced here, sent to storage by a signed URL';

alter table public.packs enable row level security;
alter table public.backlog_items enable row level security;
alter table public.plan_rules enable row level security;
alter table public.uploads enable row level security;

create policy packs_read on public.packs for select to authenticated, nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy packs_write on public.packs for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()));
create policy packs_change on public.packs for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
create policy backlog_items_read on public.backlog_items for select to authenticated, nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy backlog_items_write on public.backlog_items for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()));
create policy backlog_items_change on public.backlog_items for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
create policy plan_rules_read on public.plan_rules for select to authenticated, nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy uploads_own on public.uploads for all to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));

grant select on public.packs, public.backlog_items, public.plan_rules to authenticated;
grant select, insert, update on public.packs, public.backlog_items to nofx_member;
grant select on public.plan_rules to nofx_member;
grant select, insert on public.uploads to nofx_member;
