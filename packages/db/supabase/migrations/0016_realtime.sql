-- Realtime carries nudges, not data: {topic, seq}. Topics are tenant:<uuid>, approvals:<uuid of the tenant>, run:<uuid>.
-- Who may join is asked of the tables at every check, so a removal acts at once.
create function app.can_join(p_topic text) returns boolean
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_kind text := split_part(p_topic, ':', 1);
  v_id uuid;
begin
  if p_topic !~ '^(tenant|approvals|run):[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then
    return false;
  end if;
  v_id := split_part(p_topic, ':', 2)::uuid;
  if v_kind = 'run' then
    return exists (select from public.runs r where r.id = v_id and r.tenant_id in (select app.tenant_ids()));
  end if;
  return v_id in (select app.tenant_ids());
end
$$;
grant execute on function app.can_join(text) to authenticated;

create policy nofx_topics_read on realtime.messages for select to authenticated
  using (extension = 'broadcast' and app.can_join(realtime.topic()));

-- Says on each topic that there is something newer. p_topics: [{topic, seq}]. People's commands call it in their
-- transaction; the sealer calls it for engine traffic. Security definer: nobody but the plane may speak on these topics.
create function app.nudge(p_topics jsonb) returns void
language plpgsql security definer
set search_path = ''
as $$
declare
  v_topic jsonb;
begin
  for v_topic in select t from jsonb_array_elements(p_topics) t loop
    if session_user <> 'nofx_worker' and not app.can_join(v_topic ->> 'topic') then
      raise insufficient_privilege using message = 'not a topic of this tenant';
    end if;
    perform realtime.send(v_topic, 'nudge', v_topic ->> 'topic', true);
  end loop;
end
$$;
grant execute on function app.nudge(jsonb) to nofx_member, nofx_agent, nofx_worker;
