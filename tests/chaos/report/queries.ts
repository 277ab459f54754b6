/** Steps that failed, and not for a reason that this run's own faults and plans explain. */
export const UNEXPLAINED_FAILURES = `
  select s.id, s.name, s.error ->> 'code' as code, s.error ->> 'message' as message, s.failures, s.crashes from steps s
  where s.status = 'failed' and not (
    (s.name = 'fails' and s.error ->> 'code' = 'exit_nonzero')
    or (s.error ->> 'code' = 'poison_crash' and s.crashes >= s.max_crashes)
    or (s.error ->> 'code' = 'timeout' and s.failures >= s.max_failures))`;

/** Steps with more than one accepted success. */
export const DOUBLED_STEPS = `
  select step_id from attempts where outcome = 'succeeded' group by step_id having count(*) > 1`;

/** Runs that have not ended. */
export const OPEN_RUNS = `
  select r.id, r.status, r.compensation, (
    select jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name, 'status', s.status, 'holds', s.holds, 'deps_left', s.deps_left,
      'run_at', s.run_at, 'lease_until', s.lease_until, 'owner', s.lease_owner))
    from steps s where s.run_id = r.id and s.status not in ('succeeded', 'failed', 'cancelled')) as steps
  from runs r where r.status in ('queued', 'running')`;

/** Effects of failed runs that were to be taken back and were not, with no step that says why. */
export const NOT_UNDONE = `
  select c.id, c.status, r.status as run, r.compensation from compensations c join runs r on r.id = c.run_id
  left join steps u on u.id = c.undo_step
  where r.status in ('failed', 'cancelled') and c.status <> 'undone'
    and r.compensate and coalesce(u.status, '') not in ('failed', 'cancelled')`;

/** Workers whose clock was wrong, as the lines that they logged show, and that got steps done all the same. */
export const WRONG_CLOCKS = `
  select a.executor from attempts a join step_logs l on l.step_id = a.step_id and l.epoch = a.epoch
  where a.outcome = 'succeeded' and abs(extract(epoch from l.at - a.claimed_at)) > 300 group by a.executor`;

export const COUNTS = `
  select (select count(*)::int from runs where status = 'succeeded') as runs_succeeded,
    (select count(*)::int from runs where status not in ('queued', 'running', 'succeeded')) as runs_failed,
    (select count(*)::int from steps where status = 'succeeded') as steps_succeeded,
    (select count(*)::int from steps where status = 'failed' and error ->> 'code' = 'poison_crash') as poisoned,
    (select count(*)::int from attempts where outcome = 'lost') as claims_lost,
    (select count(*)::int from attempts where refused_at is not null) as refused,
    (select count(*)::int from attempts where outcome = 'failed') as failures,
    (select count(*)::int from compensations where status = 'undone') as undone,
    (select count(*)::int from runs where cancel_requested_at is not null) as cancels,
    (select count(distinct run_id)::int from events where type = 'run.paused') as pauses,
    (select count(*)::int from runs where forked_from is not null or redrive_of is not null) as redrives`;

export interface Counts {
  runs_succeeded: number;
  runs_failed: number;
  steps_succeeded: number;
  poisoned: number;
  claims_lost: number;
  refused: number;
  failures: number;
  undone: number;
  cancels: number;
  pauses: number;
  redrives: number;
}
