-- Steps that agents have held for longer than the step's own time allows, whatever their heartbeats say. The caller decides
-- by the error's class what becomes of each and settles it in the owner's name; the fence sees to it that this counts
-- once. The worker's own steps keep their time themselves.
create function engine.overdue(p_limit integer)
returns table (
  step_id uuid, epoch bigint, owner text, seconds integer, failures integer, max_failures integer, crashes integer,
  max_crashes integer
)
language sql stable security definer
set search_path = ''
as $$
  select s.id, s.epoch, s.lease_owner, (s.arguments ->> 'timeoutSeconds')::numeric::integer,
    s.failures, s.max_failures, s.crashes, s.max_crashes
  from public.steps s join public.attempts a on a.step_id = s.id and a.epoch = s.epoch
  where s.status in ('assigned', 'running') and s.executor = 'agent' and s.lease_until > clock_timestamp()
    and jsonb_typeof(s.arguments -> 'timeoutSeconds') = 'number'
    and a.claimed_at + make_interval(secs => (s.arguments ->> 'timeoutSeconds')::numeric::double precision) <= clock_timestamp()
  order by s.lease_until limit p_limit
$$;
grant execute on function engine.overdue(integer) to nofx_worker;
