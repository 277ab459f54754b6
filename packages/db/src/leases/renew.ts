import { sql } from "kysely";
import { z } from "zod";
import type { EngineDb, Executor } from "./engine-db.ts";

export interface Renewal {
  readonly stepId: string;
  readonly epoch: number;
  readonly progress?: Record<string, unknown> | undefined;
}

export const RenewedRow = z.object({
  step_id: z.string(),
  held: z.boolean(),
  lease_until: z.union([z.string(), z.date()]).nullable(),
  cancel_requested: z.boolean(),
});
export type RenewedRow = z.infer<typeof RenewedRow>;

export function renewalRow(renewal: Renewal): Record<string, unknown> {
  return {
    step_id: renewal.stepId,
    epoch: renewal.epoch,
    ...(renewal.progress === undefined ? {} : { progress: renewal.progress }),
  };
}

/** Extends leases that are still held and says which are lost. */
export async function renew(
  db: EngineDb,
  by: Executor,
  renewals: readonly Renewal[],
  leaseMs: number,
): Promise<RenewedRow[]> {
  const items = JSON.stringify(renewals.map(renewalRow));
  const { rows } = await sql`
    select * from engine.renew(${by.owner}, ${by.type}, ${by.tenantId}::uuid, ${items}::jsonb, ${leaseMs})
  `.execute(db);
  return z.array(RenewedRow).parse(rows);
}
