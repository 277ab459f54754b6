/** A statement about the whole database that holds at every moment, and the query that finds what breaks it. */
export interface Invariant {
  readonly id: string;
  readonly says: string;
  /** True where it holds only once the sealer has caught up. */
  readonly sealed?: boolean;
  /** One row for each thing that breaks it. */
  readonly sql: string;
}

const ENDED = "('succeeded', 'failed', 'cancelled')";

/** What must hold of runs, steps and attempts, whatever happened (RELIABILITY: I1 to I13). */
export const INVARIANTS: readonly Invariant[] = [
  {
    id: "I1",
    says: "what has ended says when, and nothing else does",
    sql: `select s.id from steps s where (s.status in ${ENDED}) <> (s.finalised_at is not null)
      union all select r.id from runs r where (r.status in ${ENDED}) <> (r.finished_at is not null)`,
  },
  {
    id: "I2",
    says: "what has ended is not begun again",
    sql: `select s.id, a.epoch from steps s join attempts a on a.step_id = s.id
      where s.status in ${ENDED} and a.claimed_at > s.finalised_at`,
  },
  {
    id: "I3",
    says: "each claim has the next epoch, and at most one is open: that of the lease",
    sql: `select s.id from steps s left join attempts a on a.step_id = s.id
      where s.kept_from is null
      group by s.id having count(a.*) <> s.epoch or coalesce(max(a.epoch), 0) <> s.epoch
        or count(*) filter (where a.step_id is not null and a.outcome is null) <> (s.status in ('assigned', 'running'))::integer
        or bool_or(a.outcome is null and a.epoch <> s.epoch)`,
  },
  {
    id: "I4",
    says: "a step succeeded by exactly one claim, the last one, and by whoever held it",
    sql: `select s.id from steps s left join attempts a on a.step_id = s.id and a.outcome = 'succeeded'
      where s.kept_from is null
      group by s.id having count(a.*) <> (s.status = 'succeeded')::integer or max(a.epoch) <> s.epoch
      union all
      select a.step_id from events e, jsonb_array_elements(e.payload -> 'steps') as t (step)
      join attempts a on a.step_id = (t.step ->> 'step_id')::uuid and a.epoch = (t.step ->> 'attempt')::bigint
      where e.type = 'steps.settled' and t.step ->> 'outcome' = 'succeeded' and e.actor_id <> a.executor`,
  },
  {
    id: "I5",
    says: "what is stored inside a step was stored under one of its claims, before the step ended",
    sql: `select c.step_id, c.name from checkpoints c join steps s on s.id = c.step_id join runs r on r.id = s.run_id
      where r.forked_from is null and (c.epoch > s.epoch or c.created_at > s.finalised_at)`,
  },
  {
    id: "I6",
    says: "no step begins before what it needs has succeeded",
    sql: `select s.id, n.id as needed from step_dependencies d
      join steps s on s.id = d.step_id join steps n on n.id = d.depends_on
      join attempts a on a.step_id = s.id
      where n.finalised_at is null or n.finalised_at > a.claimed_at or (d.required and n.status <> 'succeeded')`,
  },
  {
    id: "I7",
    says: "an accepted request made one run, and no run was made twice",
    sql: `select k.response -> 'value' ->> 'runId' as run from idempotency_keys k where k.route = 'plans.execute'
      group by k.tenant_id, 1 having count(*) > 1
      union all
      select e.run_id::text from events e where e.type = 'run.queued' group by e.run_id having count(*) > 1`,
  },
  {
    id: "I8",
    says: "no step of the plan begins after the run's cancel was acknowledged",
    sql: `select a.step_id, a.epoch from runs r join attempts a on a.run_id = r.id
      join steps s on s.id = a.step_id and s.undo_of is null
      where a.claimed_at > r.cancel_requested_at`,
  },
  {
    id: "I9",
    says: "a sensitive step begins only after people said yes to exactly it",
    sql: `select s.id from steps s join attempts a on a.step_id = s.id
      where s.sensitive and s.undo_of is null and not exists (
        select from approvals p where p.run_id = s.run_id and (p.plan_step_id = s.plan_step_id or (s.plan_step_id is null and p.step_id = s.id))
          and p.status = 'approved' and p.decided_at <= a.claimed_at)`,
  },
  {
    id: "I10",
    says: "everything belongs to the tenant of its run",
    sql: `select s.id from steps s join runs r on r.id = s.run_id where s.tenant_id <> r.tenant_id
      union all select a.step_id from attempts a join steps s on s.id = a.step_id where (a.tenant_id, a.run_id) <> (s.tenant_id, s.run_id)
      union all select c.step_id from checkpoints c join steps s on s.id = c.step_id where c.tenant_id <> s.tenant_id
      union all select c.step_id from compensations c join steps s on s.id = c.step_id where (c.tenant_id, c.run_id) <> (s.tenant_id, s.run_id)
      union all select l.step_id from dead_letters l join steps s on s.id = l.step_id where (l.tenant_id, l.run_id) <> (s.tenant_id, s.run_id)
      union all select l.step_id from step_logs l join steps s on s.id = l.step_id where (l.tenant_id, l.run_id) <> (s.tenant_id, s.run_id)
      union all select d.step_id from step_dependencies d join steps s on s.id = d.step_id where d.tenant_id <> s.tenant_id
      union all select e.id from events e join runs r on r.id = e.run_id where e.tenant_id <> r.tenant_id`,
  },
  {
    id: "I11",
    says: "nothing is lost in counting: a run's open steps, a step's unmet needs",
    sql: `select r.id from runs r left join steps s on s.run_id = r.id
      group by r.id having r.steps_left <> count(*) filter (where s.status not in ${ENDED})
        or (r.status in ${ENDED}) <> (count(*) filter (where s.status not in ${ENDED}) = 0)
      union all
      select s.id from steps s
      left join step_dependencies d on d.step_id = s.id left join steps n on n.id = d.depends_on
      where s.status = 'queued'
      group by s.id having s.deps_left <> count(*) filter (
        where n.id is not null and case when d.required then n.status <> 'succeeded' else n.status not in ${ENDED} end)`,
  },
  {
    id: "I12",
    says: "every end of a claim was told once; both logs have no gap; the end of each run, of a task's only a bad one, is in the audit log once",
    sealed: true,
    sql: `with told as (
        select (t.step ->> 'step_id')::uuid as step_id, coalesce(t.step ->> 'attempt', t.step ->> 'epoch')::bigint as epoch,
          case e.type when 'steps.reclaimed' then 'lost' else t.step ->> 'outcome' end as outcome
        from events e, jsonb_array_elements(e.payload -> 'steps') as t (step)
        where e.type in ('steps.settled', 'steps.reclaimed')
      )
      select a.step_id::text || ' ' || a.epoch as what from attempts a
        left join told t on t.step_id = a.step_id and t.epoch = a.epoch and t.outcome = a.outcome
        where a.outcome in ('succeeded', 'failed', 'lost')
        group by a.step_id, a.epoch, a.outcome
        having count(t.*) = 0 or (count(t.*) > 1 and a.outcome <> 'failed')
      union all
      select 'events of ' || h.tenant_id from event_heads h left join events e on e.tenant_id = h.tenant_id
        group by h.tenant_id, h.seq, h.pruned_seq
        having count(e.seq) <> h.seq - h.pruned_seq or count(e.id) filter (where e.seq is null) > 0
      union all
      select 'audit log of ' || h.tenant_id from audit_heads h left join audit_log l on l.tenant_id = h.tenant_id
        group by h.tenant_id, h.seq having count(l.seq) <> h.seq
      union all
      select 'audit chain of ' || l.tenant_id || ' at ' || l.seq from audit_log l
        join audit_log p on p.tenant_id = l.tenant_id and p.seq = l.seq - 1 where l.prev_hash <> p.hash
      union all
      select 'end of run ' || r.id from runs r left join audit_log l on l.tenant_id = r.tenant_id and l.verb = 'run.ended'
          and l.body::jsonb ->> 'run_id' = r.id::text
        where r.status in ${ENDED} and (r.plan_id is not null or r.status <> 'succeeded') group by r.id having count(l.*) <> 1`,
  },
  {
    id: "I13",
    says: "what has not ended is at work, due, or waits for something that has a name",
    sql: `select s.id from steps s
      where s.status in ('assigned', 'running') and s.lease_until < clock_timestamp() - interval '30 seconds'
      union all
      select s.id from steps s where s.status = 'queued' and s.holds = 0 and s.run_at < clock_timestamp() - interval '30 seconds'
      union all
      select s.id from steps s where s.status = 'queued' and s.holds & 1 = 1 and not exists (
        select from step_dependencies d join steps n on n.id = d.depends_on
        where d.step_id = s.id and n.status not in ${ENDED})`,
  },
  {
    id: "I14",
    says: "a session has ended when its step has, and as it did",
    sql: `select a.id from agent_sessions a join steps s on s.id = a.step_id
      where (a.status = 'running') <> (s.finalised_at is null) or (s.finalised_at is not null and a.status <> s.status)
      union all
      select a.id from agent_sessions a join budgets b on b.session_id = a.id where a.status <> 'running' and b.removed_at is null`,
  },
  {
    id: "I15",
    says: "what is reserved for a child is settled when it has ended",
    sql: `select r.id from budget_reservations r join steps s on s.tenant_id = r.tenant_id and r.request_key = 'child:' || s.id
      where r.state = 'open' and s.finalised_at is not null`,
  },
];

export interface CheckedInvariant extends Invariant {
  /** What breaks it; empty where it holds. */
  readonly broken: readonly unknown[];
}

/** Asks the database for everything that breaks an invariant. `sealed`: the sealer has caught up. */
export async function checkInvariants(
  ask: (sql: string) => Promise<readonly unknown[]>,
  options: { sealed?: boolean } = {},
): Promise<CheckedInvariant[]> {
  const checked: CheckedInvariant[] = [];
  for (const invariant of INVARIANTS) {
    if (invariant.sealed === true && options.sealed !== true) continue;
    checked.push({ ...invariant, broken: await ask(invariant.sql) });
  }
  return checked;
}
