import { preferAgents as prefer, type EngineDb } from "@nofx/db/leases";

/**
 * Leaves queued agent steps to one agent each for a time; then, or as soon as that agent stops taking steps, whoever is free takes them. In
 * the transaction that adds them.
 */
export async function preferAgents(
  tx: EngineDb,
  tenantId: string,
  wishes: readonly { readonly stepId: string; readonly agentId: string }[],
  seconds: number,
): Promise<void> {
  if (wishes.length > 0 && seconds > 0) await prefer(tx, tenantId, wishes, seconds);
}
