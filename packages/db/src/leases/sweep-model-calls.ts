import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

/**
 * Gives up on calls of models whose process was not heard of again, and deletes calls, kept answers and transcripts whose time is
 * over. Answers how many rows that were.
 */
export async function sweepModelCalls(db: EngineDb, limit: number): Promise<number> {
  return Number(
    await callOne(
      db,
      sql`select engine.sweep_model_calls(${limit}) + engine.sweep_model_answers(${limit}) as value`,
    ),
  );
}
