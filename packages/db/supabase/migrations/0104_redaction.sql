-- Legal holds and redaction: what was said is destroyed with its key, copies of it elsewhere are rewritten, and what is left is who
-- did that, when, why, and a hash. What is held takes two people.

create table public.legal_holds (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  kind text not null check (kind in ('message', 'conversation', 'run', 'tenant')),
  of_id uuid not null,
  reason text not null check (length(reason) between 1 and 1000),
  placed_by uuid not null,
  placed_by_name text not null,
  placed_at timestamptz not null default clock_timestamp(),
  lifted_by uuid,
  lifted_by_name text,
  lifted_at timestamptz,
  check ((lifted_at is null) = (lifted_by is null))
);
comment on table public.legal_holds is 'What may not be deleted by age, and is redacted by two people only, until the hold is lifted';
create unique index legal_holds_open on public.legal_holds (tenant_id, kind, of_id) where lifted_at is null;
create index legal_holds_list on public.legal_holds (tenant_id, id desc);
comment on index public.legal_holds_open is 'Whether something is held; once at a time';
comment on index public.legal_holds_list is 'The holds of a tenant, newest first';

create table public.redactions (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  kind text not null check (kind in ('message', 'conversation', 'run')),
  of_id uuid not null,
  how text not null check (how in ('whole', 'fields', 'pattern', 'text')),
  -- of fields the JSON pointers, of a pattern its name; what was looked for is sealed below
  detail jsonb not null default '{}',
  reason text not null check (length(reason) between 1 and 1000),
  -- pending: waits for a second person. applied: what was said is gone, copies are being looked for. purged: they were
  status text not null check (status in ('pending', 'refused', 'applied', 'purged')),
  held boolean not null,
  requested_by uuid not null,
  requested_by_name text not null,
  requested_at timestamptz not null default clock_timestamp(),
  approval_id uuid,
  decided_by uuid,
  decided_by_name text,
  applied_at timestamptz,
  -- what it reaches: the runs of what was redacted with all that goes on from them, and since when
  runs uuid[] not null default '{}',
  since timestamptz,
  messages integer not null default 0,
  copies integer not null default 0,
  files integer not null default 0,
  -- what is looked for in copies; its key is destroyed when the last of them is gone
  sealed bytea,
  next_at timestamptz,
  purge_by timestamptz,
  purged_at timestamptz,
  check (not held or status in ('pending', 'refused') or decided_by is not null),
  -- the second person is another one
  check (decided_by is null or decided_by <> requested_by),
  check ((status = 'purged') = (purged_at is not null))
);
comment on table public.redactions is 'What was redacted, by whom and why; never what it said';
create index redactions_list on public.redactions (tenant_id, id desc);
create index redactions_due on public.redactions (next_at) where status = 'applied';
create index redactions_approval on public.redactions (approval_id) where approval_id is not null;
comment on index public.redactions_list is 'The redactions of a tenant, newest first';
comment on index public.redactions_due is 'Those whose copies are to be looked for';
comment on index public.redactions_approval is 'The redaction that an approval is about';

do $$
declare
  name text;
begin
  foreach name in array array['legal_holds', 'redactions'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy %I on public.%I for select to authenticated, nofx_member using (tenant_id in (select app.tenant_ids()))', name || '_read', name);
    execute format('create policy %I on public.%I for insert to nofx_member with check (tenant_id in (select app.tenant_ids()))', name || '_write', name);
    execute format('create policy %I on public.%I for update to nofx_member using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()))', name || '_change', name);
  end loop;
end
$$;
grant select, insert on public.legal_holds to nofx_member;
grant select on public.legal_holds to authenticated;
grant update (lifted_by, lifted_by_name, lifted_at) on public.legal_holds to nofx_member;
grant select (id, tenant_id, kind, of_id, how, detail, reason, status, held, requested_by, requested_by_name, requested_at, approval_id,
  decided_by, decided_by_name, applied_at, messages, copies, files, purge_by, purged_at) on public.redactions to authenticated, nofx_member;
grant insert on public.redactions to nofx_member;
grant update (status, approval_id, decided_by, decided_by_name) on public.redactions to nofx_member;

alter table public.artifacts add column redacted_at timestamptz;
select engine.mirror_history();

-- People are asked about redactions of what is held.
alter table public.approvals drop constraint approvals_subject_check;
alter table public.approvals add constraint approvals_subject_check
  check (subject in ('plan', 'plan_step', 'step', 'tool', 'override', 'budget', 'redaction'));
alter table public.approvals add column redaction_id uuid references public.redactions (id) on delete cascade;
create index approvals_redaction on public.approvals (redaction_id) where redaction_id is not null;
comment on index public.approvals_redaction is 'The question about a redaction';
alter table public.approvals drop constraint approvals_about;
alter table public.approvals add constraint approvals_about check (
  case subject when 'plan' then plan_id is not null when 'plan_step' then plan_step_id is not null or step_id is not null
    when 'override' then override_id is not null when 'tool' then step_id is not null and tool is not null
    when 'budget' then budget_id is not null when 'redaction' then redaction_id is not null
    else step_id is not null end);
alter table public.approval_rules drop constraint approval_rules_subject_check;
alter table public.approval_rules add constraint approval_rules_subject_check
  check (subject in ('*', 'plan', 'plan_step', 'step', 'tool', 'override', 'budget', 'redaction'));

-- How long copies of what was redacted may be found at most, and how long messages of each class are kept.
alter table public.plane_settings drop constraint plane_settings_key_check;
alter table public.plane_settings add constraint plane_settings_key_check check (key in ('retention', 'messages'));
insert into public.plane_settings (key, value)
values ('messages', '{"purge_seconds": 900, "transient_days": 7, "standard_days": 90, "audit_days": 2557}');
create function engine.set_plane_messages(p_value jsonb) returns void
language sql volatile security definer
set search_path = ''
as $$
  update public.plane_settings s set value = s.value || p_value, updated_at = clock_timestamp()
  where s.key = 'messages' and not s.value @> p_value
$$;
grant execute on function engine.set_plane_messages(jsonb) to nofx_worker;

create function engine.is_held(p_tenant uuid, p_message uuid, p_conversation uuid, p_run uuid) returns boolean
language sql stable security definer
set search_path = ''
as $$
  select exists (
    select from public.legal_holds h
    where h.tenant_id = p_tenant and h.lifted_at is null
      and case h.kind when 'message' then h.of_id = p_message when 'conversation' then h.of_id = p_conversation
        when 'run' then h.of_id = p_run else true end)
$$;
revoke all on function engine.is_held(uuid, uuid, uuid, uuid) from public;
grant execute on function engine.is_held(uuid, uuid, uuid, uuid) to nofx_member, nofx_worker;

-- A redaction begins: what it reaches is noted, and what is looked for, sealed. Who may do so was decided before.
create function engine.begin_redaction(p_tenant uuid, p_redaction uuid, p_runs uuid[], p_since timestamptz, p_sealed bytea, p_wrapped bytea,
  p_kek text) returns void
language plpgsql security definer
set search_path = ''
as $$
declare
  v_within interval := make_interval(secs => coalesce(
    (select (s.value ->> 'purge_seconds')::double precision from public.plane_settings s where s.key = 'messages'), 900));
begin
  perform app.assert_tenant(p_tenant);
  update public.redactions r
  set status = 'applied', applied_at = clock_timestamp(), sealed = p_sealed, since = p_since, next_at = clock_timestamp(),
      purge_by = clock_timestamp() + v_within,
      runs = array(
        -- with all that goes on from them
        with recursive kin (id) as (
          select x from unnest(p_runs) as x
          union
          select f.id from kin k join public.runs_all f on f.forked_from = k.id
        )
        select k.id from kin k)
  where r.id = p_redaction and r.tenant_id = p_tenant and r.status = 'pending';
  if not found then
    raise serialization_failure using message = 'that redaction was begun before';
  end if;
  insert into public.content_keys (id, tenant_id, item, wrapped, kek) values (p_redaction, p_tenant, 'redaction', p_wrapped, p_kek)
  on conflict (id) do update set wrapped = excluded.wrapped, kek = excluded.kek, destroyed_at = null;
end
$$;

-- What a redaction that waits for a second person is to take out, sealed, with the question about it.
create function engine.keep_wanted(p_tenant uuid, p_redaction uuid, p_approval uuid, p_sealed bytea, p_wrapped bytea, p_kek text) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  update public.redactions r set sealed = p_sealed, approval_id = p_approval
  where r.id = p_redaction and r.tenant_id = p_tenant and r.status = 'pending';
  insert into public.content_keys (id, tenant_id, item, wrapped, kek) values (p_redaction, p_tenant, 'redaction', p_wrapped, p_kek);
end
$$;
create function engine.wanted(p_tenant uuid, p_redaction uuid) returns table (sealed bytea, wrapped bytea, kek text)
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  return query select r.sealed, k.wrapped, k.kek
    from public.redactions r join public.content_keys k on k.id = r.id
    where r.id = p_redaction and r.tenant_id = p_tenant and r.sealed is not null and k.wrapped is not null;
end
$$;

-- Takes what a message says from it: whole (p_sealed null), or puts what is left in its place, under a new key. The old key is gone
-- either way. False: there is no such message, or it was redacted whole before.
create function engine.redact_message(p_tenant uuid, p_redaction uuid, p_message uuid, p_by text, p_why text, p_sealed bytea,
  p_wrapped bytea, p_kek text, p_needles text[]) returns boolean
language plpgsql security definer
set search_path = ''
as $$
declare
  v_name text;
  v_run uuid;
  v_found boolean := false;
begin
  perform app.assert_tenant(p_tenant);
  foreach v_name in array array['agent_messages', 'agent_messages_history'] loop
    execute format($sql$
      update public.%I m
      set payload = null, sealed = $3, redacted_at = clock_timestamp(), redacted_by = $4, redacted_why = $5, redaction_id = $6,
          board_key = engine.blot(m.board_key, $7), sent_as = case when engine.holds_any(m.sent_as, $7) then 'redacted:' || m.id else m.sent_as end
      where m.id = $1 and m.tenant_id = $2 and (m.redacted_at is null or m.sealed is not null)
      returning m.run_id
    $sql$, v_name) into v_run using p_message, p_tenant, p_sealed, p_by, p_why, p_redaction, p_needles;
    get diagnostics v_found = row_count;
    exit when v_found;
  end loop;
  if not v_found then
    return false;
  end if;
  update public.content_keys k
  set wrapped = p_wrapped, kek = p_kek, destroyed_at = case when p_wrapped is null then clock_timestamp() end
  where k.id = p_message;
  update public.redactions r set messages = r.messages + 1 where r.id = p_redaction;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select p_tenant, 'message.redacted', p_redaction, 'member', r.requested_by::text, v_run,
    jsonb_strip_nulls(jsonb_build_object('message_id', p_message, 'redaction_id', p_redaction, 'run_id', v_run))
  from public.redactions r where r.id = p_redaction;
  return true;
end
$$;

create function engine.holds_any(p_text text, p_needles text[]) returns boolean
language sql immutable parallel safe
set search_path = ''
as $$
  select exists (select from unnest(p_needles) as n where position(n in p_text) > 0)
$$;

-- What stands in the place of a needle is no longer than it: a text that was as long as its column takes still fits.
create function engine.blot(p_text text, p_needles text[]) returns text
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  v_needle text;
begin
  foreach v_needle in array p_needles loop
    p_text := replace(p_text, v_needle, left('[redacted]', length(v_needle)));
  end loop;
  return p_text;
end
$$;

-- A needle as it stands inside JSON text.
create function engine.in_json(p_needles text[]) returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select coalesce(array_agg(substr(j, 2, length(j) - 2) order by length(j) desc), '{}') from (select to_jsonb(n)::text as j from unnest(p_needles) as n) x
$$;

-- What is left where a needle stood inside a number, or half of an escape, is no JSON: then nothing of the value is kept.
create function engine.blot_json(p_value jsonb, p_escaped text[]) returns jsonb
language plpgsql immutable parallel safe
set search_path = ''
as $$
begin
  return engine.blot(p_value::text, p_escaped)::jsonb;
exception when invalid_text_representation then
  return case jsonb_typeof(p_value) when 'object' then '{"redacted": true}'::jsonb when 'array' then '[]'::jsonb else '"[redacted]"'::jsonb end;
end
$$;
revoke all on function engine.holds_any(text, text[]), engine.blot(text, text[]), engine.in_json(text[]), engine.blot_json(jsonb, text[]) from public;

-- The plain columns that may hold copies of what was said, by what tells whose they are (docs/redaction.md lists them; a test compares).
create function engine.plain_columns() returns table (name text, key text, texts text[], jsons text[])
language sql immutable
set search_path = ''
as $$
  values
    ('runs', 'id', '{title}'::text[], '{}'::text[]),
    ('steps', 'run_id', '{title}', '{arguments,undo,progress,output,error}'),
    ('attempts', 'step_id', '{error_message}', '{}'),
    ('checkpoints', 'step_id', '{}', '{value}'),
    ('step_logs', 'run_id', '{text}', '{}'),
    ('waits', 'run_id', '{key}', '{question,payload}'),
    ('external_events', 'run_id', '{key}', '{payload}'),
    ('compensations', 'run_id', '{evidence}', '{arguments}'),
    ('agent_messages', 'run_id', '{board_key}', '{payload}'),
    ('agent_sessions', 'run_id', '{}', '{state,error}'),
    ('critic_verdicts', 'run_id', '{feedback}', '{}'),
    ('dead_letters', 'run_id', '{note}', '{error,payload,history}'),
    ('approvals', 'run_id', '{title,question,why,target}', '{arguments,edited_arguments}'),
    ('approval_comments', 'approval_id', '{text}', '{}'),
    ('approval_decisions', 'approval_id', '{reason}', '{arguments}'),
    ('model_transcripts', 'call_id', '{}', '{request,answer}'),
    ('idempotency_keys', 'tenant_id', '{}', '{response}')
$$;

-- Rewrites copies in the plain columns, live and history. Answers how many rows held one.
create function engine.purge_plain(p_redaction uuid, p_needles text[]) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_redaction public.redactions;
  v_runs uuid[];
  v_ids uuid[];
  v_table record;
  v_name text;
  v_escaped text[] := engine.in_json(p_needles);
  v_sets text;
  v_finds text;
  v_rows integer;
  v_count integer := 0;
begin
  select r.* into v_redaction from public.redactions r where r.id = p_redaction;
  v_runs := engine.redaction_runs(v_redaction);
  for v_table in select c.* from engine.plain_columns() c loop
    v_ids := case v_table.key when 'tenant_id' then array[v_redaction.tenant_id] else engine.plain_keys(v_table.key, v_runs) end;
    continue when cardinality(v_ids) = 0;
    select string_agg(x.sets, ', '), string_agg(x.finds, ' or ') into v_sets, v_finds
    from (
      select format('%1$I = engine.blot(t.%1$I, $2)', c) as sets, format('engine.holds_any(t.%I, $2)', c) as finds from unnest(v_table.texts) as c
      union all
      select format('%1$I = engine.blot_json(t.%1$I, $3)', c), format('engine.holds_any(t.%I::text, $3)', c) from unnest(v_table.jsons) as c
    ) x;
    foreach v_name in array array[v_table.name, v_table.name || '_history'] loop
      continue when to_regclass('public.' || v_name) is null;
      execute format('update public.%I t set %s where t.%I = any ($1) and (%s)', v_name, v_sets, v_table.key, v_finds)
      using v_ids, p_needles, v_escaped;
      get diagnostics v_rows = row_count;
      v_count := v_count + v_rows;
    end loop;
  end loop;
  -- an answer that was kept to be given again is not rewritten, it is forgotten
  delete from public.model_cache c where c.tenant_id = v_redaction.tenant_id and engine.holds_any(c.answer::text, v_escaped);
  get diagnostics v_rows = row_count;
  v_count := v_count + v_rows;
  update public.redactions r set copies = r.copies + v_count where r.id = p_redaction;
  return v_count;
end
$$;

-- Every text of the plain columns of some runs, for a pattern to be looked for in them.
create function engine.plain_texts(p_tenant uuid, p_runs uuid[]) returns setof text
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_table record;
  v_name text;
  v_column text;
  v_ids uuid[];
begin
  perform app.assert_tenant(p_tenant);
  for v_table in select c.* from engine.plain_columns() c where c.key <> 'tenant_id' loop
    v_ids := engine.plain_keys(v_table.key, p_runs);
    continue when cardinality(v_ids) = 0;
    foreach v_name in array array[v_table.name, v_table.name || '_history'] loop
      continue when to_regclass('public.' || v_name) is null;
      foreach v_column in array v_table.texts || v_table.jsons loop
        return query execute format('select t.%1$I::text from public.%2$I t where t.%3$I = any ($1) and t.tenant_id = $2 and t.%1$I is not null',
          v_column, v_name, v_table.key) using v_ids, p_tenant;
      end loop;
    end loop;
  end loop;
end
$$;

-- Whose rows of a table belong to these runs.
create function engine.plain_keys(p_key text, p_runs uuid[]) returns uuid[]
language sql stable security definer
set search_path = ''
as $$
  select case p_key
    when 'run_id' then p_runs
    when 'id' then p_runs
    when 'step_id' then array(select s.id from public.steps_all s where s.run_id = any (p_runs))
    when 'approval_id' then array(select a.id from public.approvals a where a.run_id = any (p_runs))
    when 'call_id' then array(select c.call_id from public.model_calls c where c.run_id = any (p_runs))
    else '{}' end
$$;

-- The runs that a redaction reaches. Of a message outside of any run: all that went on after it was sent.
create function engine.redaction_runs(p_redaction public.redactions) returns uuid[]
language sql stable security definer
set search_path = ''
as $$
  select case when cardinality(p_redaction.runs) > 0 then p_redaction.runs else array(
    select r.id from public.runs_all r
    where r.tenant_id = p_redaction.tenant_id and (r.finished_at is null or r.finished_at >= p_redaction.since)) end
$$;

-- Redactions whose copies are to be looked for now, each by one worker; one that dies is taken over after 30 seconds.
create function engine.redactions_due(p_limit integer)
returns table (id uuid, tenant_id uuid, sealed bytea, wrapped bytea, kek text, last boolean)
language sql volatile security definer
set search_path = ''
as $$
  with due as (
    select r.id from public.redactions r where r.status = 'applied' and r.next_at <= clock_timestamp()
    order by r.next_at limit p_limit for update skip locked
  ),
  taken as (
    update public.redactions r set next_at = clock_timestamp() + interval '30 seconds' from due d where r.id = d.id
    returning r.id, r.tenant_id, r.sealed, r.applied_at, r.purge_by
  )
  select t.id, t.tenant_id, t.sealed, k.wrapped, k.kek,
    -- the last look comes when a fifth of the time is left
    clock_timestamp() >= t.purge_by - (t.purge_by - t.applied_at) * 0.2
  from taken t left join public.content_keys k on k.id = t.id
$$;

-- Sealed messages that may repeat what was redacted, after one.
create function engine.redaction_messages(p_redaction uuid, p_after uuid, p_limit integer) returns table (id uuid)
language sql stable security definer
set search_path = ''
as $$
  select m.id
  from public.redactions r
  cross join lateral (select engine.redaction_runs(r) as runs) x
  join public.agent_messages_all m on m.tenant_id = r.tenant_id
  where r.id = p_redaction and m.id > p_after and m.sealed is not null
    and (m.run_id = any (x.runs) or (m.run_id is null and m.at >= r.since))
  order by m.id limit p_limit
$$;

-- Files that may hold copies.
create function engine.redaction_artifacts(p_redaction uuid)
returns table (id uuid, tenant_id uuid, path text, size bigint)
language sql stable security definer
set search_path = ''
as $$
  select a.id, a.tenant_id, a.path, a.size
  from public.redactions r
  cross join lateral (select engine.redaction_runs(r) as runs) x
  join public.artifacts_all a on a.run_id = any (x.runs)
  where r.id = p_redaction and a.stored_at is not null and a.redacted_at is null
$$;

-- A file goes: its row stays with its hash.
create function engine.redact_artifact(p_redaction uuid, p_artifact uuid) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  update public.artifacts a set redacted_at = clock_timestamp() where a.id = p_artifact;
  update public.artifacts_history a set redacted_at = clock_timestamp() where a.id = p_artifact;
  insert into public.storage_deletions (path, tenant_id)
  select a.path, a.tenant_id from public.artifacts_all a where a.id = p_artifact
  on conflict (path) do nothing;
  update public.redactions r set files = r.files + 1 where r.id = p_redaction;
end
$$;

-- A look at the copies is over: after the last one what was looked for is destroyed, too.
create function engine.redaction_looked(p_redaction uuid, p_last boolean) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  if p_last then
    update public.redactions r set status = 'purged', purged_at = clock_timestamp(), sealed = null, next_at = null where r.id = p_redaction;
    update public.content_keys k set wrapped = null, destroyed_at = clock_timestamp() where k.id = p_redaction and k.wrapped is not null;
  else
    update public.redactions r set next_at = r.purge_by - (r.purge_by - r.applied_at) * 0.2 where r.id = p_redaction;
  end if;
end
$$;
revoke all on function engine.redaction_runs(public.redactions), engine.plain_columns(), engine.plain_keys(text, uuid[]) from public;
grant execute on function engine.begin_redaction(uuid, uuid, uuid[], timestamptz, bytea, bytea, text),
  engine.keep_wanted(uuid, uuid, uuid, bytea, bytea, text), engine.wanted(uuid, uuid), engine.plain_texts(uuid, uuid[])
to nofx_member;
grant execute on function engine.redact_message(uuid, uuid, uuid, text, text, bytea, bytea, text, text[]) to nofx_member, nofx_worker;
grant execute on function engine.purge_plain(uuid, text[]), engine.redactions_due(integer), engine.redaction_messages(uuid, uuid, integer),
  engine.redaction_artifacts(uuid), engine.redact_artifact(uuid, uuid), engine.redaction_looked(uuid, boolean)
to nofx_worker;

-- Keys of content are wrapped by KEKs too: none is retired while one of them needs it.
create or replace function app.list_keks()
returns table (kid text, fingerprint text, status text, created_at timestamptz, retired_at timestamptz, versions bigint)
language sql stable security definer
set search_path = ''
as $$
  select k.kid, k.fingerprint, k.status, k.created_at, k.retired_at,
    (select count(*) from public.secure_key_versions v where v.kek = k.kid)
    + (select count(*) from public.content_keys c where c.kek = k.kid and c.wrapped is not null)
  from app.keks k order by k.created_at, k.kid
$$;
create or replace function app.retire_kek(p_kid text) returns text
language plpgsql security definer
set search_path = ''
as $$
declare
  v_status text;
begin
  perform pg_advisory_xact_lock(82, 1);
  select k.status into v_status from app.keks k where k.kid = p_kid for update;
  if v_status is null then
    return 'unknown';
  elsif v_status <> 'previous' then
    return v_status;
  elsif exists (select from public.secure_key_versions v where v.kek = p_kid)
    or exists (select from public.content_keys c where c.kek = p_kid and c.wrapped is not null)
  then
    return 'in_use';
  end if;
  update app.keks k set status = 'retired', retired_at = clock_timestamp() where k.kid = p_kid;
  return 'done';
end
$$;

-- The next keys of content that are wrapped by another than the current KEK, after p_after.
create function app.content_keys_to_rewrap(p_after uuid, p_limit integer)
returns table (id uuid, tenant_id uuid, wrapped bytea, kek text)
language sql stable security definer
set search_path = ''
as $$
  select c.id, c.tenant_id, c.wrapped, c.kek from public.content_keys c
  where c.kek <> (select k.kid from app.keks k where k.status = 'current') and c.wrapped is not null and c.id > p_after
  order by c.id limit p_limit
$$;
-- Stores what was wrapped anew, where nobody has changed or destroyed it meanwhile. p_rows: [{id, from, wrapped, kek}], base64.
create function app.rewrap_content_keys(p_rows jsonb) returns integer
language sql volatile security definer
set search_path = ''
as $$
  with written as (
    update public.content_keys c set wrapped = decode(w.wrapped, 'base64'), kek = w.kek
    from jsonb_to_recordset(p_rows) as w (id uuid, "from" text, wrapped text, kek text)
    where c.id = w.id and c.wrapped = decode(w."from", 'base64')
      and exists (select from app.keks k where k.kid = w.kek and k.status = 'current')
    returning 1
  )
  select count(*)::integer from written
$$;
grant execute on function app.content_keys_to_rewrap(uuid, integer), app.rewrap_content_keys(jsonb) to nofx_web;
