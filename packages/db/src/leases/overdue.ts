import { sql } from "kysely";
import { z } from "zod";
import type { EngineDb } from "./engine-db.ts";

const OverdueStep = z.object({
  step_id: z.string(),
  epoch: z.number(),
  owner: z.string(),
  seconds: z.number(),
  failures: z.number(),
  max_failures: z.number(),
  crashes: z.number(),
  max_crashes: z.number(),
});
export type OverdueStep = z.infer<typeof OverdueStep>;

/** Steps that agents hold for longer than the step's own time allows. */
export async function overdue(db: EngineDb, limit: number): Promise<OverdueStep[]> {
  const { rows } = await sql`select * from engine.overdue(${limit})`.execute(db);
  return z.array(OverdueStep).parse(rows);
}
