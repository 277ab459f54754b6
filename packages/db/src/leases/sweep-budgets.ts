import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

/** Frees reservations whose lease has run out, and forgets old windows; answers how many were freed. */
export async function sweepBudgets(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.sweep_budgets(${limit}) as value`));
}
