import { sql } from "kysely";
import type { CommandTransaction } from "../command/transaction.ts";

/**
 * A new version takes the place of the older ones. Their open questions end with them, but for those that a run under
 * way still waits for.
 */
export async function supersedeOlder(tx: CommandTransaction, packId: string): Promise<void> {
  const older = await tx.db
    .updateTable("plans")
    .set({ status: "superseded" })
    .where("pack_id", "=", packId)
    .where("status", "in", ["ready", "blocked", "approved"])
    .returning("id")
    .execute();
  if (older.length === 0) return;
  await sql`
    update approvals a set status = 'superseded', decided_at = clock_timestamp()
    where a.plan_id = any(${older.map((plan) => plan.id)}::uuid[]) and a.status = 'pending'
      and not exists (
        select from runs r where r.id = a.run_id and r.status in ('queued', 'running'))
  `.execute(tx.db);
  for (const plan of older) {
    tx.emit({ type: "plan.superseded", payload: { plan_id: plan.id } });
  }
}
