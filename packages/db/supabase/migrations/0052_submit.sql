-- A command is as slow as its round trips are many. What each one asks of its Idempotency-Key becomes one call, what it leaves behind
-- another; and tasks.submit, which starts all the work there is, becomes one statement.

-- Every function that acts for people asks this, some commands six times: the tenant asked for is looked up by itself, instead of
-- among all of app.tenant_ids, which says the same for policies.
create or replace function app.assert_tenant(p_tenant uuid) returns void
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_claims jsonb;
begin
  if session_user = 'nofx_worker' then
    return;
  end if;
  v_claims := app.claims();
  if coalesce(v_claims ->> 'agent_id', '') = '' then
    perform from public.members m where m.tenant_id = p_tenant and m.user_id = nullif(v_claims ->> 'sub', '')::uuid;
  else
    perform from public.agent_registry a
    where a.id = (v_claims ->> 'agent_id')::uuid and a.tenant_id = p_tenant and a.status in ('active', 'draining');
  end if;
  if not found then
    raise insufficient_privilege using message = 'not a member of this tenant';
  end if;
end
$$;

-- Takes a request's key until the transaction ends, and finds the answer that was given under it.
--
-- Two statements: the second one sees what the holder before us has committed. Without the lock too: an answer that is there is given.
-- Answers {locked, known?: {fingerprint, response, valid}}.
create function app.claim_key(p_tenant uuid, p_route text, p_key text) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_locked boolean;
  v_known jsonb;
begin
  perform app.assert_tenant(p_tenant);
  v_locked := pg_try_advisory_xact_lock(hashtextextended(p_tenant || '|' || p_route || '|' || p_key, 0));
  select jsonb_build_object('fingerprint', k.fingerprint, 'response', k.response, 'valid', k.expires_at > clock_timestamp()) into v_known
  from public.idempotency_keys k where k.tenant_id = p_tenant and k.route = p_route and k.key = p_key;
  return jsonb_build_object('locked', v_locked, 'known', v_known);
end
$$;
grant execute on function app.claim_key(uuid, text, text) to nofx_member, nofx_agent;

-- Stores an answer under the key that the transaction has taken. A key that has expired is a new key: its old answer gives way.
create function app.keep_answer(p_tenant uuid, p_route text, p_key text, p_fingerprint text, p_response jsonb) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  insert into public.idempotency_keys as k (tenant_id, route, key, fingerprint, response)
  values (p_tenant, p_route, p_key, p_fingerprint, p_response)
  on conflict (tenant_id, route, key) do update
    set fingerprint = excluded.fingerprint, response = excluded.response, created_at = excluded.created_at, expires_at = excluded.expires_at
    where k.expires_at <= clock_timestamp();
end
$$;
grant execute on function app.keep_answer(uuid, text, text, text, jsonb) to nofx_member, nofx_agent;

-- What tasks are judged by: the ceilings at admission, and where commands are among them (p_shell) whether the tenant runs commands.
create function app.judged_by(p_tenant uuid, p_shell boolean) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return jsonb_build_object('ceilings', engine.ceilings(p_tenant)) || case when p_shell then jsonb_build_object('shell',
    (select s.value #>> '{}' from public.tenant_settings s where s.tenant_id = p_tenant and s.key = 'shell')) else '{}' end;
end
$$;
grant execute on function app.judged_by(uuid, boolean) to nofx_member;

-- The command tasks.submit, whole, as a member of a tenant: for a login that acts for people. To be called in a transaction of its own,
-- which the audit log needs: its head is held until the end.
--
-- The caller has judged the tasks, and says by what (p_judged_by, as app.judged_by makes it). If that is not how things are, nothing is
-- done, and the answer says by what to judge again. So the rules are in one place, and their facts are looked at here.
--
-- Answers one of {key: as app.claim_key}: answered before, or being answered; {judge_by}; {queued: as engine.enqueue}.
create function app.submit_tasks(
  p_tenant uuid, p_member uuid, p_key text, p_fingerprint text, p_tasks jsonb, p_judged_by jsonb, p_audit text,
  p_correlation uuid, p_traceparent text
) returns json
language plpgsql security definer
set search_path = ''
as $$
declare
  v_key jsonb;
  v_by jsonb;
  v_queued json;
  v_topic text := 'tenant:' || p_tenant;
begin
  perform set_config('request.jwt.claims',
    jsonb_build_object('role', 'nofx_member', 'sub', p_member, 'tenant_id', p_tenant)::text, true);
  v_key := app.claim_key(p_tenant, 'tasks.submit', p_key);
  if not (v_key ->> 'locked')::boolean or (v_key #>> '{known,valid}')::boolean then
    return json_build_object('key', v_key);
  end if;
  v_by := app.judged_by(p_tenant, p_judged_by ? 'shell');
  if v_by <> p_judged_by then
    return json_build_object('judge_by', v_by);
  end if;
  v_queued := engine.enqueue(p_tenant, p_tasks, 'member', p_member::text, p_correlation, p_traceparent);
  perform app.keep_answer(p_tenant, 'tasks.submit', p_key, p_fingerprint,
    jsonb_build_object('value', jsonb_build_object('runs', v_queued -> 'runs', 'existing', v_queued -> 'existing')));
  -- as app.nudge, which would ask again. Nobody can listen to a run that was not there, so the tenant's topic is enough
  perform realtime.send(jsonb_build_object('topic', v_topic, 'seq', null), 'nudge', v_topic, true);
  perform app.append_audit(p_tenant, 'tasks.submitted', 'member', p_member::text, p_audit);
  return json_build_object('queued', v_queued);
end
$$;
grant execute on function app.submit_tasks(uuid, uuid, text, text, jsonb, jsonb, text, uuid, text) to nofx_web;
