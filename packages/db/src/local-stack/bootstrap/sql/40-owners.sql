-- The tables of auth and storage belong to their services, as on a hosted project; row level security is on in storage
-- with no policy, so nothing is open until a migration opens it.
do $$
declare
  item record;
begin
  for item in
    select n.nspname, c.relname, case n.nspname when 'auth' then 'supabase_auth_admin' else 'supabase_storage_admin' end as owner
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('auth', 'storage') and c.relkind = 'r'
  loop
    execute format('alter table %I.%I owner to %I', item.nspname, item.relname, item.owner);
  end loop;
  for item in
    select p.oid::regprocedure as signature
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'storage'
  loop
    execute format('alter function %s owner to supabase_storage_admin', item.signature);
  end loop;
end
$$;

grant select, insert, update, delete on all tables in schema storage to anon, authenticated, service_role;
grant select on all tables in schema auth to service_role;
