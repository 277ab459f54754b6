import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

/** Clears away answers whose Idempotency-Key has expired; answers how many. */
export async function prune(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.prune(${limit}) as value`));
}
