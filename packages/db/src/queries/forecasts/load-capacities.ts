import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface CapacityRecord {
  worker_slots: number;
  /** What each active agent can do. */
  agents: string[][];
  limits: {
    queue: string | null;
    type: string | null;
    max_running: number | null;
    rate: number | null;
    per_seconds: number | null;
  }[];
}

const MOST_AGENTS = 1_000;

/** Who is there to execute a tenant's steps now, and the limits of claims that hold for them. */
export async function loadCapacities(db: Executor, tenantId: string): Promise<CapacityRecord> {
  const { rows } = await sql<CapacityRecord>`
    select
      (select coalesce(sum(d.concurrency), 0)::integer from worker_devices d
       where d.status = 'active' and d.drain_requested_at is null and d.seen_at > clock_timestamp() - interval '15 s') as worker_slots,
      (select coalesce(json_agg(a.capabilities), '[]') from (
        select a.capabilities from agent_registry a where a.tenant_id = ${tenantId}::uuid and a.status = 'active' order by a.name limit ${MOST_AGENTS}
      ) a) as agents,
      (select coalesce(json_agg(json_build_object('queue', r.queue, 'type', r.type, 'max_running', r.max_running, 'rate', r.rate,
          'per_seconds', r.per_seconds)), '[]')
       from claim_rules r
       where (r.tenant_id = ${tenantId}::uuid or r.tenant_id is null) and r.agent is null
         and (r.max_running is not null or r.rate is not null)) as limits
  `.execute(db);
  return rows[0] ?? { worker_slots: 0, agents: [], limits: [] };
}
