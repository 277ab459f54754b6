import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

/** Ends questions that nobody answered in time; answers how many. */
export async function expireApprovals(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.expire_approvals(${limit}) as value`));
}
