import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

export const EngineStats = z.object({
  queue: z.array(z.object({ executor: z.string(), depth: z.number(), oldest_seconds: z.number() })),
  in_flight: z.number(),
  holds: z.record(z.string(), z.number()),
  dead_letters: z.array(z.object({ stage: z.string(), reason: z.string(), count: z.number() })),
  seal: z.object({ unsealed: z.number(), lag_seconds: z.number() }),
  workers: z.record(z.string(), z.number()),
  webhooks: z.object({ behind: z.number(), failing: z.number() }),
});
export type EngineStats = z.infer<typeof EngineStats>;

/** The numbers of the whole plane. No count goes beyond 10,000. */
export async function stats(db: EngineDb): Promise<EngineStats> {
  return EngineStats.parse(await callOne(db, sql`select engine.stats() as value`));
}
