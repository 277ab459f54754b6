-- The registry: who owns an agent, in which version it runs, what it may hold, what it can do as its author declares it and as it
-- was measured, which of its processes are there. agent_registry.capabilities says what an agent may be given; what stands beside
-- each is in agent_capabilities.

alter table public.agent_registry
  add column version text check (length(version) between 1 and 64),
  add column max_concurrency integer check (max_concurrency between 1 and 10000),
  add column tags text[] not null default '{}' check (cardinality(tags) <= 20),
  add column status_by text not null default 'person' check (status_by in ('person', 'breaker')),
  add column status_reason text check (length(status_reason) between 1 and 500),
  add column status_at timestamptz not null default clock_timestamp(),
  -- core's AgentBreaker; {} is one that has seen nothing
  add column breaker jsonb not null default '{}',
  add column breaker_enabled boolean not null default true,
  -- from when an agent that its breaker has quarantined is given one step at a time
  add column trial_at timestamptz,
  -- an A2A agent card that was imported, as it came, and from where
  add column card jsonb,
  add column card_url text check (length(card_url) between 1 and 2000),
  add column revision integer not null default 1,
  add column updated_at timestamptz not null default clock_timestamp();
comment on column public.agent_registry.version is 'Of its code, as it introduced itself last';
comment on column public.agent_registry.max_concurrency is 'How many steps it may hold at once, over all of its processes';
comment on column public.agent_registry.trial_at is 'From when an agent that its breaker quarantined is given one step at a time';
grant update (max_concurrency, tags, status_by, status_reason, status_at, breaker, breaker_enabled, trial_at, card, card_url, revision,
  updated_at, owner_user_id, version) on public.agent_registry to nofx_member;

-- What people search an agent by: its words, with dots and dashes between them taken for spaces.
create function app.agent_words(p_name text, p_description text, p_capabilities text[], p_tags text[], p_team text) returns tsvector
language sql immutable parallel safe
set search_path = ''
as $$
  select to_tsvector('pg_catalog.simple', translate(
    concat_ws(' ', p_name, p_description, array_to_string(p_capabilities, ' '), array_to_string(p_tags, ' '), p_team), '._-/', '    '))
$$;
grant execute on function app.agent_words(text, text, text[], text[], text) to nofx_member, nofx_agent, authenticated;

alter table public.agent_registry add column words tsvector
  generated always as (app.agent_words(name, description, capabilities, tags, team)) stored;
create index agent_registry_words on public.agent_registry using gin (words);
comment on index public.agent_registry_words is 'Search by words';
create index agent_registry_capabilities on public.agent_registry using gin (capabilities);
comment on index public.agent_registry_capabilities is 'Who can do this';

create table public.agent_versions (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  agent_id uuid not null references public.agent_registry (id) on delete cascade,
  version text not null check (length(version) between 1 and 64),
  runtime text not null check (length(runtime) between 1 and 200),
  concurrency integer not null check (concurrency between 1 and 10000),
  -- [{capability, inputSchema, outputSchema, events}]
  tasks jsonb not null,
  tasks_sha256 text not null,
  introduced_at timestamptz not null default clock_timestamp(),
  last_at timestamptz not null default clock_timestamp(),
  unique (agent_id, version)
);
comment on table public.agent_versions is 'Versions of the code of an agent, each with the tasks that it introduced';
create index agent_versions_list on public.agent_versions (agent_id, last_at desc);
comment on index public.agent_versions_list is 'Versions of an agent, newest first';

create table public.agent_capabilities (
  agent_id uuid not null references public.agent_registry (id) on delete cascade,
  capability text not null check (capability ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  title text check (length(title) between 1 and 200),
  -- as its author declares it
  proficiency real check (proficiency between 0 and 1),
  resources jsonb,
  declared_success_rate double precision check (declared_success_rate between 0 and 1),
  declared_latency_ms double precision check (declared_latency_ms >= 0),
  declared_cost_pico bigint check (declared_cost_pico >= 0),
  -- as it introduced itself last
  version text,
  input_schema jsonb,
  output_schema jsonb,
  events jsonb,
  -- as it was measured: all of it, and the newest attempts one by one as core's Evidence keeps them
  samples bigint not null default 0,
  successes bigint not null default 0,
  since timestamptz,
  last_at timestamptz,
  recent jsonb not null default '[]',
  -- what is to be believed: what was declared, corrected by what was measured
  success_rate double precision,
  latency_ms double precision,
  cost_pico double precision,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (agent_id, capability),
  check (successes between 0 and samples)
)
with (fillfactor = 70);
comment on table public.agent_capabilities is 'What an agent can do, as declared and as measured';
create index agent_capabilities_find on public.agent_capabilities (tenant_id, capability, agent_id);
comment on index public.agent_capabilities_find is 'Agents of a capability: the marketplace, and the schemas that an input is checked by';

-- The rows follow the list in the registry: whoever writes the one has written the other.
create function app.sync_agent_capabilities() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  delete from public.agent_capabilities c where c.agent_id = new.id and c.capability <> all (new.capabilities);
  insert into public.agent_capabilities (agent_id, capability, tenant_id)
  select new.id, w.capability, new.tenant_id from (select distinct u.capability from unnest(new.capabilities) u (capability)) w
  on conflict do nothing;
  return null;
end
$$;
revoke all on function app.sync_agent_capabilities() from public;
create trigger agent_registry_added after insert on public.agent_registry
  for each row execute function app.sync_agent_capabilities();
create trigger agent_registry_changed after update of capabilities on public.agent_registry
  for each row when (old.capabilities is distinct from new.capabilities) execute function app.sync_agent_capabilities();
insert into public.agent_capabilities (agent_id, capability, tenant_id)
select distinct a.id, u.capability, a.tenant_id from public.agent_registry a, unnest(a.capabilities) u (capability);

-- One row a process, written at most every few seconds: no row that all of an agent's requests queue up behind.
create table public.agent_presence (
  agent_id uuid not null references public.agent_registry (id) on delete cascade,
  runner text not null check (length(runner) between 1 and 200),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  version text check (length(version) between 1 and 64),
  runtime text check (length(runtime) between 1 and 200),
  slots integer not null default 1 check (slots between 1 and 10000),
  busy integer not null default 0 check (busy between 0 and 10000),
  up_since timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  primary key (agent_id, runner)
)
with (fillfactor = 70);
comment on table public.agent_presence is 'The processes of agents: when they were last heard of, and how busy they are';

do $$
declare
  name text;
begin
  foreach name in array array['agent_versions', 'agent_capabilities', 'agent_presence'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member, nofx_agent using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('grant select on public.%I to authenticated, nofx_member, nofx_agent', name);
  end loop;
end
$$;
create policy agent_capabilities_change on public.agent_capabilities for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));
grant update (title, proficiency, resources, declared_success_rate, declared_latency_ms, declared_cost_pico, success_rate, latency_ms,
  cost_pico, updated_at) on public.agent_capabilities to nofx_member;

-- Processes of agents are there: [{agent_id, runner, version, runtime, slots, busy}], as the servers of the agent API have heard from
-- agents that they know. Heard of within the last four seconds it is not written again. A server that crashes forgets half a second.
create function app.note_agent_presence(p_items jsonb) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into public.agent_presence as p (agent_id, runner, tenant_id, version, runtime, slots, busy)
  select i.agent_id, i.runner, a.tenant_id, i.version, i.runtime, i.slots, i.busy
  from jsonb_to_recordset(p_items) as i (agent_id uuid, runner text, version text, runtime text, slots integer, busy integer)
  join public.agent_registry a on a.id = i.agent_id
  order by i.agent_id, i.runner
  on conflict (agent_id, runner) do update
  set version = coalesce(excluded.version, p.version), runtime = coalesce(excluded.runtime, p.runtime), slots = excluded.slots,
      busy = excluded.busy, last_seen_at = clock_timestamp(),
      up_since = case when p.last_seen_at < clock_timestamp() - interval '60 s' then clock_timestamp() else p.up_since end
  where p.last_seen_at < clock_timestamp() - interval '4 s' or p.busy <> excluded.busy or p.slots <> excluded.slots
    or p.version is distinct from coalesce(excluded.version, p.version);
end
$$;
grant execute on function app.note_agent_presence(jsonb) to nofx_web, nofx_agent_gateway;

-- The calling agent says what its code is and can do. Answers {known, status, max_concurrency}; known where that version had told the
-- same before, and then nothing is written but that it was heard of, at most once a minute. Of a hundred versions the oldest goes.
create function app.introduce_agent(
  p_tenant uuid, p_version text, p_runtime text, p_concurrency integer, p_tasks jsonb, p_tasks_sha256 text
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_agent public.agent_registry;
  v_known boolean;
begin
  if app.agent_id() is null then
    raise insufficient_privilege using message = 'an agent speaks for itself';
  end if;
  perform app.assert_tenant(p_tenant);
  select * into v_agent from public.agent_registry a where a.id = app.agent_id() and a.tenant_id = p_tenant;
  v_known := exists (
    select from public.agent_versions v
    where v.agent_id = v_agent.id and v.version = p_version and v.tasks_sha256 = p_tasks_sha256 and v.runtime = p_runtime
      and v.concurrency = p_concurrency);
  if v_known and v_agent.version = p_version then
    update public.agent_versions v set last_at = clock_timestamp()
    where v.agent_id = v_agent.id and v.version = p_version and v.last_at < clock_timestamp() - interval '60 s';
  else
    -- processes of one agent that begin together queue up here, and all but the first find it said
    perform from public.agent_registry a where a.id = v_agent.id for update;
    insert into public.agent_versions as v (tenant_id, agent_id, version, runtime, concurrency, tasks, tasks_sha256)
    values (p_tenant, v_agent.id, p_version, p_runtime, p_concurrency, p_tasks, p_tasks_sha256)
    on conflict (agent_id, version) do update
    set runtime = excluded.runtime, concurrency = excluded.concurrency, tasks = excluded.tasks, tasks_sha256 = excluded.tasks_sha256,
        last_at = clock_timestamp();
    delete from public.agent_versions v
    where v.id in (select o.id from public.agent_versions o where o.agent_id = v_agent.id order by o.last_at desc offset 100);
    update public.agent_registry a set version = p_version, updated_at = clock_timestamp()
    where a.id = v_agent.id and a.version is distinct from p_version;
    update public.agent_capabilities c
    set version = p_version, input_schema = t."inputSchema", output_schema = t."outputSchema", events = t.events, updated_at = clock_timestamp()
    from jsonb_to_recordset(p_tasks) as t (capability text, "inputSchema" jsonb, "outputSchema" jsonb, events jsonb)
    where c.agent_id = v_agent.id and c.capability = t.capability;
  end if;
  return jsonb_build_object('known', v_known, 'status', v_agent.status, 'max_concurrency', v_agent.max_concurrency);
end
$$;
grant execute on function app.introduce_agent(uuid, text, text, integer, jsonb, text) to nofx_agent;

-- The calling agent describes itself by its card. p_titles: [{capability, title}], of what it has already.
create function app.describe_agent(p_tenant uuid, p_description text, p_tags text[], p_card jsonb, p_titles jsonb) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  if app.agent_id() is null then
    raise insufficient_privilege using message = 'an agent speaks for itself';
  end if;
  perform app.assert_tenant(p_tenant);
  update public.agent_registry a
  set description = p_description, tags = p_tags, card = p_card, card_url = null, revision = a.revision + 1, updated_at = clock_timestamp()
  where a.id = app.agent_id() and a.tenant_id = p_tenant;
  update public.agent_capabilities c set title = t.title, updated_at = clock_timestamp()
  from jsonb_to_recordset(p_titles) as t (capability text, title text)
  where c.agent_id = app.agent_id() and c.capability = t.capability;
end
$$;
grant execute on function app.describe_agent(uuid, text, text[], jsonb, jsonb) to nofx_agent;

-- The agents of a tenant that fit, in order, after a place in the list: by name, or those of one capability by what is to be believed
-- of it. p_filter: {query, statuses, capability, team, tag, owner}. As a function, because under row level security a search by words
-- cannot use its index: the operator may not see rows that the policy has not let through.
create function app.find_agents(p_tenant uuid, p_filter jsonb, p_sort text, p_after_key double precision, p_after text, p_limit integer)
returns table (id uuid, key double precision)
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_custom_plan
as $$
declare
  v_words tsquery := app.agent_query(p_filter ->> 'query');
  v_statuses text[] := (select array_agg(s.value) from jsonb_array_elements_text(p_filter -> 'statuses') s);
  v_capability text := p_filter ->> 'capability';
  v_team text := p_filter ->> 'team';
  v_tag text := p_filter ->> 'tag';
  v_owner uuid := (p_filter ->> 'owner')::uuid;
begin
  perform app.assert_tenant(p_tenant);
  if p_sort = 'name' then
    return query
    select a.id, 0::double precision from public.agent_registry a
    where a.tenant_id = p_tenant and (p_after is null or a.name > p_after)
      and (v_words is null or a.words @@ v_words) and (v_statuses is null or a.status = any (v_statuses))
      and (v_capability is null or a.capabilities @> array[v_capability]) and (v_team is null or a.team = v_team)
      and (v_tag is null or a.tags @> array[v_tag]) and (v_owner is null or a.owner_user_id = v_owner)
    order by a.name limit p_limit;
  else
    return query
    select f.id, f.key
    from (
      select a.id, a.name, coalesce(
        case p_sort when 'success' then -c.success_rate when 'latency' then c.latency_ms else c.cost_pico end, 1e300) as key
      from public.agent_capabilities c join public.agent_registry a on a.id = c.agent_id
      where c.tenant_id = p_tenant and c.capability = v_capability
        and (v_words is null or a.words @@ v_words) and (v_statuses is null or a.status = any (v_statuses))
        and (v_team is null or a.team = v_team) and (v_tag is null or a.tags @> array[v_tag])
        and (v_owner is null or a.owner_user_id = v_owner)
    ) f
    where p_after is null or (f.key, f.name) > (p_after_key, p_after)
    order by f.key, f.name limit p_limit;
  end if;
end
$$;

-- How many agents there are of each kind among those that fit: {total, status, capability, team, tag}, of the last three the fifty most.
create function app.agent_facets(p_tenant uuid, p_filter jsonb) returns jsonb
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_custom_plan
as $$
declare
  v_words tsquery := app.agent_query(p_filter ->> 'query');
  v_statuses text[] := (select array_agg(s.value) from jsonb_array_elements_text(p_filter -> 'statuses') s);
  v_capability text := p_filter ->> 'capability';
  v_team text := p_filter ->> 'team';
  v_tag text := p_filter ->> 'tag';
  v_owner uuid := (p_filter ->> 'owner')::uuid;
begin
  perform app.assert_tenant(p_tenant);
  return (
    with fit as materialized (
      select a.status, a.capabilities, a.team, a.tags from public.agent_registry a
      where a.tenant_id = p_tenant
        and (v_words is null or a.words @@ v_words) and (v_statuses is null or a.status = any (v_statuses))
        and (v_capability is null or a.capabilities @> array[v_capability]) and (v_team is null or a.team = v_team)
        and (v_tag is null or a.tags @> array[v_tag]) and (v_owner is null or a.owner_user_id = v_owner)
    ),
    counted as (
      select 'status' as facet, f.status as value, count(*) as n from fit f group by f.status
      union all select 'team', f.team, count(*) from fit f where f.team is not null group by f.team
      union all select 'capability', u.v, count(*) from fit f, unnest(f.capabilities) u (v) group by u.v
      union all select 'tag', u.v, count(*) from fit f, unnest(f.tags) u (v) group by u.v
    ),
    ranked as (
      select c.*, row_number() over (partition by c.facet order by c.n desc, c.value) as place from counted c
    )
    select jsonb_build_object('total', (select count(*) from fit)) || coalesce(jsonb_object_agg(r.facet, r.list), '{}')
    from (
      select r.facet, jsonb_agg(jsonb_build_object('value', r.value, 'count', r.n) order by r.place) as list
      from ranked r where r.place <= 50 group by r.facet
    ) r);
end
$$;

-- Every word of a search has to be the beginning of one of the agent's.
create function app.agent_query(p_text text) returns tsquery
language sql immutable parallel safe
set search_path = ''
as $$
  select string_agg(quote_literal(w.word) || ':*', ' & ')::tsquery
  from regexp_split_to_table(lower(coalesce(p_text, '')), '[^[:alnum:]]+') as w (word) where w.word <> ''
$$;
revoke all on function app.agent_query(text) from public;
grant execute on function app.find_agents(uuid, jsonb, text, double precision, text, integer), app.agent_facets(uuid, jsonb)
  to nofx_member, nofx_agent;
