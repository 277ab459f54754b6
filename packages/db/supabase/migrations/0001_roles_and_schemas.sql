-- Roles and schemas. Roles belong to the cluster, so each is made only where it is missing.
--
--   nofx_web            login of the dashboard and REST API; acts as nofx_member (a person) or nofx_agent
--   nofx_agent_gateway  login of the agent API served by a worker host; acts as nofx_agent
--   nofx_worker         login of the engine: EXECUTE on engine functions, no right on any table
--   nofx_member         what a person's transaction runs as; row level security applies
--   nofx_agent          what an agent's transaction runs as; row level security applies
--
-- authenticated (Supabase's own role, reachable from a browser) reads under row level security and writes nothing.

do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('nofx_member', 'nologin noinherit'),
      ('nofx_agent', 'nologin noinherit'),
      ('nofx_web', 'login noinherit'),
      ('nofx_agent_gateway', 'login noinherit'),
      ('nofx_worker', 'login noinherit')
    ) as roles (name, options)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
      execute format('create role %I %s', wanted.name, wanted.options);
    end if;
  end loop;
end
$$;

grant nofx_member, nofx_agent to nofx_web;
grant nofx_agent to nofx_agent_gateway;

create schema app;
create schema engine;

comment on schema app is 'Helpers that policies and commands share';
comment on schema engine is 'The durable engine: lease functions, one file each';

revoke all on schema public from public;
grant usage on schema public to authenticated, nofx_member, nofx_agent;
grant usage on schema app to authenticated, nofx_member, nofx_agent, nofx_worker;
grant usage on schema engine to nofx_worker, nofx_member, nofx_agent;

-- A new function is executable by everybody unless it is said otherwise; here nothing is.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
