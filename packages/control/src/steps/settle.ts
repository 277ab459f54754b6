import type {
  CompleteRequest,
  FailRequest,
  ReleaseRequest,
  SettleResponse,
} from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { decideRetry } from "@nofx/core/machine";
import { settle, type Settlement } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { claimOf, executorOf, fencedOnce } from "./fenced.ts";

/** The step is done: what needed it becomes claimable in the same transaction. */
export function completeStep(
  ctx: AgentContext,
  stepId: string,
  request: CompleteRequest,
): Promise<SettleResponse> {
  return fencedOnce(ctx, "complete", stepId, request, (tx) =>
    settleOne(ctx, tx, {
      ...claimOf(ctx, stepId, request.epoch),
      outcome: "succeeded",
      output: request.output,
    }),
  );
}

/** The step failed: tried again later or not, as its error code says. */
export function failStep(
  ctx: AgentContext,
  stepId: string,
  request: FailRequest,
): Promise<SettleResponse> {
  return fencedOnce(ctx, "fail", stepId, request, async (tx) => {
    const claim = claimOf(ctx, stepId, request.epoch);
    const step = await tx.db
      .selectFrom("steps")
      .select(["failures", "max_failures", "crashes", "max_crashes"])
      .where("id", "=", claim.stepId)
      .executeTakeFirst();
    if (step === undefined) throw new NofxError("lease_lost");
    const decision = decideRetry({
      code: request.error.code,
      failures: step.failures + 1,
      maxFailures: step.max_failures,
      crashes: step.crashes,
      maxCrashes: step.max_crashes,
      random: ctx.plane.random(),
      ...(request.retryAfterSeconds === undefined
        ? {}
        : { retryAfterMs: request.retryAfterSeconds * 1_000 }),
    });
    return settleOne(ctx, tx, {
      ...claim,
      outcome: "failed",
      error: request.error,
      retryMs: decision.action === "retry" ? decision.delayMs : undefined,
    });
  });
}

/** The step is given back untouched, for anybody to claim. */
export function releaseStep(
  ctx: AgentContext,
  stepId: string,
  request: ReleaseRequest,
): Promise<SettleResponse> {
  return fencedOnce(ctx, "release", stepId, request, async (tx) => {
    const answer = await settleOne(ctx, tx, {
      ...claimOf(ctx, stepId, request.epoch),
      outcome: "released",
    });
    tx.ring({ for_workers: 0, for_agents: 1 });
    return answer;
  });
}

async function settleOne(
  ctx: AgentContext,
  tx: CommandTransaction,
  settlement: Settlement,
): Promise<SettleResponse> {
  const answer = await settle(tx.db, executorOf(ctx), [settlement]);
  const result = answer.results[0];
  if (result?.result !== "settled" || result.status == null) {
    throw new NofxError("lease_lost", {
      detail: "Stop working on this step: its lease ran out or another executor holds it now.",
    });
  }
  tx.ring(answer);
  return { status: result.status };
}
