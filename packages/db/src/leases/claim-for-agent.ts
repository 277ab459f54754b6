import { sql } from "kysely";
import { ClaimedStepRow } from "./claimed-step.ts";
import type { EngineDb, Executor } from "./engine-db.ts";

/** Claims up to `limit` steps that ask for one of `capabilities` and that the agent's registry row allows. */
export async function claimForAgent(
  db: EngineDb,
  agent: Extract<Executor, { type: "agent" }>,
  options: { capabilities: readonly string[]; limit: number; leaseMs: number },
): Promise<ClaimedStepRow[]> {
  const { rows } = await sql<{ value: unknown }>`
    select engine.claim(${agent.owner}, 'agent', array['agent@1'], ${agent.tenantId}::uuid,
      ${[...options.capabilities]}::text[], ${options.limit}, ${options.leaseMs}) as value
  `.execute(db);
  return rows.map((row) => ClaimedStepRow.parse(row.value));
}
