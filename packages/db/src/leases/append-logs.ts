import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { Claim, EngineDb } from "./engine-db.ts";

/** The longest line that is stored, in characters. */
export const MAX_LINE = 16_384;

export interface StepLogLine {
  /** Counts from 0 within one claim; a line sent twice is stored once. */
  readonly seq: number;
  readonly at: string;
  readonly stream: "stdout" | "stderr" | "log" | "system";
  readonly text: string;
}

/** Stores log lines; answers how many were new. */
export async function appendLogs(
  db: EngineDb,
  claim: Claim,
  lines: readonly StepLogLine[],
): Promise<number> {
  return Number(
    await callOne(
      db,
      sql`select engine.append_logs(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch},
        ${JSON.stringify(lines)}::jsonb) as value`,
    ),
  );
}
