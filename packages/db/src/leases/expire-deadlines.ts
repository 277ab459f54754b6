import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

/** Fails queued steps whose time is over; answers how many. */
export async function expireDeadlines(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.expire_deadlines(${limit}) as value`));
}
