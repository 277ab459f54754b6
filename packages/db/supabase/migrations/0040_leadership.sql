-- Leadership: of all processes that could do a job, one does it. The lock is a session's: it ends with the connection of
-- whoever holds it, and the server ends the connection of a holder that stays silent. What the lock cannot know is whether
-- its holder has noticed, so every taking of it raises a term, and a leader's write carries the term that it was elected
-- for: a write of an older one is refused (NX002), however late it comes.
create table engine.leaders (
  role text primary key check (role ~ '^[a-z][a-z0-9_-]{0,62}$'),
  term bigint not null check (term > 0),
  holder text not null check (length(holder) between 1 and 200),
  since timestamptz not null
);
comment on table engine.leaders is 'One row a job that one process at a time does: who does it, and the term of that';
alter table engine.leaders enable row level security;

-- Two locks a role: what its leader holds for as long as it leads (1), and what keeps the term still while a write checks it (2).
create function engine.leader_lock(p_role text, p_which integer) returns bigint
language sql immutable parallel safe
set search_path = ''
as $$
  select hashtextextended('leader|' || p_role, p_which)
$$;

-- Answers the new term, or nothing while another session leads. The lock is this session's: leave it by ending the session.
create function engine.stand(p_role text, p_holder text) returns bigint
language plpgsql security definer
set search_path = ''
as $$
declare
  v_term bigint;
begin
  if not pg_try_advisory_lock(engine.leader_lock(p_role, 1)) then
    return null;
  end if;
  -- writes of the term before that have begun are waited for
  perform pg_advisory_xact_lock(engine.leader_lock(p_role, 2));
  insert into engine.leaders as l (role, term, holder, since) values (p_role, 1, p_holder, clock_timestamp())
  on conflict (role) do update set term = l.term + 1, holder = excluded.holder, since = excluded.since
  returning l.term into v_term;
  return v_term;
end
$$;
grant execute on function engine.stand(text, text) to nofx_worker;

-- "Still here", on the session that holds the lock: false when somebody else has been elected since.
create function engine.leads(p_role text, p_term bigint) returns boolean
language sql stable security definer
set search_path = ''
as $$
  select exists (select from engine.leaders l where l.role = p_role and l.term = p_term)
$$;
grant execute on function engine.leads(text, bigint) to nofx_worker;

-- The fence: the first thing that a leader's write does. No new term begins before the transaction of the write has ended.
create function engine.assert_term(p_role text, p_term bigint) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock_shared(engine.leader_lock(p_role, 2));
  if not engine.leads(p_role, p_term) then
    raise exception 'stale term' using errcode = 'NX002', detail = format('term %s of %s is over', p_term, p_role);
  end if;
end
$$;
grant execute on function engine.assert_term(text, bigint) to nofx_worker;
