-- Two private buckets, for files of at most 50 MiB. Objects lie under <tenant uuid>/…; members read their tenants' objects. Writing is done with a
-- token that our server mints for one tenant and one minute (claim storage_tenant), never with a member's own session.
insert into storage.buckets (id, name, public, file_size_limit)
values ('artifacts', 'artifacts', false, 52428800), ('uploads', 'uploads', false, 52428800)
on conflict (id) do nothing;

create function app.storage_tenant() returns text
language sql stable parallel safe
as $$
  select app.claims() ->> 'storage_tenant'
$$;
grant execute on function app.storage_tenant() to authenticated;

create policy nofx_objects_read on storage.objects for select to authenticated
  using (
    bucket_id in ('artifacts', 'uploads')
    and (split_part(name, '/', 1) in (select id::text from app.tenant_ids() as t (id))
      or split_part(name, '/', 1) = app.storage_tenant())
  );
create policy nofx_objects_write on storage.objects for insert to authenticated
  with check (bucket_id in ('artifacts', 'uploads') and split_part(name, '/', 1) = app.storage_tenant());
create policy nofx_objects_remove on storage.objects for delete to authenticated
  using (bucket_id in ('artifacts', 'uploads') and split_part(name, '/', 1) = app.storage_tenant());
