import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface CompensationRecord {
  id: string;
  step_id: string;
  step_name: string;
  name: string;
  kind: string;
  status: string;
  undo_step: string | null;
  evidence: string | null;
  resolved_by: string | null;
  registered_at: Date;
  ended_at: Date | null;
}

/** The undo register of a run, in the order of registration. */
export async function listCompensations(
  db: Executor,
  filter: { runId: string; limit: number },
): Promise<CompensationRecord[]> {
  const { rows } = await sql<CompensationRecord>`
    select c.id, c.step_id, s.name as step_name, c.name, c.kind, c.status, c.undo_step, c.evidence, c.registered_at, c.ended_at,
           coalesce((select m.name from members m where m.tenant_id = c.tenant_id and m.user_id::text = c.resolved_by), c.resolved_by) as resolved_by
    from compensations_all c join steps_all s on s.id = c.step_id
    where c.run_id = ${filter.runId}::uuid
    order by c.seq limit ${filter.limit}
  `.execute(db);
  return rows;
}
