-- Schemas and default rights as on a hosted project: what `postgres` creates in public is open to the API roles until a
-- migration says otherwise, so a migration that forgets to is caught here as well.
create schema if not exists auth authorization supabase_auth_admin;
create schema if not exists storage authorization supabase_storage_admin;
create schema if not exists realtime authorization supabase_realtime_admin;
create schema if not exists extensions authorization postgres;

grant usage on schema public, auth, storage, realtime, extensions to anon, authenticated, service_role;
grant all on schema public, extensions to postgres;
grant usage, create on schema auth, storage, realtime to postgres;

alter default privileges for role postgres in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on functions to postgres, anon, authenticated, service_role;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;

do $$
begin
  execute format('alter database %I owner to postgres', current_database());
  execute format('alter database %I set search_path to "$user", public, extensions', current_database());
  execute format('grant all on database %I to postgres', current_database());
end
$$;
