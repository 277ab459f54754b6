import type { CheckpointRequest, CheckpointResponse } from "@nofx/core/contract";
import { checkpoint as store } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { claimOf, fenced } from "./fenced.ts";

/** Stores a named result once: the first value under a name stays, and is what every call answers. */
export function checkpoint(
  ctx: AgentContext,
  stepId: string,
  request: CheckpointRequest,
): Promise<CheckpointResponse> {
  return fenced(ctx, stepId, async (tx) => {
    const claim = claimOf(ctx, stepId, request.epoch);
    const stored = await store(tx.db, claim, request.name, request.value, request.undo);
    return { name: stored.name, value: stored.value ?? null, created: stored.created };
  });
}
