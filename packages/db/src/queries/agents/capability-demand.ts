import { sql } from "kysely";
import { z } from "zod";
import type { Executor } from "../executor.ts";

export const DemandRecord = z.object({
  tenant_id: z.string(),
  capability: z.string(),
  ready: z.number(),
  oldest_seconds: z.number(),
  in_flight: z.number(),
  agents: z.number(),
  runners: z.number(),
  slots: z.number(),
  busy: z.number(),
  failure_rate: z.number(),
});
export type DemandRecord = z.infer<typeof DemandRecord>;

/** How much there is to do for each capability, and who is there to do it: of one tenant, or with null of the whole plane. */
export async function capabilityDemand(
  db: Executor,
  tenantId: string | null,
  capability: string | null = null,
): Promise<DemandRecord[]> {
  const { rows } = await sql<{ value: unknown }>`
    select engine.capability_demand(${tenantId}::uuid, ${capability}) as value
  `.execute(db);
  return z.array(DemandRecord).parse(rows[0]?.value);
}
