-- What an executor does while it holds a step. Each verb locks the step row and compares the epoch first: a stale caller
-- gets SQLSTATE NX001 (lease_lost) and leaves no trace. An agent's lease is owned by its id, so that an agent cannot act
-- on what another agent of its tenant holds.
create function engine.owned(p_tenant uuid, p_step uuid, p_epoch bigint) returns public.steps
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps;
begin
  if p_tenant is not null then
    perform app.assert_tenant(p_tenant);
  elsif session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'only the engine acts across tenants';
  end if;
  select s.* into v_step from public.steps s
  where s.id = p_step and s.epoch = p_epoch
    and (p_tenant is null or (s.tenant_id = p_tenant and s.lease_owner = app.agent_id()::text))
    and s.status in ('assigned', 'running') and s.lease_until > clock_timestamp()
  for update;
  if not found then
    raise exception using errcode = 'NX001', message = 'lease_lost';
  end if;
  return v_step;
end
$$;
revoke all on function engine.owned(uuid, uuid, bigint) from public;

-- Who stores something is at work: a step that no heartbeat has marked running yet is marked here.
create function engine.mark_running(p_step public.steps) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  if p_step.status <> 'assigned' then
    return;
  end if;
  update public.steps s set status = 'running', started_at = coalesce(s.started_at, clock_timestamp()) where s.id = p_step.id;
  update public.attempts a set started_at = clock_timestamp()
  where a.step_id = p_step.id and a.epoch = p_step.epoch and a.started_at is null;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_step.tenant_id, 'steps.started', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
    jsonb_build_object('steps', jsonb_build_array(
      jsonb_build_object('step_id', p_step.id, 'run_id', p_step.run_id, 'epoch', p_step.epoch))));
end
$$;
revoke all on function engine.mark_running(public.steps) from public;

-- Stores a named result once, and with it how to take its effect back. Answers what is stored, which is the first value
-- ever stored under that name.
create function engine.checkpoint(
  p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_value jsonb, p_undo jsonb default null
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_created boolean;
begin
  insert into public.checkpoints (step_id, name, tenant_id, value, epoch)
  values (p_step, p_name, v_step.tenant_id, p_value, p_epoch)
  on conflict (step_id, name) do nothing;
  v_created := found;
  if v_created and p_undo is not null then
    perform engine.register_undo(v_step, p_name, p_undo);
  end if;
  perform engine.mark_running(v_step);
  return (select jsonb_build_object('name', c.name, 'value', c.value, 'created', v_created)
          from public.checkpoints c where c.step_id = p_step and c.name = p_name);
end
$$;

-- Stores log lines. p_lines: [{seq, at, stream, text}]; a line that is already there is passed over.
create function engine.append_logs(p_tenant uuid, p_step uuid, p_epoch bigint, p_lines jsonb) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_stored integer;
begin
  insert into public.step_logs (tenant_id, run_id, step_id, epoch, seq, at, stream, text)
  select v_step.tenant_id, v_step.run_id, p_step, p_epoch, l.seq, l.at, l.stream, l.text
  from jsonb_to_recordset(p_lines) as l (seq integer, at timestamptz, stream text, text text)
  on conflict (step_id, epoch, seq) do nothing;
  get diagnostics v_stored = row_count;
  if v_stored > 0 then
    perform engine.mark_running(v_step);
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_step.tenant_id, 'step.logged', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('step_id', p_step, 'run_id', v_step.run_id, 'lines', v_stored));
  end if;
  return v_stored;
end
$$;

-- Announces an artifact; its path in storage never repeats, so nothing can be overwritten.
create function engine.begin_artifact(
  p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_content_type text, p_size bigint, p_sha256 text
) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_id uuid := app.uuid7();
begin
  insert into public.artifacts (id, tenant_id, run_id, step_id, epoch, name, content_type, size, sha256, path)
  values (v_id, v_step.tenant_id, v_step.run_id, p_step, p_epoch, p_name, p_content_type, p_size, p_sha256,
    v_step.tenant_id || '/' || v_step.run_id || '/' || p_step || '/' || v_id);
  return (select engine.artifact_json(a) || jsonb_build_object('tenant_id', a.tenant_id) from public.artifacts a where a.id = v_id);
end
$$;

-- Makes an announced artifact visible, once its bytes are in storage. One of that name from an earlier attempt gives way.
create function engine.finish_artifact(p_tenant uuid, p_step uuid, p_epoch bigint, p_artifact uuid) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_artifact public.artifacts;
begin
  select a.* into v_artifact from public.artifacts a where a.id = p_artifact and a.step_id = p_step;
  if not found then
    return null;
  end if;
  if v_artifact.stored_at is null then
    update public.artifacts a set stored_at = null
    where a.step_id = p_step and a.name = v_artifact.name and a.stored_at is not null;
    update public.artifacts a set stored_at = clock_timestamp() where a.id = p_artifact;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_step.tenant_id, 'artifact.stored', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('artifact_id', p_artifact, 'run_id', v_step.run_id, 'step_id', p_step,
        'size', v_artifact.size, 'sha256', v_artifact.sha256));
  end if;
  return engine.artifact_json(v_artifact);
end
$$;

-- What is announced of an artifact, for the check of the bytes before it is made visible.
create function engine.announced_artifact(p_tenant uuid, p_step uuid, p_epoch bigint, p_artifact uuid) returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
begin
  return (select engine.artifact_json(a) || jsonb_build_object('tenant_id', a.tenant_id)
          from public.artifacts a where a.id = p_artifact and a.step_id = v_step.id);
end
$$;

grant execute on function
  engine.checkpoint(uuid, uuid, bigint, text, jsonb, jsonb),
  engine.append_logs(uuid, uuid, bigint, jsonb),
  engine.begin_artifact(uuid, uuid, bigint, text, text, bigint, text),
  engine.finish_artifact(uuid, uuid, bigint, uuid),
  engine.announced_artifact(uuid, uuid, bigint, uuid)
to nofx_worker, nofx_agent;
