import { sql } from "kysely";
import type { EngineDb, Freed } from "./engine-db.ts";

/** Redrives what the running batches allow now. */
export async function redriveBatches(
  db: EngineDb,
  limit: number,
): Promise<Freed & { readonly redriven: number }> {
  const { rows } = await sql<Freed & { redriven: number }>`
    select * from engine.redrive_batches(${limit})
  `.execute(db);
  return rows[0] ?? { redriven: 0, for_workers: 0, for_agents: 0 };
}
