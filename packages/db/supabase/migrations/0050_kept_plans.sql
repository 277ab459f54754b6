-- Two functions that nearly every statement calls, in plpgsql: the plan of an SQL function is made anew in each statement.

create or replace function app.tenant_ids() returns setof uuid
language plpgsql stable security definer parallel safe
set search_path = ''
as $$
begin
  if app.agent_id() is null then
    return query select m.tenant_id from public.members m where m.user_id = app.user_id();
  else
    return query select a.tenant_id from public.agent_registry a where a.id = app.agent_id() and a.status in ('active', 'draining');
  end if;
end
$$;

create or replace function engine.artifacts_of(p_step uuid) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(engine.artifact_json(a) order by a.name), '[]')
    from public.artifacts a where a.step_id = p_step and a.stored_at is not null);
end
$$;
