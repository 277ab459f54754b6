import { sql } from "kysely";
import type { EngineDb } from "./engine-db.ts";

export interface Nudge {
  readonly topic: string;
  readonly seq: number | null;
}

/** Says on realtime topics that there is something newer. */
export async function nudge(db: EngineDb, nudges: readonly Nudge[]): Promise<void> {
  await sql`select app.nudge(${JSON.stringify(nudges)}::jsonb)`.execute(db);
}
