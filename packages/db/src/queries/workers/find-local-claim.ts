import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface LocalClaim {
  stepId: string;
  stepName: string;
  epoch: number;
  worker: string;
}

/**
 * A step of the run that a worker of the local stack holds: one that is running rather than just claimed, and of those the
 * one that began first, because what has run for long is likely to run on.
 */
export async function findLocalClaim(db: Executor, runId: string): Promise<LocalClaim | undefined> {
  const { rows } = await sql<LocalClaim>`
    select s.id as "stepId", s.name as "stepName", s.epoch, s.lease_owner as worker
    from steps s join worker_devices d on d.name = s.lease_owner and d.local and d.status <> 'stopped'
    where s.run_id = ${runId} and s.status in ('assigned', 'running') and s.lease_until > clock_timestamp()
    order by s.status desc, s.started_at nulls last, s.id limit 1
  `.execute(db);
  return rows[0];
}
