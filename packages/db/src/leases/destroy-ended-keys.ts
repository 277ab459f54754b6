import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

/** Destroys secrets of the vault whose overlap with the next version is over; answers how many. */
export async function destroyEndedKeys(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.destroy_ended_keys(${limit}) as value`));
}
