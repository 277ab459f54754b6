import { sql } from "kysely";
import { ClaimedStepRow } from "./claimed-step.ts";
import type { EngineDb, Executor } from "./engine-db.ts";

/** Describes again what the executor still holds: the answer to a claim that was sent twice. */
export async function describeHeld(
  db: EngineDb,
  by: Executor,
  claims: readonly { stepId: string; epoch: number }[],
): Promise<ClaimedStepRow[]> {
  const items = JSON.stringify(claims.map(({ stepId, epoch }) => ({ step_id: stepId, epoch })));
  const { rows } = await sql<{ value: unknown }>`
    select engine.describe_held(${by.owner}, ${by.type}, ${by.tenantId}::uuid, ${items}::jsonb) as value
  `.execute(db);
  return rows.map((row) => ClaimedStepRow.parse(row.value));
}
