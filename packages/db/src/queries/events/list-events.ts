import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface EventRecord {
  seq: number;
  id: string;
  type: string;
  at: Date;
  actor_type: string;
  actor_id: string;
  run_id: string | null;
  correlation_id: string;
  payload: Record<string, unknown>;
}

/** Sealed events after a sequence, oldest first: the cursor skips nothing, because only what is behind it has a number. */
export async function listEvents(
  db: Executor,
  filter: { tenantId: string; after: number; runId: string | null; limit: number },
): Promise<EventRecord[]> {
  const { rows } = await sql<EventRecord>`
    select seq, id, type, at, actor_type, actor_id, run_id, correlation_id, payload from events
    where tenant_id = ${filter.tenantId}::uuid and seq > ${filter.after}
      and (${filter.runId}::uuid is null or run_id = ${filter.runId}::uuid)
    order by seq limit ${filter.limit + 1}
  `.execute(db);
  return rows;
}
