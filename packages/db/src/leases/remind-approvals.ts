import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

/** Reminds of questions that nobody has answered yet, and asks the next group; answers how many. */
export async function remindApprovals(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.remind_approvals(${limit}) as value`));
}
