import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { EngineDb, Executor } from "./engine-db.ts";
import { SettleAnswer, settlementRow, type Settlement } from "./settlement.ts";

/** Ends claims: what is still owned settles, the rest is reported stale and changes nothing. */
export async function settle(
  db: EngineDb,
  by: Executor,
  settlements: readonly Settlement[],
): Promise<SettleAnswer> {
  const items = JSON.stringify(settlements.map(settlementRow));
  return SettleAnswer.parse(
    await callOne(
      db,
      sql`select engine.settle(${by.owner}, ${by.type}, ${by.tenantId}::uuid, ${items}::jsonb) as value`,
    ),
  );
}
