import { sql } from "kysely";
import { z } from "zod";
import type { Executor } from "../executor.ts";

export const QueueStats = z.object({
  workers: z.number(),
  places: z.number(),
  queues: z.array(
    z.object({
      queue: z.string(),
      ready: z.number(),
      delayed: z.number(),
      held: z.number(),
      in_flight: z.number(),
      oldest_seconds: z.number(),
      per_minute: z.number(),
      failure_rate: z.number(),
      paused: z.boolean(),
      max_running: z.number().nullable(),
    }),
  ),
});
export type QueueStats = z.infer<typeof QueueStats>;

/** What each queue holds and does: of one tenant, or with null of the whole plane. No count goes beyond 10,000. */
export async function queueStats(db: Executor, tenantId: string | null): Promise<QueueStats> {
  const { rows } = await sql<{ value: unknown }>`
    select engine.queue_stats(${tenantId}::uuid) as value
  `.execute(db);
  return QueueStats.parse(rows[0]?.value);
}
