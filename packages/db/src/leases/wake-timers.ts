import { sql } from "kysely";
import type { EngineDb, Freed } from "./engine-db.ts";

/** Wakes steps whose timers are due. */
export async function wakeTimers(
  db: EngineDb,
  limit: number,
): Promise<Freed & { readonly woken: number }> {
  const { rows } = await sql<Freed & { woken: number }>`
    select * from engine.wake_timers(${limit})
  `.execute(db);
  return rows[0] ?? { woken: 0, for_workers: 0, for_agents: 0 };
}
