import type { HeartbeatRequest, HeartbeatResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { renew } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { claimOf, executorOf, fenced } from "./fenced.ts";
import { LEASE_SECONDS } from "./lease-seconds.ts";

/** Renews the lease of one step and stores its progress. */
export function heartbeat(
  ctx: AgentContext,
  stepId: string,
  request: HeartbeatRequest,
  leaseSeconds = LEASE_SECONDS,
): Promise<HeartbeatResponse> {
  return fenced(ctx, stepId, async (tx) => {
    const claim = claimOf(ctx, stepId, request.epoch);
    const renewal = { ...claim, progress: request.progress };
    const [renewed] = await renew(tx.db, executorOf(ctx), [renewal], leaseSeconds * 1_000);
    if (!renewed?.held || renewed.lease_until === null) throw new NofxError("lease_lost");
    return {
      leaseUntil: new Date(renewed.lease_until).toISOString(),
      leaseSeconds,
      cancelRequested: renewed.cancel_requested,
    };
  });
}
