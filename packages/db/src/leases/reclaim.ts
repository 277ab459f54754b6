import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

/** Queues again what executors that vanished have left behind; answers how many. */
export async function reclaim(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.reclaim(${limit}) as value`));
}
