import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";

export interface OutcomeRecord {
  name: string;
  title: string;
  position: number;
  kind: string;
  status: string;
  estimate: unknown;
  duration_ms: number;
  tokens: number | null;
  cost_usd: number | null;
  /** What a naive guess of the duration was when the plan was made. */
  naive_ms: number | null;
}

const MOST = 2_000;

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<OutcomeRecord[]> {
  const { rows } = await sql<OutcomeRecord>`
    select o.name, o.title, o.position, o.kind, o.status, o.estimate, o.duration_ms, o.tokens, o.cost_usd,
      (p.forecast ->> 'naiveMs')::double precision as naive_ms
    from plan_step_outcomes o join plans p on p.id = o.plan_id ${rest} limit ${MOST}
  `.execute(db);
  return rows;
}

/** Steps that a run of a plan has ended, with what was expected of them, in plan order. */
export function listRunOutcomes(
  db: Executor,
  run: { planId: string; runId: string },
): Promise<OutcomeRecord[]> {
  return select(
    db,
    sql`where o.plan_id = ${run.planId}::uuid and o.run_id = ${run.runId}::uuid order by o.position`,
  );
}

const RECENT_RUNS = 10;

/** Of a tenant's newest finished runs of plans: what succeeded and was expected. */
export function listRecentOutcomes(db: Executor, tenantId: string): Promise<OutcomeRecord[]> {
  return select(
    db,
    sql`join (
      select r.id, r.plan_id from runs_all r
      where r.tenant_id = ${tenantId}::uuid and r.plan_id is not null and r.finished_at is not null order by r.id desc limit ${RECENT_RUNS}
    ) r on r.id = o.run_id and r.plan_id = o.plan_id
    where o.status = 'succeeded' and p.forecast is not null`,
  );
}
