-- Questions to people say from where in the tree they come: how deep, by which path, in which role, and who is above.

alter table public.approvals add column hierarchy jsonb;

-- The place of a step in its run: {depth, path, role, chain: [{step_id, name, role}]}, from the top down.
create function engine.place_of(p_step uuid) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_chain jsonb;
  v_node public.run_agent_hierarchy;
begin
  with recursive above (id, parent, name, n) as (
    select s.id, s.parent_step_id, s.name, 0 from public.steps s where s.id = p_step
    union all
    select s.id, s.parent_step_id, s.name, a.n + 1 from above a join public.steps s on s.id = a.parent where a.n < 50
  )
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('step_id', a.id, 'name', a.name, 'role', h.role)) order by a.n desc) into v_chain
  from above a left join public.run_agent_hierarchy h on h.step_id = a.id;
  if v_chain is null then
    return null;
  end if;
  select h.* into v_node from public.run_agent_hierarchy h where h.step_id = p_step;
  return jsonb_build_object('depth', coalesce(v_node.depth, jsonb_array_length(v_chain) - 1),
    'path', coalesce(v_node.path, (select string_agg(c ->> 'name', '/' order by n) from jsonb_array_elements(v_chain) with ordinality as x (c, n))),
    'role', v_node.role, 'chain', v_chain);
end
$$;
revoke all on function engine.place_of(uuid) from public;

create function engine.place_approval() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  if new.step_id is not null then
    new.hierarchy := engine.place_of(new.step_id);
  end if;
  return new;
end
$$;
revoke all on function engine.place_approval() from public;
create trigger approvals_place before insert or update of step_id on public.approvals
  for each row execute function engine.place_approval();

-- What an agent escalates is a question like any other, and holds nothing: the answer comes back as a reply to the message.
alter table public.approvals add column message_id uuid;
create index approvals_message on public.approvals (message_id) where message_id is not null;
comment on index public.approvals_message is 'The question of an escalation';

create function engine.raise_escalation(
  p_tenant uuid, p_step uuid, p_epoch bigint, p_message uuid, p_title text, p_question text, p_arguments jsonb, p_arguments_digest text,
  p_requester text, p_expires_ms bigint
) returns uuid
language plpgsql security definer
set search_path = ''
as $$
declare
  v_approval public.approvals;
begin
  v_approval := engine.open_question(engine.owned(p_tenant, p_step, p_epoch), 'escalation ' || p_message, p_title, p_question,
    'An agent escalates this.', p_arguments, p_arguments_digest, p_requester, p_expires_ms);
  update public.approvals a set message_id = p_message where a.id = v_approval.id and a.message_id is null;
  return v_approval.id;
end
$$;
grant execute on function engine.raise_escalation(uuid, uuid, bigint, uuid, text, text, jsonb, text, text, bigint) to nofx_agent;
