import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface WorkerRecord {
  name: string;
  status: "active" | "draining" | "silent" | "stopped";
  host: string;
  version: string;
  handlers: string[];
  concurrency: number;
  local: boolean;
  in_flight: number;
  claimed: number;
  settled: number;
  drain_requested_at: Date | null;
  started_at: Date;
  seen_at: Date;
}

/** Workers by name, one more than `limit` where there are more. What was asked of one shows before it has heard of it. */
export async function listWorkers(
  db: Executor,
  filter: { name?: string | undefined; after?: string | undefined; all: boolean; limit: number },
): Promise<WorkerRecord[]> {
  const { rows } = await sql<WorkerRecord>`
    select d.name, d.host, d.version, d.handlers, d.concurrency, d.local, d.in_flight, d.claimed,
      d.settled, d.drain_requested_at, d.started_at, d.seen_at,
      case when d.status = 'stopped' then 'stopped'
        when d.seen_at < clock_timestamp() - interval '15 s' then 'silent'
        when d.drain_requested_at is not null then 'draining' else d.status end as status
    from worker_devices d
    where (${filter.all} or (d.status <> 'stopped' and d.seen_at > clock_timestamp() - interval '1 hour'))
      and (${filter.name ?? null}::text is null or d.name = ${filter.name ?? null})
      and (${filter.after ?? null}::text is null or d.name > ${filter.after ?? null})
    order by d.name limit ${filter.limit}
  `.execute(db);
  return rows;
}
