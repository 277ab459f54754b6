import type {
  HeartbeatRequest,
  HeartbeatResponse,
  HeartbeatsRequest,
  HeartbeatsResponse,
} from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { renew } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { inTransaction } from "../command/transaction.ts";
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

/** Renews the leases of many steps, in one statement; what is not held any more is told, and keeps nothing else from it. */
export function heartbeats(
  ctx: AgentContext,
  { steps }: HeartbeatsRequest,
  leaseSeconds = LEASE_SECONDS,
): Promise<HeartbeatsResponse> {
  return inTransaction(ctx, async (tx) => {
    const renewals = steps.map(({ stepId, epoch, progress }) => ({
      ...claimOf(ctx, stepId, epoch),
      progress,
    }));
    const rows = await renew(tx.db, executorOf(ctx), renewals, leaseSeconds * 1_000);
    return {
      leaseSeconds,
      steps: rows.map((row) => ({
        stepId: toId("step", row.step_id),
        held: row.held,
        leaseUntil: row.lease_until === null ? null : new Date(row.lease_until).toISOString(),
        cancelRequested: row.cancel_requested,
      })),
    };
  });
}
