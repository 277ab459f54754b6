import type { Pool } from "pg";
import { z } from "zod";

const Work = z.object({
  tenant_id: z.string(),
  capability: z.string(),
  ready: z.number(),
  /** What is left to one agent for a time, by agent. */
  meant: z.record(z.string(), z.number()),
});
export type AgentWork = Omit<z.infer<typeof Work>, "tenant_id"> & { readonly tenantId: string };

/** How many steps agents could claim now, of each of these that has any; no count goes far beyond what is worth knowing. */
export async function agentWork(
  pool: Pool,
  wanted: readonly { tenantId: string; capability: string }[],
): Promise<AgentWork[]> {
  const asked = wanted.map(({ tenantId, capability }) => ({ tenant_id: tenantId, capability }));
  const { rows } = await pool.query("select * from app.agent_work($1::jsonb)", [
    JSON.stringify(asked),
  ]);
  return z
    .array(Work)
    .parse(rows)
    .map(({ tenant_id, ...row }) => ({ tenantId: tenant_id, ...row }));
}

/** Of these keys of agents, those that open nothing any more or whose agent is not simply active. */
export async function keysToCheck(pool: Pool, keys: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    "select id from app.agent_keys_to_check($1::uuid[]) as id",
    [keys],
  );
  return rows.map(({ id }) => id);
}
